package org.jkmod.core;

import java.io.Serial;

/** An access to memory that the simulated kernel does not allow: the kernel itself would oops, a system call returns {@code EFAULT}. */
public final class PageFaultException extends KernelException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What was tried. */
    public enum Access {
        /** A load. */
        READ("read"),
        /** A store. */
        WRITE("write"),
        /** An instruction was fetched. */
        EXECUTE("execute");

        private final String shown;

        Access(String shown) {
            this.shown = shown;
        }
    }

    /** Why it is not allowed. */
    public enum Reason {
        /** There is no page: it is free, a guard page, or not a module's. */
        NOT_MAPPED("not mapped"),
        /** The page is read-only. */
        NOT_WRITABLE("not writable"),
        /** The page is data. */
        NOT_EXECUTABLE("not executable");

        private final String shown;

        Reason(String shown) {
            this.shown = shown;
        }
    }

    private final long address;
    private final Access access;
    private final Reason reason;

    PageFaultException(long address, Access access, Reason reason) {
        super(Errno.EFAULT, String.format("cannot %s address 0x%016x: %s", access.shown, address, reason.shown));
        this.address = address;
        this.access = access;
        this.reason = reason;
    }

    /** The first address that the access may not touch. */
    public long address() {
        return address;
    }

    /** What was tried. */
    public Access access() {
        return access;
    }

    /** Why it is not allowed. */
    public Reason reason() {
        return reason;
    }
}
