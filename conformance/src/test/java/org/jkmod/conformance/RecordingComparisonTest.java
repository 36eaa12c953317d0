package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jkmod.core.Architecture;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelModule.LoadedSection;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.MemoryType;
import org.jkmod.symtab.Kallsyms;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code init.c} would leave of a kernel becomes a recording, and what is wrong in it is found. The kernel is a simulated one: that it does
 * what real ones do, other tests say.
 */
class RecordingComparisonTest {
    private static final Path EXAMPLES = Path.of("..", "examples", "modules", "x86_64");
    private static final List<String> NAMES = List.of("jkmod_ring", "jkmod_echo", "jkmod_stat");

    @TempDir
    Path folder;

    private KernelProfile profile;
    private Kernel kernel;

    @BeforeEach
    void load() throws IOException {
        KernelProfile embedded =
                KernelProfile.embedded(Architecture.named("x86_64").orElseThrow());
        TreeSet<String> imports = new TreeSet<>();
        for (String name : NAMES) {
            object(name).imports().forEach(i -> imports.add(i.name()));
        }
        imports.removeIf(name -> name.startsWith("jkmod_"));
        StringBuilder lines = new StringBuilder("ffffffff81000000 T _text\n");
        long address = 0xffffffff81200000L;
        for (String name : imports) {
            lines.append(String.format("%x T %s%n", address += 64, name));
        }
        profile = KernelProfile.builder(embedded.release().toString())
                .architecture(embedded.architecture())
                .exports(embedded.exports())
                .vermagicOf(object("jkmod_ring"))
                .addresses(Kallsyms.parse(lines.toString().getBytes(StandardCharsets.US_ASCII), "kallsyms"))
                .build();
        kernel = Kernel.boot(profile);
        for (String name : NAMES) {
            kernel.load(object(name));
        }
    }

    private static KernelObject object(String name) throws IOException {
        return KernelObject.read(EXAMPLES.resolve(name + ".ko"));
    }

    private static byte[] text(List<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private RecordingComparison compared(
            UnaryOperator<String> modulesLine, UnaryOperator<String> symbolLine, Consumer<byte[]> text)
            throws IOException {
        SharedMemoryTest.Writer shared = new SharedMemoryTest.Writer(1 << 20);
        List<String> sections = new ArrayList<>();
        for (String name : NAMES) {
            KernelModule module = kernel.module(name).orElseThrow();
            for (LoadedSection section : module.sections()) {
                if (section.size() == 0 || section.memory().isInit() || section.memory() == MemoryType.PERCPU) {
                    continue;
                }
                sections.add(String.format("%s %s 0x%x %d", name, section.name(), section.address(), section.size()));
                ByteBuffer bytes = module.section(section.name()).orElseThrow();
                byte[] copy = new byte[(int) section.size()];
                bytes.get(bytes.position(), copy);
                if (name.equals("jkmod_echo") && section.name().equals(".text")) {
                    text.accept(copy);
                }
                shared.keep("memory/" + name + "/" + section.name(), copy);
            }
        }
        shared.keep("sections.txt", text(sections))
                .keep("load.txt", text(NAMES.stream().map(n -> n + ".ko 0").toList()))
                .keep(
                        "proc_modules.txt",
                        text(kernel.procModules().stream().map(modulesLine).toList()))
                .keep("version.txt", text(List.of("Linux version " + profile.release() + " (of a test)")))
                .keep("dmesg.txt", new byte[0])
                .keep(
                        "kallsyms.txt",
                        text(kernel.kallsyms().stream().map(symbolLine).toList()))
                .line(-1);
        Path file = Files.write(folder.resolve("shared"), shared.bytes().array());
        Path modules = Files.createDirectories(folder.resolve("modules"));
        for (String name : NAMES) {
            Files.copy(EXAMPLES.resolve(name + ".ko"), modules.resolve(name + ".ko"));
        }
        RecordingWriter.write(file, modules, folder.resolve("recording"));
        try (Recording recording = new Recording(folder.resolve("recording"))) {
            assertThat(recording.release()).isEqualTo(profile.release().toString());
            return RecordingComparison.of(recording, Optional.of(profile));
        }
    }

    @Test
    void recording_ofWhatJkmodDoes_hasNoDifference() throws IOException {
        RecordingComparison comparison = compared(line -> line, line -> line, bytes -> {});

        assertThat(comparison.differences()).isEmpty();
        assertThat(comparison.modules()).isEqualTo(3);
        assertThat(comparison.tallies()).extracting(Tally::check).contains("layout", "bytes", "kallsyms", "modules");
        assertThat(comparison.tallies()).allMatch(tally -> tally.compared() > 0 && tally.different() == 0);
        assertThat(ComparisonPage.of(List.of(comparison))).contains("No difference.");
    }

    @Test
    void changedByteOfCode_isShownWithTheRelocationThere() throws IOException {
        // readelf -rW: a call of jkmod_ring_alloc's or another's stub somewhere in .text; its relocation is the first
        // one there
        int place = (int) firstRelocation();
        RecordingComparison comparison = compared(line -> line, line -> line, bytes -> bytes[place] ^= 1);

        assertThat(comparison.differences()).hasSize(1);
        Difference difference = comparison.differences().get(0);
        assertThat(difference.check()).isEqualTo("bytes");
        assertThat(difference.module()).isEqualTo("jkmod_echo");
        assertThat(difference.place()).isEqualTo(String.format(".text+0x%x (1 bytes)", place));
        assertThat(difference.cause()).hasSize(1);
        assertThat(difference.cause().get(0)).startsWith(String.format("+0x%x R_X86_64_", place));
        assertThat(ComparisonPage.of(List.of(comparison))).contains("<mark>").doesNotContain("No difference.");
    }

    /** The first one in .text whose place no table names for the kernel to patch. */
    private static long firstRelocation() throws IOException {
        var table =
                object("jkmod_echo").elf().section(".rela.text").orElseThrow().relocations();
        for (int i = 0; i < table.count(); i++) {
            // R_X86_64_32S is no call
            if (table.type(i) == 11) {
                return table.offset(i);
            }
        }
        throw new AssertionError("no R_X86_64_32S");
    }

    @Test
    void otherSize_isADifferenceOfModules() throws IOException {
        RecordingComparison comparison = compared(
                line -> line.startsWith("jkmod_ring ") ? line.replaceFirst(" [0-9]+ ", " 4096 ") : line,
                line -> line,
                bytes -> {});

        assertThat(comparison.differences())
                .extracting(d -> d.check() + " " + d.module() + " " + d.place() + " " + d.theirs())
                .containsExactly("modules jkmod_ring size 4096");
    }

    @Test
    void moreReferences_areExplained_fewerAreNot() throws IOException {
        RecordingComparison comparison = compared(
                line -> line.startsWith("jkmod_ring ")
                        ? line.replaceFirst(" [0-9]+ jkmod", " 1 jkmod")
                        : line.replaceFirst(" 0 - ", " 3 - "),
                line -> line,
                bytes -> {});

        assertThat(comparison.differences())
                .extracting(d -> d.check() + " " + d.module() + " " + d.place())
                .containsExactly("modules jkmod_ring references");
        assertThat(comparison.tallies())
                .filteredOn(tally -> tally.what().equals("references"))
                .singleElement()
                .satisfies(tally -> assertThat(tally.explained()).isEqualTo(1));
    }

    @Test
    void otherTypeOfASymbol_isTwoDifferences() throws IOException {
        RecordingComparison comparison = compared(
                line -> line,
                line -> line.contains(" jkmod_ring_alloc\t") ? line.replace(" T ", " t ") : line,
                bytes -> {});

        assertThat(comparison.differences())
                .extracting(d -> d.check() + " " + d.module() + " " + d.place())
                .containsExactly("kallsyms jkmod_ring jkmod_ring_alloc", "kallsyms jkmod_ring jkmod_ring_alloc");
    }
}
