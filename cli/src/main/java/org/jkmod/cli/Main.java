package org.jkmod.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jkmod.elf.PrintableText;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code jkmod} command. */
public final class Main {
    /** The exit status of success. */
    static final int OK = 0;
    /** The exit status of a failure. */
    static final int FAILED = 1;
    /** The exit status of wrong usage. */
    static final int USAGE = 2;
    /** The exit status of a bug: {@code EX_SOFTWARE} of sysexits.h. */
    static final int BUG = 70;

    private Main() {}

    /** Runs a command and ends the process with its exit status. */
    public static void main(String[] args) {
        StandardOutput stdout = new StandardOutput(new FileOutputStream(FileDescriptor.out));
        PrintStream out = new PrintStream(new BufferedOutputStream(stdout, 1 << 16), false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        int status = run(args, out, err, System.getenv());
        out.flush();
        if (status == OK && stdout.failure().isPresent()) {
            err.println("jkmod: cannot write to standard output: "
                    + PrintableText.of(Failure.reason(stdout.failure().get())));
            status = FAILED;
        }
        System.exit(status);
    }

    /**
     * Runs a command.
     *
     * @param args the command's name and its arguments
     * @param variables the environment's variables
     * @return the exit status
     */
    static int run(String[] args, PrintStream out, PrintStream err, Map<String, String> variables) {
        return run(args, new Environment(System.in, out, err, variables, InstantSource.system()));
    }

    /** As above, in any environment. */
    static int run(String[] given, Environment environment) {
        String[] args = withoutHelp(given);
        try {
            PlainRequest plain = plain(args);
            return plain != null
                    ? plain.run(environment)
                    : commandLine(environment, args).execute(args);
        } catch (IOException | RuntimeException | Error e) {
            return failure(environment, "jkmod " + args[0], e);
        } finally {
            environment.out().flush();
        }
    }

    private static @Nullable PlainRequest plain(String[] args) {
        return switch (args.length < 2 ? "" : args[0]) {
            case "depmod" -> DepmodRequest.of(args);
            case "modinfo" -> ModinfoRequest.of(args);
            default -> null;
        };
    }

    /** {@code help COMMAND} as {@code COMMAND --help}: picocli would want all subcommands for it. */
    private static String[] withoutHelp(String[] args) {
        if (args.length == 0 || !args[0].equals("help")) {
            return args;
        }
        if (args.length == 1 || args[1].startsWith("-")) {
            return new String[] {"--help"};
        }
        // Of an unknown command, the message is that it is one.
        return COMMANDS.contains(args[1]) ? new String[] {args[1], "--help"} : new String[] {args[1]};
    }

    /** The names of the subcommands, in the order of the help. */
    static final List<String> COMMANDS = List.of(
            "demo",
            "check",
            "replay",
            "boot",
            "insmod",
            "rmmod",
            "modprobe",
            "modules-load",
            "coldplug",
            "lsmod",
            "map",
            "modinfo",
            "dmesg",
            "kallsyms",
            "symbols",
            "symbolize",
            "depmod",
            "depends",
            "closure",
            "graph",
            "static-nodes",
            "load-tree",
            "relocate",
            "layout",
            "profile",
            "completion");

    /** The subcommand of a name. */
    private static Object command(String name, Environment environment) {
        return switch (name) {
            case "demo" -> new DemoCommand(environment);
            case "check" -> new CheckCommand(environment);
            case "replay" -> new ReplayCommand(environment);
            case "boot" -> new BootCommand(environment);
            case "insmod" -> new InsmodCommand(environment);
            case "rmmod" -> new RmmodCommand(environment);
            case "modprobe" -> new ModprobeCommand(environment);
            case "modules-load" -> new ModulesLoadCommand(environment);
            case "coldplug" -> new ColdplugCommand(environment);
            case "lsmod" -> new LsmodCommand(environment);
            case "map" -> new MapCommand(environment);
            case "modinfo" -> new ModinfoCommand(environment);
            case "dmesg" -> new DmesgCommand(environment);
            case "kallsyms" -> new KallsymsCommand(environment);
            case "symbols" -> new SymbolsCommand(environment);
            case "symbolize" -> new SymbolizeCommand(environment);
            case "depmod" -> new DepmodCommand(environment);
            case "depends" -> new DependsCommand(environment);
            case "closure" -> new ClosureCommand(environment);
            case "graph" -> new GraphCommand(environment);
            case "static-nodes" -> new StaticNodesCommand(environment);
            case "load-tree" -> new LoadTreeCommand();
            case "relocate" -> new RelocateCommand();
            case "layout" -> new LayoutCommand();
            case "profile" -> new ProfileCommand(environment);
            case "completion" -> new CompletionCommand(environment);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** With the one subcommand that is named, or with all: picocli takes as long for all as many a command does. */
    private static CommandLine commandLine(Environment environment, String[] args) {
        CommandLine root = new CommandLine(new Jkmod());
        String first = args.length == 0 ? "" : args[0];
        boolean one = COMMANDS.contains(first) && !first.equals("completion");
        for (String name : one ? List.of(first) : COMMANDS) {
            root.addSubcommand(command(name, environment));
        }
        for (String name : List.of("depmod", "modprobe")) {
            CommandLine command = root.getSubcommands().get(name);
            if (command != null) {
                // MODPROBE_OPTIONS and scripts say things twice.
                command.setOverwrittenOptionsAllowed(true);
            }
        }
        root.getCommandSpec().versionProvider(new Jkmod.Version());
        root.getSubcommands()
                .values()
                .forEach(command -> command.getCommandSpec().versionProvider(new Jkmod.Version()));
        if (List.of(args).contains("-")) {
            // Where options may be abbreviated, picocli 4.7 fails at a lone dash.
            root.setAbbreviatedOptionsAllowed(false);
        }
        root.registerConverter(Path.class, Main::path);
        return root.setOut(new PrintWriter(environment.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(environment.err(), true, StandardCharsets.UTF_8))
                .setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, given) -> usage(environment, e))
                .setExecutionExceptionHandler((e, command, result) ->
                        failure(environment, command.getCommandSpec().qualifiedName(), e));
    }

    private static Path path(String argument) {
        try {
            return Path.of(argument);
        } catch (InvalidPathException e) {
            throw new TypeConversionException(Failure.message(e));
        }
    }

    private static int usage(Environment environment, ParameterException e) {
        CommandLine command = e.getCommandLine();
        CommandSpec spec = command.getCommandSpec();
        String message = String.valueOf(e.getMessage());
        // What is missing was perhaps only mistyped.
        List<String> unmatched = command.getUnmatchedArguments();
        if (!unmatched.isEmpty()) {
            UnmatchedArgumentException mistyped = new UnmatchedArgumentException(command, unmatched);
            message = !mistyped.isUnknownOption() && !spec.subcommands().isEmpty()
                    ? "unknown command '" + unmatched.get(0) + "'"
                    : String.valueOf(mistyped.getMessage());
            List<String> near = mistyped.getSuggestions();
            if (!near.isEmpty()) {
                message += "; did you mean " + String.join(" or ", near) + "?";
            }
        }
        String prefix = "Error: ";
        if (message.startsWith(prefix)) {
            message = message.substring(prefix.length());
        }
        environment
                .err()
                .println(spec.qualifiedName() + ": " + PrintableText.of(message) + " (see '" + spec.qualifiedName()
                        + " --help')");
        return USAGE;
    }

    private static int failure(Environment environment, String command, Throwable e) {
        String message = Failure.messageOf(e);
        if (message == null) {
            return bug(environment, e);
        }
        environment.out().flush();
        environment.err().println(command + ": " + PrintableText.of(message));
        trace(environment, e);
        return FAILED;
    }

    private static int bug(Environment environment, Throwable e) {
        environment.out().flush();
        if (e instanceof OutOfMemoryError) {
            environment
                    .err()
                    .println(
                            "jkmod: out of memory: JKMOD_JAVA_OPTS=-Xmx4g gives it more; if it is the modules of the state"
                                    + " directory that need so much, 'jkmod boot' begins anew");
            return FAILED;
        }
        environment.err().println("jkmod: internal error: " + PrintableText.of(e.toString()));
        trace(environment, e);
        return BUG;
    }

    private static void trace(Environment environment, Throwable e) {
        if ("1".equals(environment.variables().get("JKMOD_DEBUG"))) {
            e.printStackTrace(environment.err());
        }
    }
}
