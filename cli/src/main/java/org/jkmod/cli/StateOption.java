package org.jkmod.cli;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that says which simulated kernel a command acts on. */
final class StateOption {
    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = {
                "Folder that keeps the simulated kernel between commands.",
                "Default: jkmod in $XDG_STATE_HOME, or in ~/.local/state."
            })
    private @Nullable Path directory;

    StateDirectory in(Environment environment) throws Failure {
        return new StateDirectory(directory == null ? usual(environment.variables()) : directory);
    }

    private static Path usual(Map<String, String> variables) throws Failure {
        String state = variables.getOrDefault("XDG_STATE_HOME", "");
        // XDG Base Directory Specification: "If an implementation encounters a relative path [...] it should [...]
        // ignore it".
        if (!state.isEmpty() && Path.of(state).isAbsolute()) {
            return Path.of(state, "jkmod");
        }
        String home = variables.getOrDefault("HOME", "");
        if (home.isEmpty()) {
            throw new Failure("no --state given, and neither XDG_STATE_HOME nor HOME is set");
        }
        return Path.of(home, ".local", "state", "jkmod");
    }
}
