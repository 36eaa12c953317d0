package org.jkmod.cli;

import picocli.CommandLine.Option;

/** Options that kmod's commands have and that mean nothing here: scripts give them. */
@SuppressWarnings("unused") // picocli sets them, and nothing comes of them
final class KmodOptions {
    @Option(
            names = {"-s", "--syslog"},
            description = "Accepted for kmod's sake: messages go to standard error all the same.")
    private boolean syslog;

    @Option(
            names = {"-v", "--verbose"},
            description = "Accepted for kmod's sake: there is nothing more to say.")
    private boolean verbose;
}
