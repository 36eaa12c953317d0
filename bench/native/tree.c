/*
 * What it costs in C to load every module of a tree into one simulated kernel for x86-64, one thread:
 *
 *   tree SYMVERS LIST PASSES
 *
 * SYMVERS  the kernel's Module.symvers; the rows of vmlinux are what the kernel itself exports
 * LIST     the paths of the modules (.ko), a line each, providers before those that need them
 *
 * For each module: the file is mapped, its headers are checked, vermagic is compared, the sections are laid out in the
 * kernel's memory types and copied there, every symbol gets its value (imports by a hash table of all exports, with
 * licence, namespace and the CRC compared), all relocations are applied from the symbol table's values with the kernel's checks, and
 * the exports are read from the relocated __ksymtab and put into the hash table. Memory for init is given back. A pass begins
 * with what the kernel exports, and ends when the last module is loaded; from the second pass on the memory that
 * modules get is already there, as in a JVM that has run for a while.
 *
 * Prints "pass N modules M relocations R seconds S" for each pass. Stops at the first module that cannot be loaded.
 */
#include <elf.h>
#include <stdarg.h>
#include <stdint.h>

#include "bench.h"
#include "relocations.h"

#define KERNEL_BASE 0xffffffff81000000ull
#define MODULES_BASE 0xffffffffc0000000ull
#define PERCPU_BASE 0x20000ull
#define PAGE 4096ull
#define ARENA (1ull << 30)

enum { TEXT, DATA, RODATA, RO_AFTER_INIT, INIT_TEXT, INIT_DATA, INIT_RODATA, TYPES, PERCPU = TYPES, NOWHERE };

static const char *current;

static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "tree: %s: ", current);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	exit(1);
}

/* Exports: open addressing, a power of two. */
struct export {
	const char *name;
	const char *namespace;
	uint64_t value;
	uint32_t hash;
	uint32_t crc;
	bool gpl_only;
};

enum { EXPORTS = 1 << 17 };
static struct export exports[EXPORTS];

/* The pages of strings that exports point to stay mapped: names are those in the module's memory. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

static struct export *slot_of(const char *name, uint32_t hash)
{
	uint32_t at = hash;

	for (;; at++) {
		struct export *e = &exports[at & (EXPORTS - 1)];

		if (!e->name || (e->hash == hash && !strcmp(e->name, name)))
			return e;
	}
}

static void add_export(const char *name, const char *namespace, uint64_t value, uint32_t crc, bool gpl_only)
{
	uint32_t hash = hash_of(name);
	struct export *e = slot_of(name, hash);

	if (e->name)
		fail("exports duplicate symbol %s", name);
	*e = (struct export){ name, namespace, value, hash, crc, gpl_only };
}

/* The rows of vmlinux in Module.symvers: crc, name, owner, kind, namespace, with tabs between. */
struct row {
	char *name;
	char *namespace;
	uint32_t crc;
	bool gpl_only;
};
static struct row *rows;
static size_t row_count;

static void read_symvers(const char *path)
{
	size_t size, lines = 0;
	char *text = map_file(path, &size), *end = text + size;

	current = path;
	for (char *c = text; c < end; c++)
		lines += *c == '\n';
	rows = calloc(lines, sizeof(*rows));
	while (text < end) {
		char *field[5] = { 0 };
		char *newline = memchr(text, '\n', end - text);

		if (!newline)
			fail("no newline at the end");
		*newline = 0;
		for (int i = 0; i < 5; i++)
			field[i] = strsep(&text, "\t");
		if (!field[3])
			fail("fewer than four fields");
		if (!strcmp(field[2], "vmlinux"))
			rows[row_count++] = (struct row){ field[1], field[4] ? field[4] : "",
				strtoul(field[0], NULL, 16), strstr(field[3], "_GPL") != NULL };
		text = newline + 1;
	}
}

/* Memory of modules: core is kept, init is used again by the next module. */
static char *core_arena, *init_arena;
static uint64_t core_used;

struct memory {
	uint64_t size;
	char *at;
	uint64_t address;
};

struct placement {
	uint8_t type;
	uint64_t offset;
};

enum { MAX_SECTIONS = 65536 };
static struct placement placements[MAX_SECTIONS];
static uint64_t addresses[MAX_SECTIONS];
static char *images[MAX_SECTIONS];

struct module {
	const char *file;
	size_t size;
	const Elf64_Shdr *sections;
	unsigned count;
	const char *names;
	Elf64_Sym *symbols;
	size_t symbol_count;
	const char *strings;
	const char *versions;
	size_t versions_size;
	size_t versions_next;
	const char *modinfo;
	size_t modinfo_size;
	struct memory memory[TYPES + 1];
};

static Elf64_Sym *symbol_buffer;
static size_t symbol_buffer_size;

static const char *section_name(const struct module *m, unsigned i)
{
	return m->names + m->sections[i].sh_name;
}

static unsigned find_section(const struct module *m, const char *name)
{
	for (unsigned i = 1; i < m->count; i++)
		if ((m->sections[i].sh_flags & SHF_ALLOC) && !strcmp(section_name(m, i), name))
			return i;
	return 0;
}

/* Maps a module, and checks what everything else relies on. */
static void open_module(struct module *m, const char *path)
{
	const Elf64_Ehdr *header;
	const Elf64_Shdr *symtab = NULL;
	size_t names_size;

	m->file = map_file(path, &m->size);
	header = (const Elf64_Ehdr *)m->file;
	if (m->size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_type != ET_REL ||
	    header->e_machine != EM_X86_64 || header->e_shentsize != sizeof(Elf64_Shdr))
		fail("no module for x86-64");
	if (header->e_shoff >= m->size || header->e_shnum * sizeof(Elf64_Shdr) > m->size - header->e_shoff ||
	    header->e_shstrndx >= header->e_shnum)
		fail("section headers outside of the file");
	m->sections = (const Elf64_Shdr *)(m->file + header->e_shoff);
	m->count = header->e_shnum;
	for (unsigned i = 1; i < m->count; i++) {
		const Elf64_Shdr *s = &m->sections[i];

		if (s->sh_type != SHT_NOBITS && (s->sh_offset > m->size || s->sh_size > m->size - s->sh_offset))
			fail("section %u outside of the file", i);
	}
	m->names = m->file + m->sections[header->e_shstrndx].sh_offset;
	names_size = m->sections[header->e_shstrndx].sh_size;
	if (!names_size || m->names[names_size - 1])
		fail("section names do not end");
	for (unsigned i = 1; i < m->count; i++) {
		const Elf64_Shdr *s = &m->sections[i];

		if (s->sh_name >= names_size)
			fail("section %u without a name", i);
		if (s->sh_type == SHT_SYMTAB)
			symtab = s;
		else if (!strcmp(section_name(m, i), ".modinfo"))
			m->modinfo = m->file + s->sh_offset, m->modinfo_size = s->sh_size;
		else if (!strcmp(section_name(m, i), "__versions"))
			m->versions = m->file + s->sh_offset, m->versions_size = s->sh_size;
	}
	if (!symtab || symtab->sh_link >= m->count)
		fail("no symbols");
	m->symbol_count = symtab->sh_size / sizeof(Elf64_Sym);
	m->strings = m->file + m->sections[symtab->sh_link].sh_offset;
	/* Values are written into the table, which would copy the file's pages one by one. */
	if (symtab->sh_size > symbol_buffer_size) {
		symbol_buffer_size = 2 * symtab->sh_size;
		free(symbol_buffer);
		symbol_buffer = malloc(symbol_buffer_size);
	}
	m->symbols = memcpy(symbol_buffer, m->file + symtab->sh_offset, symtab->sh_size);
	for (size_t i = 0; i < m->symbol_count; i++)
		if (m->symbols[i].st_name >= m->sections[symtab->sh_link].sh_size)
			fail("symbol %zu without a name", i);
}

static const char *modinfo_of(const struct module *m, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = m->modinfo, *end = at + m->modinfo_size; at < end; at += strlen(at) + 1)
		if (!strncmp(at, key, length) && at[length] == '=')
			return at + length + 1;
	return NULL;
}

static void check_modinfo(const struct module *m)
{
	static char *expected;
	const char *vermagic = modinfo_of(m, "vermagic");

	if (!vermagic || !modinfo_of(m, "license"))
		fail("no vermagic or no licence");
	if (!expected)
		expected = strdup(vermagic);
	if (strcmp(expected, vermagic))
		fail("version magic '%s' should be '%s'", vermagic, expected);
}

static uint8_t type_of(const struct module *m, unsigned i)
{
	const Elf64_Shdr *s = &m->sections[i];
	const char *name = section_name(m, i);
	bool init;

	if (!(s->sh_flags & SHF_ALLOC) || !strcmp(name, ".modinfo") || !strcmp(name, "__versions"))
		return NOWHERE;
	if (!strcmp(name, ".data..percpu"))
		return PERCPU;
	init = !strncmp(name, ".init", 5);
	if (s->sh_flags & SHF_EXECINSTR)
		return init ? INIT_TEXT : TEXT;
	if (!strcmp(name, ".data..ro_after_init") || !strcmp(name, "__jump_table"))
		return RO_AFTER_INIT;
	if (s->sh_flags & SHF_WRITE)
		return init ? INIT_DATA : DATA;
	return init ? INIT_RODATA : RODATA;
}

/* Gives each section its place, and each memory its pages; copies what the sections hold. */
static void lay_out(struct module *m)
{
	uint64_t init_used = 0;

	for (unsigned i = 1; i < m->count; i++) {
		const Elf64_Shdr *s = &m->sections[i];
		uint64_t align = s->sh_addralign ? s->sh_addralign : 1;
		struct placement *p = &placements[i];

		p->type = type_of(m, i);
		if (p->type == NOWHERE)
			continue;
		p->offset = (m->memory[p->type].size + align - 1) & -align;
		m->memory[p->type].size = p->offset + s->sh_size;
	}
	for (int type = TEXT; type <= PERCPU; type++) {
		struct memory *memory = &m->memory[type];
		bool init = type >= INIT_TEXT;
		uint64_t *used = init ? &init_used : &core_used;
		uint64_t pages = (memory->size + PAGE - 1) & -PAGE;

		if (*used + pages > ARENA / 2)
			fail("out of memory");
		memory->at = (init ? init_arena : core_arena) + *used;
		memory->address = type == PERCPU ? PERCPU_BASE : MODULES_BASE + *used + (init ? ARENA / 2 : 0);
		*used += pages;
		/* The kernel clears what it allocates. */
		memset(memory->at, 0, memory->size);
	}
	for (unsigned i = 1; i < m->count; i++) {
		const Elf64_Shdr *s = &m->sections[i];
		struct placement *p = &placements[i];

		addresses[i] = 0;
		images[i] = NULL;
		if (p->type == NOWHERE)
			continue;
		images[i] = m->memory[p->type].at + p->offset;
		addresses[i] = m->memory[p->type].address + p->offset;
		if (s->sh_type != SHT_NOBITS)
			memcpy(images[i], m->file + s->sh_offset, s->sh_size);
	}
}

/* The CRC that the module was built with. The table is mostly in the order of the symbols, so that the next entry is the one. */
static bool version_of(struct module *m, const char *name, uint32_t *crc)
{
	const size_t entry = 64;
	size_t count = m->versions_size / entry;

	for (size_t tried = 0; tried < count; tried++) {
		size_t i = m->versions_next < count ? m->versions_next : 0;
		const char *at = m->versions + i * entry;

		m->versions_next = i + 1;
		if (!strcmp(at + sizeof(uint64_t), name)) {
			memcpy(crc, at, sizeof(*crc));
			return true;
		}
	}
	return false;
}

static bool imports_namespace(const struct module *m, const char *namespace)
{
	for (const char *at = m->modinfo, *end = at + m->modinfo_size; at < end; at += strlen(at) + 1)
		if (!strncmp(at, "import_ns=", 10) && !strcmp(at + 10, namespace))
			return true;
	return false;
}

static uint64_t resolve(struct module *m, const Elf64_Sym *symbol)
{
	const char *name = m->strings + symbol->st_name;
	const struct export *e = slot_of(name, hash_of(name));
	const char *license;
	uint32_t crc;

	if (!e->name) {
		if (ELF64_ST_BIND(symbol->st_info) != STB_WEAK && strcmp(name, "_GLOBAL_OFFSET_TABLE_"))
			fail("Unknown symbol %s", name);
		return 0;
	}
	if (e->gpl_only && (!(license = modinfo_of(m, "license")) || !strcmp(license, "Proprietary")))
		fail("using GPL-only symbol '%s'", name);
	if (!version_of(m, name, &crc) || crc != e->crc)
		fail("disagrees about version of symbol %s", name);
	if (*e->namespace && !imports_namespace(m, e->namespace))
		fail("uses symbol %s from namespace %s, but does not import it", name, e->namespace);
	return e->value;
}

static void simplify_symbols(struct module *m)
{
	for (size_t i = 1; i < m->symbol_count; i++) {
		Elf64_Sym *symbol = &m->symbols[i];

		switch (symbol->st_shndx) {
		case SHN_UNDEF:
			symbol->st_value = resolve(m, symbol);
			break;
		case SHN_ABS:
			break;
		default:
			if (symbol->st_shndx >= m->count)
				fail("symbol %zu in section %u", i, symbol->st_shndx);
			symbol->st_value += addresses[symbol->st_shndx];
		}
	}
}

static size_t apply_relocations(struct module *m)
{
	size_t applied = 0;

	for (unsigned i = 1; i < m->count; i++) {
		const Elf64_Shdr *s = &m->sections[i];
		struct table table;
		size_t done;

		if (s->sh_type != SHT_RELA || s->sh_info >= m->count || placements[s->sh_info].type == NOWHERE)
			continue;
		table = (struct table){ (const Elf64_Rela *)(m->file + s->sh_offset), s->sh_size / sizeof(Elf64_Rela),
			m->symbols, images[s->sh_info], addresses[s->sh_info] };
		done = relocate_x86_64(&table, NULL);
		if (done != table.count)
			fail("relocation %zu of section %u", done, i);
		applied += done;
	}
	return applied;
}

/* struct kernel_symbol with CONFIG_HAVE_ARCH_PREL32_RELOCATIONS: distances from the fields themselves. */
static void register_exports(struct module *m, const char *table, const char *crcs, bool gpl_only)
{
	unsigned symbols = find_section(m, table), versions = find_section(m, crcs);
	unsigned strings = find_section(m, "__ksymtab_strings");
	size_t count;

	if (!symbols)
		return;
	if (!versions || !strings)
		fail("%s without CRCs or names", table);
	count = m->sections[symbols].sh_size / (3 * sizeof(int32_t));
	for (size_t i = 0; i < count; i++) {
		const int32_t *entry = (const int32_t *)images[symbols] + 3 * i;
		uint64_t address = addresses[symbols] + 3 * i * sizeof(*entry);
		uint64_t value = address + entry[0];
		/* The names are in the module's own memory, at the same distance there as in the kernel's addresses. */
		const char *name = images[strings] + (address + 4 + entry[1] - addresses[strings]);
		const char *namespace = images[strings] + (address + 8 + entry[2] - addresses[strings]);

		add_export(name, namespace, value, ((const uint32_t *)images[versions])[i], gpl_only);
	}
}

static size_t load(const char *path)
{
	struct module m = { 0 };
	size_t applied;

	current = path;
	open_module(&m, path);
	check_modinfo(&m);
	lay_out(&m);
	simplify_symbols(&m);
	applied = apply_relocations(&m);
	register_exports(&m, "__ksymtab", "__kcrctab", false);
	register_exports(&m, "__ksymtab_gpl", "__kcrctab_gpl", true);
	munmap((void *)m.file, m.size);
	return applied;
}

static void boot(void)
{
	memset(exports, 0, sizeof(exports));
	core_used = 0;
	for (size_t i = 0; i < row_count; i++)
		add_export(rows[i].name, rows[i].namespace, KERNEL_BASE + 64 * i, rows[i].crc, rows[i].gpl_only);
}

static char *arena(void)
{
	char *at = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

int main(int argc, char **argv)
{
	size_t size, count = 0;
	char *list, *end;

	if (argc != 4)
		return fprintf(stderr, "tree SYMVERS LIST PASSES\n"), 2;
	read_symvers(argv[1]);
	list = map_file(argv[2], &size);
	end = list + size;
	for (char *c = list; c < end; c++)
		if (*c == '\n')
			*c = 0, count++;
	core_arena = arena();
	init_arena = arena();
	for (int pass = 1; pass <= atoi(argv[3]); pass++) {
		double begin = now();
		size_t relocations = 0;

		boot();
		for (const char *path = list; path < end; path += strlen(path) + 1)
			relocations += load(path);
		printf("pass %d modules %zu relocations %zu seconds %.4f\n", pass, count, relocations, now() - begin);
	}
	return 0;
}
