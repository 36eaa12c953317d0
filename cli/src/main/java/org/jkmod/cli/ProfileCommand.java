package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelProfile;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.ProfileSources;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jkmod profile}. */
@Command(
        name = "profile",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Write a kernel's profile to a file, for check, replay and boot.",
        description = {
            "Each source adds what it knows; what none knows is unknown, and a verdict that depends on it says so."
                    + " A file that is named goes before the one that a root has.",
            "The release need not be given if a module, an image, or a root with but one kernel tells it."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod profile --root / --release \"$(uname -r)\" -o here.profile",
            "  jkmod profile --symvers Module.symvers --module any.ko -o foreign.profile"
        })
final class ProfileCommand implements Callable<Integer> {
    private final Environment environment;

    @Option(names = "--release", paramLabel = "REL", description = "The kernel's release, as uname -r prints it.")
    private @Nullable String release;

    @Option(
            names = "--arch",
            paramLabel = "ARCH",
            description =
                    "Its architecture, as uname -m prints it, if neither a module nor the end of the release tells.")
    private @Nullable String architecture;

    @Option(
            names = "--root",
            paramLabel = "DIR",
            description = "A root file system with lib/modules/REL, and with its Module.symvers, configuration,"
                    + " System.map and image in the usual places.")
    private @Nullable Path root;

    @Option(names = "--symvers", paramLabel = "FILE", description = "Module.symvers: what the kernel exports.")
    private @Nullable Path symvers;

    @Option(
            names = "--kallsyms",
            paramLabel = "FILE",
            description = "/proc/kallsyms of the running kernel, read by root: addresses.")
    private @Nullable Path kallsyms;

    @Option(
            names = "--module",
            paramLabel = "ANY.ko",
            description = "Any module of the kernel: release, architecture, version magic, size of struct module.")
    private @Nullable Path module;

    @Option(
            names = "--image",
            paramLabel = "FILE",
            description = "vmlinuz: release, and the certificates that the kernel trusts.")
    private @Nullable Path image;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The kernel's configuration: .config, config-REL, config.gz.")
    private @Nullable Path config;

    @Option(
            names = "--sysfs",
            paramLabel = "DIR",
            description = "/sys of the running kernel, or a copy: names that built-in modules have taken.")
    private @Nullable Path sysfs;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "Where to write it to.")
    private Path output = Path.of("");

    @Option(
            names = {"-v", "--verbose"},
            description = "Say on standard error what the profile knows, and what not.")
    private boolean verbose;

    @Option(
            names = "--json",
            description =
                    "Print that as an object: release, architecture, vermagic, thisModuleSize, config (an object),"
                            + " exports, addresses, trustedKeys (how many; null: unknown), sysfsModules (names), unknown (an array).")
    private boolean json;

    ProfileCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        KernelProfile profile = new ProfileSources()
                .release(release)
                .architecture(architecture == null ? null : BootCommand.named(architecture))
                .root(root)
                .symvers(symvers)
                .kallsyms(kallsyms)
                .config(config)
                .module(module)
                .image(image)
                .sysfs(sysfs)
                .read();
        OutputFile.write(output, profile::save);
        if (verbose) {
            environment.err().println("jkmod profile: " + PrintableText.of(summary(profile)));
        }
        if (json) {
            Json.print(environment.out(), to -> write(to, profile));
        }
        return Main.OK;
    }

    private static String summary(KernelProfile profile) {
        List<String> known = new ArrayList<>();
        known.add(profile.exports().size() + " exports");
        profile.addresses().ifPresent(a -> known.add(a.size() + " addresses"));
        profile.trustedKeys().ifPresent(k -> known.add(k.certificates().size() + " trusted keys"));
        known.add(ProfileSources.known(profile).size() + " values of the configuration");
        profile.vermagic().ifPresent(magic -> known.add("vermagic '" + magic + "'"));
        profile.thisModuleSize().ifPresent(size -> known.add("struct module of " + size + " bytes"));
        if (!profile.sysfsModules().isEmpty()) {
            known.add(profile.sysfsModules().size() + " built-in modules in sysfs");
        }
        List<String> unknown = ProfileSources.unknown(profile);
        return profile + ": " + String.join(", ", known) + "; unknown: "
                + (unknown.isEmpty() ? "nothing" : String.join(", ", unknown));
    }

    private static void write(JsonWriter to, KernelProfile profile) throws IOException {
        to.beginObject();
        to.name("release").value(profile.release().text());
        to.name("architecture").value(profile.architecture().name());
        to.name("vermagic").value(profile.vermagic().orElse(null));
        to.name("thisModuleSize");
        if (profile.thisModuleSize().isPresent()) {
            to.value(profile.thisModuleSize().getAsLong());
        } else {
            to.nullValue();
        }
        to.name("config").beginObject();
        for (var symbol : ProfileSources.known(profile).entrySet()) {
            to.name(symbol.getKey()).value(symbol.getValue());
        }
        to.endObject();
        to.name("exports")
                .value(profile.exports().size() == 0 ? null : profile.exports().size());
        to.name("addresses").value(profile.addresses().map(a -> a.size()).orElse(null));
        to.name("trustedKeys")
                .value(profile.trustedKeys().map(k -> k.certificates().size()).orElse(null));
        to.name("sysfsModules").beginArray();
        for (String name : profile.sysfsModules()) {
            to.value(name);
        }
        to.endArray();
        to.name("unknown").beginArray();
        for (String fact : ProfileSources.unknown(profile)) {
            to.value(fact);
        }
        to.endArray();
        to.endObject();
    }
}
