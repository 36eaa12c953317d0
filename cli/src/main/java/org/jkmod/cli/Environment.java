package org.jkmod.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Map;

/**
 * What a command runs in. Commands use nothing else of their process, so that tests run them in theirs.
 *
 * @param in standard input
 * @param out standard output
 * @param err standard error
 * @param variables the environment's variables
 * @param clock what time it is
 */
record Environment(
        InputStream in, PrintStream out, PrintStream err, Map<String, String> variables, InstantSource clock) {}
