package org.jkmod.core;

import java.io.Serial;

/** A relocation cannot be applied; the message is the kernel's. */
public final class RelocationException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    RelocationException(String message) {
        super(message);
    }
}
