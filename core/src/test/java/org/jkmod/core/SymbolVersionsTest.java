package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHT_PROGBITS;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jkmod.elf.ElfClass;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.ElfWriter;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;

class SymbolVersionsTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static ElfFile file(ElfClass elfClass, ByteOrder order, byte[]... contents) {
        ElfWriter writer = new ElfWriter(elfClass, order, ToyArchitecture.MACHINE);
        for (int i = 0; i < contents.length; i++) {
            writer.addSection("s" + i, SHT_PROGBITS, SHF_ALLOC, 1, contents[i]);
        }
        return ElfFile.parse(writer.toBytes(), "v.ko");
    }

    private static SymbolVersions classic(byte[] content) {
        return SymbolVersions.parse(
                file(ElfClass.ELFCLASS64, ByteOrder.LITTLE_ENDIAN, content).section(1));
    }

    private static SymbolVersions extended(byte[] crcs, byte[] names) {
        ElfFile file = file(ElfClass.ELFCLASS64, ByteOrder.LITTLE_ENDIAN, crcs, names);
        return SymbolVersions.parseExtended(file.section(1), file.section(2));
    }

    /** {@code struct modversion_info}. */
    private static byte[] entry(long crc, String name) {
        return ByteBuffer.allocate(64)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(crc)
                .put(bytes(name))
                .array();
    }

    private static byte[] join(byte[]... parts) {
        ByteBuffer all =
                ByteBuffer.allocate(Arrays.stream(parts).mapToInt(p -> p.length).sum());
        Arrays.stream(parts).forEach(all::put);
        return all.array();
    }

    private static int find(SymbolVersions versions, String name, int hint) {
        byte[] text = bytes("<" + name + ">");
        return versions.find(text, 1, text.length - 2, hint);
    }

    @Test
    void classicTable_ofThreeEntries_isRead() {
        SymbolVersions versions =
                classic(join(entry(0x89abcdefL, "printk"), entry(1, "kfree"), entry(-1L, "module_layout")));
        assertThat(versions.size()).isEqualTo(3);
        assertThat(versions.name(0)).isEqualTo("printk");
        assertThat(versions.crc(0)).isEqualTo(0x89abcdef);
        assertThat(versions.crc(2)).isEqualTo(-1);
        assertThat(find(versions, "module_layout", 0)).isEqualTo(2);
        assertThat(find(versions, "print", 0)).isEqualTo(-1);
        assertThat(find(versions, "printkk", 0)).isEqualTo(-1);
        assertThat(find(versions, "", 0)).isEqualTo(-1);
    }

    @Test
    void hint_rightWrongOrWild_findsTheSameEntry() {
        SymbolVersions versions = classic(join(entry(1, "a"), entry(2, "b"), entry(3, "c")));
        for (int hint : new int[] {-1, 0, 1, 2, 3, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThat(find(versions, "b", hint)).as("hint %d", hint).isEqualTo(1);
            assertThat(find(versions, "x", hint)).as("hint %d", hint).isEqualTo(-1);
        }
    }

    /** The kernel's loop takes the first. */
    @Test
    void nameThatOccursTwice_withoutAHint_isTheFirst() {
        SymbolVersions versions = classic(join(entry(1, "a"), entry(2, "b"), entry(3, "b")));
        assertThat(find(versions, "b", 0)).isEqualTo(1);
        assertThat(find(versions, "b", -1)).isEqualTo(1);
    }

    @Test
    void classicTable_withARest_passesOverIt() {
        assertThat(classic(new byte[0]).size()).isZero();
        assertThat(classic(new byte[63]).size()).isZero();
        assertThat(classic(join(entry(1, "a"), new byte[63])).size()).isEqualTo(1);
    }

    @Test
    void name_thatFillsItsField_endsWithTheEntry() {
        String longest = "x".repeat(56);
        SymbolVersions versions = classic(join(entry(1, longest), entry(2, "b")));
        assertThat(versions.name(0)).isEqualTo(longest);
        assertThat(find(versions, longest, 0)).isZero();
    }

    @Test
    void classicTable_of32BitsOrBigEndian_hasTheNameBehindTheLong() {
        byte[] entry = ByteBuffer.allocate(64)
                .order(ByteOrder.BIG_ENDIAN)
                .putInt(0x12345678)
                .put(bytes("kfree"))
                .array();
        SymbolVersions versions = SymbolVersions.parse(
                file(ElfClass.ELFCLASS32, ByteOrder.BIG_ENDIAN, entry).section(1));
        assertThat(versions.name(0)).isEqualTo("kfree");
        assertThat(versions.crc(0)).isEqualTo(0x12345678);
    }

    @Test
    void extendedTable_withLongNames_isRead() {
        String longName = "very_".repeat(100);
        SymbolVersions versions = extended(
                new byte[] {1, 0, 0, 0, (byte) 0xef, (byte) 0xcd, (byte) 0xab, (byte) 0x89},
                bytes("printk\0" + longName + "\0"));
        assertThat(versions.size()).isEqualTo(2);
        assertThat(versions.name(1)).isEqualTo(longName);
        assertThat(versions.crc(1)).isEqualTo(0x89abcdef);
        assertThat(find(versions, longName, 0)).isEqualTo(1);
    }

    @Test
    void extendedTable_withMoreNamesThanChecksums_passesOverThem() {
        assertThat(extended(new byte[4], bytes("a\0b\0c")).size()).isEqualTo(1);
        assertThat(extended(new byte[0], bytes("a\0")).size()).isZero();
        assertThat(extended(new byte[0], new byte[0]).size()).isZero();
    }

    @Test
    void extendedTable_withFewerNamesThanChecksums_isMalformed() {
        for (String names : new String[] {"", "a", "a\0", "a\0b"}) {
            assertThatThrownBy(() -> extended(new byte[8], bytes(names)))
                    .as("'%s'", names)
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageContaining("__version_ext_names")
                    .hasMessageContaining("one NUL-terminated name for each of 2 checksums");
        }
    }

    /** A file can claim a million checksums, of empty names: one byte each. */
    @Test
    void extendedTable_ofEmptyNames_isReadInTime() {
        SymbolVersions versions = extended(new byte[4_000_000], new byte[1_000_000]);
        assertThat(versions.size()).isEqualTo(1_000_000);
        assertThat(find(versions, "", 0)).isZero();
        assertThat(find(versions, "x", 999_999)).isEqualTo(-1);
    }
}
