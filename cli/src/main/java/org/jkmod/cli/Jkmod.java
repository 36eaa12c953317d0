package org.jkmod.cli;

import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command without a subcommand, which only tells of itself. */
@Command(
        name = "jkmod",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        header = "The Linux kernel's module loader, on a simulated kernel.",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:success",
            "1:failure; one line on standard error says why",
            "2:wrong usage",
            "70:a fault of jkmod itself; JKMOD_DEBUG=1 in the environment shows where"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod demo",
            "  jkmod help insmod",
            "  jkmod insmod ./driver.ko debug=1",
            "  jkmod lsmod",
            "  jkmod load-tree --root / --release $(uname -r)"
        })
final class Jkmod implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given");
    }

    /** The version that the jar's manifest says. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            Package here = Jkmod.class.getPackage();
            return new String[] {
                "jkmod " + Optional.ofNullable(here.getImplementationVersion()).orElse("(not built as a jar)")
            };
        }
    }
}
