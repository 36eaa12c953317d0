package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.core.ModuleBuilder.module;

import com.google.common.graph.Graphs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.DependencyGraph.Dependency;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.jkmod.kmod.DependencyGraph.Place;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DependencyGraphTest extends TreeTest {
    private static final String RELEASE = "6.12.0-amd64";
    private static final Set<Kind> HARD = EnumSet.of(Kind.DEPENDS);
    private static final List<Kind> KINDS = List.copyOf(Kind.ALL);

    DependencyGraphTest() {
        super(RELEASE);
    }

    private DependencyGraph graph() throws IOException {
        return DependencyGraph.of(ModuleTree.open(root, RELEASE));
    }

    private static List<String> edges(DependencyGraph graph, String module, Set<Kind> kinds) {
        return graph.dependencies(module, kinds).stream()
                .map(e -> e.kind().shown() + " " + e.target() + " " + String.join(",", e.symbols()))
                .map(String::strip)
                .toList();
    }

    /** c uses b and a, b uses a; d is alone, and wants others. */
    private void modules() throws IOException {
        put("kernel/a-lib.ko", small("a_lib").exports("lib1", "lib2").imports("printk"));
        put("kernel/b_fs.ko", small("b_fs").exports("fs1").imports("lib1").and("alias", "fs-b"));
        put("kernel/c.ko", small("c").imports("fs1", "lib2", "lib1").importsWeakly("nobody"));
        put(
                "kernel/d.ko",
                small("d")
                        .and("softdep", "x pre: c fs-b pre: nothing post: in-kernel")
                        .and("weakdep", "b-fs some-builtin-alias"));
        put("modules.builtin", "kernel/lib/in-kernel.ko\nkernel/lib/other.ko\n");
        put(
                "modules.builtin.modinfo",
                "other.alias=some-builtin-alias\0other.license=GPL\0in_kernel.firmware=fw\0garbage\0=\0.=\0");
    }

    private void depmodsFiles() throws IOException {
        put("modules.dep", """
                kernel/a-lib.ko:
                kernel/b_fs.ko: kernel/a-lib.ko
                kernel/c.ko: kernel/b_fs.ko kernel/a-lib.ko
                kernel/d.ko:
                """);
        put("modules.alias", "# Aliases\nalias fs-b b_fs\nalias fs-* c\n");
        put("modules.softdep", "softdep d x pre: c fs-b pre: nothing post: in-kernel\nsoftdep d pre: a-lib\n");
        put("modules.weakdep", "weakdep d b-fs some-builtin-alias\n");
    }

    @Test
    void of_aTreeWithoutModulesDep_readsTheModules() throws IOException {
        modules();
        put("kernel/damaged.ko", "no module");
        DependencyGraph graph = graph();
        assertThat(graph.modules()).containsExactlyInAnyOrder("a_lib", "b_fs", "c", "d", "damaged");
        assertThat(edges(graph, "c", HARD)).containsExactly("depends b_fs");
        assertThat(edges(graph.withSymbols(List.of("c", "b_fs")), "c", HARD))
                .containsExactly("depends a_lib lib2,lib1", "depends b_fs fs1");
        assertThat(edges(graph, "b_fs", HARD)).containsExactly("depends a_lib");
        assertThat(edges(graph, "damaged", Kind.ALL)).isEmpty();
        assertThat(edges(graph, "d", Kind.ALL))
                .containsExactly("pre b_fs", "pre c", "pre nothing", "post in_kernel", "weak b_fs", "weak other");
        assertThat(graph.dependents("a_lib", Kind.ALL).stream().map(Dependency::source))
                .containsExactly("b_fs");
        assertThat(graph.place("c")).isEqualTo(Place.FILE);
        assertThat(graph.place("other")).isEqualTo(Place.BUILTIN);
        assertThat(graph.place("nothing")).isEqualTo(Place.NOWHERE);
        assertThat(graph.loadOrder(List.of("d"), Kind.ALL))
                .containsExactly("a_lib", "b_fs", "c", "nothing", "d", "in_kernel", "other");
        assertThat(graph.loadOrder(List.of("d"), HARD)).containsExactly("d");
        assertThat(graph.find("fs-b")).containsExactly("b_fs");
        assertThat(graph.find("b-fs")).containsExactly("b_fs");
        assertThat(graph.find("some_builtin_alias")).containsExactly("other");
        assertThat(graph.find("in-kernel")).containsExactly("in_kernel");
        assertThat(graph.find("nothing")).isEmpty();
    }

    /** depmod refuses them; to see what is wrong, they must be shown. */
    @Test
    void of_modulesThatNeedEachOther_showsTheCycle() throws IOException {
        put("kernel/a.ko", small("a").exports("a1").imports("b1").and("alias", "first"));
        put("kernel/b.ko", small("b").exports("b1").imports("a1").and("softdep", "pre: first"));
        DependencyGraph graph = graph();
        assertThat(graph.cycles(HARD)).containsExactly(List.of("a", "b"));
        assertThat(edges(graph, "b", Kind.ALL)).containsExactly("depends a a1", "pre a");
    }

    @Test
    void of_aConfiguration_takesItsSoftdepsFirst() throws IOException {
        modules();
        depmodsFiles();
        Path etc = Files.createDirectories(root.resolve("etc/modprobe.d"));
        Files.writeString(etc.resolve("a.conf"), """
                softdep d pre: mine
                softdep [ab]_* post: d
                weakdep d a_lib
                alias mine a_lib
                alias yours b_fs
                blacklist b_fs
                """);
        ModuleTree tree = ModuleTree.open(root, RELEASE);
        ModprobeConfig config = ModprobeConfig.read(Sysroot.of(root), tree.folder(), "", Compat.KMOD_34);
        DependencyGraph first = DependencyGraph.of(tree, config, false);
        assertThat(edges(first, "d", Kind.ALL)).containsExactly("pre a_lib", "weak a_lib");
        assertThat(edges(first, "b_fs", Kind.ALL)).containsExactly("depends a_lib", "post d");
        assertThat(edges(first, "c", Kind.ALL)).containsExactly("depends b_fs");
        assertThat(first.find("mine")).containsExactly("a_lib");
        assertThat(first.find("yours")).as("blacklisted").isEmpty();
        assertThat(first.find("b_fs")).as("only by aliases").containsExactly("b_fs");
        assertThat(first.find("fs-b")).containsExactly("c");
        assertThat(edges(DependencyGraph.of(tree, config, true), "d", Kind.ALL))
                .containsExactly(
                        "pre a_lib",
                        "pre b_fs",
                        "pre c",
                        "pre nothing",
                        "post in_kernel",
                        "weak a_lib",
                        "weak b_fs",
                        "weak other");
    }

    @Test
    void of_aTreeWithModulesDep_believesItAndKnowsNoSymbols() throws IOException {
        modules();
        depmodsFiles();
        DependencyGraph graph = graph();
        assertThat(edges(graph, "c", HARD)).as("a_lib is there by way of b_fs").containsExactly("depends b_fs");
        assertThat(graph.reachable(List.of("c"), HARD, false, 9)).containsExactly("c", "b_fs", "a_lib");
        assertThat(graph.reachable(List.of("c"), HARD, false, 1)).containsExactly("c", "b_fs");
        assertThat(graph.reachable(List.of("a_lib"), HARD, true, 9)).containsExactly("a_lib", "b_fs", "c");
        assertThat(graph.find("fs-b")).containsExactly("b_fs", "c");
        assertThat(edges(graph, "d", Kind.ALL))
                .as("the first line counts")
                .containsExactly("pre b_fs", "pre c", "pre nothing", "post in_kernel", "weak b_fs", "weak other");
        DependencyGraph exact = graph.withSymbols(List.of("c"));
        assertThat(edges(exact, "c", HARD)).containsExactly("depends a_lib lib2,lib1", "depends b_fs fs1");
        assertThat(edges(exact, "b_fs", HARD)).containsExactly("depends a_lib");
        assertThat(edges(exact, "d", Kind.ALL)).isEqualTo(edges(graph, "d", Kind.ALL));
        assertThat(Graphs.hasCycle(exact.network())).isFalse();
    }

    @Test
    void withSymbols_ofADamagedModule_keepsWhatDepmodSaid() throws IOException {
        modules();
        depmodsFiles();
        put("kernel/c.ko", "no module any more");
        assertThat(edges(graph().withSymbols(List.of("c")), "c", HARD)).containsExactly("depends b_fs");
        Files.delete(root.resolve("lib/modules/" + RELEASE + "/kernel/c.ko"));
        DependencyGraph graph = graph();
        assertThatThrownBy(() -> graph.withSymbols(List.of("c"))).isInstanceOf(java.nio.file.NoSuchFileException.class);
    }

    @Test
    void withFile_ofAModuleOfItsOwn_asksItWhatItNeeds() throws IOException {
        modules();
        depmodsFiles();
        Path file = root.resolve("my-driver.ko");
        Files.write(
                file,
                small("my_driver")
                        .with("depends", "b-fs")
                        .and("softdep", "pre: fs-b")
                        .and("weakdep", "d")
                        .bytes());
        DependencyGraph graph = graph().withFile(file);
        assertThat(edges(graph, "my_driver", Kind.ALL)).containsExactly("depends b_fs", "pre b_fs", "pre c", "weak d");
        assertThat(graph.loadOrder(List.of("my_driver"), HARD)).containsExactly("a_lib", "b_fs", "my_driver");
        assertThat(graph.file("my_driver")).contains(file);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../../etc/passwd", "kernel/../../x.ko", "", ".", "..", "/", "a\0b.ko"})
    void of_aModulesDepThatLeavesTheTree_isAnError(String path) throws IOException {
        put("modules.dep", "kernel/a.ko:\n" + path + ": kernel/a.ko\n");
        assertThatThrownBy(this::graph)
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("modules.dep: line 2: found '")
                .hasMessageEndingWith("expected the path of a module in the tree");
    }

    @Test
    void of_anExternalModule_isInTheRoot() throws IOException {
        put("modules.dep", "/opt/x/a.ko:\n");
        assertThat(graph().file("a")).contains(root.resolve("opt/x/a.ko"));
        put("modules.dep", "/../../../etc/x/a.ko:\n");
        assertThat(graph().file("a")).as("the root is above itself").contains(root.resolve("etc/x/a.ko"));
    }

    @Test
    void of_aLineWithoutAColon_isAnError() throws IOException {
        put("modules.dep", "kernel/a.ko:\n" + "x".repeat(10 << 20) + "\n");
        assertThatThrownBy(this::graph)
                .isInstanceOf(MalformedInputException.class)
                .hasMessageEndingWith("modules.dep: line 2: found " + "x".repeat(60) + "..., expected PATH: PATH...");
    }

    @Test
    void of_moreDependenciesThanAnybodyHas_isAnError() throws IOException {
        put("modules.dep", "a.ko:" + " b.ko".repeat((1 << 20) + 1) + "\n");
        assertThatThrownBy(this::graph)
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("more than 1048576 dependencies");
    }

    /** A thousand modules that all need each other: a million dependencies. */
    @Test
    void of_modulesThatAllNeedEachOther_comesToAnEnd() throws IOException {
        StringBuilder dep = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            dep.append('m').append(i).append(".ko:");
            for (int j = 0; j < 1000; j++) {
                dep.append(" m").append((i + j) % 1000).append(".ko");
            }
            dep.append('\n');
        }
        put("modules.dep", dep.toString());
        DependencyGraph graph = graph();
        assertThat(graph.loadOrder(List.of("m7"), Kind.ALL)).hasSize(1000);
        assertThat(graph.cycles(Kind.ALL)).isNotEmpty();
    }

    /** A stack overflow of whoever goes down by recursion. */
    @Test
    void loadOrder_ofAVeryLongChain_comesToAnEnd() {
        DependencyGraph.Builder builder = DependencyGraph.builder();
        int length = 100_000;
        for (int i = 0; i < length; i++) {
            Kind kind = KINDS.get(i % 4);
            builder.dependency(name(i), name(i + 1), kind);
        }
        builder.dependency(name(length), name(0), Kind.SOFTDEP_PRE);
        DependencyGraph graph = builder.build();
        assertThat(graph.loadOrder(List.of(name(0)), Kind.ALL)).hasSize(length + 1);
        assertThat(graph.cycles(Kind.ALL)).hasSize(1);
        assertThat(graph.cycles(Kind.ALL).get(0)).hasSize(length + 1);
        assertThat(graph.cycles(HARD)).isEmpty();
    }

    /** A million steps for whoever looks at all of them again each time. */
    @Test
    void loadOrder_ofManyThatNeedWhatWantsThem_comesToAnEnd() {
        DependencyGraph.Builder builder = DependencyGraph.builder();
        for (int i = 0; i < 20_000; i++) {
            builder.dependency("all", name(i), Kind.SOFTDEP_PRE);
            builder.dependency(name(i), "all", Kind.DEPENDS);
        }
        assertThat(builder.build().loadOrder(List.of("all"), Kind.ALL)).hasSize(20_001);
    }

    @Test
    void cycles_ofSeveral_areTheShortestOfEach() {
        DependencyGraph graph = DependencyGraph.builder()
                .dependency("b", "c", Kind.DEPENDS)
                .dependency("c", "d", Kind.DEPENDS)
                .dependency("d", "b", Kind.DEPENDS)
                .dependency("c", "b", Kind.DEPENDS)
                .dependency("z", "y", Kind.DEPENDS)
                .dependency("y", "z", Kind.SOFTDEP_POST)
                .dependency("a", "b", Kind.DEPENDS)
                .dependency("self", "self", Kind.SOFTDEP_PRE)
                .build();
        assertThat(graph.cycles(HARD)).containsExactly(List.of("b", "c"));
        assertThat(graph.cycles(Kind.ALL)).containsExactly(List.of("b", "c"), List.of("self"), List.of("y", "z"));
    }

    /** What {@link LoadOrder} says, by recursion and in the words of its description. */
    private static final class Reference {
        private final DependencyGraph graph;
        private final Set<String> probed = new HashSet<>();
        private final List<String> loaded = new ArrayList<>();

        Reference(DependencyGraph graph) {
            this.graph = graph;
        }

        void probe(String module) {
            if (probed.add(module)) {
                graph.chain(module).forEach(this::place);
                place(module);
            }
        }

        private void place(String module) {
            graph.targets(module, Kind.SOFTDEP_PRE).forEach(this::probe);
            if (!loaded.contains(module)) {
                loaded.add(module);
            }
            graph.targets(module, Kind.SOFTDEP_POST).forEach(this::probe);
        }
    }

    @Test
    void loadOrder_ofRandomGraphs_isWhatRecursionSays() {
        long seed = 20260601;
        Random random = new Random(seed);
        for (int round = 0; round < 3000; round++) {
            DependencyGraph.Builder builder = DependencyGraph.builder();
            int modules = 1 + random.nextInt(12);
            for (int i = random.nextInt(30); i > 0; i--) {
                int a = random.nextInt(modules);
                int b = random.nextInt(modules);
                Kind kind = KINDS.get(random.nextInt(3));
                // hard ones make no cycles: depmod refuses them
                if (kind != Kind.DEPENDS || a < b) {
                    builder.dependency(name(a), name(b), kind);
                }
            }
            DependencyGraph graph = builder.build();
            List<String> asked = List.of(name(0), name(random.nextInt(modules)));
            Reference reference = new Reference(graph);
            asked.forEach(reference::probe);
            List<String> order = graph.loadOrder(asked, Kind.ALL);
            assertThat(order).as("seed " + seed + " round " + round).isEqualTo(reference.loaded);
            assertThat(order).doesNotHaveDuplicates();
            assertThat(Set.copyOf(order)).isEqualTo(Set.copyOf(graph.reachable(asked, Kind.ALL, false, modules)));
            if (Set.copyOf(graph.cycles(Kind.ALL)).isEmpty()) {
                assertInOrder(graph, order);
            }
        }
    }

    private static void assertInOrder(DependencyGraph graph, Collection<String> order) {
        List<String> list = List.copyOf(order);
        for (String module : list) {
            graph.dependencies(module, EnumSet.of(Kind.DEPENDS, Kind.SOFTDEP_PRE))
                    .forEach(e -> assertThat(list.indexOf(e.target())).isLessThan(list.indexOf(module)));
        }
    }

    private static String name(int i) {
        return "m" + i;
    }
}
