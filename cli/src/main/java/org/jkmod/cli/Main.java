package org.jkmod.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jkmod.core.KernelException;
import org.jkmod.core.RelocationException;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.PrintableText;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
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
        return run(args, new Environment(out, err, variables, InstantSource.system()));
    }

    /** As above, in any environment. */
    static int run(String[] args, Environment environment) {
        try {
            return commandLine(environment).execute(args);
        } catch (RuntimeException | Error e) {
            return bug(environment, e);
        } finally {
            environment.out().flush();
        }
    }

    /** The subcommands, in the order of the help. */
    private static List<Object> commands(Environment environment) {
        return List.of(
                new DemoCommand(environment),
                new CheckCommand(environment),
                new ReplayCommand(environment),
                new BootCommand(environment),
                new InsmodCommand(environment),
                new RmmodCommand(environment),
                new LsmodCommand(environment),
                new MapCommand(environment),
                new DmesgCommand(environment),
                new KallsymsCommand(environment),
                new LoadTreeCommand(),
                new RelocateCommand(),
                new LayoutCommand(),
                new ProfileCommand(environment),
                new CompletionCommand(environment));
    }

    private static CommandLine commandLine(Environment environment) {
        CommandLine root = new CommandLine(new Jkmod());
        commands(environment).forEach(root::addSubcommand);
        root.getCommandSpec().versionProvider(new Jkmod.Version());
        root.getSubcommands()
                .values()
                .forEach(command -> command.getCommandSpec().versionProvider(new Jkmod.Version()));
        return root.setOut(new PrintWriter(environment.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(environment.err(), true, StandardCharsets.UTF_8))
                .setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, args) -> usage(environment, e))
                .setExecutionExceptionHandler((e, command, result) -> failure(environment, command, e, result));
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

    @SuppressWarnings("unused") // picocli's signature
    private static int failure(Environment environment, CommandLine command, Exception e, ParseResult result) {
        String message;
        if (e instanceof Failure
                || e instanceof KernelException
                || e instanceof RelocationException
                || e instanceof MalformedInputException) {
            message = String.valueOf(e.getMessage());
        } else if (e instanceof IOException io) {
            message = Failure.message(io);
        } else {
            return bug(environment, e);
        }
        environment.out().flush();
        environment.err().println(command.getCommandSpec().qualifiedName() + ": " + PrintableText.of(message));
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
