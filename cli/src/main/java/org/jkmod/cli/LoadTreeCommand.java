package org.jkmod.cli;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jkmod.core.Kernel;
import org.jkmod.kmod.ModuleTree;
import org.jkmod.kmod.ProfileSources;
import org.jkmod.kmod.TreeLoad;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code jkmod load-tree}: loads every module of a kernel. */
@Command(
        name = "load-tree",
        mixinStandardHelpOptions = true,
        description = {
            "Loads every module of DIR/lib/modules/REL into one simulated kernel, each after the modules that it needs.",
            "Signatures are taken for good: to verify some thousands takes longer than all the rest.",
            "Failures are listed, a line each: MODULE: REASON. The last line is "
                    + "'modules N loaded L failed F relocations R unresolved U seconds S'. The exit status is 1 if a module failed.",
            "Example: jkmod load-tree --root / --release \"$(uname -r)\" --symvers /usr/src/linux-headers-\"$(uname -r)\"/Module.symvers"
        })
final class LoadTreeCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(
            names = "--root",
            required = true,
            paramLabel = "DIR",
            description = "The root of the file system with the kernel.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path root;

    @Option(names = "--release", required = true, paramLabel = "REL", description = "The kernel's release.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String release;

    @Option(
            names = "--symvers",
            paramLabel = "FILE",
            description = "The kernel's Module.symvers (default: the one of its headers below DIR).")
    private @Nullable Path symvers;

    @Option(names = "--jobs", paramLabel = "N", description = "How many threads (default: one a processor).")
    private int jobs = Runtime.getRuntime().availableProcessors();

    @Option(names = "--json", description = "Print one JSON object instead.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (jobs < 1 || jobs > 1024) {
            throw new ParameterException(spec.commandLine(), "--jobs must be from 1 to 1024");
        }
        long begin = System.nanoTime();
        ModuleTree tree = ModuleTree.open(root, release);
        Kernel kernel = Kernel.boot(new ProfileSources()
                .root(root)
                .release(release)
                .symvers(symvers)
                .withoutImageOfRoot()
                .read());
        ProgressBar bar = new ProgressBar(tree.modules().size());
        TreeLoad.Result result = TreeLoad.run(kernel, tree, jobs, bar::show);
        bar.clear();
        double seconds = (System.nanoTime() - begin) / 1e9;
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? toJson(result, seconds) : toText(result, seconds));
        out.flush();
        return result.failures().isEmpty() ? 0 : 1;
    }

    private static String toText(TreeLoad.Result result, double seconds) {
        StringBuilder text = new StringBuilder();
        result.failures()
                .forEach(failure -> text.append(failure.module())
                        .append(": ")
                        .append(failure.reason())
                        .append('\n'));
        return text
                + String.format(
                        Locale.ROOT,
                        "modules %d loaded %d failed %d relocations %d unresolved %d seconds %.2f",
                        result.modules(),
                        result.loaded(),
                        result.failures().size(),
                        result.relocations(),
                        result.unresolved(),
                        seconds);
    }

    private static String toJson(TreeLoad.Result result, double seconds) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("modules", result.modules());
        object.put("loaded", result.loaded());
        object.put(
                "failures",
                result.failures().stream()
                        .map(f -> Map.of("module", f.module(), "reason", f.reason()))
                        .toList());
        object.put("relocations", result.relocations());
        object.put("unresolved", result.unresolved());
        object.put("seconds", Math.round(seconds * 100) / 100.0);
        return new Gson().toJson(object);
    }
}
