package org.jkmod.symtab;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfClass;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;

/**
 * A decompressed kernel and where its bytes are in memory: an ELF file (vmlinux, or what is packed in a bzImage), whose sections say it;
 * or an Image of aarch64 or riscv64, which is the memory itself from {@code _text} on. Little-endian, 64 bits: all that such images are.
 */
final class KernelMemory {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

    /** Bytes of the file that follow one another in memory too. */
    private record Piece(int offset, int size, long address) {}

    private final byte[] bytes;
    private final String name;
    private final List<Piece> pieces;
    private final Optional<ElfFile> elf;

    private KernelMemory(byte[] bytes, String name, List<Piece> pieces, Optional<ElfFile> elf) {
        this.bytes = bytes;
        this.name = name;
        this.pieces = pieces;
        this.elf = elf;
    }

    /**
     * Views a decompressed kernel.
     *
     * @throws MalformedInputException if it is an ELF file that is damaged, or of 32 bits, or big-endian
     */
    static KernelMemory of(byte[] bytes, String name) {
        if (!Arrays.equals(bytes, 0, Math.min(ELF.length, bytes.length), ELF, 0, ELF.length)) {
            return new KernelMemory(bytes, name, List.of(new Piece(0, bytes.length, 0)), Optional.empty());
        }
        ElfFile elf = ElfFile.parse(bytes, name);
        if (elf.elfClass() != ElfClass.ELFCLASS64 || elf.byteOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new MalformedInputException(
                    name, "e_ident", Elf.EI_CLASS, elf.elfClass() + ", " + elf.byteOrder(), "64 bits, little-endian");
        }
        List<Piece> pieces = elf.sections().stream()
                .filter(section -> (section.flags() & Elf.SHF_ALLOC) != 0 && section.type() != Elf.SHT_NOBITS)
                .map(KernelMemory::piece)
                .toList();
        return new KernelMemory(bytes, name, pieces, Optional.of(elf));
    }

    private static Piece piece(Section section) {
        return new Piece((int) section.offset(), (int) section.size(), section.address());
    }

    /** Whether it is an Image, not an ELF file. */
    boolean isImage() {
        return elf.isEmpty();
    }

    /** The ELF file, if it is one. */
    Optional<ElfFile> elf() {
        return elf;
    }

    /** What to call it in messages. */
    String name() {
        return name;
    }

    /** The file. */
    byte[] bytes() {
        return bytes;
    }

    /** Its length. */
    int length() {
        return bytes.length;
    }

    /** The address of a byte of the file; 0 if it is not in memory. */
    long address(int offset) {
        for (Piece piece : pieces) {
            if (offset >= piece.offset() && offset - piece.offset() < piece.size()) {
                return piece.address() + (offset - piece.offset());
            }
        }
        return 0;
    }

    int u8(int at) {
        return bytes[at] & 0xff;
    }

    int u16(int at) {
        return (short) SHORT.get(bytes, at) & 0xffff;
    }

    /** Signed. */
    int s32(int at) {
        return (int) INT.get(bytes, at);
    }

    long u64(int at) {
        return (long) LONG.get(bytes, at);
    }
}
