package org.jkmod.cli;

import java.io.IOException;

/**
 * What a command is asked for in arguments that are plain to read. It is run without picocli, which takes longer than to read a thousand
 * modules.
 */
interface PlainRequest {
    /** Does it, and says with which exit status. */
    int run(Environment environment) throws IOException;
}
