package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * What modprobe does, or has done.
 *
 * @param steps in their order; kmod names a module more than once if several ways lead to it
 * @param messages what went wrong
 * @param failed whether modprobe's exit status is 1
 */
public record ModprobePlan(List<ModprobeStep> steps, List<Message> messages, boolean failed) {
    /** Copies the lists. */
    public ModprobePlan {
        steps = ImmutableList.copyOf(steps);
        messages = ImmutableList.copyOf(messages);
    }

    /** How bad something is. */
    public enum Level {
        /** Nothing is done any more. */
        FATAL,
        /** A module could not be loaded or unloaded. */
        ERROR,
        /** What was asked for besides is done all the same. */
        WARNING
    }

    /** What modprobe says of something that went wrong. */
    public record Message(Level level, String text) {
        @Override
        public String toString() {
            return level + ": " + text;
        }
    }
}
