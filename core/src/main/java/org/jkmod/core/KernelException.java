package org.jkmod.core;

import java.io.Serial;

/** A system call of the simulated kernel failed, or an access to its memory. */
public abstract sealed class KernelException extends RuntimeException
        permits ModuleLoadException, ModuleInUseException, NoSuchModuleException, PageFaultException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Errno errno;

    KernelException(Errno errno, String message) {
        super(message);
        this.errno = errno;
    }

    /** What the system call returns. */
    public Errno errno() {
        return errno;
    }
}
