package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jkmod.kmod.ModprobePlan.Level;
import org.jkmod.kmod.ModprobeRequest.Flag;
import org.jkmod.kmod.ModuleLookup.Found;

/** Loads modules. */
final class ModprobeInsertion {
    private final ModprobeRun run;
    private final Modprobe modprobe;

    ModprobeInsertion(ModprobeRun run) {
        this.run = run;
        this.modprobe = run.modprobe;
    }

    /** Whether all modules of a name are loaded. */
    boolean insert(String name) throws IOException, ModprobeRun.Stop {
        if (isPath(name)) {
            return insertFile(name);
        }
        List<Found> found = modprobe.lookup().find(name);
        if (found.isEmpty()) {
            run.complain("Module " + name + " not found in directory " + modprobe.shownFolder());
        }
        boolean done = !found.isEmpty();
        for (Found module : found) {
            // kmod's exit status is that of the last
            done = insert(module, Optional.empty(), ModprobeReason.request(module, name));
        }
        return done;
    }

    private boolean isPath(String name) {
        return !run.has(Flag.NAMES_ONLY)
                && modprobe.compat() != Compat.KMOD_30
                && (name.startsWith("/") || name.startsWith("./"));
    }

    private boolean insertFile(String name) throws IOException, ModprobeRun.Stop {
        Path file = Path.of(name);
        if (!Files.exists(file)) {
            run.complain("Failed to get module from path " + name + ": No such file or directory");
            return false;
        }
        Found module = new Found(ModuleTree.moduleName(name), "");
        String shown = file.isAbsolute() ? name : Path.of("").toAbsolutePath() + "/" + name;
        return insert(module, Optional.of(new ModuleLocation(file, shown)), ModprobeReason.request(module, name));
    }

    private boolean insert(Found module, Optional<ModuleLocation> file, ModprobeReason reason)
            throws IOException, ModprobeRun.Stop {
        if (isLoaded(module.name())) {
            if (run.has(Flag.FIRST_TIME)) {
                run.say(Level.ERROR, "could not insert '" + module.name() + "': Module already in kernel");
                return false;
            }
            return true;
        }
        if ((run.has(Flag.USE_BLACKLIST) || !module.alias().isEmpty())
                && modprobe.config().isBlacklisted(module.name())) {
            return true;
        }
        ProbeList list = ProbeList.of(modprobe, module, run.has(Flag.IGNORE_COMMANDS), reason);
        list.missing().forEach(missing -> run.say(Level.ERROR, missing));
        if (list.refusal().isPresent()) {
            run.complain(list.refusal().get());
            return false;
        }
        list.skipped().forEach(skipped -> run.say(Level.WARNING, skipped));
        for (ProbeList.Entry entry : list.entries()) {
            boolean asked = entry.module().equals(module);
            Optional<String> fault = isLoaded(entry.module().name())
                    ? Optional.empty()
                    : insert(entry, asked ? run.request.parameters() : "", asked ? file : Optional.empty());
            if (fault.isPresent() && entry.required()) {
                run.say(Level.ERROR, "could not insert '" + module.name() + "': " + fault.get());
                return false;
            }
        }
        return true;
    }

    private Optional<ModuleLocation> location(ProbeList.Entry entry) throws IOException {
        return entry.path().isPresent()
                ? Optional.of(modprobe.locate(entry.path().get()))
                : modprobe.location(entry.module().name());
    }

    /** Whether there is nothing to be done. */
    private boolean isLoaded(String module) {
        return !run.has(Flag.SHOW_DEPENDS) && (modprobe.lookup().isBuiltin(module) || run.target.isLoaded(module));
    }

    /** Why a module could not be loaded. */
    private Optional<String> insert(ProbeList.Entry entry, String parameters, Optional<ModuleLocation> given)
            throws IOException {
        Found module = entry.module();
        String name = module.name();
        String all = modprobe.config()
                        .optionsOf(name, module.alias())
                        .map(options -> options + " ")
                        .orElse("")
                + parameters;
        Optional<String> install =
                entry.ignoreCommands() ? Optional.empty() : modprobe.config().installOf(name);
        ModprobeStep.Kind kind = ModprobeStep.Kind.INSMOD;
        Optional<ModuleLocation> file = given.isPresent() ? given : location(entry);
        if (install.isPresent()) {
            kind = ModprobeStep.Kind.INSTALL;
            file = Optional.empty();
        } else if (modprobe.lookup().isBuiltin(name)) {
            kind = ModprobeStep.Kind.BUILTIN;
            file = Optional.empty();
        } else if (file.isEmpty()) {
            // an alias of the configuration can stand for anything; kmod's plans pass over it
            return run.target.performs() ? Optional.of("Module " + name + " not found") : Optional.empty();
        }
        return run.perform(new ModprobeStep(kind, name, file, install, all, entry.required(), entry.reason()));
    }
}
