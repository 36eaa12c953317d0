package org.jkmod.elf;

import static org.jkmod.elf.Elf.EI_CLASS;
import static org.jkmod.elf.Elf.EI_NIDENT;

import java.nio.ByteOrder;
import java.util.Objects;

/**
 * What an ELF header says of the file, read for a class and a byte order that are given: nothing of it is checked. gABI chapter 4, "ELF
 * Header".
 *
 * @param identClass {@code e_ident[EI_CLASS]}
 * @param type {@code e_type}
 * @param machine {@code e_machine}
 * @param shoff {@code e_shoff}, in bytes, unsigned
 * @param shentsize {@code e_shentsize}, in bytes
 * @param shnum {@code e_shnum}, extended numbering not resolved
 * @param shstrndx {@code e_shstrndx}, extended numbering not resolved
 */
public record ElfHeader(int identClass, int type, int machine, long shoff, int shentsize, int shnum, int shstrndx) {
    /**
     * Size of a header in bytes.
     *
     * @param elfClass the file's class
     */
    public static int size(ElfClass elfClass) {
        return elfClass.ehdrSize;
    }

    /** Size of a section header in bytes. */
    public static int sectionHeaderSize(ElfClass elfClass) {
        return elfClass.shdrSize;
    }

    /**
     * Reads a header.
     *
     * @throws IndexOutOfBoundsException if there are fewer than {@link #size} bytes
     */
    public static ElfHeader read(byte[] bytes, ElfClass elfClass, ByteOrder order) {
        Objects.checkFromIndexSize(0, elfClass.ehdrSize, bytes.length);
        ElfData data = ElfData.of(order);
        return new ElfHeader(
                bytes[EI_CLASS] & 0xff,
                data.u16(bytes, EI_NIDENT),
                data.u16(bytes, EI_NIDENT + 2),
                data.word(bytes, elfClass.eShoff, elfClass),
                data.u16(bytes, elfClass.eShentsize),
                data.u16(bytes, elfClass.eShnum),
                data.u16(bytes, elfClass.eShstrndx));
    }
}
