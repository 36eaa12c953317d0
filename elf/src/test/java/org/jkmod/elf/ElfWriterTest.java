package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ElfWriterTest {
    private enum Kind {
        X86_64(ElfClass.ELFCLASS64, ByteOrder.LITTLE_ENDIAN, 62),
        I386(ElfClass.ELFCLASS32, ByteOrder.LITTLE_ENDIAN, 3),
        S390X(ElfClass.ELFCLASS64, ByteOrder.BIG_ENDIAN, 22),
        POWERPC(ElfClass.ELFCLASS32, ByteOrder.BIG_ENDIAN, 20);

        private final ElfClass elfClass;
        private final ByteOrder order;
        private final int machine;

        Kind(ElfClass elfClass, ByteOrder order, int machine) {
            this.elfClass = elfClass;
            this.order = order;
            this.machine = machine;
        }

        private ElfWriter writer() {
            return new ElfWriter(elfClass, order, machine);
        }

        private boolean isWide() {
            return elfClass == ElfClass.ELFCLASS64;
        }
    }

    @TempDir
    private Path folder;

    /** An object with one of each: its sections are 1 .text, 2 .rela.text, 3 .data, 4 .rel.data, 5 .bss, 6 .comment. */
    private static byte[] sample(Kind kind) {
        ElfWriter w = kind.writer();
        long top = kind.isWide() ? 0xfedcba9876543210L : 0xfedcba98L;
        int text = w.addSection(".text", Elf.SHT_PROGBITS, Elf.SHF_ALLOC | Elf.SHF_EXECINSTR, 16, new byte[40]);
        int relaText = w.addRelocations(text);
        int data = w.addSection(".data", Elf.SHT_PROGBITS, Elf.SHF_ALLOC | Elf.SHF_WRITE, 8, new byte[] {1, 2, 3});
        int relData = w.addRelocations(data, Elf.SHT_REL);
        int bss = w.addNoBits(".bss", Elf.SHF_ALLOC | Elf.SHF_WRITE, 64, 0x12345);
        w.addSection(".comment", Elf.SHT_PROGBITS, 0, 0, "none".getBytes(StandardCharsets.US_ASCII));
        w.addSymbol("file.c", 0, 0, Elf.stInfo(Elf.STB_LOCAL, Elf.STT_FILE), Elf.SHN_ABS);
        int dataSymbol = w.addSectionSymbol(data);
        w.addSymbol("local", 5, 6, Elf.stInfo(Elf.STB_LOCAL, Elf.STT_OBJECT), bss);
        int function = w.addSymbol("function", 8, 9, Elf.stInfo(Elf.STB_GLOBAL, Elf.STT_FUNC), text);
        w.addSymbol("top", top, 0, Elf.stInfo(Elf.STB_WEAK, Elf.STT_NOTYPE), Elf.SHN_ABS);
        w.addSymbol("common", 16, 300, Elf.stInfo(Elf.STB_GLOBAL, Elf.STT_OBJECT), Elf.SHN_COMMON);
        int undefined = w.addUndefined("undefined");
        w.addRelocation(relaText, 4, 2, undefined, -4);
        w.addRelocation(relaText, 12, 1, dataSymbol, 0x7fffffffL);
        w.addRelocation(relaText, 20, 10, function, kind.isWide() ? Long.MIN_VALUE : Integer.MIN_VALUE);
        w.addRelocation(relData, 2, 1, function, 0);
        return w.toBytes();
    }

    @ParameterizedTest
    @EnumSource
    void object_readBack_isWhatWasAdded(Kind kind) {
        ElfFile file = ElfFile.parse(sample(kind), "sample.o");
        assertThat(file.elfClass()).isEqualTo(kind.elfClass);
        assertThat(file.byteOrder()).isEqualTo(kind.order);
        assertThat(file.machine()).isEqualTo(kind.machine);
        assertThat(file.type()).isEqualTo(1);
        assertThat(file.flags()).isZero();
        assertThat(file.entry()).isZero();
        assertThat(file.sections())
                .extracting(Section::name)
                .containsExactly(
                        "",
                        ".text",
                        ".rela.text",
                        ".data",
                        ".rel.data",
                        ".bss",
                        ".comment",
                        ".symtab",
                        ".strtab",
                        ".shstrtab");
        assertThat(file.sections()).extracting(Section::type).containsExactly(0, 1, 4, 1, 9, 8, 1, 2, 3, 3);
        assertThat(file.sections())
                .extracting(Section::flags)
                .containsExactly(0L, 6L, 0x40L, 3L, 0x40L, 3L, 0L, 0L, 0L, 0L);
        long word = kind.isWide() ? 8 : 4;
        assertThat(file.sections())
                .extracting(Section::addralign)
                .containsExactly(0L, 16L, word, 8L, word, 64L, 0L, word, 1L, 1L);
        assertThat(file.sections())
                .filteredOn(s -> s.type() != Elf.SHT_NOBITS)
                .allSatisfy(
                        s -> assertThat(s.offset() % Math.max(1, s.addralign())).isZero());
        assertThat(file.section(1).size()).isEqualTo(40);
        assertThat(file.section(2).info()).isEqualTo(1);
        assertThat(file.section(2).link()).isEqualTo(7);
        assertThat(file.section(3).bytes().get(2)).isEqualTo((byte) 3);
        assertThat(file.section(5).size()).isEqualTo(0x12345);
        assertThat(file.section(5).bytes().hasRemaining()).isFalse();
        assertThat(file.section(7).info()).as("first symbol that is not local").isEqualTo(4);

        SymbolTable symbols = file.symbols().orElseThrow();
        assertThat(symbols.count()).isEqualTo(8);
        assertSymbol(symbols, 0, "", 0, 0, 0, 0, 0);
        assertSymbol(symbols, 1, "file.c", 0, 0, 0, 4, 0xfff1);
        assertSymbol(symbols, 2, "", 0, 0, 0, 3, 3);
        assertSymbol(symbols, 3, "local", 5, 6, 0, 1, 5);
        assertSymbol(symbols, 4, "function", 8, 9, 1, 2, 1);
        assertSymbol(symbols, 5, "top", kind.isWide() ? 0xfedcba9876543210L : 0xfedcba98L, 0, 2, 0, 0xfff1);
        assertSymbol(symbols, 6, "common", 16, 300, 1, 1, 0xfff2);
        assertSymbol(symbols, 7, "undefined", 0, 0, 1, 0, 0);

        RelocationTable rela = file.section(2).relocations();
        assertThat(rela.count()).isEqualTo(3);
        assertRelocation(rela, 0, 4, 2, 7, -4);
        assertRelocation(rela, 1, 12, 1, 2, 0x7fffffffL);
        assertRelocation(rela, 2, 20, 10, 4, kind.isWide() ? Long.MIN_VALUE : Integer.MIN_VALUE);
        RelocationTable rel = file.section(4).relocations();
        assertThat(rel.count()).isEqualTo(1);
        assertThat(rel.hasAddends()).isFalse();
        assertRelocation(rel, 0, 2, 1, 4, 0);
        assertThat(Walk.everything(file)).isEmpty();
    }

    private static void assertSymbol(
            SymbolTable symbols, int index, String name, long value, long size, int binding, int type, int section) {
        assertThat(symbols.name(index)).isEqualTo(name);
        assertThat(symbols.value(index)).as(name).isEqualTo(value);
        assertThat(symbols.size(index)).as(name).isEqualTo(size);
        assertThat(symbols.binding(index)).as(name).isEqualTo(binding);
        assertThat(symbols.type(index)).as(name).isEqualTo(type);
        assertThat(symbols.other(index)).as(name).isZero();
        assertThat(symbols.sectionIndex(index)).as(name).isEqualTo(section);
    }

    private static void assertRelocation(
            RelocationTable table, int index, long offset, int type, int symbol, long addend) {
        assertThat(table.offset(index)).isEqualTo(offset);
        assertThat(table.type(index)).isEqualTo(type);
        assertThat(table.symbol(index)).isEqualTo(symbol);
        assertThat(table.addend(index)).isEqualTo(addend);
    }

    @ParameterizedTest
    @EnumSource
    void object_readByReadelf_isWhatWasAddedWithoutAWarning(Kind kind) throws Exception {
        byte[] bytes = sample(kind);
        Path object = Files.write(folder.resolve("sample.o"), bytes);
        List<String> all = HostTool.READELF.run(folder, "-W", "-a", object.toString());
        assertThat(all)
                .noneMatch(line -> line.contains("Warning") || line.contains("Error") || line.contains("corrupt"));
        ElfText expected = HostTool.readelf(folder, object);
        assertThat(expected.symbols()).hasSize(8);
        assertThat(ElfText.of(ElfFile.parse(bytes, "sample.o"))).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "I386"})
    void object_linkedByLd_keepsItsSymbolsAndRelocations(Kind kind) throws Exception {
        ElfWriter w = kind.writer();
        int text = w.addSection(".text", Elf.SHT_PROGBITS, Elf.SHF_ALLOC | Elf.SHF_EXECINSTR, 16, new byte[40]);
        // ld takes x86-64's relocations with addends only, and i386's without only.
        int table = w.addRelocations(text, kind == Kind.X86_64 ? Elf.SHT_RELA : Elf.SHT_REL);
        w.addSection(".note.GNU-stack", Elf.SHT_PROGBITS, 0, 1, new byte[0]);
        w.addSymbol("function", 8, 9, Elf.stInfo(Elf.STB_GLOBAL, Elf.STT_FUNC), text);
        // 2 is R_X86_64_PC32 and R_386_PC32.
        w.addRelocation(table, 20, 2, w.addUndefined("elsewhere"), -4);
        Files.write(folder.resolve("in.o"), w.toBytes());
        HostTool.LD.run(folder, "-r", "-m", kind == Kind.X86_64 ? "elf_x86_64" : "elf_i386", "-o", "out.o", "in.o");

        ElfFile linked = ElfFile.read(folder.resolve("out.o"));
        SymbolTable symbols = linked.symbols().orElseThrow();
        RelocationTable relocations = linked.section(kind == Kind.X86_64 ? ".rela.text" : ".rel.text")
                .orElseThrow()
                .relocations();
        assertThat(relocations.count()).isEqualTo(1);
        assertThat(relocations.offset(0)).isEqualTo(20);
        assertThat(relocations.type(0)).isEqualTo(2);
        assertThat(relocations.addend(0)).isEqualTo(kind == Kind.X86_64 ? -4 : 0);
        assertThat(symbols.name(relocations.symbol(0))).isEqualTo("elsewhere");
        assertThat(symbols.count()).isGreaterThanOrEqualTo(3);
        int function = 1;
        while (!symbols.name(function).equals("function")) {
            function++;
        }
        assertThat(symbols.value(function)).isEqualTo(8);
        assertThat(symbols.size(function)).isEqualTo(9);
        assertThat(linked.section(symbols.sectionIndex(function)).name()).isEqualTo(".text");
    }

    @ParameterizedTest
    @EnumSource
    void flags_ofHeader_areWhatReadelfSays(Kind kind) throws IOException, InterruptedException {
        byte[] bytes = kind.writer().flags(0x80000123).toBytes();
        assertThat(ElfFile.parse(bytes, "flags.o").flags()).isEqualTo(0x80000123);
        Path object = Files.write(folder.resolve("flags.o"), bytes);
        assertThat(HostTool.readelf(folder, object).header().flags()).isEqualTo(0x80000123);
    }

    @ParameterizedTest
    @EnumSource
    void emptyObject_readBack_hasItsTablesOnly(Kind kind) {
        ElfFile file = ElfFile.parse(kind.writer().toBytes(), "empty.o");
        assertThat(file.sections()).extracting(Section::name).containsExactly("", ".symtab", ".strtab", ".shstrtab");
        assertThat(file.symbols().orElseThrow().count()).isEqualTo(1);
        assertThat(Walk.everything(file)).isEmpty();
    }

    @Test
    void relocationTypes_above255_areKeptIn64Bits() {
        ElfWriter w = Kind.X86_64.writer();
        int table = w.addRelocations(w.addSection(".text", Elf.SHT_PROGBITS, Elf.SHF_ALLOC, 4, new byte[4]));
        w.addRelocation(table, 0xffffffff80000000L, 0x80000113, 0, 0);
        RelocationTable read =
                ElfFile.parse(w.toBytes(), "types.o").section(table).relocations();
        assertThat(read.type(0)).isEqualTo(0x80000113);
        assertThat(read.symbol(0)).isZero();
        assertThat(read.offset(0)).isEqualTo(0xffffffff80000000L);
    }

    @ParameterizedTest
    @EnumSource
    void header_ofObject_hasTheSpecificationsConstants(Kind kind) {
        ByteBuffer header = ByteBuffer.wrap(sample(kind)).order(kind.order);
        boolean wide = kind.isWide();
        assertThat(header.getShort(16)).as("e_type").isEqualTo((short) 1);
        assertThat(header.getInt(20)).as("e_version").isEqualTo(1);
        assertThat(header.getShort(wide ? 52 : 40)).as("e_ehsize").isEqualTo((short) (wide ? 64 : 52));
        assertThat(header.getShort(wide ? 54 : 42)).as("e_phentsize").isZero();
        assertThat(header.getShort(wide ? 56 : 44)).as("e_phnum").isZero();
        assertThat(header.getShort(wide ? 58 : 46)).as("e_shentsize").isEqualTo((short) (wide ? 64 : 40));
        assertThat((wide ? header.getLong(40) : header.getInt(32)) % (wide ? 8 : 4))
                .as("e_shoff's alignment")
                .isZero();
        assertThat(header.getShort(wide ? 60 : 48)).as("e_shnum").isEqualTo((short) 10);
        assertThat(header.getShort(wide ? 62 : 50)).as("e_shstrndx").isEqualTo((short) 9);
    }

    @Test
    void addRelocation_ofMany_isChained() {
        ElfWriter w = Kind.X86_64.writer();
        int table = w.addRelocations(w.addSection(".text", Elf.SHT_PROGBITS, Elf.SHF_ALLOC, 4, new byte[4]));
        byte[] bytes = w.addRelocation(table, 0, 1, 0, 0)
                .addRelocation(table, 2, 1, 0, 0)
                .flags(1)
                .toBytes();
        assertThat(ElfFile.parse(bytes, "chain.o").section(table).relocations().count())
                .isEqualTo(2);
    }

    @Test
    void content_changedAfterwards_isNotSeen() {
        byte[] content = {1, 2, 3};
        ElfWriter w = Kind.X86_64.writer();
        int section = w.addSection(".data", Elf.SHT_PROGBITS, Elf.SHF_ALLOC, 1, content);
        content[0] = 9;
        assertThat(ElfFile.parse(w.toBytes(), "copy.o").section(section).bytes().get(0))
                .isEqualTo((byte) 1);
    }

    @Test
    void names_ofLatin1_areKeptByteForByte() {
        ElfWriter w = Kind.POWERPC.writer();
        w.addSection("caf\u00e9", Elf.SHT_PROGBITS, 0, 1, new byte[1]);
        w.addUndefined("\u00ff\u0080\u0001");
        ElfFile file = ElfFile.parse(w.toBytes(), "latin1.o");
        assertThat(file.section(1).name()).isEqualTo("caf\u00e9");
        assertThat(file.section("caf\u00e9")).isPresent();
        assertThat(file.symbols().orElseThrow().name(1)).isEqualTo("\u00ff\u0080\u0001");
    }

    @Test
    void addSymbol_ofLocalAfterGlobal_isRefused() {
        ElfWriter w = Kind.X86_64.writer();
        w.addUndefined("global");
        assertThatThrownBy(() -> w.addSymbol("late", 0, 0, Elf.stInfo(Elf.STB_LOCAL, Elf.STT_FUNC), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("local symbol late after a global one");
    }

    @Test
    void addRelocation_toOtherSection_isRefused() {
        ElfWriter w = Kind.X86_64.writer();
        int text = w.addSection(".text", Elf.SHT_PROGBITS, 0, 1, new byte[1]);
        assertThatThrownBy(() -> w.addRelocation(text, 0, 0, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("section 1 holds no relocations");
        assertThatThrownBy(() -> w.addRelocations(text, Elf.SHT_NOTE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("section type 7 holds no relocations");
        assertThatThrownBy(() -> w.addRelocations(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void names_thatBytesCannotKeep_areRefused() {
        ElfWriter w = Kind.X86_64.writer();
        for (String name : new String[] {"a\0b", "\u20ac"}) {
            assertThatThrownBy(() -> w.addUndefined(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a name of an ELF file holds bytes other than 0: " + name);
            assertThatThrownBy(() -> w.addSection(name, Elf.SHT_PROGBITS, 0, 1, new byte[0]))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> w.addNoBits(name, 0, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void numbers_thatDoNotFit32Bits_areRefused() {
        ElfWriter w = Kind.I386.writer();
        int table = w.addRelocations(w.addSection(".text", Elf.SHT_PROGBITS, 0, 1, new byte[1]));
        int info = Elf.stInfo(Elf.STB_GLOBAL, 0);
        assertThatThrownBy(() -> w.addSymbol("s", 0x1_0000_0000L, 0, info, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("0x100000000 does not fit ELFCLASS32's 4 bytes");
        assertThatThrownBy(() -> w.addSymbol("s", 0, -0x8000_0001L, info, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("0xffffffff7fffffff does not fit ELFCLASS32's 4 bytes");
        assertThatThrownBy(() -> w.addRelocation(table, 0x1_0000_0000L, 1, 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> w.addRelocation(table, 0, 1, 0, 0x1_0000_0000L))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> w.addRelocation(table, 0, 256, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("relocation type 256 or symbol 0 does not fit ELFCLASS32's r_info");
        assertThatThrownBy(() -> w.addRelocation(table, 0, 1, 1 << 24, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("relocation type 1 or symbol 16777216 does not fit ELFCLASS32's r_info");
        assertThatThrownBy(() -> w.addNoBits(".bss", 0, 1, 0x1_0000_0000L))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> w.addSection(".data", 1, 0x1_0000_0000L, 1, new byte[0]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> w.addSection(".data", 1, 0, 0x1_0000_0000L, new byte[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("0x100000000 does not fit ELFCLASS32's 4 bytes");
    }

    @Test
    void alignment_thatIsNoPowerOfTwo_isRefused() {
        ElfWriter w = Kind.X86_64.writer();
        for (long align : new long[] {3, -8, 24}) {
            assertThatThrownBy(() -> w.addSection(".data", Elf.SHT_PROGBITS, 0, align, new byte[0]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("alignment " + align + " is no power of two");
        }
    }

    @Test
    void noBits_ofLargeAlignment_addsNothingToTheFile() {
        ElfWriter w = Kind.X86_64.writer();
        int bss = w.addNoBits(".bss", Elf.SHF_ALLOC, 1L << 40, 1L << 41);
        byte[] bytes = w.toBytes();
        assertThat(bytes.length).isLessThan(1000);
        assertThat(ElfFile.parse(bytes, "bss.o").section(bss).addralign()).isEqualTo(1L << 40);
        assertThat(ElfFile.parse(bytes, "bss.o").section(bss).size()).isEqualTo(1L << 41);
    }
}
