package org.jkmod.conformance;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelProfile;
import org.jkmod.kmod.RootProfile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code conformance/compare}. */
@Command(
        name = "conformance/compare",
        mixinStandardHelpOptions = true,
        description = {
            "Compares what jkmod makes of the modules of recordings (conformance/record) with what the kernels made of them: where their "
                    + "sections are, what is in them, their symbols in /proc/kallsyms, their lines in /proc/modules.",
            "Prints counts and differences. Explained are bytes that a table of the module names for the kernel to patch, and references "
                    + "that running code holds. Exit status: 0 if nothing is different, 1 if something is."
        })
public final class CompareCommand implements Callable<Integer> {
    /** On a terminal a difference is a line or two. */
    private static final int SHOWN = 20;

    @Parameters(arity = "1..*", paramLabel = "RECORDING", description = "Folders of recordings.")
    private List<Path> folders = new ArrayList<>();

    @Option(names = "--json", paramLabel = "FILE", description = "Write all of it as JSON.")
    private @Nullable Path json;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with all differences.")
    private @Nullable Path html;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description =
                    "Where fetched kernels are, for recordings without a kernel.profile (default: $JKMOD_CACHE, else "
                            + "$XDG_CACHE_HOME/jkmod, else ~/.cache/jkmod).")
    private @Nullable Path cache;

    private CompareCommand() {}

    /** Runs it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new CompareCommand()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        List<RecordingComparison> comparisons = new ArrayList<>();
        for (Path folder : folders) {
            try (Recording recording = new Recording(folder)) {
                RecordingComparison comparison = RecordingComparison.of(recording, profile(recording));
                System.out.print(comparison.table());
                print(comparison);
                comparisons.add(comparison);
            }
        }
        if (json != null) {
            Files.writeString(
                    json,
                    new GsonBuilder()
                                    .setPrettyPrinting()
                                    .disableHtmlEscaping()
                                    .create()
                                    .toJson(comparisons) + "\n");
        }
        if (html != null) {
            Files.writeString(html, ComparisonPage.of(comparisons));
        }
        return comparisons.stream().allMatch(c -> c.differences().isEmpty()) ? 0 : 1;
    }

    private static void print(RecordingComparison comparison) {
        if (!comparison.simulated()) {
            System.out.println("no profile of the kernel: /proc/modules and /proc/kallsyms are not compared");
        }
        comparison.differences().stream().limit(SHOWN).forEach(System.out::println);
        if (comparison.differences().size() > SHOWN) {
            System.out.println("... and " + (comparison.differences().size() - SHOWN) + " more");
        }
    }

    private Optional<KernelProfile> profile(Recording recording) throws IOException {
        Optional<KernelProfile> own = recording.profile();
        Path root = cache().resolve(recording.release());
        return own.isPresent() || !Files.isDirectory(root)
                ? own
                : Optional.of(RootProfile.of(root, recording.release(), Optional.empty()));
    }

    private Path cache() {
        if (cache != null) {
            return cache;
        }
        String given = System.getenv("JKMOD_CACHE");
        String xdg = System.getenv("XDG_CACHE_HOME");
        return given != null
                ? Path.of(given)
                : (xdg != null ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache")).resolve("jkmod");
    }
}
