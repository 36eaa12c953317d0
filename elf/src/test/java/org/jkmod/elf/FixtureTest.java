package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What GNU as wrote and GNU readelf read, in both classes and both byte orders. */
class FixtureTest {
    @ParameterizedTest
    @EnumSource
    void header_ofFixture_isWhatReadelfSays(Fixture fixture) {
        ElfText expected = ReadelfParser.parse(fixture.readelf());
        assertThat(ElfText.of(fixture.parse()).header()).isEqualTo(expected.header());
    }

    @ParameterizedTest
    @EnumSource
    void sections_ofFixture_areWhatReadelfSays(Fixture fixture) {
        ElfText expected = ReadelfParser.parse(fixture.readelf());
        assertThat(expected.sections()).hasSize(expected.header().sectionCount());
        assertThat(ElfText.of(fixture.parse()).sections()).containsExactlyElementsOf(expected.sections());
    }

    @ParameterizedTest
    @EnumSource
    void symbols_ofFixture_areWhatReadelfSays(Fixture fixture) {
        ElfText expected = ReadelfParser.parse(fixture.readelf());
        assertThat(expected.symbols()).hasSizeGreaterThan(10);
        assertThat(ElfText.of(fixture.parse()).symbols()).containsExactlyElementsOf(expected.symbols());
    }

    @ParameterizedTest
    @EnumSource
    void relocations_ofFixture_areWhatReadelfSays(Fixture fixture) {
        ElfText expected = ReadelfParser.parse(fixture.readelf());
        assertThat(expected.relocations()).isNotEmpty();
        assertThat(ElfText.of(fixture.parse()).relocations()).isEqualTo(expected.relocations());
    }

    @ParameterizedTest
    @EnumSource
    void notes_ofFixture_areWhatReadelfSays(Fixture fixture) {
        ElfText expected = ReadelfParser.parse(fixture.readelf());
        assertThat(expected.notes()).containsKey(".note.two");
        assertThat(ElfText.of(fixture.parse()).notes()).isEqualTo(expected.notes());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LINKED")
    void groups_ofFixture_areWhatReadelfSays(Fixture fixture) {
        ElfText expected = ReadelfParser.parse(fixture.readelf());
        assertThat(expected.groups()).hasSize(1);
        assertThat(ElfText.of(fixture.parse()).groups()).isEqualTo(expected.groups());
    }

    @ParameterizedTest
    @EnumSource
    void walk_ofFixture_findsNoFault(Fixture fixture) {
        assertThat(Walk.everything(fixture.parse())).isEmpty();
    }

    @Test
    void buildId_ofFixture_isTheSourcesOwn() {
        Section section = Fixture.S390X.parse().section(".note.gnu.build-id").orElseThrow();
        Notes.Note note = section.notes().iterator().next();
        assertThat(note.owner()).isEqualTo("GNU");
        assertThat(note.type()).isEqualTo(Elf.NT_GNU_BUILD_ID);
        byte[] id = new byte[note.descriptor().remaining()];
        note.descriptor().get(id);
        assertThat(id)
                .containsExactly(
                        0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe,
                        0x00, 0xff, 0x80, 0x7f);
    }

    @Test
    void bytes_ofSection_areReadOnlyAndInTheFilesOrder() {
        // common.s: local_data is the word 0x11223344, 32 or 16 bytes into .data.
        for (Fixture fixture : new Fixture[] {Fixture.X86_64, Fixture.S390X}) {
            ByteBuffer data = fixture.parse().section(".data").orElseThrow().bytes();
            assertThat(data.isReadOnly()).isTrue();
            assertThat(data.getInt(32)).isEqualTo(0x11223344);
            assertThat(data.getShort(36)).isEqualTo((short) 0x5566);
        }
        ByteBuffer data = Fixture.POWERPC.parse().section(".data").orElseThrow().bytes();
        assertThat(data.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        assertThat(data.getInt(16)).isEqualTo(0x11223344);
    }

    @Test
    void bytes_ofNoBits_areEmptyInTheFilesOrder() {
        Section bss = Fixture.I386.parse().section(".bss").orElseThrow();
        assertThat(bss.size()).isEqualTo(0x123);
        assertThat(bss.isEmptyInFile()).isTrue();
        assertThat(bss.bytes().remaining()).isZero();
        assertThat(bss.bytes().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(bss.bytes().isReadOnly()).isTrue();
    }

    @Test
    void strings_ofStringSection_areTheSourcesOwn() {
        StringTable strings =
                Fixture.POWERPC.parse().section(".rodata.str1.1").orElseThrow().strings();
        assertThat(strings.size()).isEqualTo("a string to merge".length() + 1 + "another".length() + 1);
        assertThat(strings.string(0)).isEqualTo("a string to merge");
        assertThat(strings.string(2)).isEqualTo("string to merge");
        assertThat(strings.string(17)).isEmpty();
        assertThat(strings.string(18)).isEqualTo("another");
        assertThat(strings.length(18)).isEqualTo(7);
        for (int offset = 0; offset < strings.size(); offset++) {
            for (int limit = 0; limit < 20; limit++) {
                int length = strings.string(offset).length();
                assertThat(strings.length(offset, limit)).isEqualTo(Math.min(length, limit));
            }
        }
    }

    @Test
    void stringTable_start_isItsPlaceInTheArray() {
        ElfFile file = Fixture.S390X.parse();
        SymbolTable symbols = file.symbols().orElseThrow();
        StringTable strings = symbols.strings();
        assertThat(strings.section().name()).isEqualTo(".strtab");
        for (int i = 0; i < symbols.count(); i++) {
            int from = strings.start() + (int) symbols.nameOffset(i);
            byte[] name = Arrays.copyOfRange(file.array(), from, from + strings.length(symbols.nameOffset(i)));
            assertThat(new String(name, StandardCharsets.ISO_8859_1)).isEqualTo(symbols.name(i));
            assertThat(file.array()[from + name.length]).isZero();
        }
    }

    @Test
    void section_ofUnknownName_isEmpty() {
        ElfFile file = Fixture.X86_64.parse();
        assertThat(file.section(".init.text")).isEmpty();
        assertThat(file.section("")).isEmpty();
        assertThat(file.section(".tex")).isEmpty();
        assertThat(file.section(".text ")).isEmpty();
        assertThat(file.section(".modinfo; odd, name").orElseThrow().index()).isEqualTo(10);
    }

    @Test
    void hasName_ofPrefixSuffixOrLonger_isFalse() {
        // .text ends .rela.text's bytes: a linker shares them, and a comparison must not start or stop early.
        Section text = Fixture.X86_64.parse().section(".text").orElseThrow();
        assertThat(text.hasName(".text")).isTrue();
        assertThat(text.hasName(".tex")).isFalse();
        assertThat(text.hasName("text")).isFalse();
        assertThat(text.hasName(".text\0")).isFalse();
        assertThat(text.hasName(".text.")).isFalse();
        assertThat(text.hasName("")).isFalse();
        assertThat(text.hasName(".text".repeat(1000))).isFalse();
        assertThat(Fixture.X86_64.parse().section(0).hasName("")).isTrue();
        assertThat(Fixture.X86_64.parse().section(0).hasName("x")).isFalse();
    }

    @Test
    void parse_ofLongerArray_seesOnlyTheObject() {
        byte[] object = Fixture.I386.bytes();
        byte[] signed = Arrays.copyOf(object, object.length + 500);
        Arrays.fill(signed, object.length, signed.length, (byte) 0x5a);
        ElfFile file = ElfFile.parse(signed, object.length, "signed.ko");
        assertThat(file.length()).isEqualTo(object.length);
        assertThat(file.array()).isSameAs(signed);
        assertThat(file.name()).isEqualTo("signed.ko");
        assertThat(ElfText.of(file)).isEqualTo(ElfText.of(Fixture.I386.parse()));
    }

    @Test
    void relocations_withAddends_dependOnTheSectionsType() {
        RelocationTable rel =
                Fixture.I386.parse().section(".rel.text").orElseThrow().relocations();
        assertThat(rel.hasAddends()).isFalse();
        assertThat(rel.target().name()).isEqualTo(".text");
        RelocationTable rela =
                Fixture.POWERPC.parse().section(".rela.text").orElseThrow().relocations();
        assertThat(rela.hasAddends()).isTrue();
        assertThat(rela.target().name()).isEqualTo(".text");
        assertThat(rela.start()).isEqualTo(0x34c);
        assertThat(rela.section().index()).isEqualTo(3);
    }

    @Test
    void elfClass_sizes_areTheSpecifications() {
        assertThat(ElfClass.ELFCLASS32.symbolSize()).isEqualTo(16);
        assertThat(ElfClass.ELFCLASS32.relaSize()).isEqualTo(12);
        assertThat(ElfClass.ELFCLASS32.addressSize()).isEqualTo(4);
        assertThat(ElfClass.ELFCLASS64.symbolSize()).isEqualTo(24);
        assertThat(ElfClass.ELFCLASS64.relaSize()).isEqualTo(24);
        assertThat(ElfClass.ELFCLASS64.addressSize()).isEqualTo(8);
    }
}
