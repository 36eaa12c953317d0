package org.jkmod.core;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel's release, as {@code uname -r} prints it: {@code 6.12.107+deb13-amd64}.
 *
 * @param text the whole of it
 * @param version the first number
 * @param patchlevel the second number
 */
public record KernelRelease(String text, int version, int patchlevel) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*", Pattern.DOTALL);

    private static final Pattern SUBLEVEL = Pattern.compile("\\d+\\.\\d+\\.(\\d{1,4}).*", Pattern.DOTALL);

    /**
     * Reads a release.
     *
     * @throws IllegalArgumentException if it does not begin with two numbers and a point between them
     */
    public static KernelRelease parse(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException("not a kernel release: " + text);
        }
        return new KernelRelease(text, Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)));
    }

    /** Whether this kernel's first two numbers are at least these. */
    public boolean isAtLeast(int otherVersion, int otherPatchlevel) {
        return version > otherVersion || (version == otherVersion && patchlevel >= otherPatchlevel);
    }

    /** Whether this kernel's three numbers are at least these; a third one that is not there is 0. */
    boolean isAtLeast(int otherVersion, int otherPatchlevel, int otherSublevel) {
        if (version != otherVersion || patchlevel != otherPatchlevel) {
            return isAtLeast(otherVersion, otherPatchlevel);
        }
        return sublevel() >= otherSublevel;
    }

    private int sublevel() {
        Matcher m = SUBLEVEL.matcher(text);
        return m.matches() ? Integer.parseInt(m.group(1)) : 0;
    }

    @Override
    public String toString() {
        return text;
    }
}
