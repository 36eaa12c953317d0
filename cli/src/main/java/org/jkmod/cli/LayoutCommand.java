package org.jkmod.cli;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelRelease;
import org.jkmod.core.ModuleLayout;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.ModuleFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod layout}: where a kernel puts the sections of modules. */
@Command(
        name = "layout",
        mixinStandardHelpOptions = true,
        description = {
            "Shows where a kernel puts the sections of modules.",
            "Prints a line MODULE SECTION MEMORYTYPE OFFSET SIZE a section, in the order in which the kernel lays them out; "
                    + "OFFSET (from the beginning of that memory) and SIZE are hexadecimal.",
            "Example: jkmod layout fat.ko --release 6.1.0-50-amd64"
        })
final class LayoutCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE.ko", description = "The modules; .ko.gz, .ko.xz and .ko.zst too.")
    private List<Path> files = new ArrayList<>();

    @Option(
            names = "--release",
            paramLabel = "REL",
            description = "Lay out as this kernel does, rather than as the one that the module was built for.")
    private @Nullable String release;

    @Option(names = "--json", description = "Print a JSON object a section instead.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        KernelRelease given = null;
        if (release != null) {
            try {
                given = KernelRelease.parse(release);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        Gson gson = new Gson();
        for (Path file : files) {
            KernelObject object = KernelObject.parse(ModuleFile.read(file), file.toString());
            ModuleLayout layout = ModuleLayout.of(object, given == null ? object.release() : given);
            for (Placement p : layout.placements()) {
                if (json) {
                    out.println(gson.toJson(Map.of(
                            "module", object.name(),
                            "section", p.name(),
                            "memory", p.memory().shown(),
                            "offset", p.offset(),
                            "size", p.size())));
                } else {
                    out.println(PrintableText.of(object.name()) + " " + PrintableText.of(p.name()) + " "
                            + p.memory().shown() + " 0x" + Long.toHexString(p.offset()) + " 0x"
                            + Long.toHexString(p.size()));
                }
            }
        }
        out.flush();
        return 0;
    }
}
