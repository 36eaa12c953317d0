package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.ModprobeRequest.Action;
import org.jkmod.kmod.ModprobeRequest.Flag;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Unloading. See {@link Laboratory} for where the expected lines come from. */
class ModprobeRemovalTest {
    private static final String[] ALL = {
        "a", "b", "c", "d", "a1", "p1", "d1", "d2", "d3", "h1", "h2", "h3", "e1", "u_v", "w1", "w2"
    };

    @TempDir
    private Path folder;

    @BeforeEach
    void writeTree() throws IOException {
        Laboratory.write(folder);
    }

    private Modprobe modprobe(String config) throws IOException {
        ModprobeConfig parsed = ModprobeConfig.builder(Compat.KMOD_34)
                .add(config + "softdep d3 pre:\n", "a.conf")
                .add(Files.readString(folder.resolve("modules.softdep")), "modules.softdep")
                .build();
        return Modprobe.builder(folder, parsed).build();
    }

    private static ModprobePlan plan(Modprobe modprobe, ModprobeTarget kernel, String names, Flag... flags)
            throws IOException {
        return modprobe.run(
                new ModprobeRequest(Action.REMOVE, List.of(names.split(" ", -1)), "", Set.of(flags)), kernel.dryRun());
    }

    /** What {@code modprobe -r -n -v} prints, messages last. */
    private static String lines(ModprobePlan plan) {
        StringBuilder lines = new StringBuilder();
        plan.steps()
                .forEach(step -> lines.append(step.line().replace("rmmod ", "")).append('|'));
        plan.messages().forEach(message -> lines.append(message).append('|'));
        return lines.append(plan.failed() ? 1 : 0).toString();
    }

    private static final String SOFTDEPS = """
            softdep w1 pre: a u-v post: h1 w2
            softdep w2 pre: a
            softdep d post: d3 d3
            alias two w1
            alias two w2
            softdep e1 pre: al-x1
            """;

    @ParameterizedTest
    @CsvSource({
        "w1, w2|a|h1|w1|u_v|a|0",
        "c, p1|a1|c|a|b|d|a1|0",
        "d, d3|d3|d|0",
        "e1, e1|a|h1|h2|h3|u_v|p1|a1|c|a|b|d|a1|b|a|0",
        "two, w2|a|h1|w1|u_v|a|w2|a|0",
        "h3, h3|h1|h2|0",
    })
    void removal_ofUnusedModules_hasKmodsOrder(String name, String expected) throws IOException {
        assertThat(lines(plan(modprobe(SOFTDEPS), new FakeKernel(ALL), name))).isEqualTo(expected);
    }

    private static FakeKernel used() {
        return new FakeKernel("a", "b", "c", "d", "a1", "p1", "d1", "d2", "d3", "h1", "h2", "h3", "e1", "u_v")
                .hold("a", "b")
                .hold("a", "c")
                .hold("b", "c")
                .hold("d", "c")
                .hold("a1", "p1")
                .hold("h1", "h2")
                .hold("h1", "h3")
                .hold("h2", "h3")
                .hold("h3", "e1")
                .hold("a", "e1");
    }

    private static final String COMMANDS = """
            alias my-c c
            blacklist c
            remove u_v echo removing $CMDLINE_OPTS
            remove h2 echo removing h2
            options u_v uo=1
            remove vrem echo vr
            """;

    @ParameterizedTest
    @CsvSource({
        "c, p1|c|FATAL: Module a1 is in use.|1",
        "a, FATAL: Module a is in use.|1",
        "d, d3|FATAL: Module d is in use.|1",
        "p1, p1|0",
        "d1, d1|d3|0",
        "e1, e1|0",
        "h3, FATAL: Module h3 is in use.|1",
        "u-v, remove echo removing |0",
        "bi, FATAL: Module bi is builtin.|1",
        "al-x1, FATAL: Module b is in use.|1",
        "my-c, p1|c|FATAL: Module a1 is in use.|1",
        "nothing, FATAL: Module nothing not found.|1",
        "vrem, remove echo vr|0",
        "w1, 0",
        "bi-al, FATAL: Module bi is builtin.|1",
        "h2, remove echo removing h2|0",
        "./c.ko, FATAL: Module ./c.ko not found.|1",
    })
    void removal_ofUsedModules_followsKmodsRules(String name, String expected) throws IOException {
        assertThat(lines(plan(modprobe(COMMANDS), used(), name))).isEqualTo(expected);
    }

    @Test
    void removal_ofSeveral_goesOnIfAllAreToBeTried() throws IOException {
        Modprobe modprobe = modprobe(COMMANDS);
        assertThat(lines(plan(modprobe, used(), "c e1", Flag.ALL)))
                .isEqualTo("p1|c|e1|WARNING: Module a1 is in use.|0");
        assertThat(lines(plan(modprobe, used(), "c e1"))).isEqualTo("p1|c|FATAL: Module a1 is in use.|1");
        assertThat(lines(plan(modprobe, used(), "nothing a", Flag.ALL)))
                .isEqualTo("WARNING: Module nothing not found.|WARNING: Module a is in use.|1");
    }

    @Test
    void removal_withHolders_beginsWithThem() throws IOException {
        Modprobe modprobe = modprobe(COMMANDS);
        assertThat(lines(plan(modprobe, used(), "h1", Flag.REMOVE_HOLDERS)))
                .isEqualTo("remove echo removing h2|FATAL: Module h3 is in use.|1");
        assertThat(lines(plan(modprobe, used(), "d", Flag.REMOVE_HOLDERS)))
                .isEqualTo("d3|p1|c|FATAL: Module a1 is in use.|1");
    }

    @Test
    void removal_withFlags_followsKmodsRules() throws IOException {
        Modprobe modprobe = modprobe(COMMANDS);
        assertThat(lines(plan(modprobe, used(), "u_v", Flag.IGNORE_COMMANDS))).isEqualTo("u_v|0");
        assertThat(lines(plan(modprobe, used(), "w1", Flag.FIRST_TIME)))
                .isEqualTo("FATAL: Module w1 is not in kernel.|1");
        assertThat(lines(plan(modprobe, used(), "c", Flag.WAIT))).isEqualTo("p1|c|a1|0");
        assertThat(lines(plan(modprobe, new FakeKernel("a", "c").hold("a", "c"), "c", Flag.SHOW_DEPENDS)))
                .isEqualTo("p1|c|a1|0");
    }

    @Test
    void removal_inARealKernel_seesWhatIsUnusedByThen() throws IOException {
        FakeKernel kernel = used();
        ModprobePlan plan = modprobe("softdep c pre:\n").run(ModprobeRequest.remove("c"), kernel);
        assertThat(lines(plan)).isEqualTo("c|b|d|0");
        assertThat(plan.steps().get(1).reason()).hasToString("not used any more without c, asked for");
        assertThat(kernel.loaded).contains("a").doesNotContain("b", "c", "d");
    }

    @Test
    void removal_thatTheKernelRefuses_isAnError() throws IOException {
        FakeKernel kernel = used();
        kernel.refused.add("p1");
        ModprobePlan plan = modprobe("").run(ModprobeRequest.remove("p1"), kernel);
        assertThat(lines(plan)).isEqualTo("p1|ERROR: could not remove 'p1': refused|1");
    }

    /** kmod calls itself until its stack is full: here {@code modprobe -r d1} of 34.2 ended with signal 11 after 230,000 lines. */
    @Test
    @Timeout(60)
    void softdeps_inACircle_endWhereTheyBegan() throws IOException {
        Modprobe modprobe = Modprobe.builder(
                        folder,
                        ModprobeConfig.builder(Compat.KMOD_34)
                                .add("softdep d1 pre: d3\nsoftdep d3 post: d1\n", "a.conf")
                                .build())
                .build();
        assertThat(lines(plan(modprobe, new FakeKernel(ALL), "d1"))).isEqualTo("d1|d3|0");
        assertThat(lines(plan(modprobe, new FakeKernel(ALL), "d3"))).isEqualTo("d1|d3|0");
    }

    @Test
    @Timeout(60)
    void softdeps_thatLeadFarOrMultiply_areAnError() throws IOException {
        StringBuilder chain = new StringBuilder();
        StringBuilder tree = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            chain.append("softdep v").append(i).append(" pre: v").append(i + 1).append('\n');
            tree.append("softdep v")
                    .append(i)
                    .append(" pre: v")
                    .append(i + 1)
                    .append(" v")
                    .append(i + 1)
                    .append('\n');
        }
        StringBuilder names = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            names.append("remove v").append(i).append(" echo\n");
        }
        for (String config : List.of(names.toString() + chain, names.toString() + tree)) {
            assertThatThrownBy(() -> plan(modprobe(config), new FakeKernel(), "v0"))
                    .isInstanceOf(MalformedInputException.class)
                    .hasMessageContaining("more than 65536 steps, or a chain of 256");
        }
    }
}
