package org.jkmod.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jkmod.core.KernelObject;
import org.jkmod.core.LoadOptions;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.Modprobe;
import org.jkmod.kmod.ModprobeRequest;
import org.jkmod.kmod.ModprobeRequest.Action;
import org.jkmod.kmod.ModprobeRequest.Flag;
import org.jkmod.kmod.ModuleChecksums;
import org.jkmod.kmod.ModuleFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod modprobe}. */
@Command(
        name = "modprobe",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Load modules with all that they need into the simulated kernel, or show how.",
        description = {
            "As kmod's modprobe, whose output it gives to the byte, for the modules of any root file system; the host's kernel is"
                    + " never touched. Without -D, -n, -R or -c, modules are loaded into the simulated kernel, or unloaded from it"
                    + " (-r).",
            "NAME is a module's name or an alias of it; to load, also a path that begins with / or ./. The modules are found by"
                    + " what depmod has written. What MODPROBE_OPTIONS of the environment says comes before the arguments."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod modprobe -D vfat",
            "  jkmod modprobe -d /mnt/image -S 6.12.107+deb13-amd64 -D 'pci:v00008086d00001533sv*sd*bc02sc00i00'",
            "  jkmod modprobe --sysroot /mnt/image -S 6.12.107+deb13-amd64 --deny 'nouveau,*pcspkr' -D --json snd_hda_intel",
            "  jkmod modprobe -v jkmod_stat; jkmod modprobe -r -v jkmod_stat"
        })
final class ModprobeCommand implements Callable<Integer> {
    private static final String VARIABLE = "MODPROBE_OPTIONS";

    private final Environment environment;
    private final boolean readsVariable;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME [PARAMETER=VALUE]",
            description = "A module and its parameters; with -a or -r, modules.")
    private List<String> words = new ArrayList<>();

    @Option(
            names = {"-a", "--all"},
            description = "All arguments are modules; go on with the next if one fails.")
    private boolean all;

    @Option(
            names = {"-r", "--remove"},
            description = "Unload modules, and what they needed if nothing else does.")
    private boolean remove;

    @Option(
            names = {"--remove-holders", "--remove-dependencies"},
            description = "With -r: first unload what uses them.")
    private boolean removeHolders;

    @Option(
            names = {"-w", "--wait"},
            paramLabel = "MSEC",
            description =
                    "With -r: do not look whether a module is in use. Here nothing else runs that could end its use.")
    private int wait = -1;

    @Option(names = "--first-time", description = "It is an error if a module is loaded, or unloaded, already.")
    private boolean firstTime;

    @Option(
            names = {"-i", "--ignore-install", "--ignore-remove"},
            description = "Neither commands nor soft dependencies of the modules that are named.")
    private boolean ignoreCommands;

    @Option(
            names = {"-b", "--use-blacklist"},
            description = "The blacklist holds for names, too; for aliases it always does.")
    private boolean useBlacklist;

    @Option(
            names = {"-f", "--force"},
            description = "Both of the next.")
    private boolean force;

    @Option(
            names = {"--force-modversion", "--force-modversions"},
            description = "Ignore the symbols' checksums.")
    private boolean forceModversion;

    @Option(names = "--force-vermagic", description = "Ignore the version magic.")
    private boolean forceVermagic;

    @Option(
            names = {"-R", "--resolve-alias"},
            description = "Print the names of the modules that NAME stands for.")
    private boolean resolve;

    @Option(
            names = {"-c", "--showconfig", "--show-config"},
            description = "Print the configuration, and the aliases of modules and symbols.")
    private boolean showConfig;

    @Option(
            names = {"--show-modversions", "--dump-modversions"},
            description =
                    "NAME is a file: print the checksums of the symbols that it was built against, of the extended form, too.")
    private boolean showModversions;

    @Option(
            names = "--show-exports",
            description = "NAME is a file: print the checksums of the symbols that it exports.")
    private boolean showExports;

    @Option(
            names = {"-s", "--syslog"},
            description =
                    "Taken, and without effect: messages go to standard error, for there is no system log to write to.")
    @SuppressWarnings("unused") // scripts give it
    private boolean syslog;

    @Option(
            names = "--json",
            description =
                    "Print an object instead: failed; steps, of kind (insmod, builtin, install, rmmod, remove), module, file,"
                            + " command, parameters, required, and why, the nearest reason first; messages, of level and text. With"
                            + " -R, an array of name and modules; with -c, an object of the configuration's lines; with"
                            + " --show-modversions and --show-exports, an array of symbol and crc.")
    private boolean json;

    @Mixin
    private ModuleRunner runner = new ModuleRunner();

    @Mixin
    private ModprobeOptions options = new ModprobeOptions();

    ModprobeCommand(Environment environment) {
        this(environment, true);
    }

    private ModprobeCommand(Environment environment, boolean readsVariable) {
        this.environment = environment;
        this.readsVariable = readsVariable;
    }

    @Override
    public Integer call() throws IOException, Failure {
        String more = environment.variables().getOrDefault(VARIABLE, "");
        if (readsVariable && !more.isBlank()) {
            return withVariable(more);
        }
        if (showConfig) {
            return showConfig();
        }
        if (words.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "no module named");
        }
        if (showModversions || showExports) {
            return showChecksums(words.get(0));
        }
        if (resolve && !remove) {
            return resolve();
        }
        LoadOptions load = new LoadOptions("", force || forceVermagic, force || forceModversion);
        boolean[] failed = new boolean[1];
        runner.run(environment, options, load, json, session -> {
            runner.warn(environment, spec.name(), session.modprobe());
            session.run(request(), spec.name());
            failed[0] = session.hasFailed();
            if (json) {
                Json.print(
                        environment.out(),
                        to -> ModprobeJson.write(to, session.plans().get(0)));
            }
        });
        return failed[0] ? Main.FAILED : Main.OK;
    }

    /** The command anew, with the arguments of the environment before its own. */
    private int withVariable(String more) throws IOException, Failure {
        List<String> arguments = new ArrayList<>(Quoting.words(more));
        List<String> given = spec.commandLine().getParseResult().originalArgs();
        // the first are those of jkmod, and this command's name
        arguments.addAll(given.subList(given.indexOf(spec.name()) + 1, given.size()));
        ModprobeCommand command = new ModprobeCommand(environment, false);
        CommandLine line = new CommandLine(command).setExpandAtFiles(false).setOverwrittenOptionsAllowed(true);
        try {
            line.parseArgs(arguments.toArray(new String[0]));
            return command.call();
        } catch (ParameterException e) {
            throw new ParameterException(spec.commandLine(), VARIABLE + ": " + e.getMessage());
        }
    }

    private ModprobeRequest request() {
        Set<Flag> flags = EnumSet.noneOf(Flag.class);
        add(flags, Flag.ALL, all);
        add(flags, Flag.SHOW_DEPENDS, runner.showsDepends());
        add(flags, Flag.IGNORE_COMMANDS, ignoreCommands);
        add(flags, Flag.USE_BLACKLIST, useBlacklist);
        add(flags, Flag.FIRST_TIME, firstTime);
        add(flags, Flag.REMOVE_HOLDERS, removeHolders);
        add(flags, Flag.WAIT, wait >= 0);
        boolean names = all || remove;
        String parameters =
                names ? "" : words.stream().skip(1).map(Quoting::parameter).collect(Collectors.joining(" "));
        return new ModprobeRequest(
                remove ? Action.REMOVE : Action.INSERT, names(names), ByteStrings.of(parameters), flags);
    }

    private static void add(Set<Flag> flags, Flag flag, boolean given) {
        if (given) {
            flags.add(flag);
        }
    }

    private List<String> names(boolean every) {
        return words.stream()
                .limit(every ? words.size() : 1)
                .map(ByteStrings::of)
                .toList();
    }

    private int showConfig() throws IOException, Failure {
        Modprobe modprobe = options.modprobe();
        runner.warn(environment, spec.name(), modprobe);
        if (json) {
            Json.print(environment.out(), to -> ModprobeJson.write(to, modprobe.config()));
        } else {
            ByteStrings.print(environment.out(), modprobe.dump());
        }
        return Main.OK;
    }

    private int resolve() throws IOException, Failure {
        Modprobe modprobe = options.modprobe();
        List<String> names = names(all);
        boolean failed = false;
        for (String name : names) {
            List<String> modules = modprobe.resolve(name);
            if (modules.isEmpty()) {
                failed = true;
                complain("Module " + name + " not found");
            }
            if (!json) {
                modules.forEach(module -> ByteStrings.print(environment.out(), module + "\n"));
            }
        }
        if (json) {
            Json.print(environment.out(), to -> {
                to.beginArray();
                for (String name : names) {
                    to.beginObject();
                    to.name("name").value(ByteStrings.text(name));
                    ModprobeJson.strings(to, "modules", modprobe.resolve(name));
                    to.endObject();
                }
                to.endArray();
            });
        }
        return failed ? Main.FAILED : Main.OK;
    }

    private void complain(String message) {
        if (!runner.isQuiet()) {
            environment
                    .err()
                    .println("jkmod modprobe: " + (all ? "WARNING: " : "FATAL: ")
                            + PrintableText.of(ByteStrings.text(message)));
        }
    }

    private int showChecksums(String name) throws IOException, Failure {
        Path file = Path.of(name);
        if (!Files.exists(file)) {
            throw new Failure("Module " + name + " not found.");
        }
        KernelObject object;
        try {
            object = KernelObject.parse(ModuleFile.read(file), name);
        } catch (MalformedInputException e) {
            throw new Failure("could not get symbols of " + name + ": Exec format error: " + e.getMessage(), e);
        }
        List<ModuleChecksums.Checksum> checksums =
                showModversions ? ModuleChecksums.versions(object).orElse(List.of()) : ModuleChecksums.exports(object);
        if (checksums.isEmpty()) {
            throw new Failure(
                    "could not get " + (showModversions ? "modversions" : "symbols") + " of " + name + ": it has none");
        }
        if (json) {
            Json.print(environment.out(), to -> ModprobeJson.write(to, checksums));
        } else {
            checksums.forEach(c -> ByteStrings.print(environment.out(), c.line() + "\n"));
        }
        return Main.OK;
    }
}
