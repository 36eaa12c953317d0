package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.Compat;
import org.jkmod.kmod.Depmod;
import org.jkmod.kmod.DepmodResult;
import org.jspecify.annotations.Nullable;

/** What {@code jkmod depmod} is asked for: its options, and its work. */
final class DepmodRequest implements PlainRequest {
    /** The release, and files; empty for the host's. */
    List<String> arguments = List.of();

    boolean quick;
    Path base = Path.of("/");

    @Nullable
    String moduleDirectory;

    @Nullable
    Path output;

    List<Path> configuration = new ArrayList<>();

    @Nullable
    Path symvers;

    @Nullable
    Path systemMap;

    boolean reportSymbols;
    boolean show;

    /** A single character. */
    @Nullable
    String prefix;

    boolean verbose;
    boolean warnDuplicates;
    Compat compat = Compat.KMOD_34;
    boolean cache;
    /** 0: one a processor. */
    int jobs;

    boolean json;

    /**
     * Reads the arguments of kmod's depmod, each by itself, and no others.
     *
     * @param args the command's name, and its arguments
     * @return null if there is anything that picocli has to look at
     */
    static @Nullable DepmodRequest of(String[] args) {
        DepmodRequest request = new DepmodRequest();
        List<String> arguments = new ArrayList<>();
        try {
            for (int i = 1; i < args.length; i++) {
                String arg = args[i];
                if (!arg.startsWith("-")) {
                    arguments.add(arg);
                } else if (!request.flag(arg)) {
                    i++;
                    if (i == args.length || args[i].startsWith("-") || !request.value(arg, args[i])) {
                        return null;
                    }
                }
            }
        } catch (InvalidPathException e) {
            // Picocli says of which option it is.
            return null;
        }
        request.arguments = arguments;
        return Depmod.isRelease(release(arguments)) ? request : null;
    }

    private boolean flag(String name) {
        switch (name) {
            case "-a", "--all" -> {}
            case "-A", "--quick" -> quick = true;
            case "-e", "--errsyms" -> reportSymbols = true;
            case "-n", "--show", "--dry-run" -> show = true;
            case "-v", "--verbose" -> verbose = true;
            case "-w", "--warn" -> warnDuplicates = true;
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean value(String name, String value) {
        switch (name) {
            case "-b", "--basedir" -> base = Path.of(value);
            case "-o", "--outdir" -> output = Path.of(value);
            case "-C", "--config" -> configuration.add(Path.of(value));
            case "-E", "--symvers" -> symvers = Path.of(value);
            case "-F", "--filesyms" -> systemMap = Path.of(value);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** What is given first, or the release of the kernel that this runs on, as uname(2) says it. */
    static String release(List<String> arguments) {
        return arguments.isEmpty() ? System.getProperty("os.version", "") : arguments.get(0);
    }

    @Override
    public int run(Environment environment) throws IOException {
        Depmod depmod = depmod();
        if (quick && arguments.size() <= 1 && depmod.isUpToDate()) {
            if (json) {
                Json.print(environment.out(), to -> write(to, depmod.upToDate()));
            }
            return Main.OK;
        }
        DepmodResult result = depmod.run();
        boolean failed = !result.cycles().isEmpty();
        if (!failed && !show) {
            result.write();
        }
        if (json) {
            Json.print(environment.out(), to -> write(to, result));
        } else {
            for (String use : result.uses()) {
                environment.out().println(PrintableText.of(use));
            }
            if (show && !failed) {
                environment.out().write(result.text());
            }
        }
        report(environment, result);
        return failed ? Main.FAILED : Main.OK;
    }

    private Depmod depmod() throws IOException {
        List<Path> files = new ArrayList<>();
        for (int i = 1; i < arguments.size(); i++) {
            files.add(Path.of(arguments.get(i)));
        }
        Depmod.Builder builder = Depmod.builder(base, release(arguments))
                .configuration(configuration)
                .files(files)
                .compat(compat)
                .reportSymbols(reportSymbols)
                // kmod finds them when it makes an index.
                .warnDuplicates(warnDuplicates && !show)
                .verbose(verbose)
                .cache(cache);
        if (moduleDirectory != null) {
            builder.moduleDirectory(moduleDirectory);
        }
        if (output != null) {
            builder.outputRoot(output);
        }
        if (symvers != null) {
            builder.symvers(symvers);
        }
        if (systemMap != null) {
            builder.systemMap(systemMap);
        }
        if (prefix != null) {
            builder.symbolPrefix(prefix.charAt(0));
        }
        if (jobs != 0) {
            builder.threads(jobs);
        }
        return builder.build();
    }

    private static void report(Environment environment, DepmodResult result) {
        for (String warning : result.warnings()) {
            say(environment, "WARNING: " + warning);
        }
        for (List<String> cycle : result.cycles()) {
            say(environment, "ERROR: Cycle detected: " + String.join(" -> ", cycle));
        }
        if (!result.cycles().isEmpty()) {
            say(environment, "ERROR: Found " + result.modulesInCycles() + " modules in dependency cycles!");
        }
    }

    private static void say(Environment environment, String text) {
        environment.err().println("jkmod depmod: " + PrintableText.of(text));
    }

    private static void write(JsonWriter json, DepmodResult result) throws IOException {
        json.beginObject();
        json.name("folder").value(result.folder().toString());
        json.name("modulesRead").value(result.modulesRead());
        json.name("files").beginArray();
        for (String file : result.files()) {
            json.beginObject();
            json.name("name").value(file);
            json.name("bytes").value(result.bytes(file).length);
            json.endObject();
        }
        json.endArray();
        json.name("warnings").beginArray();
        for (String warning : result.warnings()) {
            json.value(warning);
        }
        json.endArray();
        json.name("cycles").beginArray();
        for (List<String> cycle : result.cycles()) {
            json.beginArray();
            for (String name : cycle) {
                json.value(name);
            }
            json.endArray();
        }
        json.endArray();
        json.endObject();
    }
}
