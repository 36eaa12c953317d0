package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A good object with one field changed, and the whole message that this must give. Where the fields are comes from {@code
 * x86_64.txt} and {@code powerpc.txt} (readelf) and the gABI's structures, not from the reader.
 *
 * <p>x86_64.o: 0xa58 bytes; 21 section headers of 64 bytes from 0x518. powerpc.o: 0x7f0 bytes; 21 of 40 bytes from 0x4a8.
 */
class MalformedInputTest {
    private record Case(
            String name, Fixture fixture, Consumer<ByteBuffer> patch, Consumer<ElfFile> access, String message) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Case x86(String name, Consumer<ByteBuffer> patch, Consumer<ElfFile> access, String message) {
        return new Case(name, Fixture.X86_64, patch, access, message);
    }

    private static Case ppc(String name, Consumer<ByteBuffer> patch, Consumer<ElfFile> access, String message) {
        return new Case("powerpc " + name, Fixture.POWERPC, patch, access, message);
    }

    /** Parsing alone must find the fault. */
    private static void parsed(ElfFile file) {
        throw new AssertionError("parsed: " + file);
    }

    @ParameterizedTest
    @MethodSource({
        "identification",
        "sectionHeaders",
        "sectionNames",
        "contents",
        "symbols",
        "relocations",
        "notes",
        "groups",
        "class32BigEndian"
    })
    void file_withOneFieldChanged_isRefusedWithTheMessage(Case c) {
        byte[] bytes = c.fixture().bytes();
        c.patch()
                .accept(ByteBuffer.wrap(bytes)
                        .order(c.fixture() == Fixture.POWERPC ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN));
        String name = c.fixture().fileName();
        MalformedInputException e = catchThrowableOfType(
                MalformedInputException.class, () -> c.access().accept(ElfFile.parse(bytes, name)));
        assertThat(e).hasMessage(name + ": " + c.message());
        assertThat(e.file()).isEqualTo(name);
        assertThat(e.getMessage())
                .isEqualTo(
                        "%s: %s at 0x%x: found %s, expected %s", name, e.place(), e.offset(), e.found(), e.expected());
        // And whatever else is asked of the file: nothing but the one exception.
        try {
            Walk.everything(ElfFile.parse(bytes, name));
        } catch (MalformedInputException again) {
            assertThat(again).hasMessage(e.getMessage());
        }
    }

    static Stream<Case> identification() {
        String magic = " (the ELF magic)";
        return Stream.of(
                x86(
                        "magic 0",
                        b -> b.put(0, (byte) 0x7e),
                        MalformedInputTest::parsed,
                        "e_ident at 0x0: found bytes 7e 45 4c 46, expected 7f 45 4c 46" + magic),
                x86(
                        "magic 1",
                        b -> b.put(1, (byte) 0xff),
                        MalformedInputTest::parsed,
                        "e_ident at 0x0: found bytes 7f ff 4c 46, expected 7f 45 4c 46" + magic),
                x86(
                        "magic 2",
                        b -> b.put(2, (byte) 0),
                        MalformedInputTest::parsed,
                        "e_ident at 0x0: found bytes 7f 45 00 46, expected 7f 45 4c 46" + magic),
                x86(
                        "magic 3",
                        b -> b.put(3, (byte) 0x66),
                        MalformedInputTest::parsed,
                        "e_ident at 0x0: found bytes 7f 45 4c 66, expected 7f 45 4c 46" + magic),
                x86(
                        "class none",
                        b -> b.put(4, (byte) 0),
                        MalformedInputTest::parsed,
                        "EI_CLASS at 0x4: found 0, expected 1 (ELFCLASS32) or 2 (ELFCLASS64)"),
                x86(
                        "class 3",
                        b -> b.put(4, (byte) 3),
                        MalformedInputTest::parsed,
                        "EI_CLASS at 0x4: found 3, expected 1 (ELFCLASS32) or 2 (ELFCLASS64)"),
                x86(
                        "class 255",
                        b -> b.put(4, (byte) 255),
                        MalformedInputTest::parsed,
                        "EI_CLASS at 0x4: found 255, expected 1 (ELFCLASS32) or 2 (ELFCLASS64)"),
                x86(
                        "data none",
                        b -> b.put(5, (byte) 0),
                        MalformedInputTest::parsed,
                        "EI_DATA at 0x5: found 0, expected 1 (ELFDATA2LSB) or 2 (ELFDATA2MSB)"),
                x86(
                        "data 128",
                        b -> b.put(5, (byte) 128),
                        MalformedInputTest::parsed,
                        "EI_DATA at 0x5: found 128, expected 1 (ELFDATA2LSB) or 2 (ELFDATA2MSB)"),
                x86(
                        "version 0",
                        b -> b.put(6, (byte) 0),
                        MalformedInputTest::parsed,
                        "EI_VERSION at 0x6: found 0, expected 1 (EV_CURRENT)"),
                x86(
                        "version 255",
                        b -> b.put(6, (byte) 255),
                        MalformedInputTest::parsed,
                        "EI_VERSION at 0x6: found 255, expected 1 (EV_CURRENT)"));
    }

    static Stream<Case> sectionHeaders() {
        String within = ", expected section headers within the file's 2648 bytes";
        String atMost = ", expected at most 21 after e_shoff 0x518";
        return Stream.of(
                x86(
                        "shentsize 63",
                        b -> b.putShort(58, (short) 63),
                        MalformedInputTest::parsed,
                        "e_shentsize at 0x3a: found 63, expected 64"),
                x86(
                        "shentsize 0",
                        b -> b.putShort(58, (short) 0),
                        MalformedInputTest::parsed,
                        "e_shentsize at 0x3a: found 0, expected 64"),
                x86(
                        "shentsize 65535",
                        b -> b.putShort(58, (short) -1),
                        MalformedInputTest::parsed,
                        "e_shentsize at 0x3a: found 65535, expected 64"),
                x86(
                        "shoff a byte too far",
                        b -> b.putLong(40, 0xa19),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x28: found 0xa19" + within),
                x86(
                        "shoff at the end",
                        b -> b.putLong(40, 0xa58),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x28: found 0xa58" + within),
                x86(
                        "shoff 2^32 more",
                        b -> b.putLong(40, 0x1_0000_0518L),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x28: found 0x100000518" + within),
                x86(
                        "shoff max",
                        b -> b.putLong(40, Long.MAX_VALUE),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x28: found 0x7fffffffffffffff" + within),
                x86(
                        "shoff near max",
                        b -> b.putLong(40, Long.MAX_VALUE - 63),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x28: found 0x7fffffffffffffc0" + within),
                x86(
                        "shoff min",
                        b -> b.putLong(40, Long.MIN_VALUE),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x28: found 0x8000000000000000" + within),
                x86(
                        "shoff -1",
                        b -> b.putLong(40, -1),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x28: found 0xffffffffffffffff" + within),
                x86(
                        "shnum one more",
                        b -> b.putShort(60, (short) 22),
                        MalformedInputTest::parsed,
                        "number of sections at 0x3c: found 22" + atMost),
                x86(
                        "shnum 65535",
                        b -> b.putShort(60, (short) -1),
                        MalformedInputTest::parsed,
                        "number of sections at 0x3c: found 65535" + atMost),
                x86(
                        "shnum 65280, extended's first",
                        b -> b.putShort(60, (short) 0xff00),
                        MalformedInputTest::parsed,
                        "number of sections at 0x3c: found 65280" + atMost),
                x86(
                        "extended count one more",
                        b -> b.putShort(60, (short) 0).putLong(0x538, 22),
                        MalformedInputTest::parsed,
                        "number of sections at 0x538: found 22" + atMost),
                x86(
                        "extended count 2^32 + 1",
                        b -> b.putShort(60, (short) 0).putLong(0x538, 0x1_0000_0001L),
                        MalformedInputTest::parsed,
                        "number of sections at 0x538: found 4294967297" + atMost),
                x86(
                        "extended count max",
                        b -> b.putShort(60, (short) 0).putLong(0x538, Long.MAX_VALUE),
                        MalformedInputTest::parsed,
                        "number of sections at 0x538: found 9223372036854775807" + atMost),
                x86(
                        "extended count -1",
                        b -> b.putShort(60, (short) 0).putLong(0x538, -1),
                        MalformedInputTest::parsed,
                        "number of sections at 0x538: found 18446744073709551615" + atMost));
    }

    static Stream<Case> sectionNames() {
        Consumer<ElfFile> name = file -> file.section(2).name();
        String strtab = ", expected the index of a SHT_STRTAB section below 21";
        return Stream.of(
                x86("shstrndx undefined", b -> b.putShort(62, (short) 0), name, "e_shstrndx at 0x3e: found 0" + strtab),
                x86(
                        "shstrndx too large",
                        b -> b.putShort(62, (short) 21),
                        name,
                        "e_shstrndx at 0x3e: found 21" + strtab),
                x86(
                        "shstrndx reserved",
                        b -> b.putShort(62, (short) 0xfff1),
                        name,
                        "e_shstrndx at 0x3e: found 65521" + strtab),
                x86(
                        "shstrndx of a symbol table",
                        b -> b.putShort(62, (short) 18),
                        name,
                        "e_shstrndx at 0x3e: found 18" + strtab),
                x86(
                        "shstrndx undefined, by name",
                        b -> b.putShort(62, (short) 0),
                        file -> file.section(".text"),
                        "e_shstrndx at 0x3e: found 0" + strtab),
                x86(
                        "extended shstrndx too large",
                        b -> b.putShort(62, (short) -1).putInt(0x540, 21),
                        name,
                        "section 0 sh_link at 0x540: found 21" + strtab),
                x86(
                        "extended shstrndx -1",
                        b -> b.putShort(62, (short) -1).putInt(0x540, -1),
                        name,
                        "section 0 sh_link at 0x540: found 4294967295" + strtab),
                x86(
                        "extended shstrndx 2^31",
                        b -> b.putShort(62, (short) -1).putInt(0x540, Integer.MIN_VALUE),
                        name,
                        "section 0 sh_link at 0x540: found 2147483648" + strtab),
                x86(
                        "sh_name at the end",
                        b -> b.putInt(0x598, 0xd5),
                        name,
                        "string in section 20 at 0x515: found an offset of 0xd5,"
                                + " expected an offset below the table's size 0xd5"),
                x86(
                        "sh_name -1",
                        b -> b.putInt(0x598, -1),
                        name,
                        "string in section 20 at 0x10000043f: found an offset of 0xffffffff,"
                                + " expected an offset below the table's size 0xd5"),
                x86(
                        "sh_name -1, compared",
                        b -> b.putInt(0x598, -1),
                        file -> file.section(2).hasName(".text"),
                        "string in section 20 at 0x10000043f: found an offset of 0xffffffff,"
                                + " expected an offset below the table's size 0xd5"),
                x86(
                        "name without NUL",
                        b -> b.putInt(0x598, 0xd4).put(0x514, (byte) 'x'),
                        name,
                        "string in section 20 at 0x514: found no NUL before the end of the table,"
                                + " expected a NUL-terminated string"),
                x86(
                        "name table empty",
                        b -> b.putInt(0x598, 0).putLong(0xa38, 0),
                        name,
                        "string in section 20 at 0x440: found an offset of 0x0,"
                                + " expected an offset below the table's size 0x0"),
                x86(
                        "name table beyond the file",
                        b -> b.putLong(0xa30, 0xa58),
                        name,
                        "section 20 (unnamed) sh_offset, sh_size at 0xa30: found offset 0xa58, size 0xd5,"
                                + " expected a range within the file's 0xa58 bytes"),
                x86(
                        "name table larger than memory",
                        b -> b.putLong(0xa38, Long.MAX_VALUE),
                        name,
                        "section 20 (unnamed) sh_offset, sh_size at 0xa30: found offset 0x440, size 0x7fffffffffffffff,"
                                + " expected a range within the file's 0xa58 bytes"));
    }

    static Stream<Case> contents() {
        Consumer<ElfFile> bytes = file -> file.section(2).bytes();
        String range = ", expected a range within the file's 0xa58 bytes";
        return Stream.of(
                x86(
                        "content a byte too far",
                        b -> b.putLong(0x5b0, 0xa30),
                        bytes,
                        "section 2 (.text) sh_offset, sh_size at 0x5b0: found offset 0xa30, size 0x29" + range),
                x86(
                        "content beyond the file",
                        b -> b.putLong(0x5b0, 0xa59),
                        bytes,
                        "section 2 (.text) sh_offset, sh_size at 0x5b0: found offset 0xa59, size 0x29" + range),
                x86(
                        "content at max",
                        b -> b.putLong(0x5b0, Long.MAX_VALUE),
                        bytes,
                        "section 2 (.text) sh_offset, sh_size at 0x5b0: found offset 0x7fffffffffffffff, size 0x29"
                                + range),
                x86(
                        "content at -1",
                        b -> b.putLong(0x5b0, -1),
                        bytes,
                        "section 2 (.text) sh_offset, sh_size at 0x5b0: found offset 0xffffffffffffffff, size 0x29"
                                + range),
                x86(
                        "content at 2^32 more",
                        b -> b.putLong(0x5b0, 0x1_0000_0050L),
                        bytes,
                        "section 2 (.text) sh_offset, sh_size at 0x5b0: found offset 0x100000050, size 0x29" + range),
                x86(
                        "size max",
                        b -> b.putLong(0x5b8, Long.MAX_VALUE),
                        bytes,
                        "section 2 (.text) sh_offset, sh_size at 0x5b0: found offset 0x50, size 0x7fffffffffffffff"
                                + range),
                x86(
                        "size -1",
                        b -> b.putLong(0x5b8, -1),
                        bytes,
                        "section 2 (.text) sh_offset, sh_size at 0x5b0: found offset 0x50, size 0xffffffffffffffff"
                                + range),
                x86(
                        "size 2^32 more",
                        b -> b.putLong(0x5b8, 0x1_0000_0029L),
                        file -> file.section(2).start(),
                        "section 2 (.text) sh_offset, sh_size at 0x5b0: found offset 0x50, size 0x100000029" + range),
                x86(
                        "strings beyond the file",
                        b -> b.putLong(0x5b8, 0xa09),
                        file -> file.section(2).strings(),
                        "section 2 (.text) sh_offset, sh_size at 0x5b0: found offset 0x50, size 0xa09" + range));
    }

    static Stream<Case> symbols() {
        Consumer<ElfFile> symbols = ElfFile::symbols;
        Consumer<ElfFile> shndx = file -> file.symbols().orElseThrow().sectionIndex(6);
        String index = ", expected a section index from 1 to 20";
        return Stream.of(
                x86(
                        "symtab of half an entry",
                        b -> b.putLong(0x9b8, 0x151),
                        symbols,
                        "section 18 (.symtab) sh_size at 0x9b8: found 337,"
                                + " expected a multiple of the entries' 24 bytes"),
                x86(
                        "symtab of -1 bytes",
                        b -> b.putLong(0x9b8, -1),
                        symbols,
                        "section 18 (.symtab) sh_size at 0x9b8: found 18446744073709551615,"
                                + " expected a multiple of the entries' 24 bytes"),
                x86(
                        "symtab of -24 bytes",
                        b -> b.putLong(0x9b8, -24),
                        symbols,
                        "section 18 (.symtab) sh_size at 0x9b8: found 18446744073709551592,"
                                + " expected a multiple of the entries' 24 bytes"),
                x86(
                        "symtab of 2^64 - 16 bytes",
                        b -> b.putLong(0x9b8, -16),
                        symbols,
                        "section 18 (.symtab) sh_offset, sh_size at 0x9b0: found offset 0x170, size 0xfffffffffffffff0,"
                                + " expected a range within the file's 0xa58 bytes"),
                x86(
                        "symtab link undefined",
                        b -> b.putInt(0x9c0, 0),
                        symbols,
                        "section 18 (.symtab) sh_link at 0x9c0: found 0" + index),
                x86(
                        "symtab link too large",
                        b -> b.putInt(0x9c0, 21),
                        symbols,
                        "section 18 (.symtab) sh_link at 0x9c0: found 21" + index),
                x86(
                        "symtab link -1",
                        b -> b.putInt(0x9c0, -1),
                        symbols,
                        "section 18 (.symtab) sh_link at 0x9c0: found 4294967295" + index),
                x86(
                        "strtab beyond the file",
                        b -> b.putLong(0x9f0, 0xa00),
                        symbols,
                        "section 19 (.strtab) sh_offset, sh_size at 0x9f0: found offset 0xa00, size 0x74,"
                                + " expected a range within the file's 0xa58 bytes"),
                x86(
                        "symbol's name at the end",
                        b -> b.putInt(0x200, 0x74),
                        file -> file.symbols().orElseThrow().name(6),
                        "string in section 19 at 0x334: found an offset of 0x74,"
                                + " expected an offset below the table's size 0x74"),
                x86(
                        "symbol's name without NUL",
                        b -> b.putInt(0x200, 0x72).put(0x333, (byte) 'x'),
                        file -> file.symbols().orElseThrow().name(6),
                        "string in section 19 at 0x332: found no NUL before the end of the table,"
                                + " expected a NUL-terminated string"),
                x86(
                        "SHN_XINDEX without a table",
                        b -> b.putShort(0x206, (short) -1),
                        shndx,
                        "symbol 6 st_shndx at 0x206: found 0xffff (SHN_XINDEX),"
                                + " expected a SHT_SYMTAB_SHNDX section to go with it"),
                x86(
                        "extended indexes too few",
                        b -> b.putInt(0x71c, 18).putInt(0x740, 18),
                        symbols,
                        "section 8 (.rodata.cst4) sh_size at 0x738: found 1 indexes, expected one for each of 14 symbols"),
                x86(
                        "extended indexes of another table",
                        b -> b.putShort(0x206, (short) -1).putInt(0x71c, 18),
                        shndx,
                        "symbol 6 st_shndx at 0x206: found 0xffff (SHN_XINDEX),"
                                + " expected a SHT_SYMTAB_SHNDX section to go with it"),
                x86(
                        "extended indexes of half an entry",
                        b -> b.putInt(0x71c, 18).putInt(0x740, 18).putLong(0x738, 57),
                        symbols,
                        "section 8 (.rodata.cst4) sh_size at 0x738: found 57,"
                                + " expected a multiple of the entries' 4 bytes"),
                x86(
                        "extended indexes beyond the file",
                        b -> b.putInt(0x71c, 18).putInt(0x740, 18).putLong(0x738, 1L << 40),
                        symbols,
                        "section 8 (.rodata.cst4) sh_offset, sh_size at 0x730: found offset 0xdc, size 0x10000000000,"
                                + " expected a range within the file's 0xa58 bytes"));
    }

    static Stream<Case> relocations() {
        Consumer<ElfFile> relocations = file -> file.section(3).relocations();
        Consumer<ElfFile> target = file -> file.section(3).relocations().target();
        String index = ", expected a section index from 1 to 20";
        return Stream.of(
                x86(
                        "rela of half an entry",
                        b -> b.putLong(0x5f8, 0x91),
                        relocations,
                        "section 3 (.rela.text) sh_size at 0x5f8: found 145,"
                                + " expected a multiple of the entries' 24 bytes"),
                x86(
                        "rel of half an entry",
                        b -> b.putInt(0x5dc, 9).putLong(0x5f8, 0x98),
                        relocations,
                        "section 3 (.rela.text) sh_size at 0x5f8: found 152,"
                                + " expected a multiple of the entries' 16 bytes"),
                x86(
                        "rela larger than memory",
                        b -> b.putLong(0x5f8, 0x7ffffffffffffff8L),
                        relocations,
                        "section 3 (.rela.text) sh_offset, sh_size at 0x5f0: found offset 0x338, size 0x7ffffffffffffff8,"
                                + " expected a range within the file's 0xa58 bytes"),
                x86(
                        "rela of another type",
                        b -> b.putInt(0x5dc, 2),
                        relocations,
                        "section 3 (.rela.text) sh_type at 0x5dc: found 2, expected 4 or 9"),
                x86(
                        "rela of a user's type",
                        b -> b.putInt(0x5dc, 0xffffffff),
                        relocations,
                        "section 3 (.rela.text) sh_type at 0x5dc: found 4294967295, expected 4 or 9"),
                x86(
                        "target undefined",
                        b -> b.putInt(0x604, 0),
                        target,
                        "section 3 (.rela.text) sh_info at 0x604: found 0" + index),
                x86(
                        "target too large",
                        b -> b.putInt(0x604, 21),
                        target,
                        "section 3 (.rela.text) sh_info at 0x604: found 21" + index),
                x86(
                        "target -1",
                        b -> b.putInt(0x604, -1),
                        target,
                        "section 3 (.rela.text) sh_info at 0x604: found 4294967295" + index));
    }

    static Stream<Case> notes() {
        Consumer<ElfFile> buildId = file -> file.section(11).notes().forEach(note -> {});
        Consumer<ElfFile> two = file -> file.section(12).notes().forEach(note -> {});
        String fits = ", expected a note within the section's size";
        return Stream.of(
                x86(
                        "n_namesz one word more",
                        b -> b.putInt(0x110, 5),
                        buildId,
                        "section 11 (.note.gnu.build-id) note at 0x110: found n_namesz 5, n_descsz 20" + fits),
                x86(
                        "n_namesz 2^31",
                        b -> b.putInt(0x110, Integer.MIN_VALUE),
                        buildId,
                        "section 11 (.note.gnu.build-id) note at 0x110: found n_namesz 2147483648, n_descsz 20" + fits),
                x86(
                        "n_namesz -1",
                        b -> b.putInt(0x110, -1),
                        buildId,
                        "section 11 (.note.gnu.build-id) note at 0x110: found n_namesz 4294967295, n_descsz 20" + fits),
                x86(
                        "n_namesz and n_descsz -1",
                        b -> b.putInt(0x110, -1).putInt(0x114, -1),
                        buildId,
                        "section 11 (.note.gnu.build-id) note at 0x110:"
                                + " found n_namesz 4294967295, n_descsz 4294967295" + fits),
                x86(
                        "n_descsz one more",
                        b -> b.putInt(0x114, 21),
                        buildId,
                        "section 11 (.note.gnu.build-id) note at 0x110: found n_namesz 4, n_descsz 21" + fits),
                x86(
                        "n_descsz -1",
                        b -> b.putInt(0x114, -1),
                        buildId,
                        "section 11 (.note.gnu.build-id) note at 0x110: found n_namesz 4, n_descsz 4294967295" + fits),
                x86(
                        "note header cut off",
                        b -> b.putLong(0x7f8, 11),
                        buildId,
                        "section 11 (.note.gnu.build-id) note at 0x110: found 11 bytes,"
                                + " expected a note header of 12 bytes"),
                x86(
                        "second note too large",
                        b -> b.putInt(0x150, 5),
                        two,
                        "section 12 (.note.two) note at 0x150: found n_namesz 5, n_descsz 0" + fits),
                x86(
                        "second note cut off",
                        b -> b.putLong(0x838, 0x1d),
                        two,
                        "section 12 (.note.two) note at 0x150: found 1 bytes, expected a note header of 12 bytes"),
                x86(
                        "notes of another type",
                        b -> b.putInt(0x7dc, 1),
                        buildId,
                        "section 11 (.note.gnu.build-id) sh_type at 0x7dc: found 1, expected 7"),
                x86(
                        "notes beyond the file",
                        b -> b.putLong(0x7f8, 1L << 33),
                        buildId,
                        "section 11 (.note.gnu.build-id) sh_offset, sh_size at 0x7f0:"
                                + " found offset 0x110, size 0x200000000,"
                                + " expected a range within the file's 0xa58 bytes"));
    }

    static Stream<Case> groups() {
        Consumer<ElfFile> group = file -> file.section(1).group();
        Consumer<ElfFile> member = file -> file.section(1).group().member(1);
        Consumer<ElfFile> signature = file -> file.section(1).group().signature();
        String index = ", expected a section index from 1 to 20";
        return Stream.of(
                x86(
                        "group empty",
                        b -> b.putLong(0x578, 0),
                        group,
                        "section 1 (.group) sh_size at 0x578: found 0, expected at least the group's flags, 4 bytes"),
                x86(
                        "group of half a member",
                        b -> b.putLong(0x578, 15),
                        group,
                        "section 1 (.group) sh_size at 0x578: found 15, expected a multiple of the entries' 4 bytes"),
                x86(
                        "group of another type",
                        b -> b.putInt(0x55c, 18),
                        group,
                        "section 1 (.group) sh_type at 0x55c: found 18, expected 17"),
                x86(
                        "member undefined",
                        b -> b.putInt(0x48, 0),
                        member,
                        "section 1 (.group) member 1 at 0x48: found 0" + index),
                x86(
                        "member too large",
                        b -> b.putInt(0x48, 21),
                        member,
                        "section 1 (.group) member 1 at 0x48: found 21" + index),
                x86(
                        "member -1",
                        b -> b.putInt(0x48, -1),
                        member,
                        "section 1 (.group) member 1 at 0x48: found 4294967295" + index),
                x86(
                        "signature's table too large",
                        b -> b.putInt(0x580, 21),
                        signature,
                        "section 1 (.group) sh_link at 0x580: found 21" + index),
                x86(
                        "signature's table is text",
                        b -> b.putInt(0x580, 2),
                        signature,
                        "section 2 (.text) sh_type at 0x59c: found 1, expected 2"),
                x86(
                        "signature too large",
                        b -> b.putInt(0x584, 14),
                        signature,
                        "section 1 (.group) sh_info at 0x584: found 14, expected a symbol index below 14"),
                x86(
                        "signature -1",
                        b -> b.putInt(0x584, -1),
                        signature,
                        "section 1 (.group) sh_info at 0x584: found 4294967295, expected a symbol index below 14"));
    }

    static Stream<Case> class32BigEndian() {
        String within = ", expected section headers within the file's 2032 bytes";
        String atMost = ", expected at most 21 after e_shoff 0x4a8";
        String range = ", expected a range within the file's 0x7f0 bytes";
        String index = ", expected a section index from 1 to 20";
        return Stream.of(
                ppc(
                        "shentsize 64",
                        b -> b.putShort(46, (short) 64),
                        MalformedInputTest::parsed,
                        "e_shentsize at 0x2e: found 64, expected 40"),
                ppc(
                        "shoff a byte too far",
                        b -> b.putInt(32, 0x7c9),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x20: found 0x7c9" + within),
                ppc(
                        "shoff -1",
                        b -> b.putInt(32, -1),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x20: found 0xffffffff" + within),
                ppc(
                        "shoff 2^31",
                        b -> b.putInt(32, Integer.MIN_VALUE),
                        MalformedInputTest::parsed,
                        "e_shoff at 0x20: found 0x80000000" + within),
                ppc(
                        "shnum one more",
                        b -> b.putShort(48, (short) 22),
                        MalformedInputTest::parsed,
                        "number of sections at 0x30: found 22" + atMost),
                ppc(
                        "extended count -1",
                        b -> b.putShort(48, (short) 0).putInt(0x4bc, -1),
                        MalformedInputTest::parsed,
                        "number of sections at 0x4bc: found 4294967295" + atMost),
                ppc(
                        "shstrndx too large",
                        b -> b.putShort(50, (short) 21),
                        file -> file.section(2).name(),
                        "e_shstrndx at 0x32: found 21, expected the index of a SHT_STRTAB section below 21"),
                ppc(
                        "extended shstrndx -1",
                        b -> b.putShort(50, (short) -1).putInt(0x4c0, -1),
                        file -> file.section(2).name(),
                        "section 0 sh_link at 0x4c0: found 4294967295,"
                                + " expected the index of a SHT_STRTAB section below 21"),
                ppc(
                        "content at -1",
                        b -> b.putInt(0x508, -1),
                        file -> file.section(2).bytes(),
                        "section 2 (.text) sh_offset, sh_size at 0x508: found offset 0xffffffff, size 0x1c" + range),
                ppc(
                        "size -1",
                        b -> b.putInt(0x50c, -1),
                        file -> file.section(2).bytes(),
                        "section 2 (.text) sh_offset, sh_size at 0x508: found offset 0x44, size 0xffffffff" + range),
                ppc(
                        "rela of half an entry",
                        b -> b.putInt(0x534, 73),
                        file -> file.section(3).relocations(),
                        "section 3 (.rela.text) sh_size at 0x534: found 73, expected a multiple of the entries' 12 bytes"),
                ppc(
                        "rel of half an entry",
                        b -> b.putInt(0x524, 9).putInt(0x534, 12),
                        file -> file.section(3).relocations(),
                        "section 3 (.rela.text) sh_size at 0x534: found 12, expected a multiple of the entries' 8 bytes"),
                ppc(
                        "target too large",
                        b -> b.putInt(0x53c, 21),
                        file -> file.section(3).relocations().target(),
                        "section 3 (.rela.text) sh_info at 0x53c: found 21" + index),
                ppc(
                        "symtab of half an entry",
                        b -> b.putInt(0x78c, 24),
                        ElfFile::symbols,
                        "section 18 (.symtab) sh_size at 0x78c: found 24, expected a multiple of the entries' 16 bytes"),
                ppc(
                        "symtab link too large",
                        b -> b.putInt(0x790, 21),
                        ElfFile::symbols,
                        "section 18 (.symtab) sh_link at 0x790: found 21" + index),
                ppc(
                        "SHN_XINDEX without a table",
                        b -> b.putShort(0x266, (short) -1),
                        file -> file.symbols().orElseThrow().sectionIndex(19),
                        "symbol 19 st_shndx at 0x266: found 0xffff (SHN_XINDEX),"
                                + " expected a SHT_SYMTAB_SHNDX section to go with it"),
                ppc(
                        "n_namesz -1",
                        b -> b.putInt(0xd0, -1),
                        file -> file.section(11).notes().forEach(note -> {}),
                        "section 11 (.note.gnu.build-id) note at 0xd0: found n_namesz 4294967295, n_descsz 20,"
                                + " expected a note within the section's size"),
                ppc(
                        "member too large",
                        b -> b.putInt(0x38, 21),
                        file -> file.section(1).group().member(0),
                        "section 1 (.group) member 0 at 0x38: found 21" + index));
    }

    @Test
    void file_cutOffAnywhere_isRefusedWithTheMessage() {
        byte[] whole = Fixture.X86_64.bytes();
        assertThat(whole).hasSize(2648);
        for (int length = 0; length < whole.length; length++) {
            String message = length < 16
                    ? "e_ident at 0x0: found " + length + " bytes, expected at least 16 bytes"
                    : length < 64
                            ? "ELF header at 0x0: found " + length + " bytes, expected at least 64 bytes"
                            : length < 0x518 + 64
                                    ? "e_shoff at 0x28: found 0x518, expected section headers within the file's "
                                            + length + " bytes"
                                    : "number of sections at 0x3c: found 21, expected at most " + (length - 0x518) / 64
                                            + " after e_shoff 0x518";
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> ElfFile.parse(cut, "cut.o"))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessage("cut.o: " + message);
            // A view of a longer array must not see what is behind its end.
            int end = length;
            assertThatThrownBy(() -> ElfFile.parse(whole, end, "cut.o"))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessage("cut.o: " + message);
        }
    }

    @Test
    void header_of32Bits_needs52Bytes() {
        byte[] bytes = Fixture.I386.bytes();
        assertThatThrownBy(() -> ElfFile.parse(bytes, 51, "cut.o"))
                .hasMessage("cut.o: ELF header at 0x0: found 51 bytes, expected at least 52 bytes");
        // Without section headers the header is enough.
        Arrays.fill(bytes, 32, 36, (byte) 0);
        ElfFile file = ElfFile.parse(bytes, 52, "header.o");
        assertThat(file.sectionCount()).isZero();
        assertThat(file.symbols()).isEmpty();
        assertThat(file.section(".text")).isEmpty();
        assertThat(Walk.everything(file)).isEmpty();
    }

    @Test
    void file_ofExtendedCountZero_hasNoSections() {
        byte[] bytes = Fixture.X86_64.bytes();
        bytes[60] = 0;
        ElfFile file = ElfFile.parse(bytes, "none.o");
        assertThat(file.sectionCount()).isZero();
        assertThat(Walk.everything(file)).isEmpty();
    }

    @Test
    void sectionNameIndex_extended_isTakenFromSectionZero() {
        byte[] bytes = Fixture.X86_64.bytes();
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(62, (short) -1)
                .putInt(0x540, 20);
        ElfFile file = ElfFile.parse(bytes, "extended.o");
        assertThat(file.sectionNameIndex()).isEqualTo(20);
        assertThat(file.section(2).name()).isEqualTo(".text");
    }

    @Test
    void content_endingWithTheFile_isRead() {
        byte[] bytes = Fixture.X86_64.bytes();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0x5b0, 0xa58 - 0x29);
        assertThat(ElfFile.parse(bytes, "end.o").section(2).bytes().remaining()).isEqualTo(0x29);
    }

    @Test
    void content_startingWithTheFile_isRead() {
        byte[] bytes = Fixture.X86_64.bytes();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0x5b0, 0).putLong(0x5b8, 0xa58);
        ByteBuffer content = ElfFile.parse(bytes, "start.o").section(2).bytes();
        assertThat(content.remaining()).isEqualTo(0xa58);
        assertThat(content.getInt(0)).isEqualTo(0x464c457f);
    }

    @Test
    void hasName_ofNameWithoutNul_isFalseWhateverFollowsTheTable() {
        byte[] bytes = Fixture.X86_64.bytes();
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x598, 0xd4)
                .put(0x514, (byte) 'x');
        assertThat(bytes[0x515]).isZero();
        Section section = ElfFile.parse(bytes, "name.o").section(2);
        assertThat(section.hasName("x")).isFalse();
        assertThat(section.hasName("")).isFalse();
        assertThat(section.hasName("xx")).isFalse();
    }

    @Test
    void string_withoutNulAtTheFilesEnd_isRefused() {
        byte[] bytes = Fixture.X86_64.bytes();
        // .text becomes the file's last four bytes, and these become letters.
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0x5b0, 0xa54)
                .putLong(0x5b8, 4);
        Arrays.fill(bytes, 0xa54, 0xa58, (byte) 'x');
        StringTable strings = ElfFile.parse(bytes, "end.o").section(2).strings();
        assertThatThrownBy(() -> strings.length(1))
                .hasMessage("end.o: string in section 2 at 0xa55: found no NUL before the end of the table,"
                        + " expected a NUL-terminated string");
        assertThat(strings.length(1, 2)).isEqualTo(2);
        assertThatThrownBy(() -> strings.length(1, 3)).isInstanceOf(MalformedInputException.class);
        assertThat(strings.matches(0, "xxxx")).isFalse();
        assertThat(strings.matches(0, "xxx")).isFalse();
        assertThat(strings.matches(3, "xxxx")).isFalse();
    }

    @Test
    void signature_ofSymbolZero_isItsEmptyName() {
        byte[] bytes = Fixture.X86_64.bytes();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(0x584, 0);
        assertThat(ElfFile.parse(bytes, "group.o").section(1).group().signature())
                .isEmpty();
    }

    @Test
    void toString_ofFileAndSection_isWhatMessagesCallThem() {
        ElfFile file = Fixture.X86_64.parse();
        assertThat(file).hasToString("x86_64.o");
        assertThat(file.section(0)).hasToString("section 0");
        assertThat(file.section(2)).hasToString("section 2 (.text)");
    }

    @Test
    void content_ofSizeZero_mayBeAnywhere() {
        byte[] bytes = Fixture.X86_64.bytes();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0x5b0, -1).putLong(0x5b8, 0);
        assertThat(ElfFile.parse(bytes, "empty.o").section(2).bytes().hasRemaining())
                .isFalse();
    }

    @Test
    void nullAndNoBits_ofHugeSize_haveNoContent() {
        byte[] bytes = Fixture.X86_64.bytes();
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        // Sections 0 (SHT_NULL) and 6 (.bss): offset and size.
        for (int header : List.of(0x518, 0x518 + 6 * 64)) {
            b.putLong(header + 24, Long.MAX_VALUE).putLong(header + 32, -1);
        }
        ElfFile file = ElfFile.parse(bytes, "huge.o");
        for (int index : List.of(0, 6)) {
            Section section = file.section(index);
            assertThat(section.size()).isEqualTo(-1);
            assertThat(section.isEmptyInFile()).isTrue();
            assertThat(section.bytes().hasRemaining()).isFalse();
            assertThat(section.strings().size()).isZero();
        }
    }

    @Test
    void fields_withTheHighestBit_areUnsigned() {
        byte[] bytes = Fixture.POWERPC.bytes();
        ByteBuffer b = ByteBuffer.wrap(bytes);
        // .text's sh_flags, sh_addr, sh_offset and sh_addralign; .data's relocation 0.
        b.putInt(0x500, -1)
                .putInt(0x504, -1)
                .putInt(0x508, -1)
                .putInt(0x518, -1)
                .putInt(0x4f8, -1);
        b.putInt(0x394, -1).putInt(0x398, -1).putInt(0x39c, -1);
        ElfFile file = ElfFile.parse(bytes, "unsigned.o");
        Section text = file.section(2);
        assertThat(text.flags()).isEqualTo(0xffffffffL);
        assertThat(text.address()).isEqualTo(0xffffffffL);
        assertThat(text.offset()).isEqualTo(0xffffffffL);
        assertThat(text.addralign()).isEqualTo(0xffffffffL);
        assertThat(text.nameOffset()).isEqualTo(0xffffffffL);
        RelocationTable relocations = file.section(5).relocations();
        assertThat(relocations.offset(0)).isEqualTo(0xffffffffL);
        assertThat(relocations.type(0)).isEqualTo(0xff);
        assertThat(relocations.symbol(0)).isEqualTo(0xffffff);
        assertThat(relocations.addend(0)).as("signed").isEqualTo(-1);
    }

    @Test
    void indexes_ofEntries_areChecked() {
        ElfFile file = Fixture.X86_64.parse();
        SymbolTable symbols = file.symbols().orElseThrow();
        RelocationTable relocations = file.section(3).relocations();
        SectionGroup group = file.section(1).group();
        for (int index : new int[] {-1, 14, Integer.MAX_VALUE, Integer.MIN_VALUE, 178_956_971}) {
            // 178,956,971 * 24 wraps around to 8.
            assertThatThrownBy(() -> symbols.value(index)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> symbols.name(index)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> symbols.sectionIndex(index)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> relocations.type(index)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> relocations.addend(index)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> group.member(index)).isInstanceOf(IndexOutOfBoundsException.class);
        }
        for (int index : new int[] {-1, 21, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> file.section(index)).isInstanceOf(IndexOutOfBoundsException.class);
        }
        RelocationTable rel = Fixture.I386.parse().section(3).relocations();
        assertThatThrownBy(() -> rel.addend(5)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void length_ofArray_isChecked() {
        byte[] bytes = Fixture.X86_64.bytes();
        assertThatThrownBy(() -> ElfFile.parse(bytes, -1, "x")).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> ElfFile.parse(bytes, bytes.length + 1, "x"))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> ElfFile.parse(bytes, null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void offset_ofString_isChecked() {
        StringTable strings = Fixture.X86_64.parse().section(19).strings();
        for (long offset : new long[] {-1, 0x74, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32}) {
            assertThatThrownBy(() -> strings.string(offset)).isInstanceOf(MalformedInputException.class);
            assertThatThrownBy(() -> strings.length(offset)).isInstanceOf(MalformedInputException.class);
        }
    }

    @Test
    void notes_withoutAnother_haveNoNext() {
        var notes = Fixture.X86_64.parse().section(12).notes().iterator();
        notes.next();
        notes.next();
        assertThat(notes.hasNext()).isFalse();
        assertThatThrownBy(notes::next).isInstanceOf(java.util.NoSuchElementException.class);
    }

    @Test
    void notes_ofEmptyOrZeroNames_haveAnEmptyOwner() {
        // A note of a header alone; then one whose name is four NULs; both with the highest byte of the type zero.
        byte[] content = new byte[28];
        ByteBuffer.wrap(content)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(8, 1)
                .putInt(12, 4)
                .putInt(20, 2);
        ElfWriter w = new ElfWriter(ElfClass.ELFCLASS32, ByteOrder.LITTLE_ENDIAN, Elf.EM_386);
        int two = w.addSection(".note", Elf.SHT_NOTE, Elf.SHF_ALLOC, 4, content);
        int one = w.addSection(".note", Elf.SHT_NOTE, Elf.SHF_ALLOC, 4, Arrays.copyOf(content, 12));
        ElfFile file = ElfFile.parse(w.toBytes(), "notes.o");
        assertThat(file.section(two).notes()).extracting(Notes.Note::owner).containsExactly("", "");
        assertThat(file.section(two).notes()).extracting(Notes.Note::type).containsExactly(1, 2);
        assertThat(file.section(one).notes()).extracting(Notes.Note::type).containsExactly(1);
    }

    @Test
    void notes_alignedTo8_arePaddedTo8() {
        // gABI chapter 5 in the 64-bit reading; binutils writes .note.gnu.property so.
        byte[] content = new byte[56];
        ByteBuffer b = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(4).putInt(12).putInt(5).put(new byte[] {'G', 'N', 'U', 0}).put(new byte[12]);
        b.position(32);
        b.putInt(6).putInt(0).putInt(7).put(new byte[] {'L', 'i', 'n', 'u', 'x', 0});
        ElfWriter w = new ElfWriter(ElfClass.ELFCLASS64, ByteOrder.LITTLE_ENDIAN, Elf.EM_X86_64);
        int section = w.addSection(".note", Elf.SHT_NOTE, Elf.SHF_ALLOC, 8, content);
        var notes =
                ElfFile.parse(w.toBytes(), "note8.o").section(section).notes().iterator();
        Notes.Note first = notes.next();
        assertThat(first.owner()).isEqualTo("GNU");
        assertThat(first.descriptor().remaining()).isEqualTo(12);
        Notes.Note second = notes.next();
        assertThat(second.owner()).isEqualTo("Linux");
        assertThat(second.type()).isEqualTo(7);
        assertThat(second.descriptor().remaining()).isZero();
    }

    /** A file of a few megabytes whose every section's name is a megabyte long: 8 GB of names. */
    private static byte[] longNames(int sections, int nameLength) {
        byte[] bytes = new byte[64 + nameLength + 1 + 64 * sections];
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        b.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
        b.putShort(16, (short) 1).putShort(18, (short) 62).putInt(20, 1);
        int headers = 64 + nameLength + 1;
        b.putLong(40, headers)
                .putShort(58, (short) 64)
                .putShort(60, (short) sections)
                .putShort(62, (short) 1);
        Arrays.fill(bytes, 64, 64 + nameLength, (byte) 'n');
        for (int i = 1; i < sections; i++) {
            int at = headers + 64 * i;
            b.putInt(at, i).putInt(at + 4, i == 1 ? 3 : 1);
            if (i == 1) {
                b.putLong(at + 24, 64).putLong(at + 32, nameLength + 1L);
            }
        }
        return bytes;
    }

    @Test
    void section_ofNameAmongHugeNames_isSoughtWithoutAStringEach() {
        byte[] bytes = longNames(60_000, 4 << 20);
        ElfFile file = ElfFile.parse(bytes, "names.o");
        // As Strings that is 250 GB.
        Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(5), () -> assertThat(file.section(".text")).isEmpty());
    }

    @Test
    void name_ofHugeLength_isNotKept() {
        ElfFile file = ElfFile.parse(longNames(3, 1 << 20), "names.o");
        Section huge = file.section(2);
        assertThat(huge.name()).hasSize((1 << 20) - 2).isNotSameAs(huge.name());
        Section text = Fixture.X86_64.parse().section(2);
        assertThat(text.name()).isSameAs(text.name());
        // Section 2's name is all but the first two bytes.
        assertThat(ElfFile.parse(longNames(3, 102), "names.o").section(2))
                .hasToString("section 2 (" + "n".repeat(100) + ")")
                .satisfies(s -> assertThat(s.name()).isSameAs(s.name()));
        assertThat(ElfFile.parse(longNames(3, 103), "names.o").section(2))
                .hasToString("section 2 (" + "n".repeat(100) + "...)")
                .satisfies(s -> assertThat(s.name()).hasSize(101).isNotSameAs(s.name()));
    }

    @Test
    void message_ofHostileName_isOnePrintableShortLine() {
        byte[] bytes = Fixture.X86_64.bytes();
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        // .text's name becomes .shstrtab's first bytes, which say clear the screen, new line, and C1's CSI.
        b.putInt(0x598, 0);
        b.put(0x440, new byte[] {0x1b, '[', '2', 'J', '\n', (byte) 0x9b, (byte) 0xe9, 0});
        assertThatThrownBy(() -> ElfFile.parse(bytes, "a\nb.o").section(2).relocations())
                .hasMessage(
                        "a\\x0ab.o: section 2 (\\x1b[2J\\x0a\\x9b\u00e9) sh_type at 0x59c: found 1, expected 4 or 9");
        ElfFile names = ElfFile.parse(longNames(3, 1 << 20), "names.o");
        assertThatThrownBy(() -> names.section(2).relocations())
                .hasMessage("names.o: section 2 (" + "n".repeat(100)
                        + "...) sh_type at 0x1000c5: found 1, expected 4 or 9");
    }

    @Test
    void read_ofAHugeFile_isRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("sparse.ko");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(3L << 30);
        }
        assertThatThrownBy(() -> ElfFile.read(file))
                .isInstanceOf(MalformedInputException.class)
                .hasMessage(file + ": size at 0x0: found more than 268435456 bytes, expected an ELF object");
    }

    @Test
    void read_ofMissingFile_isAnIoException(@TempDir Path folder) {
        assertThatThrownBy(() -> ElfFile.read(folder.resolve("none.ko"))).isInstanceOf(IOException.class);
    }
}
