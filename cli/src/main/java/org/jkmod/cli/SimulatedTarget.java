package org.jkmod.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jkmod.core.Architecture;
import org.jkmod.core.Errno;
import org.jkmod.core.KernelException;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.ModuleUse;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.ModprobeStep;
import org.jkmod.kmod.ModprobeTarget;
import org.jkmod.kmod.ModuleFile;
import org.jkmod.kmod.ModuleLocation;
import org.jkmod.kmod.RootProfile;
import org.jspecify.annotations.Nullable;

/**
 * Does what modprobe says to the simulated kernel. If none was booted, the first module that is loaded boots one: that of the modules'
 * root, or, where there is no Module.symvers, the one that comes with jkmod for the module's architecture.
 */
final class SimulatedTarget implements ModprobeTarget, AutoCloseable {
    private final Environment environment;
    private final StateDirectory state;
    private final Settings settings;
    private @Nullable SimulatedKernel kernel;

    /**
     * How things are done.
     *
     * @param root root file system of the modules
     * @param release of the kernel
     * @param allowCommands whether commands of the configuration are run
     * @param load what the kernel is told to ignore
     */
    record Settings(Path root, String release, boolean allowCommands, LoadOptions load) {}

    SimulatedTarget(Environment environment, StateDirectory state, Settings settings) throws IOException, Failure {
        this.environment = environment;
        this.state = state;
        this.settings = settings;
        this.kernel = SimulatedKernel.openToChange(state, environment.clock()).orElse(null);
    }

    /** A kernel as it is now, to which nothing is done. */
    static ModprobeTarget snapshot(Environment environment, StateDirectory state) throws IOException, Failure {
        Optional<SimulatedKernel> opened = SimulatedKernel.open(state, environment.clock());
        if (opened.isEmpty()) {
            return ModprobeTarget.EMPTY;
        }
        Settings settings = new Settings(Path.of("/"), "", false, LoadOptions.NONE);
        try (SimulatedTarget target = new SimulatedTarget(environment, state, settings, opened.get())) {
            return target.dryRun();
        }
    }

    private SimulatedTarget(Environment environment, StateDirectory state, Settings settings, SimulatedKernel kernel) {
        this.environment = environment;
        this.state = state;
        this.settings = settings;
        this.kernel = kernel;
    }

    private Optional<KernelModule> module(String name) {
        return Optional.ofNullable(kernel).flatMap(k -> k.kernel().module(name));
    }

    @Override
    public boolean isLoaded(String module) {
        return module(module).isPresent();
    }

    @Override
    public int references(String module) {
        return module(module).map(KernelModule::references).orElse(0);
    }

    @Override
    public List<String> holders(String module) {
        return module(module).map(KernelModule::users).stream()
                .flatMap(List::stream)
                .map(ModuleUse::source)
                .map(KernelModule::name)
                .toList();
    }

    @Override
    public Optional<String> perform(ModprobeStep step) throws IOException {
        return switch (step.kind()) {
            case BUILTIN -> Optional.empty();
            case INSMOD -> insmod(step.file().orElseThrow(), step.parameters().strip());
            case RMMOD -> rmmod(step.module());
            case INSTALL, REMOVE -> command(step);
        };
    }

    private Optional<String> insmod(ModuleLocation file, String parameters) throws IOException {
        LoadOptions options = new LoadOptions(
                parameters, settings.load().ignoreVermagic(), settings.load().ignoreModversions());
        try {
            byte[] bytes = ModuleFile.read(file.path());
            opened(bytes).insmod(String.valueOf(file.path().getFileName()), bytes, options);
            return Optional.empty();
        } catch (KernelException e) {
            return Optional.of(reason(e.errno()) + ": " + e.getMessage());
        } catch (MalformedInputException e) {
            return Optional.of(Errno.ENOEXEC.description() + ": " + e.getMessage());
        } catch (NoSuchFileException e) {
            return Optional.of(Failure.message(e));
        }
    }

    private Optional<String> rmmod(String module) throws IOException {
        if (kernel == null) {
            return Optional.of("Module " + module + " is not currently loaded");
        }
        try {
            kernel.rmmod(module);
            return Optional.empty();
        } catch (KernelException e) {
            return Optional.of(e.errno().description() + ": " + e.getMessage());
        }
    }

    /** What kmod's modprobe says of an error number: it has words of its own for some. */
    private static String reason(Errno errno) {
        return switch (errno) {
            case EEXIST -> "Module already in kernel";
            case ENOENT -> "Unknown symbol in module, or unknown parameter (see dmesg)";
            default -> errno.description();
        };
    }

    private SimulatedKernel opened(byte[] module) throws IOException {
        SimulatedKernel open = kernel;
        if (open == null) {
            try {
                open = SimulatedKernel.openOrBoot(state, environment.clock(), () -> profile(module));
            } catch (Failure e) {
                throw new IOException(e.getMessage(), e);
            }
            kernel = open;
        }
        return open;
    }

    private SimulatedKernel.SavedProfile profile(byte[] module) throws IOException, Failure {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            RootProfile.of(settings.root(), settings.release(), Optional.empty())
                    .save(bytes);
            return new SimulatedKernel.SavedProfile(settings.root().toString(), bytes.toByteArray());
        } catch (NoSuchFileException e) {
            int machine = KernelObject.parse(module, "module").elf().machine();
            Architecture architecture = Architecture.ofMachine(machine)
                    .orElseThrow(() -> new Failure("no architecture with e_machine " + machine));
            return BootCommand.embedded(architecture).get();
        }
    }

    private Optional<String> command(ModprobeStep step) throws IOException {
        String parameters = step.parameters().strip();
        String command = step.command().orElse("").replace("$CMDLINE_OPTS", parameters);
        if (!settings.allowCommands()) {
            return Optional.of("its " + (step.kind() == ModprobeStep.Kind.INSTALL ? "install" : "remove")
                    + " command is not run without --allow-commands: " + ByteStrings.text(command));
        }
        ProcessBuilder builder =
                new ProcessBuilder("/bin/sh", "-c", ByteStrings.text(command)).redirectErrorStream(true);
        builder.environment().put("MODPROBE_MODULE", step.module());
        environment.out().flush();
        Process process = builder.start();
        process.getOutputStream().close();
        process.getInputStream().transferTo(environment.out());
        try {
            int status = process.waitFor();
            return status == 0
                    ? Optional.empty()
                    : Optional.of("'" + ByteStrings.text(command) + "' ended with status " + status);
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        SimulatedKernel open = kernel;
        if (open != null) {
            open.close();
        }
    }
}
