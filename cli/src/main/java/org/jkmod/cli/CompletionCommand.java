package org.jkmod.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jkmod completion}. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        header = "Print a script that makes bash and zsh complete jkmod's commands and options.",
        footerHeading = "%nExamples:%n",
        footer = {"  jkmod completion >~/.local/share/bash-completion/completions/jkmod", "  source <(jkmod completion)"
        })
final class CompletionCommand implements Runnable {
    private final Environment environment;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    CompletionCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void run() {
        environment.out().print(AutoComplete.bash("jkmod", spec.root().commandLine()));
    }
}
