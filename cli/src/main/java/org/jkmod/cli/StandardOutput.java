package org.jkmod.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Remembers why standard output could not be written, which {@link java.io.PrintStream} does not say. That nobody reads it any more,
 * as in {@code jkmod kallsyms | head}, is no fault.
 */
final class StandardOutput extends FilterOutputStream {
    private @Nullable IOException failure;

    StandardOutput(OutputStream out) {
        super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            failure = failure == null ? e : failure;
            throw e;
        }
    }

    /** The first error, but for a broken pipe. */
    Optional<IOException> failure() {
        return Optional.ofNullable(failure).filter(e -> !"Broken pipe".equals(e.getMessage()));
    }
}
