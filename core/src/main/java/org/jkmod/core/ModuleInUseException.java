package org.jkmod.core;

import java.io.Serial;

/** A module cannot be unloaded now: others use it ({@code EAGAIN}, also called EWOULDBLOCK), or it is not live or has no exit ({@code EBUSY}). */
public final class ModuleInUseException extends KernelException {
    @Serial
    private static final long serialVersionUID = 1L;

    ModuleInUseException(Errno errno, String message) {
        super(errno, message);
    }
}
