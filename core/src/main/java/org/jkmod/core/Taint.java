package org.jkmod.core;

import java.util.Set;

/** The taints that modules cause, in the order of their bits (include/linux/panic.h, Documentation/admin-guide/tainted-kernels.rst). */
public enum Taint {
    /** A module with a licence that is not compatible with the GPL. */
    PROPRIETARY_MODULE(0, 'P'),
    /** A module was loaded by force. */
    FORCED_MODULE(1, 'F'),
    /** A module was removed by force. */
    FORCED_RMMOD(3, 'R'),
    /** A parameter was set that is marked as dangerous; never a module's own taint. */
    USER(6, 'U'),
    /** The kernel has warned of itself ({@code WARN_ON}). */
    WARN(9, 'W'),
    /** A module from the staging directory. */
    CRAP(10, 'C'),
    /** A module from outside the kernel's tree. */
    OOT_MODULE(12, 'O'),
    /** A module without a valid signature. */
    UNSIGNED_MODULE(13, 'E'),
    /** A livepatch module. */
    LIVEPATCH(15, 'K'),
    /** A module with tests in it. */
    TEST(18, 'N');

    private final int bit;
    private final char letter;

    Taint(int bit, char letter) {
        this.bit = bit;
        this.letter = letter;
    }

    /** The bit's number in {@code /proc/sys/kernel/tainted}. */
    public int bit() {
        return bit;
    }

    /** The letter by which oopses and {@code /proc/modules} show it. */
    public char letter() {
        return letter;
    }

    /** The value of {@code /proc/sys/kernel/tainted} for a set of taints. */
    public static long mask(Set<Taint> taints) {
        long mask = 0;
        for (Taint taint : taints) {
            mask |= 1L << taint.bit;
        }
        return mask;
    }
}
