package org.jkmod.elf;

/** The constants of the gABI that jkmod uses, under their own names. */
public final class Elf {
    private Elf() {}

    /** {@code e_ident} offset of the file class. */
    public static final int EI_CLASS = 4;
    /** {@code e_ident} offset of the byte order. */
    public static final int EI_DATA = 5;
    /** {@code e_ident} offset of the ELF version. */
    public static final int EI_VERSION = 6;
    /** Size of {@code e_ident}. */
    public static final int EI_NIDENT = 16;

    /** {@code EI_DATA}: two's complement, least significant byte first. */
    public static final int ELFDATA2LSB = 1;
    /** {@code EI_DATA}: two's complement, most significant byte first. */
    public static final int ELFDATA2MSB = 2;
    /** {@code EI_VERSION} and {@code e_version}: the only version there is. */
    public static final int EV_CURRENT = 1;

    /** {@code e_type}: relocatable file. */
    public static final int ET_REL = 1;
    /** {@code e_type}: executable file. */
    public static final int ET_EXEC = 2;
    /** {@code e_type}: shared object. */
    public static final int ET_DYN = 3;

    /** {@code e_machine}: Intel 80386. */
    public static final int EM_386 = 3;
    /** {@code e_machine}: AMD x86-64. */
    public static final int EM_X86_64 = 62;
    /** {@code e_machine}: ARM 64-bit (AArch64). */
    public static final int EM_AARCH64 = 183;
    /** {@code e_machine}: RISC-V. */
    public static final int EM_RISCV = 243;

    /** Section index: undefined, missing or meaningless. */
    public static final int SHN_UNDEF = 0;
    /** First of the reserved section indexes. */
    public static final int SHN_LORESERVE = 0xff00;
    /** Section index: livepatch symbol (include/uapi/linux/elf.h). */
    public static final int SHN_LIVEPATCH = 0xff20;
    /** Section index: absolute value. */
    public static final int SHN_ABS = 0xfff1;
    /** Section index: common block. */
    public static final int SHN_COMMON = 0xfff2;
    /** Section index: the real one is kept elsewhere (extended numbering). */
    public static final int SHN_XINDEX = 0xffff;

    /** Section type: inactive. */
    public static final int SHT_NULL = 0;
    /** Section type: program data. */
    public static final int SHT_PROGBITS = 1;
    /** Section type: symbol table. */
    public static final int SHT_SYMTAB = 2;
    /** Section type: string table. */
    public static final int SHT_STRTAB = 3;
    /** Section type: relocations with addends. */
    public static final int SHT_RELA = 4;
    /** Section type: notes. */
    public static final int SHT_NOTE = 7;
    /** Section type: occupies memory but no space in the file. */
    public static final int SHT_NOBITS = 8;
    /** Section type: relocations without addends. */
    public static final int SHT_REL = 9;
    /** Section type: section group. */
    public static final int SHT_GROUP = 17;
    /** Section type: extended section indexes of a symbol table. */
    public static final int SHT_SYMTAB_SHNDX = 18;

    /** Section flag: writable. */
    public static final long SHF_WRITE = 0x1;
    /** Section flag: occupies memory. */
    public static final long SHF_ALLOC = 0x2;
    /** Section flag: machine instructions. */
    public static final long SHF_EXECINSTR = 0x4;
    /** Section flag: {@code sh_info} holds a section index. */
    public static final long SHF_INFO_LINK = 0x40;
    /** Section flag: member of a group. */
    public static final long SHF_GROUP = 0x200;
    /** Section flag of the kernel: relocations of a livepatch (include/uapi/linux/elf.h). */
    public static final long SHF_RELA_LIVEPATCH = 0x00100000;
    /** Section flag that the kernel sets while loading: read-only after init (include/uapi/linux/elf.h). */
    public static final long SHF_RO_AFTER_INIT = 0x00200000;

    /** Symbol binding: local. */
    public static final int STB_LOCAL = 0;
    /** Symbol binding: global. */
    public static final int STB_GLOBAL = 1;
    /** Symbol binding: weak. */
    public static final int STB_WEAK = 2;

    /** Symbol type: none. */
    public static final int STT_NOTYPE = 0;
    /** Symbol type: data object. */
    public static final int STT_OBJECT = 1;
    /** Symbol type: code. */
    public static final int STT_FUNC = 2;
    /** Symbol type: section. */
    public static final int STT_SECTION = 3;
    /** Symbol type: source file. */
    public static final int STT_FILE = 4;

    /** Group flag: COMDAT. */
    public static final int GRP_COMDAT = 1;

    /** Note type of the owner {@code GNU}: build id. */
    public static final int NT_GNU_BUILD_ID = 3;

    /** {@code ELF_ST_INFO}: a symbol's {@code st_info} from its binding and type. */
    public static int stInfo(int binding, int type) {
        return (binding << 4) | (type & 0xf);
    }
}
