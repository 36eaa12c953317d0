package org.jkmod.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.cli.SimulatedKernel.ProfileSource;
import org.jkmod.cli.SimulatedKernel.SavedProfile;
import org.jkmod.core.Architecture;
import org.jkmod.core.KernelProfile;
import org.jkmod.kmod.RootProfile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jkmod boot}. */
@Command(
        name = "boot",
        mixinStandardHelpOptions = true,
        header = "Boot the simulated kernel, with no modules in it.",
        description = {
            "The kernel that was there before is gone. Prints what was booted.",
            "Without --root and --profile, it is the kernel whose profile comes with jkmod."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod boot",
            "  jkmod boot --root / --release 6.12.107+deb13-amd64",
            "  jkmod boot --profile saved.profile --state /tmp/kernel"
        })
final class BootCommand implements Callable<Integer> {
    private final Environment environment;

    @ArgGroup
    private @Nullable Source source;

    @Option(
            names = "--json",
            description =
                    "Print an object: release, architecture, exports (how many symbols the kernel and its modules export).")
    private boolean json;

    @Mixin
    private StateOption state = new StateOption();

    BootCommand(Environment environment) {
        this.environment = environment;
    }

    /** Where the kernel comes from: one of these. */
    static final class Source {
        @ArgGroup(exclusive = false)
        private @Nullable Installed installed;

        @Option(
                names = "--profile",
                paramLabel = "FILE",
                description = "A saved profile, such as the file `profile' of another state folder.")
        private @Nullable Path profile;

        @Option(
                names = "--arch",
                paramLabel = "ARCH",
                description =
                        "The profile that comes with jkmod for this architecture (x86_64). Default: this machine's.")
        private @Nullable String architecture;
    }

    /** A kernel that is installed somewhere. */
    static final class Installed {
        @Option(
                names = "--root",
                required = true,
                paramLabel = "DIR",
                description = "Root file system with a kernel's modules, Module.symvers and configuration.")
        private Path root = Path.of("/");

        @Option(names = "--release", required = true, paramLabel = "REL", description = "Which kernel of it.")
        private String release = "";
    }

    @Override
    public Integer call() throws IOException, Failure {
        try (SimulatedKernel kernel = SimulatedKernel.boot(state.in(environment), environment.clock(), profile())) {
            KernelProfile profile = kernel.kernel().profile();
            if (json) {
                Json.print(environment.out(), to -> {
                    to.beginObject();
                    to.name("release").value(profile.release().text());
                    to.name("architecture").value(profile.architecture().name());
                    to.name("exports").value(profile.exports().size());
                    to.endObject();
                });
            } else {
                environment.out().println(profile + ": " + profile.exports().size() + " exported symbols");
            }
        }
        return Main.OK;
    }

    private SavedProfile profile() throws IOException, Failure {
        Source from = source == null ? new Source() : source;
        if (from.installed != null) {
            return ofRoot(from.installed);
        } else if (from.profile != null) {
            return SavedProfile.of(from.profile);
        }
        return embedded(from.architecture == null ? usual() : named(from.architecture))
                .get();
    }

    /** The architecture of a name. */
    static Architecture named(String name) throws Failure {
        return Architecture.named(name)
                .orElseThrow(() -> new Failure("no architecture '" + name + "': jkmod knows "
                        + String.join(
                                ", ",
                                Architecture.all().stream()
                                        .map(Architecture::name)
                                        .toList())));
    }

    /** This machine's architecture, or, if no profile comes with it, the first that has one. */
    private static Architecture usual() throws Failure {
        String machine = System.getProperty("os.arch", "");
        List<Architecture> candidates = new ArrayList<>(Architecture.all());
        Architecture.named(machine).ifPresent(own -> candidates.add(0, own));
        for (Architecture candidate : candidates) {
            try (InputStream in = candidate.embeddedProfile().orElse(null)) {
                if (in != null) {
                    return candidate;
                }
            } catch (IOException e) {
                throw new Failure(Failure.message(e), e);
            }
        }
        return named(machine);
    }

    private static SavedProfile ofRoot(Installed installed) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        RootProfile.of(installed.root, installed.release, Optional.empty()).save(bytes);
        return new SavedProfile(installed.root.toString(), bytes.toByteArray());
    }

    /** The profile that comes with an architecture. */
    static ProfileSource embedded(Architecture architecture) {
        return () -> {
            try (InputStream in = architecture
                    .embeddedProfile()
                    .orElseThrow(() -> new Failure("no kernel profile comes with " + architecture.name()
                            + ": make one with jkmod boot --root DIR --release REL"))) {
                return new SavedProfile("profile of " + architecture.name(), in.readAllBytes());
            }
        };
    }
}
