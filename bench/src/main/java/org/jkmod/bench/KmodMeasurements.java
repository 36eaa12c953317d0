package org.jkmod.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jkmod.kmod.ModuleTree;
import org.jspecify.annotations.Nullable;

/**
 * What kmod does, beside kmod: depmod on trees of .ko, .ko.zst and .ko.xz, modinfo of all modules in one call, modprobe -D. Whole
 * processes. The trees are only read.
 */
final class KmodMeasurements implements Measurements {
    /** The trees by name, and what depmod's time may be of kmod's. */
    private static final Map<String, Double> TREES = Map.of("ko", 1.0, "zst", 0.6, "xz", 1.0);
    /** What an older depmod reads of a tree, beside the modules. */
    private static final Set<String> INPUT = Set.of("modules.builtin", "modules.builtin.modinfo", "modules.order");

    private static final String PROBED = "amdgpu";

    private final Path jkmod = Environment.checkout().resolve("jkmod");
    private final List<Kmod> kmods = Kmod.all();
    private final Path folder;
    private final Path out;

    KmodMeasurements() throws IOException {
        folder = Files.createDirectories(Environment.data().resolve("kmod"));
        out = folder.resolve("out");
    }

    @Override
    public List<Row> run(Settings settings) throws IOException {
        List<Row> rows = new ArrayList<>();
        NativeProgram.seconds(out, jkmod, "--version");
        for (String name : List.of("ko", "zst", "xz")) {
            if (Environment.hasTree(name) && (!settings.quick() || name.equals("ko"))) {
                rows.addAll(depmod(name, Environment.tree(name), settings));
            }
        }
        rows.addAll(modinfo(Environment.tree("ko"), settings));
        rows.addAll(modprobe(Environment.tree("ko"), settings));
        return rows;
    }

    private List<Row> depmod(String name, KernelTree tree, Settings settings) throws IOException {
        Path links = links(name, tree);
        Path outdir = folder.resolve("outdir");
        Samples samples = new Samples();
        // What is not in the page cache must not count.
        for (int run = 0; run <= settings.runs(); run++) {
            Settings.say("kmod, depmod " + name + ", run " + run + " of " + settings.runs());
            double ours = NativeProgram.seconds(out, jkmod, "depmod", "-b", tree.root(), "-o", outdir, tree.release());
            for (Kmod kmod : kmods) {
                Path depmod = kmod.command("depmod");
                double theirs = kmod.hasOutdir()
                        ? NativeProgram.seconds(out, depmod, "-b", tree.root(), "-o", outdir, tree.release())
                        : NativeProgram.seconds(out, depmod, "-b", links, tree.release());
                add(samples, run, label(kmod), theirs);
            }
            add(samples, run, "jkmod", ours);
        }
        return rows("kmod.depmod." + name, samples, Goal.ratio(TREES.getOrDefault(name, 1.0)));
    }

    private List<Row> modinfo(KernelTree tree, Settings settings) throws IOException {
        List<String> files = tree.modules().modules().stream()
                .map(ModuleTree.Entry::path)
                .map(Path::toString)
                .toList();
        Samples samples = new Samples();
        for (int run = 0; run <= settings.runs(); run++) {
            Settings.say("kmod, modinfo, run " + run + " of " + settings.runs());
            add(samples, run, "jkmod", NativeProgram.seconds(out, command(files, jkmod, "modinfo")));
            for (Kmod kmod : kmods) {
                add(samples, run, label(kmod), NativeProgram.seconds(out, command(files, kmod.command("modinfo"))));
            }
        }
        return rows("kmod.modinfo", samples, Goal.ratio(1));
    }

    private static Object[] command(List<String> files, Object... command) {
        Object[] all = Arrays.copyOf(command, command.length + files.size());
        System.arraycopy(files.toArray(), 0, all, command.length, files.size());
        return all;
    }

    private List<Row> modprobe(KernelTree tree, Settings settings) throws IOException {
        Path root = links("modprobe", tree);
        NativeProgram.seconds(out, kmods.get(0).command("depmod"), "-b", root, tree.release());
        Samples samples = new Samples();
        for (int run = 0; run <= settings.runs(); run++) {
            add(samples, run, "jkmod", modprobe(root, tree, jkmod, "modprobe"));
            for (Kmod kmod : kmods) {
                add(samples, run, label(kmod), modprobe(root, tree, kmod.command("modprobe")));
            }
        }
        return rows("kmod.modprobe", samples, null);
    }

    private double modprobe(Path root, KernelTree tree, Object... command) {
        return NativeProgram.seconds(
                out, command(List.of("-d", root.toString(), "-S", tree.release(), "-D", PROBED), command));
    }

    private static String label(Kmod kmod) {
        return "kmod-" + kmod.version();
    }

    /** The first run is not counted. */
    private static void add(Samples samples, int run, String program, double seconds) {
        if (run > 0) {
            samples.add(program, seconds);
        }
    }

    private List<Row> rows(String name, Samples samples, @Nullable Goal goal) {
        return kmods.stream()
                .map(kmod -> samples.row(name + "." + label(kmod), "s", "jkmod", label(kmod), goal))
                .toList();
    }

    /** A root with links to what is in a tree but depmod's own files: there depmod and modprobe may write and find those. */
    private Path links(String name, KernelTree tree) throws IOException {
        Path root = folder.resolve(name);
        Path to = Files.createDirectories(root.resolve("lib/modules").resolve(tree.release()));
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(tree.modules().folder())) {
            for (Path entry : entries) {
                String file = String.valueOf(entry.getFileName());
                Path link = to.resolve(file);
                if ((!file.startsWith("modules.") || INPUT.contains(file)) && !Files.isSymbolicLink(link)) {
                    Files.createSymbolicLink(link, entry.toAbsolutePath());
                }
            }
        }
        return root;
    }
}
