package org.jkmod.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelException;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.ModuleTree;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jkmod rmmod}. */
@Command(
        name = "rmmod",
        mixinStandardHelpOptions = true,
        header = "Unload modules from the simulated kernel.",
        description = "Says nothing of modules that are unloaded, and a line of each that is not.",
        footerHeading = "%nExamples:%n",
        footer = {"  jkmod rmmod jkmod_stat jkmod_echo", "  jkmod rmmod ./jkmod-ring.ko"})
final class RmmodCommand implements Callable<Integer> {
    private final Environment environment;

    @Parameters(
            arity = "1..*",
            paramLabel = "NAME",
            description = "A module's name, spelled with '_' or '-', or the name of its file.")
    private List<String> names = new ArrayList<>();

    @Mixin
    private StateOption state = new StateOption();

    RmmodCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        Optional<SimulatedKernel> opened = SimulatedKernel.openToChange(state.in(environment), environment.clock());
        if (opened.isEmpty()) {
            names.forEach(name -> complain("Module " + ModuleTree.moduleName(name) + " is not currently loaded"));
            return Main.FAILED;
        }
        int status = Main.OK;
        try (SimulatedKernel kernel = opened.get()) {
            for (String name : names) {
                try {
                    kernel.rmmod(ModuleTree.moduleName(name));
                } catch (KernelException e) {
                    complain(String.valueOf(e.getMessage()));
                    status = Main.FAILED;
                }
            }
        }
        return status;
    }

    private void complain(String message) {
        environment.err().println("jkmod rmmod: " + PrintableText.of(message));
    }
}
