package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Sets;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a kernel would say of a module ({@link Kernel#check}). Same input, same verdict.
 *
 * @param file name of the file
 * @param release the kernel's release
 * @param architecture the kernel's architecture, as {@code uname -m} prints it
 * @param errno what the system call would return; empty if the module loads
 * @param messages what the kernel would print at that load, a record each, in its order and its words
 * @param taints what taints the kernel afterwards; a load that fails leaves what it tainted until then
 * @param problems everything that is wrong with the module, whichever of it the kernel would see first
 * @param unknown facts of the kernel that the verdict depends on and nobody has told, with what was assumed
 */
public record Verdict(
        String file,
        KernelRelease release,
        String architecture,
        Optional<Errno> errno,
        List<String> messages,
        Set<Taint> taints,
        List<Problem> problems,
        List<String> unknown) {
    /** Copies the collections. */
    public Verdict {
        messages = ImmutableList.copyOf(messages);
        taints = Sets.immutableEnumSet(taints);
        problems = ImmutableList.copyOf(problems);
        unknown = ImmutableList.copyOf(unknown);
    }

    /** Whether the module loads. */
    public boolean loads() {
        return errno.isEmpty();
    }

    /** The value of {@code /proc/sys/kernel/tainted} afterwards. */
    public long tainted() {
        return Taint.mask(taints);
    }
}
