package org.jkmod.arch.x86_64;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.jkmod.core.Architecture;
import org.jkmod.core.Errno;
import org.jkmod.core.Generation;
import org.jkmod.core.KernelRelease;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationFailure.Reason;
import org.jkmod.elf.ElfClass;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class X86_64ArchitectureTest {
    private final Architecture architecture = new X86_64Architecture();

    // How it is found.

    @Test
    void architecture_onTheClassPath_isFoundByNameAliasAndMachine() {
        assertThat(Architecture.all())
                .filteredOn(a -> a instanceof X86_64Architecture)
                .hasSize(1);
        for (String name : List.of("x86_64", "amd64", "x86-64")) {
            assertThat(Architecture.named(name)).as(name).containsInstanceOf(X86_64Architecture.class);
        }
        assertThat(Architecture.named("X86_64")).isEmpty();
        assertThat(Architecture.ofMachine(62)).containsInstanceOf(X86_64Architecture.class);
        assertThat(Architecture.ofMachine(3)).isEmpty();
    }

    /** Tests run on the class path, so the module path is made here, of what is on it. */
    @Test
    void architecture_onTheModulePath_isFoundAndItsProgramCompiles() throws ReflectiveOperationException {
        Path[] path = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(p -> !p.endsWith("test-classes") && !p.toString().endsWith("-tests.jar"))
                .toArray(Path[]::new);
        Configuration configuration = ModuleLayer.boot()
                .configuration()
                .resolveAndBind(ModuleFinder.of(path), ModuleFinder.of(), Set.of("org.jkmod.core"));
        ModuleLayer layer =
                ModuleLayer.boot().defineModulesWithManyLoaders(configuration, ClassLoader.getPlatformClassLoader());
        assertThat(layer.findModule("org.jkmod.arch.x86_64"))
                .as("bound only because it provides an Architecture: %s", layer.modules())
                .isPresent();

        Class<?> service = layer.findLoader("org.jkmod.core").loadClass(Architecture.class.getName());
        assertThat(service).isNotSameAs(Architecture.class);
        Optional<?> found =
                (Optional<?>) service.getMethod("named", String.class).invoke(null, "amd64");
        Object provider = found.orElseThrow();
        assertThat(provider.getClass().getModule().getName()).isEqualTo("org.jkmod.arch.x86_64");
        assertThat(provider.getClass().getModule().isNamed()).isTrue();

        Class<?> program = service.getClassLoader().loadClass("org.jkmod.core.RelocationProgram");
        Class<?> policy = service.getClassLoader().loadClass("org.jkmod.core.RelocationPolicy");
        Method compiled = program.getMethod("compiled", service, policy);
        assertThat(compiled.invoke(null, provider, policy.getEnumConstants()[0]))
                .isInstanceOf(program);
    }

    // What it says of the machine.

    /** The facts of the kernel's headers: arch/x86/include/asm/{elf,page_types,pgtable_64_types}.h. */
    @Test
    void machine_ofX86_64_isTheKernels() {
        assertThat(architecture.machine()).isEqualTo(62);
        assertThat(architecture.facts().elfClass()).isEqualTo(ElfClass.ELFCLASS64);
        assertThat(architecture.facts().byteOrder()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(architecture.pageSize()).isEqualTo(4096);
        assertThat(architecture.facts().relocationErrno()).isEqualTo(Errno.ENOEXEC);
        assertThat(architecture.facts().prel32()).isTrue();
    }

    @Test
    void undefinedSymbol_ofOldAssemblers_isPassedOver() {
        assertThat(architecture.ignoresUndefined("_GLOBAL_OFFSET_TABLE_")).isTrue();
        assertThat(architecture.ignoresUndefined("_GLOBAL_OFFSET_TABLE")).isFalse();
        assertThat(architecture.ignoresUndefined("")).isFalse();
    }

    /** A failure, and what kernels were recorded to print of it: {@code ../shared/verdicts}, cases rel-*. */
    private record Case(String name, Generation generation, RelocationFailure failure, List<String> printed) {}

    private static final RelocationFailure TYPE_13 =
            new RelocationFailure(Reason.UNKNOWN_TYPE, 42, 0, 13, 1, 0xffffffffc0486640L, 0, 0);
    private static final RelocationFailure BIG_TYPE =
            new RelocationFailure(Reason.UNKNOWN_TYPE, 42, 0, 0x12345, 1, 0xffffffffc0486640L, 0, 0);
    private static final RelocationFailure WHOLE_TYPE =
            new RelocationFailure(Reason.UNKNOWN_TYPE, 42, 0, -1, 1, 0xffffffffc0486640L, 0, 0);

    private static RelocationFailure overflow(long value) {
        return new RelocationFailure(Reason.OVERFLOW, 42, 0, 10, 1, 0xffffffffc0486640L, value, 0);
    }

    private static RelocationFailure nonzero(long value) {
        return new RelocationFailure(Reason.NONZERO_PLACE, 42, 0, 1, 1, 0xffffffffc0486640L, value, 0);
    }

    @TestFactory
    Stream<DynamicTest> messages_ofRecordedFailures_areTheKernels() {
        Generation linux61 = Generation.of(KernelRelease.parse("6.1.0-50-amd64"));
        Generation linux612 = Generation.of(KernelRelease.parse("6.12.107+deb13-amd64"));
        Generation linux72 = Generation.of(KernelRelease.parse("7.2.13+deb14-amd64"));
        String notKernel = "module: `nls_cp850' likely not compiled with -mcmodel=kernel";
        return Stream.of(
                        new Case(
                                "rel-x86-pc16",
                                linux612,
                                TYPE_13,
                                List.of("module: nls_cp850: Unknown rela relocation: 13")),
                        new Case(
                                "rel-unknown-type-big",
                                linux72,
                                BIG_TYPE,
                                List.of("module: nls_cp850: Unknown rela relocation: 74565")),
                        // %llu of 32 bits
                        new Case(
                                "not recorded: all bits",
                                linux72,
                                WHOLE_TYPE,
                                List.of("module: nls_cp850: Unknown rela relocation: 4294967295")),
                        new Case(
                                "rel-abs32-own",
                                linux61,
                                overflow(0xffffffffc0509400L),
                                List.of("module: overflow in relocation type 10 val ffffffffc0509400", notKernel)),
                        new Case(
                                "rel-abs32-own",
                                linux612,
                                overflow(0xffffffffc0457580L),
                                List.of("module: overflow in relocation type 10 val ffffffffc0457580", notKernel)),
                        new Case(
                                "rel-abs32-own",
                                linux72,
                                overflow(0xffffffffc0486640L),
                                List.of(
                                        "module: overflow in relocation type 10 val ffffffffc0486640 sec 42 idx 0",
                                        notKernel)),
                        new Case(
                                "rel-nonzero-target",
                                linux61,
                                nonzero(0xffffffffc0509400L),
                                List.of(
                                        "module: x86/modules: Skipping invalid relocation target, existing value is nonzero"
                                                + " for type 1, loc (____ptrval____), val ffffffffc0509400")),
                        new Case(
                                "rel-nonzero-target",
                                linux612,
                                nonzero(0xffffffffc0457580L),
                                List.of("module: x86/modules: Invalid relocation target, existing value is nonzero"
                                        + " for type 1, loc (____ptrval____), val ffffffffc0457580")),
                        new Case(
                                "rel-nonzero-target",
                                linux72,
                                nonzero(0xffffffffc0486640L),
                                List.of("module: x86/modules: Invalid relocation target, existing value is nonzero"
                                        + " for sec 42, idx 0, type 1, loc ffffffffc0486640, val ffffffffc0486640")))
                .map(c -> DynamicTest.dynamicTest(
                        c.name() + " " + c.generation(),
                        () -> assertThat(architecture.messages(c.failure(), "nls_cp850", c.generation()))
                                .isEqualTo(c.printed())));
    }

    /** Instructions as an assembler writes them, the first byte first. */
    private static OptionalInt constant(String hex) {
        return new X86_64Architecture()
                .constantReturn(ByteBuffer.wrap(HexFormat.of().parseHex(hex)).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** The first two are the inits of the recorded modules init-ret-0, -eexist; assembled with GNU as. */
    @Test
    void constantReturn_ofAFunctionThatDoesNothingElse_isKnown() {
        assertThat(constant("f30f1efab800000000c3"))
                .as("endbr64; mov $0, %eax; ret")
                .hasValue(0);
        assertThat(constant("f30f1efab8efffffffc3"))
                .as("endbr64; mov $-17, %eax; ret")
                .hasValue(-17);
        assertThat(constant("b805000000c3")).as("mov $5, %eax; ret").hasValue(5);
        assertThat(constant("31c0c3")).as("xor %eax, %eax; ret").hasValue(0);
        assertThat(constant("b805000000e9")).as("no ret").isEmpty();
        assertThat(constant("bb05000000c3")).as("mov $5, %ebx; ret").isEmpty();
        assertThat(constant("f30f1efa")).as("cut").isEmpty();
        assertThat(constant("")).isEmpty();
    }
}
