package org.jkmod.conformance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jkmod.elf.Elf;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.Section;

/**
 * A relocatable file as a linker shall see it that must not be clever: each allocated section has a name that means nothing ({@code s1},
 * {@code s2}, ... by index), so that it is no {@code .eh_frame}, {@code .note.gnu.property} or {@code .gnu.linkonce} to it; is not merged
 * with itself; and belongs to no group. All else is as it was.
 */
final class RenamedSections {
    // Elf64_Ehdr, Elf64_Shdr
    private static final int E_SHOFF = 40;
    private static final int SHENTSIZE = 64;
    private static final int SH_TYPE = 4;
    private static final int SH_FLAGS = 8;
    private static final int SH_OFFSET = 24;
    private static final int SH_SIZE = 32;

    private static final long SHF_MERGE = 0x10;
    private static final long SHF_STRINGS = 0x20;

    private RenamedSections() {}

    /** The name of a section. */
    static String name(int index) {
        return "s" + index;
    }

    /** A copy of a file of 64 bits, little-endian. */
    static byte[] of(ElfFile elf) {
        StringBuilder names = new StringBuilder("\0");
        int[] nameOffsets = new int[elf.sectionCount()];
        for (int i = 1; i < elf.sectionCount(); i++) {
            nameOffsets[i] = names.length();
            names.append(name(i)).append('\0');
        }
        byte[] bytes = Arrays.copyOf(elf.array(), elf.length() + names.length());
        System.arraycopy(names.toString().getBytes(StandardCharsets.US_ASCII), 0, bytes, elf.length(), names.length());
        ByteBuffer file = ByteBuffer.wrap(bytes).order(elf.byteOrder());
        int headers = (int) file.getLong(E_SHOFF);
        for (int i = 1; i < elf.sectionCount(); i++) {
            Section section = elf.section(i);
            int header = headers + i * SHENTSIZE;
            file.putInt(header, nameOffsets[i]);
            file.putLong(header + SH_FLAGS, section.flags() & ~(SHF_MERGE | SHF_STRINGS | Elf.SHF_GROUP));
            if (section.type() == Elf.SHT_GROUP) {
                file.putInt(header + SH_TYPE, Elf.SHT_NULL);
            } else if (section.type() != Elf.SHT_NOBITS && section.hasFlags(Elf.SHF_ALLOC)) {
                file.putInt(header + SH_TYPE, Elf.SHT_PROGBITS);
            }
        }
        int strings = headers + elf.sectionNameIndex() * SHENTSIZE;
        file.putLong(strings + SH_OFFSET, elf.length());
        file.putLong(strings + SH_SIZE, names.length());
        return bytes;
    }
}
