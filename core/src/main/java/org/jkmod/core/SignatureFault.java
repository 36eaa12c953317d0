package org.jkmod.core;

/** Why a signature is not accepted: the kernel's errno, or that what is known of the kernel does not tell. */
final class SignatureFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Why; not of interest if the kernel's answer is not known. */
    private final Errno errno;

    private final boolean unknown;

    private SignatureFault(String message, Errno errno, boolean unknown) {
        super(message, null, false, false);
        this.errno = errno;
        this.unknown = unknown;
    }

    /** The kernel's answer. */
    static SignatureFault of(Errno errno) {
        return new SignatureFault(errno.description(), errno, false);
    }

    /** The kernel's answer depends on something that is not known of it. */
    static SignatureFault unknown(String what) {
        return new SignatureFault(what, Errno.ENOKEY, true);
    }

    /** The kernel's answer; only if {@link #isUnknown} is not. */
    Errno errno() {
        return errno;
    }

    boolean isUnknown() {
        return unknown;
    }

    /** What is not known. */
    String what() {
        return String.valueOf(getMessage());
    }
}
