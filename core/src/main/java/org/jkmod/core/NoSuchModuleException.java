package org.jkmod.core;

import java.io.Serial;

/** There is no module of that name ({@code ENOENT}). */
public final class NoSuchModuleException extends KernelException {
    @Serial
    private static final long serialVersionUID = 1L;

    NoSuchModuleException(String name) {
        super(Errno.ENOENT, "Module " + name + " is not currently loaded");
    }
}
