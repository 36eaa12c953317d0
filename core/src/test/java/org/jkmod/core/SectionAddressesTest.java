package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SectionAddressesTest {
    @TempDir
    private Path folder;

    private SectionAddresses read(String text) throws IOException {
        return SectionAddresses.read(
                Files.writeString(folder.resolve("sections.txt"), text, StandardCharsets.ISO_8859_1));
    }

    @Test
    void lines_ofTwoModules_areAddressesByName() throws IOException {
        SectionAddresses sections = read("""
                ring .text 0xffffffffc0523000 836
                ring .data 0xffffffffc0525000

                  echo\t.text  0x10 1 2 3
                """);
        assertThat(sections.of("ring")).isEqualTo(Map.of(".text", 0xffffffffc0523000L, ".data", 0xffffffffc0525000L));
        assertThat(sections.of("echo")).isEqualTo(Map.of(".text", 0x10L));
        assertThat(sections.of("other")).isEmpty();
        assertThatThrownBy(() -> sections.of("ring").clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void section_thatOccursTwice_keepsItsFirstAddress() throws IOException {
        assertThat(read("a .text 0x1\na .text 0x2\n").of("a")).isEqualTo(Map.of(".text", 1L));
    }

    @Test
    void file_withoutLines_knowsNothing() throws IOException {
        assertThat(read("").of("a")).isEmpty();
        assertThat(read("\n \n").of("a")).isEmpty();
    }

    /** As without privilege; alone, an empty section may be there. */
    @Test
    void addresses_thatAreAll0_areHidden() throws IOException {
        assertThatThrownBy(() -> read("a .text 0x0000000000000000 0\na .data 0x0\nb .text 0x0\n"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageEndingWith("line 1: found 0x0 for all sections, expected 0xADDRESS, other than 0");
        assertThatThrownBy(() -> SectionAddresses.parse(".text=0x0,.data=0x0"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("found '.text=0x0,.data=0x0', expected 0xADDRESS, other than 0");
        Map<String, Long> some = Map.of(".text", 0x10L, ".data..percpu", 0L);
        assertThat(read("a .text 0x10\na .data..percpu 0x0\n").of("a")).isEqualTo(some);
        assertThat(SectionAddresses.parse(".text=0x10,.data..percpu=0x0")).isEqualTo(some);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "a .text",
                "a .text 1234",
                "a .text 0x",
                "a .text 0xg",
                "a .text 0x10000000000000000",
                "a .text 0x-1"
            })
    void line_thatIsNone_isMalformedAndNamed(String line) {
        assertThatThrownBy(() -> read("a .text 0x1\n" + line + "\n"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageEndingWith("line 2: found '" + line + "', expected MODULE SECTION 0xADDRESS");
    }

    @Test
    void file_thatIsNotThere_isAnIoException() {
        assertThatThrownBy(() -> SectionAddresses.read(folder.resolve("nothing")))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void folder_ofSysfs_hasAFileASection() throws IOException {
        Files.writeString(folder.resolve(".text"), "0xffffffffc0523000\n");
        Files.writeString(folder.resolve(".data"), "0xffffffffc0525000");
        assertThat(SectionAddresses.readFolder(folder))
                .isEqualTo(Map.of(".text", 0xffffffffc0523000L, ".data", 0xffffffffc0525000L));
    }

    /** What /sys/module says without privilege, and what it never does. */
    @ParameterizedTest
    @ValueSource(strings = {"0x0000000000000000\n", "", "ffffffffc0523000", "0xyz", "0x10000000000000000"})
    void file_ofAFolderWithoutAnAddress_isMalformed(String text) throws IOException {
        Files.writeString(folder.resolve(".text"), text);
        assertThatThrownBy(() -> SectionAddresses.readFolder(folder))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining(".text: address")
                .hasMessageEndingWith("found '" + text.strip() + "', expected 0xADDRESS, other than 0");
    }

    @Test
    void text_ofAddresses_isReadOrRefused() {
        assertThat(SectionAddresses.parse(".text=0xffffffffc0523000,.data..percpu=0x10"))
                .isEqualTo(Map.of(".text", 0xffffffffc0523000L, ".data..percpu", 0x10L));
        for (String text : new String[] {"", ".text", "=0x1", ".text=1", ".text=0x1,", ".text=0x1,,.data=0x2"}) {
            assertThatThrownBy(() -> SectionAddresses.parse(text))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageEndingWith("is not SECTION=0xADDRESS");
        }
    }
}
