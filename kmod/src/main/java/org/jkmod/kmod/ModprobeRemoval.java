package org.jkmod.kmod;

import com.google.common.collect.Lists;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jkmod.kmod.ModprobePlan.Level;
import org.jkmod.kmod.ModprobeReason.Relation;
import org.jkmod.kmod.ModprobeRequest.Flag;
import org.jkmod.kmod.ModuleLookup.Found;

/**
 * Unloads modules: first what is wanted after them, then what uses them, themselves, what they needed and nothing else does, and at
 * last what is wanted before them. kmod follows soft dependencies that lead back to themselves until it crashes; here they end where they
 * began.
 */
final class ModprobeRemoval {
    private final ModprobeRun run;
    private final Modprobe modprobe;
    /** Modules that are being unloaded, each for the one before. */
    private final List<Found> underWay = new ArrayList<>();
    /** Bounds the work of soft dependencies that branch. */
    private int visits;

    ModprobeRemoval(ModprobeRun run) {
        this.run = run;
        this.modprobe = run.modprobe;
    }

    boolean remove(String name) throws IOException, ModprobeRun.Stop {
        List<Found> found = modprobe.lookup().find(name);
        if (found.isEmpty()) {
            run.complain("Module " + name + " not found.");
            return false;
        }
        for (Found module : found) {
            if (!remove(module, true, ModprobeReason.request(module, name))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a module is gone.
     *
     * @param asked whether the user asked for it
     */
    private boolean remove(Found module, boolean asked, ModprobeReason reason) throws IOException, ModprobeRun.Stop {
        if (underWay.contains(module)) {
            return true;
        }
        if (underWay.size() == Modprobe.MAX_DEPTH || ++visits > Modprobe.MAX_STEPS) {
            throw modprobe.tooLong();
        }
        underWay.add(module);
        boolean done = unload(module.name(), asked, reason);
        underWay.remove(underWay.size() - 1);
        return done;
    }

    private boolean unload(String name, boolean asked, ModprobeReason reason) throws IOException, ModprobeRun.Stop {
        boolean commands = !run.has(Flag.IGNORE_COMMANDS);
        Modprobe.Softdeps softdeps = commands ? modprobe.softdeps(name) : Modprobe.Softdeps.NONE;
        Optional<String> command = commands ? modprobe.config().removeOf(name) : Optional.empty();
        boolean looks = command.isEmpty() && !run.has(Flag.SHOW_DEPENDS);
        if (looks && modprobe.lookup().isBuiltin(name)) {
            if (asked) {
                run.complain("Module " + name + " is builtin.");
            }
            return !asked;
        }
        if (looks && !run.target.isLoaded(name)) {
            if (run.has(Flag.FIRST_TIME)) {
                run.complain("Module " + name + " is not in kernel.");
                return false;
            }
            return true;
        }
        removeAll(softdeps.post(), reason.of(Relation.SOFTDEP_POST, name));
        if (asked && run.has(Flag.REMOVE_HOLDERS)) {
            for (String holder : run.target.holders(name)) {
                if (!remove(new Found(holder, ""), false, reason.of(Relation.HOLDER, name))) {
                    return false;
                }
            }
        }
        if (looks && !run.has(Flag.WAIT) && run.target.references(name) > 0) {
            run.complain("Module " + name + " is in use.");
            return false;
        }
        ModprobeStep.Kind kind = command.isPresent() ? ModprobeStep.Kind.REMOVE : ModprobeStep.Kind.RMMOD;
        // there are no parameters to unload with
        boolean done = perform(kind, name, command.map(c -> c.replace("$CMDLINE_OPTS", "")), reason);
        if (done && command.isEmpty()) {
            removeUnused(name, reason.of(Relation.UNUSED, name));
        }
        if (done) {
            removeAll(softdeps.pre(), reason.of(Relation.SOFTDEP_PRE, name));
        }
        return done;
    }

    private void removeAll(List<Found> modules, ModprobeReason reason) throws IOException, ModprobeRun.Stop {
        for (Found module : Lists.reverse(modules)) {
            remove(module, false, reason);
        }
    }

    /** What a module needed goes without ceremony: neither commands nor soft dependencies of it count. */
    private void removeUnused(String name, ModprobeReason reason) throws IOException {
        for (String needed : modprobe.chain(name).toList()) {
            if (!needed.equals(name) && run.target.isLoaded(needed) && run.target.references(needed) == 0) {
                perform(ModprobeStep.Kind.RMMOD, needed, Optional.empty(), reason);
            }
        }
    }

    private boolean perform(ModprobeStep.Kind kind, String name, Optional<String> command, ModprobeReason reason)
            throws IOException {
        Optional<String> fault = run.perform(new ModprobeStep(
                kind, name, Optional.empty(), command, "", reason.because().isEmpty(), reason));
        fault.ifPresent(why -> run.say(Level.ERROR, "could not remove '" + name + "': " + why));
        return fault.isEmpty();
    }
}
