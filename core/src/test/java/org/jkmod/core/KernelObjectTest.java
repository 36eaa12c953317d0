package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHT_PROGBITS;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jkmod.core.KernelObject.Export;
import org.jkmod.core.KernelObject.Import;
import org.jkmod.elf.ElfClass;
import org.jkmod.elf.ElfWriter;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class KernelObjectTest {
    private static final byte[] MARKER = "~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII);

    // The modules of examples/, whose README and sources say what is in them.

    private static KernelObject example(String architecture, String name) throws IOException {
        return KernelObject.read(Path.of("..", "examples", "modules", architecture, name + ".ko"));
    }

    @TestFactory
    Stream<DynamicTest> exports_ofTheExamples_areTheirSources() {
        return Stream.of("x86_64", "aarch64", "riscv64")
                .map(a -> DynamicTest.dynamicTest(a, () -> {
                    assertThat(example(a, "jkmod_ring").exports())
                            .containsExactlyInAnyOrder(
                                    new Export("jkmod_ring_alloc", false, ""),
                                    new Export("jkmod_ring_free", false, ""),
                                    new Export("jkmod_ring_write", true, ""),
                                    new Export("jkmod_ring_read", true, ""),
                                    new Export("jkmod_ring_totals", true, ""),
                                    new Export("jkmod_ring_waiting", true, "JKMOD_RING"));
                    assertThat(example(a, "jkmod_echo").exports())
                            .containsExactly(new Export("jkmod_echo_users", true, ""));
                    for (String none : List.of("jkmod_stat", "jkmod_closed", "jkmod_thief", "jkmod_orphan")) {
                        assertThat(example(a, none).exports()).as(none).isEmpty();
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> imports_ofTheExamples_areTheirSources() {
        return Stream.of("x86_64", "aarch64", "riscv64")
                .map(a -> DynamicTest.dynamicTest(a, () -> {
                    assertThat(own(example(a, "jkmod_ring"))).isEmpty();
                    assertThat(own(example(a, "jkmod_echo")))
                            .containsExactlyInAnyOrder(
                                    "jkmod_ring_alloc",
                                    "jkmod_ring_free",
                                    "jkmod_ring_write",
                                    "jkmod_ring_read",
                                    "jkmod_ring_waiting");
                    assertThat(own(example(a, "jkmod_stat")))
                            .containsExactlyInAnyOrder(
                                    "jkmod_ring_totals", "jkmod_echo_users", "jkmod_bonus_count weak");
                    assertThat(own(example(a, "jkmod_closed")))
                            .containsExactlyInAnyOrder("jkmod_ring_alloc", "jkmod_ring_free");
                    assertThat(own(example(a, "jkmod_thief")))
                            .containsExactlyInAnyOrder("jkmod_ring_alloc", "jkmod_ring_free", "jkmod_ring_write");
                    assertThat(own(example(a, "jkmod_orphan"))).containsExactly("jkmod_nowhere");
                    assertThat(example(a, "jkmod_closed").imports()).contains(new Import("_printk", false));
                }));
    }

    private static List<String> own(KernelObject object) {
        return object.imports().stream()
                .filter(i -> i.name().startsWith("jkmod_"))
                .map(i -> i.name() + (i.weak() ? " weak" : ""))
                .toList();
    }

    @TestFactory
    Stream<DynamicTest> modinfo_ofTheExamples_isTheirSources() {
        return Stream.of("x86_64 amd64", "aarch64 arm64", "riscv64 riscv64")
                .map(a -> DynamicTest.dynamicTest(a, () -> {
                    String architecture = a.substring(0, a.indexOf(' '));
                    String debian = a.substring(a.indexOf(' ') + 1);
                    KernelObject echo = example(architecture, "jkmod_echo");
                    assertThat(echo.name()).isEqualTo("jkmod_echo");
                    assertThat(echo.isSigned()).isFalse();
                    assertThat(echo.release()).hasToString("6.12.107+deb13-" + debian);
                    assertThat(echo.modinfo().all("alias"))
                            .containsExactlyInAnyOrder("devname:jkmod_echo", "char-major-10-240");
                    assertThat(echo.modinfo().all("import_ns")).containsExactly("JKMOD_RING");
                    assertThat(echo.modinfo().all("parmtype"))
                            .containsExactlyInAnyOrder(
                                    "upper:bool", "burst:int", "greeting:charp", "sizes:array of int");
                    assertThat(echo.modinfo().first("softdep")).contains("post: jkmod_stat");
                    SymbolVersions versions = echo.versions().orElseThrow();
                    assertThat(versions.size()).isEqualTo(echo.imports().size() + 1); // and module_layout
                }));
    }

    // Name.

    @Test
    void name_ofStructModule_goesBeforeThatOfModinfo() {
        assertThat(module("in_struct").with("name", "in_modinfo").build().name())
                .isEqualTo("in_struct");
    }

    @Test
    void name_ofAnObjectWithoutStructModule_isModinfos() {
        assertThat(PatchedModule.of(module("some").bytes())
                        .sectionName(
                                ".gnu.linkonce.this_module",
                                ".gnu.linkonce.this_nothing".substring(0, ".gnu.linkonce.this_module".length()))
                        .object()
                        .name())
                .isEqualTo("some");
        assertThat(module("").with("name", "some").build().name()).isEqualTo("some");
        assertThat(module("").without("name").build().name()).isEmpty();
    }

    @Test
    void name_thatFillsStructModule_endsWithIt() {
        String longest = "n".repeat(ModuleBuilder.THIS_MODULE_SIZE - 24);
        assertThat(module(longest).build().name()).isEqualTo(longest);
    }

    // Signature.

    /** {@code struct module_signature}: algo, hash, id_type, signer_len, key_id_len, padding, sig_len (big-endian). */
    private static byte[] signed(byte[] module, int signatureBytes, int claimed) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(module);
        out.writeBytes(new byte[signatureBytes]);
        out.writeBytes(new byte[] {0, 0, 2, 0, 0, 0, 0, 0});
        out.writeBytes(
                new byte[] {(byte) (claimed >>> 24), (byte) (claimed >>> 16), (byte) (claimed >>> 8), (byte) claimed});
        out.writeBytes(MARKER);
        return out.toByteArray();
    }

    @Test
    void signature_atTheEnd_isCutOff() {
        byte[] module = module("some").bytes();
        KernelObject object = KernelObject.parse(signed(module, 300, 300), "signed.ko");
        assertThat(object.isSigned()).isTrue();
        assertThat(object.elf().length()).isEqualTo(module.length);
        assertThat(object.name()).isEqualTo("some");
        assertThat(module("some").build().isSigned()).isFalse();
    }

    @Test
    void signature_thatIsEmpty_isOneToo() {
        KernelObject object = KernelObject.parse(signed(module("some").bytes(), 0, 0), "signed.ko");
        assertThat(object.isSigned()).isTrue();
    }

    @Test
    void signature_longerThanTheFile_isMalformed() {
        byte[] module = module("some").bytes();
        for (int claimed : new int[] {module.length + 1, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> KernelObject.parse(signed(module, 0, claimed), "signed.ko"))
                    .as("%x", claimed)
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageContaining("signed.ko: signature sig_len")
                    .hasMessageContaining(Integer.toUnsignedString(claimed));
        }
    }

    @Test
    void signature_thatTakesTheModuleAway_leavesNoObject() {
        byte[] module = module("some").bytes();
        assertThatThrownBy(() -> KernelObject.parse(signed(module, 0, module.length), "signed.ko"))
                .isInstanceOf(MalformedInputException.class);
        assertThatThrownBy(() -> KernelObject.parse(signed(module, 0, module.length - 63), "signed.ko"))
                .isInstanceOf(MalformedInputException.class);
    }

    @Test
    void marker_withoutRoomForTheRest_isNoSignature() {
        assertThatThrownBy(() -> KernelObject.parse(MARKER, "m")).isInstanceOf(MalformedInputException.class);
        byte[] almost = signed(module("some").bytes(), 0, 0);
        almost[almost.length - 1] = '\r';
        assertThat(KernelObject.parse(almost, "m").isSigned()).isFalse();
    }

    // What is wrong with it.

    @Test
    void object_withoutASymbolTable_isMalformed() {
        ElfWriter writer = new ElfWriter(ElfClass.ELFCLASS64, ByteOrder.LITTLE_ENDIAN, ToyArchitecture.MACHINE);
        writer.addSection(".text", SHT_PROGBITS, SHF_ALLOC, 1, new byte[4]);
        byte[] bytes = writer.toBytes();
        KernelObject fine = KernelObject.parse(bytes, "fine.o");
        assertThat(fine.name()).isEmpty();
        assertThatThrownBy(fine::thisModuleSize)
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining(".gnu.linkonce.this_module");
        byte[] stripped =
                PatchedModule.of(bytes).sectionType(".symtab", SHT_PROGBITS).bytes();
        assertThatThrownBy(() -> KernelObject.parse(stripped, "stripped.ko"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("no SHT_SYMTAB section");
    }

    @Test
    void release_ofOddVersionMagic_isMalformed() {
        for (String magic : List.of("", "six", " 6.12.0", "SMP 6.12.0")) {
            KernelObject object = module("some").with("vermagic", magic).build();
            assertThat(object.vermagic()).contains(magic);
            assertThatThrownBy(object::release)
                    .as("'%s'", magic)
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageContaining(".modinfo vermagic");
        }
        KernelObject none = module("some").without("vermagic").build();
        assertThat(none.vermagic()).isEmpty();
        assertThatThrownBy(none::release).isInstanceOf(MalformedInputException.class);
        assertThat(module("some").with("vermagic", "6.12.0").build().release()).hasToString("6.12.0");
    }

    @Test
    void architecture_thatNobodyKnows_isRefusedByItsNumber() {
        assertThat(module("some").build().architecture()).isInstanceOf(ToyArchitecture.class);
        KernelObject strange = module("some", 0x1234).build();
        assertThatThrownBy(strange::architecture)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no architecture with e_machine 4660");
    }

    @Test
    void exports_whoseRelocationsAreWild_areMalformed() {
        byte[] good = module("some").exports("e").bytes();
        assertThatThrownBy(() -> PatchedModule.of(good)
                        .rela(".rela__ksymtab", 1)
                        .symbol(1 << 20)
                        .object()
                        .exports())
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("symbol 1048576");
        assertThatThrownBy(() -> PatchedModule.of(good)
                        .rela(".rela__ksymtab", 1)
                        .symbol(0)
                        .object()
                        .exports())
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("symbol 0 st_shndx");
        assertThatThrownBy(() -> PatchedModule.of(good)
                        .rela(".rela__ksymtab", 1)
                        .addend(1 << 20)
                        .object()
                        .exports())
                .isInstanceOf(MalformedInputException.class);
        assertThatThrownBy(() -> PatchedModule.of(good)
                        .rela(".rela__ksymtab", 2)
                        .addend(-1)
                        .object()
                        .exports())
                .isInstanceOf(MalformedInputException.class);
    }

    /** The kernel passes over relocations of no section (verdicts, case rel-info-oob), whatever is in them. */
    @Test
    void relocations_ofNoSection_arePassedOver() {
        for (int info : new int[] {0, 1000, -1}) {
            KernelObject object = PatchedModule.of(
                            module("some").exports("e").imports("i").bytes())
                    .sectionInfo(".rela.text", info)
                    .sectionSize(".rela.text", -1)
                    .object();
            assertThat(object.exports()).containsExactly(new Export("e", false, ""));
        }
    }

    // Exports.

    @Test
    void exports_inOneTableWithFlags_areGplOnlyByTheirFlag() {
        KernelObject object = module("some")
                .withFlagTable()
                .exports("open")
                .exportsGpl("gpl", "NS")
                .exports("more")
                .build();
        assertThat(object.exports())
                .containsExactly(
                        new Export("open", false, ""), new Export("gpl", true, "NS"), new Export("more", false, ""));
    }

    @Test
    void flagTable_thatIsTooShort_saysNothingOfTheRest() {
        KernelObject object = PatchedModule.of(module("some")
                        .withFlagTable()
                        .exportsGpl("a", "")
                        .exportsGpl("b", "")
                        .bytes())
                .sectionSize("__kflagstab", -1)
                .object();
        assertThat(object.exports()).containsExactly(new Export("a", true, ""), new Export("b", false, ""));
    }

    @Test
    void extendedVersions_besideTheOld_goFirst() {
        KernelObject object = PatchedModule.of(module("some")
                        .versions("old")
                        .section("__version_ext_crcs", SHF_ALLOC, 4, 8)
                        .section("__version_ext_names", SHF_ALLOC, 1, 9)
                        .bytes())
                .byteAt("__version_ext_names", 3, 0)
                .byteAt("__version_ext_names", 8, 0)
                .object();
        SymbolVersions versions = object.versions().orElseThrow();
        assertThat(versions.size()).isEqualTo(2);
        assertThat(versions.name(0)).isEqualTo("___");
        assertThat(versions.name(1)).isEqualTo("____");
        assertThat(module("some")
                        .versions("old")
                        .build()
                        .versions()
                        .orElseThrow()
                        .name(0))
                .isEqualTo("old");
        assertThat(module("some").build().versions()).isEmpty();
    }

    /** module_frob_arch_sections of arm64 and riscv looks there unchecked: seen to kill 6.12.107 on arm64. */
    @Test
    void relocated_ofASectionThatThereIsNot_isNoneOrBeyondTheFile() {
        String relocations = ".rela.gnu.linkonce.this_module";
        byte[] bytes = module("some").bytes();
        KernelObject sound = PatchedModule.of(bytes).object();
        int count = sound.elf().sectionCount();
        assertThat(sound.relocated(sound.section(relocations, "a module")))
                .map(Section::name)
                .contains(".gnu.linkonce.this_module");
        KernelObject behind =
                PatchedModule.of(bytes).sectionInfo(relocations, count).object();
        assertThat(behind.relocated(behind.section(relocations, "a module"))).isEmpty();
        for (int info : new int[] {count + 4096 / 64, -1}) {
            KernelObject wild =
                    PatchedModule.of(bytes).sectionInfo(relocations, info).object();
            assertThatThrownBy(() -> wild.relocated(wild.section(relocations, "a module")))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageContaining("sh_info");
        }
    }

    /** As {@code TreeLoad} reads one file over the other: nothing of the last one may be seen, and nothing of this one afterwards. */
    @Test
    void load_fromMemoryThatIsUsedAgain_isAsFromItsOwn() {
        byte[] file = module("some")
                .parameter("debug", "param_ops_bool", 0)
                .imports("printk")
                .exports("some1", "some2")
                .bytes();
        Kernel expected = Toys.kernel("printk", "param_ops_bool");
        KernelObject own = KernelObject.parse(file, "some.ko");
        expected.load(own);

        byte[] room = new byte[2 * file.length];
        Arrays.fill(room, (byte) 'x');
        System.arraycopy(file, 0, room, 0, file.length);
        Kernel kernel = Toys.kernel("printk", "param_ops_bool");
        ModuleLoad load = kernel.begin(KernelObject.unchecked(room, file.length, "some.ko"), LoadOptions.NONE);
        load.form();
        load.relocate();
        Arrays.fill(room, (byte) 'y');
        load.run();

        assertThat(KernelSnapshot.of(kernel, own)).isEqualTo(KernelSnapshot.of(expected, own));
        assertThat(kernel.symbol("some2")).isEqualTo(expected.symbol("some2")).isPresent();
        assertThat(kernel.kallsyms()).isEqualTo(expected.kallsyms());
    }

    @Test
    void importedExport_ofSymbols_isTheNumberInTheProfile() {
        Kernel kernel = Toys.kernel("printk", "kfree");
        KernelObject file = KernelObject.unchecked(
                module("some")
                        .imports("kfree", "unknown", "printk", "k".repeat(600))
                        .bytes(),
                "some.ko");
        ModuleLoad load = kernel.begin(file, LoadOptions.NONE);
        SymbolTable symbols = load.accepted().orElseThrow().symbols();
        Set<String> known = new HashSet<>();
        for (int i = 0; i < symbols.count(); i++) {
            int export = load.importedExport(i);
            if (export >= 0) {
                assertThat(kernel.profile().exports().name(export)).isEqualTo(symbols.name(i));
                known.add(symbols.name(i));
            }
        }
        assertThat(known).containsExactlyInAnyOrder("kfree", "printk");
        assertThatThrownBy(() -> load.importedExport(symbols.count())).isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** What follows the file in its memory ends no string of it, and begins no signature. */
    @Test
    void verdict_onEveryFirstPartOfAFile_dependsOnNothingBehindIt() {
        byte[] file = module("some").imports("printk").exports("some1").bytes();
        Kernel kernel = Toys.kernel("printk");
        for (int size = 0; size < file.length; size += 7) {
            KernelObject alone = KernelObject.unchecked(Arrays.copyOf(file, size), "some.ko");
            KernelObject first = KernelObject.unchecked(file, size, "some.ko");
            assertThat(kernel.check(first, LoadOptions.NONE))
                    .as("%d bytes", size)
                    .isEqualTo(kernel.check(alone, LoadOptions.NONE));
        }
    }
}
