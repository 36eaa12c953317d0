/*
 * Applies relocations of x86-64, AArch64 and RISC-V as the kernel's loader does: the values are in the symbol table, and the
 * checks are the kernel's. Little-endian hosts only.
 *
 * Each function tells how many were applied: all, or the index of the one that could not be. What the kernel would serve by an
 * entry of .plt or .got, or of a table of errata, is counted and left.
 */
#ifndef JKMOD_RELOCATIONS_H
#define JKMOD_RELOCATIONS_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct table {
	const Elf64_Rela *rela;
	size_t count;
	const Elf64_Sym *symbols;
	char *image;
	uint64_t address;
};

static inline bool fits_signed(int64_t value, int bits)
{
	return value == (int64_t)((uint64_t)value << (64 - bits)) >> (64 - bits);
}

static inline uint32_t load32(const char *place)
{
	uint32_t word;

	memcpy(&word, place, sizeof(word));
	return word;
}

static inline void store32(char *place, uint32_t word)
{
	memcpy(place, &word, sizeof(word));
}

static inline size_t relocate_x86_64(const struct table *t, size_t *deferred)
{
	static const uint64_t zero;

	(void)deferred;
	for (size_t i = 0; i < t->count; i++) {
		const Elf64_Rela *r = &t->rela[i];
		char *place = t->image + r->r_offset;
		uint64_t value = t->symbols[ELF64_R_SYM(r->r_info)].st_value + r->r_addend;
		size_t size = 4;

		switch (ELF64_R_TYPE(r->r_info)) {
		case R_X86_64_NONE:
			continue;
		case R_X86_64_64:
			size = 8;
			break;
		case R_X86_64_32:
			if (value != (uint32_t)value)
				return i;
			break;
		case R_X86_64_32S:
			if ((int64_t)value != (int32_t)value)
				return i;
			break;
		case R_X86_64_PC32:
		case R_X86_64_PLT32:
			value -= t->address + r->r_offset;
			break;
		case R_X86_64_PC64:
			value -= t->address + r->r_offset;
			size = 8;
			break;
		default:
			return i;
		}
		/* What is not zero was relocated before. */
		if (memcmp(place, &zero, size))
			return i;
		memcpy(place, &value, size);
	}
	return t->count;
}

/* Puts bits of a value, from one upwards, into an instruction. */
static inline void insert(char *place, uint32_t mask, uint32_t bits)
{
	store32(place, (load32(place) & ~mask) | (bits & mask));
}

static inline void insert_adr(char *place, uint64_t immediate)
{
	insert(place, 0x60ffffe0, (uint32_t)(immediate & 3) << 29 | (uint32_t)(immediate >> 2 & 0x7ffff) << 5);
}

static inline void insert_imm12(char *place, uint64_t value, int scale)
{
	insert(place, 0xfff << 10, (uint32_t)((value & 0xfff) >> scale) << 10);
}

static inline void insert_movw(char *place, uint64_t value, int group)
{
	insert(place, 0xffff << 5, (uint32_t)(value >> 16 * group & 0xffff) << 5);
}

/* MOVZ becomes MOVN for a negative value, whose bits are inverted then. */
static inline void insert_movnz(char *place, int64_t value, int group)
{
	uint32_t opcode = value >= 0 ? 2u << 29 : 0;

	if (value < 0)
		value = ~value;
	insert(place, 3u << 29 | 0xffff << 5, opcode | (uint32_t)((uint64_t)value >> 16 * group & 0xffff) << 5);
}

static inline size_t relocate_aarch64(const struct table *t, size_t *deferred)
{
	for (size_t i = 0; i < t->count; i++) {
		const Elf64_Rela *r = &t->rela[i];
		char *place = t->image + r->r_offset;
		uint64_t p = t->address + r->r_offset;
		uint64_t value = t->symbols[ELF64_R_SYM(r->r_info)].st_value + r->r_addend;
		int64_t distance = value - p;

		switch (ELF64_R_TYPE(r->r_info)) {
		case R_AARCH64_NONE:
		case 256:
			break;
		case R_AARCH64_ABS64:
			memcpy(place, &value, 8);
			break;
		case R_AARCH64_ABS32:
			if (value >> 32)
				return i;
			store32(place, value);
			break;
		case R_AARCH64_ABS16:
			if (value >> 16)
				return i;
			memcpy(place, &value, 2);
			break;
		case R_AARCH64_PREL64:
			memcpy(place, &distance, 8);
			break;
		case R_AARCH64_PREL32:
			if (!fits_signed(distance, 32))
				return i;
			store32(place, distance);
			break;
		case R_AARCH64_PREL16:
			if (!fits_signed(distance, 16))
				return i;
			memcpy(place, &distance, 2);
			break;
		case R_AARCH64_MOVW_UABS_G0:
			if (value >> 16)
				return i;
			/* fall through */
		case R_AARCH64_MOVW_UABS_G0_NC:
			insert_movw(place, value, 0);
			break;
		case R_AARCH64_MOVW_UABS_G1:
			if (value >> 32)
				return i;
			/* fall through */
		case R_AARCH64_MOVW_UABS_G1_NC:
			insert_movw(place, value, 1);
			break;
		case R_AARCH64_MOVW_UABS_G2:
			if (value >> 48)
				return i;
			/* fall through */
		case R_AARCH64_MOVW_UABS_G2_NC:
			insert_movw(place, value, 2);
			break;
		case R_AARCH64_MOVW_UABS_G3:
			insert_movw(place, value, 3);
			break;
		case R_AARCH64_MOVW_SABS_G0:
			if (!fits_signed(value, 17))
				return i;
			insert_movnz(place, value, 0);
			break;
		case R_AARCH64_MOVW_SABS_G1:
			if (!fits_signed(value, 33))
				return i;
			insert_movnz(place, value, 1);
			break;
		case R_AARCH64_MOVW_SABS_G2:
			if (!fits_signed(value, 49))
				return i;
			insert_movnz(place, value, 2);
			break;
		case R_AARCH64_MOVW_PREL_G0:
			if (!fits_signed(distance, 17))
				return i;
			insert_movnz(place, distance, 0);
			break;
		case R_AARCH64_MOVW_PREL_G0_NC:
			insert_movw(place, distance, 0);
			break;
		case R_AARCH64_MOVW_PREL_G1:
			if (!fits_signed(distance, 33))
				return i;
			insert_movnz(place, distance, 1);
			break;
		case R_AARCH64_MOVW_PREL_G1_NC:
			insert_movw(place, distance, 1);
			break;
		case R_AARCH64_MOVW_PREL_G2:
			if (!fits_signed(distance, 49))
				return i;
			insert_movnz(place, distance, 2);
			break;
		case R_AARCH64_MOVW_PREL_G2_NC:
			insert_movw(place, distance, 2);
			break;
		case R_AARCH64_MOVW_PREL_G3:
			insert_movnz(place, distance, 3);
			break;
		case R_AARCH64_LD_PREL_LO19:
		case R_AARCH64_CONDBR19:
			if (!fits_signed(distance, 21))
				return i;
			insert(place, 0x7ffff << 5, (uint32_t)(distance >> 2) << 5);
			break;
		case R_AARCH64_ADR_PREL_LO21:
			if (!fits_signed(distance, 21))
				return i;
			insert_adr(place, distance);
			break;
		case R_AARCH64_ADR_PREL_PG_HI21:
		case R_AARCH64_ADR_PREL_PG_HI21_NC: {
			int64_t pages = (value & ~0xfffull) - (p & ~0xfffull);

			if ((p & 0xfff) >= 0xff8) {
				++*deferred;
				break;
			}
			if (ELF64_R_TYPE(r->r_info) == R_AARCH64_ADR_PREL_PG_HI21 && !fits_signed(pages, 33))
				return i;
			insert_adr(place, pages >> 12);
			break;
		}
		case R_AARCH64_ADD_ABS_LO12_NC:
		case R_AARCH64_LDST8_ABS_LO12_NC:
			insert_imm12(place, value, 0);
			break;
		case R_AARCH64_LDST16_ABS_LO12_NC:
			insert_imm12(place, value, 1);
			break;
		case R_AARCH64_LDST32_ABS_LO12_NC:
			insert_imm12(place, value, 2);
			break;
		case R_AARCH64_LDST64_ABS_LO12_NC:
			insert_imm12(place, value, 3);
			break;
		case R_AARCH64_LDST128_ABS_LO12_NC:
			insert_imm12(place, value, 4);
			break;
		case R_AARCH64_TSTBR14:
			if (!fits_signed(distance, 16))
				return i;
			insert(place, 0x3fff << 5, (uint32_t)(distance >> 2) << 5);
			break;
		case R_AARCH64_JUMP26:
		case R_AARCH64_CALL26:
			if (!fits_signed(distance, 28)) {
				++*deferred;
				break;
			}
			insert(place, 0x3ffffff, (uint32_t)(distance >> 2));
			break;
		default:
			return i;
		}
	}
	return t->count;
}

/* What AUIPC and a signed immediate of 12 bits reach. */
static inline bool fits_pair(int64_t value)
{
	return fits_signed(value + 0x800, 32);
}

static inline void insert_u(char *place, uint64_t value)
{
	insert(place, 0xfffff000, (uint32_t)(value + 0x800));
}

static inline void insert_i(char *place, uint64_t value)
{
	insert(place, 0xfff00000, (uint32_t)value << 20);
}

static inline void insert_s(char *place, uint64_t value)
{
	insert(place, 0xfe000f80, (uint32_t)(value >> 5 & 0x7f) << 25 | (uint32_t)(value & 0x1f) << 7);
}

static inline void insert16(char *place, uint16_t mask, uint32_t bits)
{
	uint16_t word;

	memcpy(&word, place, sizeof(word));
	word = (word & ~mask) | (bits & mask);
	memcpy(place, &word, sizeof(word));
}

/* A number of variable length. */
static inline void store_uleb128(char *place, uint64_t value)
{
	for (; value; value >>= 7)
		*place++ = (value & 0x7f) | (value >> 7 ? 0x80 : 0);
}

/* The value that several relocations of a place make. */
struct accumulated {
	uint64_t offset;
	uint64_t value;
	int bits; /* 0: a number of variable length; -1: nothing is being made */
};

static inline void store_accumulated(const struct table *t, struct accumulated *a)
{
	char *place = t->image + a->offset;

	switch (a->bits) {
	case 0:
		store_uleb128(place, a->value);
		break;
	case 6:
		*place = (*place & 0xc0) | (a->value & 0x3f);
		break;
	case 8:
		memcpy(place, &a->value, 1);
		break;
	case 16:
		memcpy(place, &a->value, 2);
		break;
	case 32:
		memcpy(place, &a->value, 4);
		break;
	case 64:
		memcpy(place, &a->value, 8);
		break;
	}
	a->bits = -1;
}

/* Begins with 0 whatever is at the place. Assemblers write the relocations of a place one behind the other. */
static inline uint64_t *accumulate(const struct table *t, struct accumulated *a, uint64_t offset, int bits)
{
	if (a->bits < 0 || a->offset != offset) {
		store_accumulated(t, a);
		a->offset = offset;
		a->value = 0;
	}
	a->bits = bits;
	return &a->value;
}

/* The upper half at an offset; it is mostly near the one that was asked for last. */
static inline const Elf64_Rela *upper_half(const struct table *t, size_t *last, uint64_t offset)
{
	size_t i = *last;

	do {
		const Elf64_Rela *r = &t->rela[i];
		uint32_t type = ELF64_R_TYPE(r->r_info);

		if (r->r_offset == offset && (type == R_RISCV_PCREL_HI20 || type == R_RISCV_GOT_HI20)) {
			*last = i;
			return r;
		}
		if (++i == t->count)
			i = 0;
	} while (i != *last);
	return NULL;
}

static inline size_t relocate_riscv64(const struct table *t, size_t *deferred)
{
	struct accumulated made = { .bits = -1 };
	uint64_t last_offset = 0;
	size_t last_upper = 0;

	for (size_t i = 0; i < t->count; i++) {
		const Elf64_Rela *r = &t->rela[i];
		uint32_t type = ELF64_R_TYPE(r->r_info);
		char *place = t->image + r->r_offset;
		uint64_t symbol = t->symbols[ELF64_R_SYM(r->r_info)].st_value;
		uint64_t value = symbol + r->r_addend;
		int64_t distance = value - (t->address + r->r_offset);

		if (r->r_offset < last_offset)
			return i;
		last_offset = r->r_offset;
		switch (type) {
		case R_RISCV_32:
			if (value != (uint32_t)value)
				return i;
			store32(place, value);
			break;
		case R_RISCV_64:
			memcpy(place, &value, 8);
			break;
		case R_RISCV_BRANCH:
			insert(place, 0xfe000f80, (uint32_t)(value = distance, (value >> 12 & 1) << 31 |
				(value >> 5 & 0x3f) << 25 | (value >> 1 & 0xf) << 8 | (value >> 11 & 1) << 7));
			break;
		case R_RISCV_JAL:
			insert(place, 0xfffff000, (uint32_t)(value = distance, (value >> 20 & 1) << 31 |
				(value >> 1 & 0x3ff) << 21 | (value >> 11 & 1) << 20 | (value >> 12 & 0xff) << 12));
			break;
		case R_RISCV_CALL:
		case R_RISCV_CALL_PLT:
			if (!fits_pair(distance)) {
				if (type == R_RISCV_CALL)
					return i;
				++*deferred;
				break;
			}
			insert_u(place, distance);
			insert_i(place + 4, distance);
			break;
		case R_RISCV_GOT_HI20:
			++*deferred;
			break;
		case R_RISCV_PCREL_HI20:
			if (!fits_pair(distance))
				return i;
			insert_u(place, distance);
			break;
		case R_RISCV_PCREL_LO12_I:
		case R_RISCV_PCREL_LO12_S: {
			const Elf64_Rela *upper = upper_half(t, &last_upper, symbol - t->address);

			if (!upper)
				return i;
			if (ELF64_R_TYPE(upper->r_info) == R_RISCV_GOT_HI20) {
				++*deferred;
				break;
			}
			distance = t->symbols[ELF64_R_SYM(upper->r_info)].st_value + upper->r_addend - symbol;
			if (type == R_RISCV_PCREL_LO12_I)
				insert_i(place, distance);
			else
				insert_s(place, distance);
			break;
		}
		case R_RISCV_HI20:
			insert_u(place, value);
			break;
		case R_RISCV_LO12_I:
			insert_i(place, value);
			break;
		case R_RISCV_LO12_S:
			insert_s(place, value);
			break;
		case R_RISCV_ADD8:
			*accumulate(t, &made, r->r_offset, 8) += value;
			break;
		case R_RISCV_ADD16:
			*accumulate(t, &made, r->r_offset, 16) += value;
			break;
		case R_RISCV_ADD32:
			*accumulate(t, &made, r->r_offset, 32) += value;
			break;
		case R_RISCV_ADD64:
			*accumulate(t, &made, r->r_offset, 64) += value;
			break;
		case R_RISCV_SUB6:
			*accumulate(t, &made, r->r_offset, 6) -= value;
			break;
		case R_RISCV_SUB8:
			*accumulate(t, &made, r->r_offset, 8) -= value;
			break;
		case R_RISCV_SUB16:
			*accumulate(t, &made, r->r_offset, 16) -= value;
			break;
		case R_RISCV_SUB32:
			*accumulate(t, &made, r->r_offset, 32) -= value;
			break;
		case R_RISCV_SUB64:
			*accumulate(t, &made, r->r_offset, 64) -= value;
			break;
		case R_RISCV_SET6:
			*accumulate(t, &made, r->r_offset, 6) = value;
			break;
		case R_RISCV_SET8:
			*accumulate(t, &made, r->r_offset, 8) = value;
			break;
		case R_RISCV_SET16:
			*accumulate(t, &made, r->r_offset, 16) = value;
			break;
		case R_RISCV_SET32:
			*accumulate(t, &made, r->r_offset, 32) = value;
			break;
		case 60: /* R_RISCV_SET_ULEB128 */
			*accumulate(t, &made, r->r_offset, 0) = value;
			break;
		case 61: /* R_RISCV_SUB_ULEB128 */
			*accumulate(t, &made, r->r_offset, 0) -= value;
			break;
		case R_RISCV_RVC_BRANCH:
			value = distance;
			insert16(place, 0x1c7c, (value >> 8 & 1) << 12 | (value >> 3 & 3) << 10 | (value >> 6 & 3) << 5 |
				(value >> 1 & 3) << 3 | (value >> 5 & 1) << 2);
			break;
		case R_RISCV_RVC_JUMP:
			value = distance;
			insert16(place, 0x1ffc, (value >> 11 & 1) << 12 | (value >> 4 & 1) << 11 | (value >> 8 & 3) << 9 |
				(value >> 10 & 1) << 8 | (value >> 6 & 1) << 7 | (value >> 7 & 1) << 6 |
				(value >> 1 & 7) << 3 | (value >> 5 & 1) << 2);
			break;
		case R_RISCV_RELAX:
			break;
		case R_RISCV_32_PCREL:
			store32(place, distance);
			break;
		case 59: /* R_RISCV_PLT32 */
			if (!fits_pair(distance)) {
				++*deferred;
				break;
			}
			store32(place, distance);
			break;
		default:
			return i;
		}
	}
	store_accumulated(t, &made);
	return t->count;
}

#endif
