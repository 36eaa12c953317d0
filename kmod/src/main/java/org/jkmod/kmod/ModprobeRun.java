package org.jkmod.kmod;

import java.io.IOException;
import java.io.Serial;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jkmod.kmod.ModprobePlan.Level;
import org.jkmod.kmod.ModprobeRequest.Flag;

/** What loading and unloading have in common: collects the steps and what goes wrong. */
final class ModprobeRun {
    final Modprobe modprobe;
    final ModprobeRequest request;
    final ModprobeTarget target;
    private final List<ModprobeStep> steps = new ArrayList<>();
    private final List<ModprobePlan.Message> messages = new ArrayList<>();

    ModprobeRun(Modprobe modprobe, ModprobeRequest request, ModprobeTarget target) {
        this.modprobe = modprobe;
        this.request = request;
        this.target = target;
    }

    /** modprobe ends here. */
    static final class Stop extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        Stop() {
            super(null, null, false, false);
        }
    }

    boolean has(Flag flag) {
        return request.has(flag);
    }

    /** Says what went wrong. It is the end if not everything is to be tried. */
    void complain(String text) throws Stop {
        boolean all = has(Flag.ALL);
        say(all ? Level.WARNING : Level.FATAL, text);
        if (!all) {
            throw new Stop();
        }
    }

    void say(Level level, String text) {
        messages.add(new ModprobePlan.Message(level, text));
    }

    /** Does a step; says why if it cannot be done. */
    Optional<String> perform(ModprobeStep step) throws IOException {
        if (steps.size() == Modprobe.MAX_STEPS) {
            throw modprobe.tooLong();
        }
        steps.add(step);
        return target.perform(step);
    }

    /** What is done to each name. */
    interface Action {
        /** Whether it could be done. */
        boolean apply(String name) throws IOException, Stop;
    }

    /** Does it to all names, until modprobe ends. */
    ModprobePlan forEachName(Action action) throws IOException {
        boolean failed = false;
        try {
            for (String name : request.names()) {
                failed |= !action.apply(name);
            }
        } catch (Stop e) {
            failed = true;
        }
        return new ModprobePlan(steps, messages, failed);
    }
}
