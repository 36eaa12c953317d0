package org.jkmod.core;

/** The error numbers that the kernel's module system calls return (include/uapi/asm-generic/errno-base.h, errno.h). */
public enum Errno {
    /** Not permitted. */
    EPERM(1, "Operation not permitted"),
    /** No such module; of a load: a symbol is unknown. */
    ENOENT(2, "No such file or directory"),
    /** Not a module that this kernel takes. */
    ENOEXEC(8, "Exec format error"),
    /** In use; of a load: a provider is still being initialised. Also called EWOULDBLOCK. */
    EAGAIN(11, "Resource temporarily unavailable"),
    /** No memory, or no room in the module region. */
    ENOMEM(12, "Cannot allocate memory"),
    /** Not live, or cannot be unloaded. */
    EBUSY(16, "Device or resource busy"),
    /** A module of that name is loaded. */
    EEXIST(17, "File exists"),
    /** Bad version of a symbol, namespace not imported, bad parameter. */
    EINVAL(22, "Invalid argument"),
    /** A text does not fit its parameter. */
    ENOSPC(28, "No space left on device"),
    /** A number does not fit its parameter. */
    ERANGE(34, "Numerical result out of range");

    private final int number;
    private final String description;

    Errno(int number, String description) {
        this.number = number;
        this.description = description;
    }

    /** The positive number, as {@code 2} for {@link #ENOENT}. */
    public int number() {
        return number;
    }

    /** What strerror(3) says. */
    public String description() {
        return description;
    }
}
