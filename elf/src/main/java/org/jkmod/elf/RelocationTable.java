package org.jkmod.elf;

import static org.jkmod.elf.Elf.SHT_REL;
import static org.jkmod.elf.Elf.SHT_RELA;

import java.util.Objects;

/**
 * A table of relocations ({@code Elf_Rel[]} or {@code Elf_Rela[]}), entry by entry. gABI chapter 4, "Relocation". Indexes run from 0
 * to {@link #count()} - 1; all accessors throw {@link IndexOutOfBoundsException} for any other.
 */
public final class RelocationTable {
    private final Section section;
    private final byte[] bytes;
    private final ElfClass elfClass;
    private final ElfData data;
    private final boolean addends;
    private final int entrySize;
    private final int start;
    private final int count;

    RelocationTable(Section section) {
        this.section = section;
        this.bytes = section.file().array();
        this.elfClass = section.file().elfClass();
        this.data = section.file().data();
        this.addends = section.type() == SHT_RELA;
        this.entrySize = addends ? elfClass.relaSize : elfClass.relSize;
        this.count = section.checkTable(entrySize, SHT_RELA, SHT_REL);
        this.start = section.start();
    }

    /** The section that holds the table. */
    public Section section() {
        return section;
    }

    /**
     * The section that the relocations apply to ({@code sh_info}).
     *
     * @throws MalformedInputException if there is no such section
     */
    public Section target() {
        return section.linked("sh_info", section.info());
    }

    /** Whether the entries have addends ({@code SHT_RELA}). */
    public boolean hasAddends() {
        return addends;
    }

    /** Number of relocations. */
    public int count() {
        return count;
    }

    /** Where the table begins in {@link ElfFile#array()}. */
    public int start() {
        return start;
    }

    private int at(int index) {
        return start + Objects.checkIndex(index, count) * entrySize;
    }

    /** {@code r_offset}: in a relocatable file, the place's offset within {@link #target()}, in bytes, unsigned. */
    public long offset(int index) {
        return data.word(bytes, at(index), elfClass);
    }

    /**
     * {@code ELF_R_TYPE}: the processor supplement's number of the relocation type. (MIPS64 has a {@code r_info} of its own, with
     * three types: not read here.)
     */
    public int type(int index) {
        int at = at(index) + elfClass.word;
        return elfClass.word == 8 ? (int) data.i64(bytes, at) : data.i32(bytes, at) & 0xff;
    }

    /** {@code ELF_R_SYM}: index of the symbol, unsigned; not checked. */
    public int symbol(int index) {
        int at = at(index) + elfClass.word;
        return elfClass.word == 8 ? (int) (data.i64(bytes, at) >>> 32) : data.i32(bytes, at) >>> 8;
    }

    /** {@code r_addend}, sign-extended; 0 for {@code SHT_REL}, where the place itself holds the addend. */
    public long addend(int index) {
        int entry = at(index);
        if (!addends) {
            return 0;
        }
        int at = entry + 2 * elfClass.word;
        return elfClass.word == 8 ? data.i64(bytes, at) : data.i32(bytes, at);
    }
}
