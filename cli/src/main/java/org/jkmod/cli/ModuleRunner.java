package org.jkmod.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jkmod.core.LoadOptions;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.Modprobe;
import org.jkmod.kmod.ModprobePlan;
import org.jkmod.kmod.ModprobeRequest;
import org.jkmod.kmod.ModprobeRequest.Flag;
import org.jkmod.kmod.ModprobeStep;
import org.jkmod.kmod.ModprobeTarget;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say what modprobe's steps are done to, and how they are told of. */
final class ModuleRunner {
    @Option(
            names = {"-D", "--show-depends"},
            description =
                    "Show what would be done to a kernel without a module, and do nothing: insmod FILE PARAMETERS, builtin NAME,"
                            + " install COMMAND.")
    private boolean showDepends;

    @Option(
            names = {"-n", "--dry-run", "--show"},
            description = "Do nothing; with -v, show what would be done to the simulated kernel.")
    private boolean dryRun;

    @Option(
            names = {"-v", "--verbose"},
            description = "Show what is done.")
    private boolean verbose;

    @Option(
            names = {"-q", "--quiet"},
            description = "Say nothing of what is not found or goes wrong; the exit status tells.")
    private boolean quiet;

    @Option(names = "--allow-commands", description = "Run install and remove commands; without this they are errors.")
    private boolean allowCommands;

    @Mixin
    private StateOption state = new StateOption();

    /** Does one thing after the other. */
    interface Work {
        /** Does it all. */
        void run(Session session) throws IOException, Failure;
    }

    boolean showsDepends() {
        return showDepends;
    }

    /** How modules are asked for while a system boots. */
    Set<Flag> bootFlags() {
        Set<Flag> flags = EnumSet.of(Flag.ALL, Flag.USE_BLACKLIST, Flag.NAMES_ONLY);
        if (showDepends) {
            flags.add(Flag.SHOW_DEPENDS);
        }
        return flags;
    }

    boolean isQuiet() {
        return quiet;
    }

    boolean isVerbose() {
        return verbose;
    }

    /** Does things to the simulated kernel, or only shows them. */
    void run(Environment environment, ModprobeOptions options, LoadOptions load, boolean json, Work work)
            throws IOException, Failure {
        Modprobe modprobe = options.modprobe();
        if (showDepends) {
            work.run(new Session(environment, modprobe, ModprobeTarget.EMPTY, json));
        } else if (dryRun) {
            ModprobeTarget target = SimulatedTarget.snapshot(environment, state.in(environment));
            work.run(new Session(environment, modprobe, target, json));
        } else {
            SimulatedTarget.Settings settings =
                    new SimulatedTarget.Settings(options.root(), options.release(), allowCommands, load);
            try (SimulatedTarget target = new SimulatedTarget(environment, state.in(environment), settings)) {
                work.run(new Session(environment, modprobe, target, json));
            }
        }
    }

    /** Warns of lines of the configuration that do not count. */
    void warn(Environment environment, String command, Modprobe modprobe) {
        if (!quiet) {
            modprobe.config().warnings().forEach(w -> complain(environment, command, "WARNING: " + w));
        }
    }

    private static void complain(Environment environment, String command, String text) {
        environment.err().println("jkmod " + command + ": " + PrintableText.of(ByteStrings.text(text)));
    }

    /** A modprobe, a kernel, and what came of what was asked for. */
    final class Session {
        private final Environment environment;
        private final Modprobe modprobe;
        private final ModprobeTarget target;
        private final boolean json;
        private final List<ModprobePlan> plans = new ArrayList<>();
        private boolean failed;

        private Session(Environment environment, Modprobe modprobe, ModprobeTarget target, boolean json) {
            this.environment = environment;
            this.modprobe = modprobe;
            this.target = target;
            this.json = json;
        }

        Modprobe modprobe() {
            return modprobe;
        }

        /** What was done, in order. */
        List<ModprobePlan> plans() {
            return plans;
        }

        boolean hasFailed() {
            return failed;
        }

        /** Does what is asked for; tells what is done as it is done, and of what went wrong afterwards. */
        void run(ModprobeRequest request, String command) throws IOException {
            ModprobePlan plan = modprobe.run(request, shows() ? showing() : target);
            plans.add(plan);
            failed |= plan.failed();
            environment.out().flush();
            if (!quiet) {
                plan.messages().forEach(m -> complain(environment, command, m.toString()));
            }
        }

        private boolean shows() {
            return !json && (showDepends || verbose);
        }

        private ModprobeTarget showing() {
            return new ModprobeTarget() {
                @Override
                public boolean performs() {
                    return target.performs();
                }

                @Override
                public boolean isLoaded(String module) {
                    return target.isLoaded(module);
                }

                @Override
                public int references(String module) {
                    return target.references(module);
                }

                @Override
                public List<String> holders(String module) {
                    return target.holders(module);
                }

                @Override
                public Optional<String> perform(ModprobeStep step) throws IOException {
                    ByteStrings.print(environment.out(), step.line() + "\n");
                    return target.perform(step);
                }
            };
        }
    }
}
