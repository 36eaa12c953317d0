package org.jkmod.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelException;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.core.ModuleMemory;

/** Tells of a demonstration to people. */
final class DemoText implements DemoReport {
    private final PrintStream out;

    DemoText(PrintStream out) {
        this.out = out;
    }

    @Override
    public void booted(Kernel kernel) {
        KernelProfile profile = kernel.profile();
        line(
                "A simulated kernel %s with %d exported symbols; real modules, built for it.",
                profile, profile.exports().size());
    }

    @Override
    public void loaded(String module, String parameters, Demo.Loaded loaded) {
        heading("insmod " + module + ".ko" + (parameters.isEmpty() ? "" : " " + parameters));
        line(
                "  sections     %d in the file, %d in memory",
                loaded.object().elf().sectionCount() - 1,
                loaded.module().sections().size());
        String label = "memory";
        for (ModuleMemory piece : loaded.memory()) {
            line(
                    "  %-12s %-13s 0x%016x %6d%s",
                    label,
                    piece.type().shown(),
                    piece.base(),
                    piece.size(),
                    piece.type().isInit() ? "  freed after init" : "");
            label = "";
        }
        line("  imports      %s", imports(loaded));
        List<KernelObject.Export> exports = loaded.object().exports();
        if (!exports.isEmpty()) {
            line("  exports      %d%s", exports.size(), kinds(exports));
        }
        line("  relocations  %d applied, among them:", loaded.module().relocations());
        for (Demo.Sample sample : loaded.samples()) {
            line(
                    "    %-12s %-18s %-26s %s -> %s",
                    sample.place(), sample.type(), sample.symbol(), sample.before(), sample.after());
        }
        line("  time         %.1f ms", loaded.micros() / 1e3);
    }

    private static String imports(Demo.Loaded loaded) {
        int resolved =
                loaded.imports().values().stream().mapToInt(Integer::intValue).sum();
        String text = resolved + " resolved: "
                + loaded.imports().entrySet().stream()
                        .map(e -> e.getValue() + " from " + (e.getKey().isEmpty() ? "the kernel" : e.getKey()))
                        .collect(Collectors.joining(", "));
        return loaded.unresolved().isEmpty()
                ? text
                : text + "; weak, and nowhere: " + String.join(", ", loaded.unresolved());
    }

    private static String kinds(List<KernelObject.Export> exports) {
        long gplOnly = exports.stream().filter(KernelObject.Export::gplOnly).count();
        String namespaces = exports.stream()
                .map(KernelObject.Export::namespace)
                .filter(namespace -> !namespace.isEmpty())
                .distinct()
                .collect(Collectors.joining(", "));
        return (gplOnly == 0 ? "" : ", " + gplOnly + " of them GPL-only")
                + (namespaces.isEmpty() ? "" : ", some in namespace " + namespaces);
    }

    @Override
    public void notLoaded(String module, ModuleLoadException why) {
        heading("insmod " + module + ".ko");
        refused(why);
        line("  which means  %s", why.problem().meaning());
        line("  remedy       %s", why.problem().remedy());
    }

    @Override
    public void modules(List<KernelModule> modules) {
        heading("lsmod");
        out.println(LsmodCommand.HEADER);
        modules.forEach(module -> out.println(LsmodCommand.line(module)));
    }

    @Override
    public void unloaded(String module) {
        heading("rmmod " + module);
        line("  unloaded");
    }

    @Override
    public void notUnloaded(String module, KernelException why) {
        heading("rmmod " + module);
        refused(why);
    }

    private void refused(KernelException why) {
        line("  refused      %s", String.valueOf(why.getMessage()));
        line(
                "  errno        %s (%d): %s",
                why.errno(), why.errno().number(), why.errno().description());
    }

    @Override
    public void done(Kernel kernel, int loaded, int relocations, long micros) {
        heading("dmesg");
        kernel.log().lines().forEach(out::println);
        out.println();
        line(
                "Done: %d modules loaded, %d relocations applied, %d modules unloaded in %.3f s.",
                loaded, relocations, loaded, micros / 1e6);
    }

    private void heading(String command) {
        out.println();
        out.println("$ jkmod " + command);
    }

    private void line(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }
}
