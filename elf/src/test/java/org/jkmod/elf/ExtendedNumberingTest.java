package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** More sections than 16 bits can count: gABI chapter 4, "ELF Header" (e_shnum, e_shstrndx) and "Symbol Table Section Index". */
class ExtendedNumberingTest {
    /** Sections 1 to this; then .symtab, .symtab_shndx, .strtab and .shstrtab. */
    private static final int SECTIONS = 65_330;

    @TempDir
    private Path folder;

    private static byte[] manySections(ElfClass elfClass, ByteOrder order, int machine) {
        ElfWriter writer = new ElfWriter(elfClass, order, machine);
        for (int i = 1; i <= SECTIONS; i++) {
            writer.addSection(".s" + i, Elf.SHT_PROGBITS, Elf.SHF_ALLOC, 1, new byte[] {(byte) i});
        }
        writer.addSectionSymbol(0xfeff);
        writer.addSymbol("at_ff00", 1, 2, Elf.stInfo(Elf.STB_GLOBAL, Elf.STT_OBJECT), 0xff00);
        writer.addSymbol("at_ff20", 3, 4, Elf.stInfo(Elf.STB_GLOBAL, Elf.STT_OBJECT), 0xff20);
        writer.addSymbol("in_last", 5, 6, Elf.stInfo(Elf.STB_GLOBAL, Elf.STT_OBJECT), SECTIONS);
        writer.addSymbol("absolute", 7, 0, Elf.stInfo(Elf.STB_GLOBAL, Elf.STT_NOTYPE), Elf.SHN_ABS);
        writer.addUndefined("elsewhere");
        return writer.toBytes();
    }

    @ParameterizedTest
    @CsvSource({
        "ELFCLASS64, LITTLE_ENDIAN, 62",
        "ELFCLASS64, BIG_ENDIAN, 22",
        "ELFCLASS32, LITTLE_ENDIAN, 3",
        "ELFCLASS32, BIG_ENDIAN, 20"
    })
    void file_ofManySections_isCountedInSectionZero(ElfClass elfClass, String order, int machine) {
        ByteOrder byteOrder = order.equals("BIG_ENDIAN") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        byte[] bytes = manySections(elfClass, byteOrder, machine);
        ByteBuffer header = ByteBuffer.wrap(bytes).order(byteOrder);
        boolean wide = elfClass == ElfClass.ELFCLASS64;
        assertThat(header.getShort(wide ? 60 : 48)).as("e_shnum").isZero();
        assertThat(header.getShort(wide ? 62 : 50)).as("e_shstrndx").isEqualTo((short) 0xffff);
        long shoff = wide ? header.getLong(40) : header.getInt(32);
        assertThat(wide ? header.getLong((int) shoff + 32) : header.getInt((int) shoff + 20))
                .as("section 0's sh_size")
                .isEqualTo(SECTIONS + 5);
        assertThat(header.getInt((int) shoff + (wide ? 40 : 24)))
                .as("section 0's sh_link")
                .isEqualTo(SECTIONS + 4);

        ElfFile file = ElfFile.parse(bytes, "many.o");
        assertThat(file.sectionCount()).isEqualTo(SECTIONS + 5);
        assertThat(file.sectionNameIndex()).isEqualTo(SECTIONS + 4);
        assertThat(file.section(0xff00).name()).isEqualTo(".s65280");
        assertThat(file.section(0xff00).bytes().get(0)).isEqualTo((byte) 65280);
        assertThat(file.section(".s65330").orElseThrow().index()).isEqualTo(65330);
        assertThat(file.section(SECTIONS + 2).type()).isEqualTo(Elf.SHT_SYMTAB_SHNDX);

        SymbolTable symbols = file.symbols().orElseThrow();
        assertThat(symbols.count()).isEqualTo(7);
        assertSymbol(symbols, 1, "", 0xfeff, 0xfeff);
        assertSymbol(symbols, 2, "at_ff00", 0xffff, 0xff00);
        assertSymbol(symbols, 3, "at_ff20", 0xffff, 0xff20);
        assertSymbol(symbols, 4, "in_last", 0xffff, 65330);
        assertSymbol(symbols, 5, "absolute", 0xfff1, 0xfff1);
        assertSymbol(symbols, 6, "elsewhere", 0, 0);
    }

    @Test
    void walk_ofManySections_findsNoFault() {
        byte[] bytes = manySections(ElfClass.ELFCLASS32, ByteOrder.BIG_ENDIAN, 20);
        assertThat(Walk.everything(ElfFile.parse(bytes, "many.o"))).isEmpty();
    }

    private static void assertSymbol(SymbolTable symbols, int index, String name, int raw, int section) {
        assertThat(symbols.name(index)).isEqualTo(name);
        assertThat(symbols.rawSectionIndex(index)).as(name).isEqualTo(raw);
        assertThat(symbols.sectionIndex(index)).as(name).isEqualTo(section);
        assertThat(symbols.isExtended(index)).as(name).isEqualTo(raw == 0xffff);
    }

    @ParameterizedTest
    @CsvSource({"65275, 65279, 65278", "65276, 0, 65279", "65277, 0, 65535"})
    void file_ofSectionsAroundTheLimit_isExtendedFromFf00(int added, int expectedShnum, int expectedShstrndx) {
        // With null, .symtab, .strtab and .shstrtab: 0xfeff, 0xff00 and 0xff01 sections.
        ElfWriter writer = new ElfWriter(ElfClass.ELFCLASS32, ByteOrder.LITTLE_ENDIAN, Elf.EM_386);
        for (int i = 1; i <= added; i++) {
            writer.addNoBits("", 0, 1, i);
        }
        byte[] bytes = writer.toBytes();
        int shnum = Short.toUnsignedInt(
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort(48));
        int shstrndx = Short.toUnsignedInt(
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort(50));
        assertThat(shnum).isEqualTo(expectedShnum);
        assertThat(shstrndx).isEqualTo(expectedShstrndx);
        assertThat(ElfFile.parse(bytes, "edge.o").sectionCount()).isEqualTo(added + 4);
        assertThat(ElfFile.parse(bytes, "edge.o").sectionNameIndex()).isEqualTo(added + 3);
    }

    @Test
    void objectOfElfWriter_withManySections_isReadByReadelfAlike() throws Exception {
        byte[] bytes = manySections(ElfClass.ELFCLASS64, ByteOrder.BIG_ENDIAN, 22);
        Path object = Files.write(folder.resolve("many.o"), bytes);
        ElfText expected = HostTool.readelf(folder, object);
        assertThat(expected.sections()).hasSize(SECTIONS + 5);
        assertSameText(ElfText.of(ElfFile.parse(bytes, "many.o")), expected);
    }

    private static void assertSameText(ElfText actual, ElfText expected) {
        assertThat(actual.header()).isEqualTo(expected.header());
        ElfText.assertSameRows("section", actual.sections(), expected.sections());
        ElfText.assertSameRows("symbol", actual.symbols(), expected.symbols());
        assertThat(actual.relocations()).isEqualTo(expected.relocations());
    }

    @Test
    void objectOfGnuAs_withManySections_isReadAlike() throws IOException, InterruptedException {
        StringBuilder source = new StringBuilder();
        for (int i = 1; i <= SECTIONS; i++) {
            source.append(".section s").append(i).append(",\"a\"\nx").append(i).append(": .byte 1\n");
        }
        source.append(".globl absolute\nabsolute = 0x1234\n.quad x65330 + 3\n");
        Files.writeString(folder.resolve("many.s"), source);
        HostTool.AS.run(folder, "--64", "-o", "many.o", "many.s");
        Path object = folder.resolve("many.o");
        ElfText expected = HostTool.readelf(folder, object);
        assertThat(expected.header().sectionCount()).isGreaterThan(0xff00);
        assertSameText(ElfText.of(ElfFile.read(object)), expected);
    }
}
