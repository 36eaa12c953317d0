package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.ModprobeRequest.Action;
import org.jkmod.kmod.ModprobeRequest.Flag;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loading, in plans. See {@link Laboratory} for where the expected lines come from. */
class ModprobeTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void writeTree() throws IOException {
        Laboratory.write(folder);
    }

    private Modprobe modprobe(String config, UnaryOperator<Modprobe.Builder> more) {
        try {
            ModprobeConfig parsed = ModprobeConfig.builder(Compat.KMOD_34)
                    .add(config, "a.conf")
                    .add(Files.readString(folder.resolve("modules.softdep")), "modules.softdep")
                    .build();
            return more.apply(Modprobe.builder(folder, parsed).shownFolder("~")).build();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Modprobe modprobe(String config) {
        return modprobe(config, builder -> builder);
    }

    private static ModprobePlan plan(Modprobe modprobe, String query, String parameters, Flag... flags) {
        Set<Flag> all = EnumSet.of(Flag.SHOW_DEPENDS, flags);
        return modprobe.plan(new ModprobeRequest(Action.INSERT, List.of(query.split(" ", -1)), parameters, all));
    }

    /** The lines that modprobe -D prints, without the tree's folder and trailing blanks. */
    private static String lines(ModprobePlan plan) {
        List<String> lines = plan.steps().stream()
                .map(step -> step.line()
                        .replace("insmod ~/kernel/", "")
                        .replace(".ko ", " ")
                        .strip())
                .toList();
        return String.join("|", lines);
    }

    private static String show(Modprobe modprobe, String query, Flag... flags) {
        return lines(plan(modprobe, query, "", flags));
    }

    @ParameterizedTest
    @CsvSource({
        "a, a",
        "b, a|b",
        "c, a|b|d3|d1|d1|d2|d|a1|c|a1|p1",
        "d, d3|d1|d1|d2|d",
        "l1, l2|l1",
        "l2, l1|l2",
        "w1, w1",
        "m1, a1|a|b|a|b|d3|d1|d1|d2|d|a1|c|a1|p1|u-v|builtin bi|m1|builtin bi",
        "e1, a|h1|h2|h3|e1",
        "u-v, u-v",
        "u_v, u-v",
        "bi, builtin bi",
        "b-j, builtin b_j",
        "bi-al, builtin bi",
        "bjx, builtin b_j",
        "al-x1, a|b|a|b|d3|d1|d1|d2|d|a1|c|a1|p1|u-v",
        "al-x12, a|b|u-v",
        "a-u2-k, u-v",
        "char-major-10-3, a1",
        "symbol:sa, a",
    })
    void plan_ofANameOrAlias_hasKmodsOrder(String query, String expected) {
        assertThat(show(modprobe(""), query)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"a/b", "a-u[2]-k", "nothing", "symbol:nope", "sa", "c.ko", "a[b", "''", "a:b", "C", "*", "al-*"})
    void plan_ofWhatIsNotThere_isAFailure(String query) {
        ModprobePlan plan = plan(modprobe(""), query, "");
        assertThat(plan.failed()).isTrue();
        assertThat(plan.steps()).isEmpty();
        assertThat(plan.messages())
                .containsExactly(new ModprobePlan.Message(
                        ModprobePlan.Level.FATAL, "Module " + query + " not found in directory ~"));
    }

    @Test
    void plan_ofSeveralNames_goesOnAfterOneThatIsNotThere() {
        ModprobePlan plan = plan(modprobe(""), "a nothing b", "", Flag.ALL);
        assertThat(lines(plan)).isEqualTo("a|a|b");
        assertThat(plan.failed()).isTrue();
        assertThat(plan.messages().get(0)).hasToString("WARNING: Module nothing not found in directory ~");
    }

    @Test
    void resolve_ofNamesAndAliases_givesModules() {
        Modprobe modprobe = modprobe("alias my-al c\nalias my-al a1\nalias d1 nothing\nblacklist b\n");
        assertThat(modprobe.resolve("al-x1")).containsExactly("b", "c", "u_v");
        assertThat(modprobe.resolve("my-al")).containsExactly("c", "a1");
        assertThat(modprobe.resolve("d1")).containsExactly("nothing");
        assertThat(modprobe.resolve("bjx")).containsExactly("b_j");
        assertThat(modprobe.resolve("nothing")).isEmpty();
    }

    private static final String CONFIG = """
            softdep w2 pre: al-a a al-a post: a
            options a x=1
            options a   y=2
            options al-x* no=1
            options al-x1 ax=1
            options my-al my=1
            alias my-al c
            alias my-al a1
            alias my_al2* al-x1
            alias myloop myloop2
            alias myloop2 myloop
            alias a b
            install h1 echo installing h1 $CMDLINE_OPTS
            install h* echo second
            options h1 hopt=1
            install virt echo virt $CMDLINE_OPTS end
            blacklist b
            blacklist u_v
            alias bl b
            install bi echo bi-install
            softdep bj* pre: a1
            softdep b_j post: a1
            softdep virt pre: p1 post: a1
            softdep h3 pre: w1
            softdep h* pre: w2
            options bi bo=1
            """;

    @ParameterizedTest
    @CsvSource({
        "w2, a x=1   y=2|a x=1   y=2|b x=1   y=2|w2",
        "my-al, a x=1   y=2|b|d3|d1|d1|d2|d|a1|c my=1|a1|p1|a1 my=1",
        "my-al2x, ''",
        "myloop, ''",
        "a, ''",
        "b, a x=1   y=2|b",
        "al-b, ''",
        "bl, ''",
        "h1, a x=1   y=2|a x=1   y=2|b x=1   y=2|w2|h1 hopt=1",
        "virt, a1|p1|a1",
        "bi, install echo bi-install bo=1",
        "bi-al, install echo bi-install bo=1",
        "bjk, builtin b_j|a1",
        "u_v, u-v",
    })
    void plan_withAConfiguration_followsKmodsRules(String query, String expected) {
        ModprobePlan plan = plan(modprobe(CONFIG), query, "");
        assertThat(lines(plan)).isEqualTo(expected);
        assertThat(plan.failed()).isFalse();
    }

    private static final String COMMANDS = """
            install h1 echo h1 $CMDLINE_OPTS; x
            install h* echo hstar
            options h1 ho=1  hp=2
            install vexact echo v
            install vglob* echo g
            remove vrem echo r
            options h2 o2=1
            alias zz-[a-c]-d h1
            alias zz_e-f h2
            alias zz* a
            alias symbol:* b
            alias q1 vglobx
            softdep virt pre: missing
            install virt echo v
            install a1 echo a1cmd
            install x:y echo xy
            """;

    @ParameterizedTest
    @CsvSource({
        "h1, install echo h1 $CMDLINE_OPTS; x ho=1  hp=2",
        "h2, install echo h1 $CMDLINE_OPTS; x ho=1  hp=2|install echo hstar o2=1",
        "vexact, install echo v",
        "vglob*, install echo g",
        "vrem, ''",
        "zz-b-d, install echo h1 $CMDLINE_OPTS; x ho=1  hp=2|a",
        "zz_b_d, install echo h1 $CMDLINE_OPTS; x ho=1  hp=2|a",
        "symbol:sa, a|b",
        "q1, install echo g",
        "virt, install echo v",
        "p1, install echo a1cmd|p1",
        "x:y, install echo xy",
    })
    void plan_withCommands_followsKmodsRules(String query, String expected) {
        assertThat(show(modprobe(COMMANDS), query)).isEqualTo(expected);
    }

    /** Of an alias of the configuration it is the pattern that counts: for parameters, and for what was visited already. */
    @Test
    void aliasOfTheConfiguration_goesByItsPattern() {
        Modprobe modprobe = modprobe("""
                alias zz* a
                options zzq o=1
                options zz* o=2
                softdep b pre: zzq zz-b
                """);
        assertThat(show(modprobe, "zzq")).isEqualTo("a o=2");
        assertThat(show(modprobe, "b")).isEqualTo("a|a o=2|b");
    }

    @Test
    void commandsOfPatterns_areNotFoundByNamesTheyMatch() {
        assertThat(plan(modprobe(COMMANDS), "vglobx", "").failed()).isTrue();
    }

    @Test
    void ignoreCommands_holdsForWhatWasAskedForOnly() {
        Modprobe modprobe = modprobe(COMMANDS);
        assertThat(lines(plan(modprobe, "h2", "z=1", Flag.IGNORE_COMMANDS)))
                .isEqualTo("install echo h1 $CMDLINE_OPTS; x ho=1  hp=2|h2 o2=1 z=1");
        assertThat(show(modprobe, "vexact", Flag.IGNORE_COMMANDS)).isEmpty();
        assertThat(show(modprobe(CONFIG), "virt", Flag.IGNORE_COMMANDS)).isEmpty();
        assertThat(show(modprobe(CONFIG), "bi", Flag.IGNORE_COMMANDS)).isEqualTo("builtin bi");
    }

    @Test
    void ignoreCommands_holdsWhereverTheModuleIsNeeded() {
        Modprobe modprobe = modprobe("install h* echo h\nsoftdep h1 pre: e1\n");
        assertThat(show(modprobe, "h2", Flag.IGNORE_COMMANDS)).isEqualTo("a|h1|h2|install echo h|e1|h1|h2");
    }

    @Test
    void blacklist_withB_holdsForNamesToo() {
        Modprobe modprobe = modprobe(CONFIG);
        assertThat(show(modprobe, "b", Flag.USE_BLACKLIST)).isEmpty();
        assertThat(show(modprobe, "c", Flag.USE_BLACKLIST)).contains("|b|").endsWith("p1");
    }

    @Test
    void parameters_areOfTheModulesThatWereAskedFor() {
        assertThat(plan(modprobe(CONFIG), "my-al", "foo=1").steps().stream()
                        .map(ModprobeStep::line)
                        .filter(line -> line.contains("foo")))
                .containsExactly("insmod ~/kernel/c.ko my=1 foo=1", "insmod ~/kernel/a1.ko my=1 foo=1");
        assertThat(plan(modprobe(""), "b", "foo").steps().get(1).line()).isEqualTo("insmod ~/kernel/b.ko foo");
        assertThat(plan(modprobe(""), "b", "").steps().get(1).line()).isEqualTo("insmod ~/kernel/b.ko ");
    }

    @Test
    void steps_sayWhyTheyAreThere() {
        assertThat(plan(modprobe(""), "al-x1", "").steps().stream().map(step -> step.module() + ": " + step.reason()))
                .contains(
                        "b: asked for as 'al-x1'",
                        "a: dependency of b, asked for as 'al-x1'",
                        "d2: soft dependency (pre) of d, dependency of c, asked for as 'al-x1'",
                        "p1: soft dependency (post) of c, asked for as 'al-x1'");
        assertThat(plan(modprobe(""), "m1", "").steps().get(0).reason().chain())
                .containsExactly("asked for as 'fs_foo'", "soft dependency (pre) of m1", "asked for");
    }

    @Test
    void mergedSoftdeps_addUp() {
        String config = "softdep c pre: w1 post: p1\n";
        assertThat(show(modprobe(config), "c")).isEqualTo("a|b|d3|d1|d1|d2|d|w1|c|a1|p1");
        assertThat(show(modprobe(config, b -> b.mergeSoftdeps(true)), "c"))
                .isEqualTo("a|b|d3|d1|d1|d2|d|w1|a1|c|a1|p1");
    }

    @Test
    void deniedModule_isAnErrorThatSaysHowItIsReached() {
        Modprobe modprobe = modprobe("", b -> b.filter(ModuleFilter.of(List.of(), List.of("h1", "a1"))));
        ModprobePlan plan = plan(modprobe, "e1", "");
        assertThat(plan.failed()).isTrue();
        assertThat(plan.steps()).isEmpty();
        assertThat(plan.messages().get(0))
                .hasToString("FATAL: Module h1 is denied by 'h1': it is dependency of e1, asked for");
        ModprobePlan soft = plan(modprobe, "c", "");
        assertThat(lines(soft)).isEqualTo("a|b|d3|d1|d1|d2|d|c");
        assertThat(soft.failed()).isFalse();
        assertThat(soft.messages())
                .extracting(ModprobePlan.Message::toString)
                .containsExactly(
                        "WARNING: Module a1 is denied by 'a1': it is soft dependency (pre) of c, asked for",
                        "WARNING: Module a1 is denied by 'a1': it is dependency of p1, soft dependency (post) of c, asked for");
    }

    @Test
    void allowedModules_areTheOnlyOnes() {
        Modprobe modprobe = modprobe("", b -> b.filter(ModuleFilter.of(List.of("a", "u-*"), List.of())));
        assertThat(show(modprobe, "a")).isEqualTo("a");
        assertThat(show(modprobe, "u-v")).isEqualTo("u-v");
        assertThat(show(modprobe, "bi")).isEqualTo("builtin bi");
        assertThat(plan(modprobe, "b", "").messages().get(0))
                .hasToString("FATAL: Module b is not among those that are allowed: it is asked for");
    }

    @Test
    void file_asArgument_isTakenByKmod34Only() throws IOException {
        Path file = Files.createFile(folder.resolve("b.ko"));
        ModprobePlan plan = plan(modprobe(""), file.toString(), "x=1");
        assertThat(plan.steps())
                .extracting(ModprobeStep::line)
                .containsExactly("insmod ~/kernel/a.ko ", "insmod " + file + " x=1");
        assertThat(plan(modprobe("", b -> b.compat(Compat.KMOD_30)), file.toString(), "")
                        .failed())
                .isTrue();
        assertThat(plan(modprobe(""), "./nofile.ko", "").messages().get(0))
                .hasToString("FATAL: Failed to get module from path ./nofile.ko: No such file or directory");
    }

    @Test
    void dump_isThatOfKmod() {
        assertThat(modprobe("").dump())
                .startsWith("softdep c pre: a1post: p1\n")
                .contains(
                        "\n\n# End of configuration files. Dumping indexes now:\n\nalias a_u[1-3]_* u_v\nalias al_a a\n")
                .contains("alias fs_foo a1\nalias symbol:sa a\nalias symbol:sa1 a1\n")
                .endsWith("alias symbol:sw2 w2\n");
    }

    @Test
    void tree_withoutIndexes_hasNoModules(@TempDir Path empty) throws IOException {
        Modprobe modprobe =
                Modprobe.builder(empty, ModprobeConfig.EMPTY).shownFolder("~").build();
        assertThat(plan(modprobe, "a", "").failed()).isTrue();
        assertThat(modprobe.dump()).isEqualTo("\n# End of configuration files. Dumping indexes now:\n\n");
    }

    @Test
    void damagedIndex_isAnError() throws IOException {
        Files.write(folder.resolve("modules.alias.bin"), new byte[] {1, 2, 3});
        assertThatThrownBy(() -> modprobe("")).isInstanceOf(MalformedInputException.class);
    }

    @Test
    @Timeout(60)
    void softdeps_thatLeadFarOrMultiply_areAnError() {
        StringBuilder chain = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            chain.append("softdep v")
                    .append(i)
                    .append(" pre: v")
                    .append(i + 1)
                    .append("\nremove v")
                    .append(i)
                    .append(" x\n");
        }
        assertThatThrownBy(() -> plan(modprobe(chain.toString()), "v0", ""))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("more than 65536 steps, or a chain of 256");
        String many = "softdep a pre:" + " al-b al-x1".repeat(50_000) + "\n";
        assertThatThrownBy(() -> plan(modprobe(many), "a", "")).isInstanceOf(MalformedInputException.class);
    }

    @Test
    void modprobe_usedByManyThreads_answersAllAlike() throws Exception {
        Modprobe modprobe = modprobe(CONFIG);
        List<String> queries = List.of("c", "m1", "al-x1", "virt", "e1", "my-al", "bi");
        List<String> expected = queries.stream().map(q -> show(modprobe, q)).toList();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Future<List<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                Callable<List<String>> all =
                        () -> queries.stream().map(q -> show(modprobe, q)).toList();
                answers.add(pool.submit(all));
            }
            for (Future<List<String>> answer : answers) {
                assertThat(answer.get()).isEqualTo(expected);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    /** The first step that a target cannot do ends it, unless only a soft dependency wants it. */
    @Test
    void run_whenAStepFails_endsIfTheStepIsRequired() throws IOException {
        Modprobe modprobe = modprobe("");
        FakeKernel kernel = new FakeKernel();
        kernel.refused.addAll(Arrays.asList("a1", "p1"));
        ModprobePlan plan = modprobe.run(ModprobeRequest.insert("c"), kernel);
        assertThat(plan.failed()).isFalse();
        assertThat(lines(plan)).isEqualTo("a|b|d3|d1|d2|d|a1|c|a1|p1");
        kernel = new FakeKernel();
        kernel.refused.add("b");
        plan = modprobe.run(ModprobeRequest.insert("c"), kernel);
        assertThat(plan.failed()).isTrue();
        assertThat(plan.messages())
                .containsExactly(new ModprobePlan.Message(ModprobePlan.Level.ERROR, "could not insert 'c': refused"));
        assertThat(lines(plan)).isEqualTo("a|b");
    }

    @Test
    void run_ofWhatIsLoaded_doesNothing() throws IOException {
        FakeKernel kernel = new FakeKernel("a", "c", "d1", "d2");
        Modprobe modprobe = modprobe("");
        assertThat(lines(modprobe.run(ModprobeRequest.insert("c"), kernel.dryRun())))
                .isEmpty();
        assertThat(lines(modprobe.run(ModprobeRequest.insert("b"), kernel.dryRun())))
                .isEqualTo("b");
        assertThat(lines(modprobe.run(ModprobeRequest.insert("al-x1"), kernel.dryRun())))
                .isEqualTo("b|u-v");
        assertThat(lines(modprobe.run(ModprobeRequest.insert("d"), kernel.dryRun())))
                .isEqualTo("d3|d");
        assertThat(lines(modprobe.run(ModprobeRequest.insert("bi"), kernel.dryRun())))
                .isEmpty();
        ModprobePlan plan = modprobe.run(
                new ModprobeRequest(Action.INSERT, List.of("c"), "", Set.of(Flag.FIRST_TIME)), kernel.dryRun());
        assertThat(plan.failed()).isTrue();
        assertThat(plan.messages().get(0)).hasToString("ERROR: could not insert 'c': Module already in kernel");
    }

    @Test
    void run_ofAnAliasForNothing_failsAndItsPlanDoesNot() throws IOException {
        Modprobe modprobe = modprobe("alias x nothing\n");
        assertThat(modprobe.plan(ModprobeRequest.insert("x")).failed()).isFalse();
        ModprobePlan plan = modprobe.run(ModprobeRequest.insert("x"), new FakeKernel());
        assertThat(plan.failed()).isTrue();
        assertThat(plan.messages().get(0)).hasToString("ERROR: could not insert 'nothing': Module nothing not found");
    }

    @Test
    void missingFile_ofADependency_voidsAllDependencies() throws IOException {
        Files.delete(folder.resolve("kernel/h1.ko"));
        Modprobe modprobe = modprobe("");
        // modprobe 30 and 34.2: "ERROR: ... path=.../kernel/h1.ko error=No such file or directory", exit status 0
        ModprobePlan plan = plan(modprobe, "e1", "");
        assertThat(lines(plan)).isEqualTo("e1");
        assertThat(plan.failed()).isFalse();
        assertThat(plan.messages())
                .extracting(ModprobePlan.Message::toString)
                .containsExactly(
                        "ERROR: ~/kernel/h1.ko: No such file or directory: nothing that e1 needs is loaded for it");
        assertThat(show(modprobe, "h1")).isEqualTo("h1");
    }

    private void dependencies(String name, String line) throws IOException {
        Files.write(
                folder.resolve("modules.dep.bin"),
                ModuleIndex.builder().add(name, line, 0).build(Compat.KMOD_34));
    }

    @Test
    void dependency_withoutALineOfItsOwn_isFoundByItsPath() throws IOException {
        dependencies("b", "kernel/b.ko: kernel/d-e.ko kernel/a.ko");
        Files.write(folder.resolve("kernel/d-e.ko"), new byte[0]);
        assertThat(show(modprobe(""), "b")).isEqualTo("a|d-e|b");
    }

    @Test
    void absolutePath_isInsideOfTheSysrootAndShownAsItIs() throws IOException {
        dependencies("b", "kernel/b.ko: /opt/a.ko");
        ModprobePlan plan = plan(modprobe("", builder -> builder.sysroot(Sysroot.of(folder))), "b", "");
        assertThat(lines(plan)).isEqualTo("insmod /opt/a|b");
        assertThat(plan.steps().get(0).file()).map(ModuleLocation::path).contains(folder.resolve("opt/a.ko"));
    }

    @Test
    void indexes_thatAreLinksOutOfTheSysroot_areNotRead(@TempDir Path outside) throws IOException {
        Path index = folder.resolve("modules.dep.bin");
        Path moved = Files.move(index, outside.resolve("x"));
        Files.createSymbolicLink(index, moved);
        assertThat(modprobe("").resolve("a")).containsExactly("a");
        assertThat(modprobe("", builder -> builder.sysroot(Sysroot.of(folder))).resolve("a"))
                .isEmpty();
    }

    @Test
    void path_whereOnlyNamesCount_isNotFound() {
        ModprobePlan plan = plan(modprobe(""), folder.resolve("kernel/a.ko").toString(), "", Flag.NAMES_ONLY);
        assertThat(plan.steps()).isEmpty();
        assertThat(plan.failed()).isTrue();
    }
}
