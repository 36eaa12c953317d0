package org.jkmod.elf;

/**
 * The two file classes of the gABI ({@code EI_CLASS}) and all that differs between them: sizes of the structures and offsets of
 * their fields, in bytes. Fields that a class calls {@code Elf32_Addr}, {@code Elf64_Xword} and the like are {@link #word} bytes
 * wide; all others have the same width in both.
 */
public enum ElfClass {
    /** 32-bit objects. */
    ELFCLASS32(1, 4, 52, 40, 16, 8, 12),
    /** 64-bit objects. */
    ELFCLASS64(2, 8, 64, 64, 24, 16, 24);

    /** The value of {@code e_ident[EI_CLASS]}. */
    final int ident;
    /** Bytes in an address, an offset, a size. */
    final int word;

    final int ehdrSize;
    final int shdrSize;
    final int symSize;
    final int relSize;
    final int relaSize;

    // Elf_Ehdr, after e_ident, e_type (2), e_machine (2) and e_version (4)
    final int eEntry;
    final int ePhoff;
    final int eShoff;
    final int eFlags;
    final int eEhsize;
    final int eShentsize;
    final int eShnum;
    final int eShstrndx;

    // Elf_Shdr, after sh_name (4) and sh_type (4)
    final int shFlags;
    final int shAddr;
    final int shOffset;
    final int shSize;
    final int shLink;
    final int shInfo;
    final int shAddralign;
    final int shEntsize;

    // Elf_Sym: the 64-bit one moved st_info, st_other and st_shndx to the front
    final int stValue;
    final int stSize;
    final int stInfo;
    final int stOther;
    final int stShndx;

    ElfClass(int ident, int word, int ehdrSize, int shdrSize, int symSize, int relSize, int relaSize) {
        this.ident = ident;
        this.word = word;
        this.ehdrSize = ehdrSize;
        this.shdrSize = shdrSize;
        this.symSize = symSize;
        this.relSize = relSize;
        this.relaSize = relaSize;
        eEntry = 24;
        ePhoff = eEntry + word;
        eShoff = ePhoff + word;
        eFlags = eShoff + word;
        eEhsize = eFlags + 4;
        eShentsize = eEhsize + 6;
        eShnum = eShentsize + 2;
        eShstrndx = eShnum + 2;
        shFlags = 8;
        shAddr = shFlags + word;
        shOffset = shAddr + word;
        shSize = shOffset + word;
        shLink = shSize + word;
        shInfo = shLink + 4;
        shAddralign = shInfo + 4;
        shEntsize = shAddralign + word;
        boolean wide = word == 8;
        stInfo = wide ? 4 : 12;
        stOther = stInfo + 1;
        stShndx = stInfo + 2;
        stValue = wide ? 8 : 4;
        stSize = stValue + word;
    }

    /** Size of an {@code Elf_Sym} in bytes. */
    public int symbolSize() {
        return symSize;
    }

    /** Size of an {@code Elf_Rela} in bytes. */
    public int relaSize() {
        return relaSize;
    }

    /** Size of an address in bytes: 4 or 8. */
    public int addressSize() {
        return word;
    }

    /** {@code e_ident[EI_CLASS]} of such files. */
    public int ident() {
        return ident;
    }
}
