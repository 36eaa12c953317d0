package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.KernelSnapshot;
import org.jkmod.core.ModuleBuilder;
import org.jkmod.core.PatchedModule;
import org.jkmod.kmod.TreeLoad.Failure;
import org.jkmod.kmod.TreeLoad.Result;
import org.jkmod.symtab.ModuleSymvers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TreeLoadTest extends TreeTest {
    private static final String RELEASE = "6.12.0-amd64";
    private static final Path EXAMPLES = Path.of("..", "examples", "modules", "x86_64");

    private static final int GOOD_MODULES = 30;
    private static final int GOOD = 9;

    TreeLoadTest() {
        super(RELEASE);
    }

    /** A kernel with exports of its own, and of modules ({@code NAME OWNER}). */
    private static Kernel kernel(String... rows) {
        return Kernel.boot(KernelProfile.builder(RELEASE)
                .exports(ModuleSymvers.parse(ModuleBuilder.symvers(rows), "symvers"))
                .vermagic(ModuleBuilder.VERMAGIC)
                .config("MODVERSIONS", "n")
                .build());
    }

    private Result load(Kernel kernel, int jobs) throws IOException {
        return TreeLoad.run(kernel, ModuleTree.open(root, RELEASE), jobs, done -> {});
    }

    private static List<String> names(Kernel kernel) {
        return kernel.modules().stream().map(KernelModule::name).toList();
    }

    // Order.

    @Test
    void providers_ofEachModule_areLoadedBeforeIt() throws IOException {
        put("kernel/a.ko", small("a").imports("c1", "b1"));
        put("kernel/b.ko", small("b").exports("b1").imports("d1"));
        put("kernel/c.ko", small("c").exports("c1").imports("d1", "printk"));
        put("kernel/d.ko", small("d").exports("d1"));
        Kernel kernel = kernel("printk", "b1 kernel/b", "c1 kernel/c", "d1 kernel/d");
        List<Integer> progress = Collections.synchronizedList(new ArrayList<>());
        Result result = TreeLoad.run(kernel, ModuleTree.open(root, RELEASE), 2, progress::add);
        // each module imports once a name; and has two relocations of struct module
        assertThat(result).isEqualTo(new Result(4, 4, List.of(), 4 * 2 + 2 + 1 + 2 + 3 * 3, 0));
        assertThat(names(kernel)).containsExactly("a", "b", "c", "d");
        assertThat(progress).containsExactlyInAnyOrder(1, 2, 3, 4);
        assertThat(kernel.log().lines()).isEmpty();
    }

    @Test
    void providers_thatModuleSymversDoesNotName_areFoundInTheFiles() throws IOException {
        put("a.ko", small("a").imports("z1", "printk"));
        put("z.ko", small("z").exportsGpl("z1", ""));
        put("broken.ko", "nonsense".getBytes(StandardCharsets.US_ASCII));
        Kernel kernel = kernel("printk");
        Result result = load(kernel, 2);
        assertThat(names(kernel)).containsExactly("a", "z");
        assertThat(result.unresolved()).isZero();
        assertThat(result.failures()).extracting(Failure::module).containsExactly("broken");
    }

    @Test
    void ownerNamedWithDashes_isTheModuleWithUnderscores() throws IOException {
        put("a.ko", small("a").imports("z1"));
        put("z-z.ko", small("z_z").exports("z1"));
        Kernel kernel = kernel("z1 drivers/z-z");
        assertThat(load(kernel, 1).loaded()).isEqualTo(2);
        assertThat(names(kernel)).containsExactly("a", "z_z");
    }

    @Test
    void modulesOfACycle_fail_andTheOthersDoNot() throws IOException {
        put("a.ko", small("a").exports("a1").imports("b1"));
        put("b.ko", small("b").exports("b1").imports("a1"));
        put("c.ko", small("c").imports("printk"));
        put("self.ko", small("self").exports("self1").imports("self1"));
        for (int jobs : new int[] {1, 4}) {
            Kernel kernel = kernel("printk", "a1 a", "b1 b");
            Result result = load(kernel, jobs);
            assertThat(result.failures())
                    .containsExactly(
                            new Failure("b", "b: Unknown symbol a1 (err -2)"),
                            new Failure("a", "a: Unknown symbol b1 (err -2)"),
                            new Failure("self", "self: Unknown symbol self1 (err -2)"));
            assertThat(result.unresolved()).isEqualTo(3);
            assertThat(names(kernel)).containsExactly("c");
        }
    }

    /** Real trees have chains of a dozen. */
    @Test
    void chain_ofAThousandModules_isLoadedFromItsEnd() throws IOException {
        int length = 1000;
        for (int i = 0; i < length; i++) {
            ModuleBuilder link = small("m" + i).exports("e" + i).textSize(64);
            put(String.format("m%04d.ko", i), i + 1 < length ? link.imports("e" + (i + 1)) : link);
        }
        String[] rows = IntStream.range(0, length)
                .mapToObj(i -> String.format("e%d m%04d", i, i))
                .toArray(String[]::new);
        Kernel kernel = kernel(rows);
        Result result = load(kernel, 2);
        assertThat(result.loaded()).isEqualTo(length);
        assertThat(names(kernel)).startsWith("m0", "m1").endsWith("m999");
    }

    // What fails.

    @Test
    void failures_ofEachKind_areListedWithTheirReason() throws IOException {
        put("a_unknown.ko", small("a_unknown").imports("nothing", "never"));
        put("b_cut.ko", Arrays.copyOf(small("b").bytes(), 300));
        put("c_same.ko", small("same"));
        put("d_same.ko", small("same"));
        put("e_machine.ko", module("e_machine", 183));
        put("f_magic.ko", small("f_magic").with("vermagic", "other"));
        put("g_good.ko", small("g_good"));
        put(
                "h_type.ko",
                PatchedModule.of(small("h_type").imports("printk").bytes())
                        .rela(".rela.text", 0)
                        .type(13)
                        .bytes());
        put("i_empty.ko", new byte[0]);
        put("j_bomb.ko.xz", new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 0, 0});
        Kernel kernel = kernel("printk");
        Result result = load(kernel, 1);
        assertThat(result.modules()).isEqualTo(10);
        assertThat(result.loaded()).isEqualTo(2);
        assertThat(result.unresolved()).isEqualTo(2);
        assertThat(names(kernel)).containsExactlyInAnyOrder("same", "g_good");
        assertThat(result.failures())
                .extracting(f -> f.module() + ": " + f.reason().replace(root.toString(), "ROOT"))
                .satisfiesExactlyInAnyOrder(
                        f -> assertThat(f).isEqualTo("a_unknown: a_unknown: Unknown symbol never (err -2)"),
                        f -> assertThat(f).startsWith("b_cut: ROOT/lib/modules/6.12.0-amd64/b_cut.ko: "),
                        f -> assertThat(f).isEqualTo("d_same: same: a module of that name is loaded already"),
                        f -> assertThat(f).isEqualTo("e_machine: Invalid architecture in ELF header: 183"),
                        f -> assertThat(f).startsWith("f_magic: f_magic: version magic 'other' should be"),
                        f -> assertThat(f).isEqualTo("h_type: module: h_type: Unknown rela relocation: 13"),
                        f -> assertThat(f).startsWith("i_empty: ROOT/lib/modules/6.12.0-amd64/i_empty.ko: "),
                        f -> assertThat(f).startsWith("j_bomb: ROOT/lib/modules/6.12.0-amd64/j_bomb.ko.xz: XZ stream"));
    }

    @Test
    void userOfAModuleThatFails_failsForWantOfItsSymbols() throws IOException {
        put("a.ko", small("a").imports("b1"));
        put(
                "b.ko",
                PatchedModule.of(small("b").exports("b1").imports("printk").bytes())
                        .rela(".rela.text", 0)
                        .type(13)
                        .bytes());
        Kernel kernel = kernel("printk", "b1 b");
        Result result = load(kernel, 4);
        assertThat(result.failures())
                .containsExactly(
                        new Failure("b", "module: b: Unknown rela relocation: 13"),
                        new Failure("a", "a: Unknown symbol b1 (err -2)"));
        assertThat(kernel.modules()).isEmpty();
    }

    @Test
    void emptyTree_loadsNothing() throws IOException {
        Files.createDirectories(root.resolve("lib/modules").resolve(RELEASE));
        assertThat(load(kernel("printk"), 3)).isEqualTo(new Result(0, 0, List.of(), 0, 0));
    }

    // The same, whatever the number of threads.

    /** Modules of many sizes with init memory, per-CPU data, dependencies; some of which fail, early or late. */
    private String[] randomTree(Random random, int count) throws IOException {
        List<String> rows = new ArrayList<>(List.of("printk"));
        for (int i = 0; i < count; i++) {
            String name = "m" + i;
            ModuleBuilder module = small(name)
                    .textSize(64 + 32 + 8 * 8 + random.nextInt(20_000))
                    .exports("e" + i)
                    .section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, random.nextInt(20_000))
                    .section(".init.data", SHF_ALLOC | SHF_WRITE, 16, random.nextInt(9_000))
                    .section(".data..percpu", SHF_ALLOC | SHF_WRITE, 16, random.nextInt(100));
            for (int d = random.nextInt(4); d > 0; d--) {
                module.imports(i == 0 ? "printk" : "e" + random.nextInt(i));
            }
            byte[] bytes = module.imports("printk").bytes();
            // Whoever uses one that fails fails, too: the first ones are good, so that many load in any case.
            int fate = i < GOOD_MODULES ? GOOD : random.nextInt(10);
            if (fate == 0) {
                bytes = PatchedModule.of(bytes)
                        .relaTo(".rela.text", "printk")
                        .type(13)
                        .bytes();
            } else if (fate == 1) {
                bytes = PatchedModule.of(bytes)
                        .modinfo("vermagic=6", "vermagic=7")
                        .bytes();
            }
            put(String.format("%02d/%s.ko", random.nextInt(20), name), bytes);
            if (random.nextInt(3) > 0) {
                rows.add("e" + i + " " + name);
            }
        }
        return rows.toArray(String[]::new);
    }

    @Test
    void tree_loadedByOneThreadOrMany_givesTheSameKernel() throws IOException {
        long seed = Long.getLong("jkmod.seed", System.nanoTime());
        String[] rows = randomTree(new Random(seed), 120);
        Kernel one = kernel(rows);
        Result expected = load(one, 1);
        assertThat(expected.loaded()).as("seed %d", seed).isBetween(GOOD_MODULES, 119);
        KernelSnapshot snapshot = KernelSnapshot.of(one);
        for (int jobs : new int[] {1, 2, 4, 4, 8}) {
            Kernel many = kernel(rows);
            Result result = load(many, jobs);
            assertThat(result).as("seed %d, %d jobs", seed, jobs).isEqualTo(expected);
            assertThat(KernelSnapshot.of(many))
                    .as("seed %d, %d jobs", seed, jobs)
                    .usingRecursiveComparison()
                    .isEqualTo(snapshot);
        }
    }

    // Real modules.

    /** The modules of examples/, with a kernel that has whatever they need and do not export. */
    @Test
    void exampleModules_inATree_loadAsTheirReadmeSays() throws IOException {
        List<String> all = List.of("ring", "echo", "stat", "closed", "thief", "orphan");
        TreeSet<String> wanted = new TreeSet<>();
        for (String name : all) {
            Path file = EXAMPLES.resolve("jkmod_" + name + ".ko");
            put("updates/jkmod-" + name + ".ko", Files.readAllBytes(file));
            KernelObject.read(file).imports().forEach(i -> wanted.add(i.name()));
        }
        wanted.removeIf(name -> name.startsWith("jkmod_"));
        Kernel kernel = Kernel.boot(KernelProfile.builder(RELEASE)
                .exports(ModuleSymvers.parse(ModuleBuilder.symvers(wanted.toArray(String[]::new)), "symvers"))
                .config("MODVERSIONS", "n")
                .vermagicOf(KernelObject.read(EXAMPLES.resolve("jkmod_ring.ko")))
                .build());
        Result result = load(kernel, 2);
        assertThat(result)
                .isEqualTo(new Result(
                        6,
                        4,
                        List.of(
                                new Failure("jkmod_orphan", "jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)"),
                                new Failure("jkmod_thief", "jkmod_thief: Unknown symbol jkmod_ring_write (err -2)")),
                        191 + 206 + 64 + 23,
                        2));
        assertThat(names(kernel)).containsExactly("jkmod_stat", "jkmod_echo", "jkmod_closed", "jkmod_ring");
        assertThat(kernel.module("jkmod_ring").orElseThrow().references()).isEqualTo(3);
    }
}
