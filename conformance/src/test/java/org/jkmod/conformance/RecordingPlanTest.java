package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jkmod.kmod.ModuleTree;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingPlanTest {
    private static final Path EXAMPLES = Path.of("..", "examples", "modules", "x86_64");

    @TempDir
    Path folder;

    private ModuleTree tree;

    @BeforeEach
    void copyModules() throws IOException {
        Path modules = Files.createDirectories(folder.resolve("lib/modules/1.0"));
        for (String name : List.of("jkmod_ring", "jkmod_echo", "jkmod_stat", "jkmod_closed")) {
            Files.copy(EXAMPLES.resolve(name + ".ko"), modules.resolve(name + ".ko"));
        }
        Files.copy(EXAMPLES.resolve("jkmod_closed.ko"), modules.resolve("test_closed.ko"));
        tree = ModuleTree.open(folder, "1.0");
    }

    @Test
    void modules_ofAll_areInTheOrderOfTheirNeeds() throws IOException {
        RecordingPlan plan = RecordingPlan.of(tree, 10, 1, List.of());

        assertThat(plan.modules()).containsOnlyOnce("jkmod_ring", "jkmod_echo", "jkmod_stat", "jkmod_closed");
        assertThat(plan.modules()).containsSubsequence("jkmod_ring", "jkmod_echo", "jkmod_stat");
        assertThat(plan.modules()).containsSubsequence("jkmod_ring", "jkmod_closed");
        assertThat(plan.modules()).doesNotContain("test_closed");
    }

    @Test
    void modules_ofASeed_areTheSameEachTime() throws IOException {
        assertThat(RecordingPlan.of(tree, 2, 7, List.of()).modules())
                .isEqualTo(RecordingPlan.of(tree, 2, 7, List.of()).modules());
    }

    @Test
    void module_thatIsLeftOut_takesWhatNeedsItAlong() throws IOException {
        RecordingPlan plan = RecordingPlan.of(tree, 10, 1, List.of("jkmod_echo"));

        assertThat(plan.modules()).containsExactlyInAnyOrder("jkmod_ring", "jkmod_closed");
        assertThat(plan.drawn()).isEqualTo(2);
    }

    @Test
    void plan_ofAKernel_namesSectionsWithTheirSizes() throws IOException {
        RecordingPlan plan = RecordingPlan.of(tree, 10, 1, List.of("jkmod_echo", "jkmod_closed"));
        Path root = Files.createDirectories(folder.resolve("root"));
        plan.write(root, true);

        List<String> lines = Files.readAllLines(root.resolve("plan"));
        assertThat(lines.get(0)).isEqualTo("load jkmod_ring.ko");
        // Sizes by readelf -SW; .init.text is freed.
        assertThat(lines)
                .contains(
                        "section jkmod_ring .text 836",
                        "section jkmod_ring .data..percpu 32",
                        "section jkmod_ring .init.text 0");
        assertThat(lines).contains("copy /proc/kallsyms kallsyms.txt").noneMatch(line -> line.startsWith("range"));
        assertThat(lines).noneMatch(line -> line.contains(".symtab") || line.contains(".rela"));
        assertThat(root.resolve("modules/jkmod_ring.ko")).hasSameBinaryContentAs(EXAMPLES.resolve("jkmod_ring.ko"));
    }

    @Test
    void plan_ofAKernelWithoutVariables_keepsItsMemory() throws IOException {
        Path root = Files.createDirectories(folder.resolve("root"));
        RecordingPlan.of(tree, 1, 1, List.of()).write(root, false);

        assertThat(Files.readAllLines(root.resolve("plan"))).contains("range _etext _sinittext rodata");
    }
}
