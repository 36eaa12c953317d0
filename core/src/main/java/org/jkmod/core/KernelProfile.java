package org.jkmod.core;

import com.google.common.base.Splitter;
import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedSet;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.PrintableText;
import org.jkmod.symtab.AddressIndex;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of a kernel. What is not known is absent, never guessed. Immutable.
 *
 * <p>A profile is put together with a {@link Builder}, or read from a file that {@link #save} wrote (see {@code docs/profile.md} for
 * its form).
 */
public final class KernelProfile {
    private final KernelRelease release;
    private final Architecture architecture;
    private final Optional<String> vermagic;
    private final OptionalLong thisModuleSize;
    private final ModuleSymvers exports;
    private final Optional<Kallsyms> addresses;
    /** Made when first asked for: most profiles never are. */
    private final Supplier<Optional<AddressIndex>> addressIndex;

    private final ImmutableMap<String, String> config;
    private final Optional<TrustedKeys> trustedKeys;
    private final ImmutableSortedSet<String> sysfsModules;
    private final KernelConfiguration configuration;

    private KernelProfile(Builder builder, Architecture architecture) {
        this.release = builder.release;
        this.architecture = architecture;
        this.vermagic = Optional.ofNullable(builder.vermagic);
        this.thisModuleSize = builder.thisModuleSize;
        this.exports = builder.exports;
        this.addresses = Optional.ofNullable(builder.addresses);
        this.addressIndex = Suppliers.memoize(() -> addresses.map(Kallsyms::addressIndex));
        this.config = ImmutableMap.copyOf(builder.config);
        this.trustedKeys = Optional.ofNullable(builder.trustedKeys);
        this.sysfsModules = ImmutableSortedSet.copyOf(builder.sysfsModules);
        this.configuration = new KernelConfiguration(Generation.of(release), config);
    }

    /**
     * Begins a profile.
     *
     * @param release as {@code uname -r} prints it
     * @throws IllegalArgumentException if that is not a kernel's release
     */
    public static Builder builder(String release) {
        return new Builder(KernelRelease.parse(release));
    }

    /** Puts a profile together. */
    public static final class Builder {
        private static final ImmutableMap<String, String> VERMAGIC_WORDS =
                ImmutableMap.of("SMP", "SMP", "mod_unload", "MODULE_UNLOAD", "modversions", "MODVERSIONS");

        private final KernelRelease release;
        private @Nullable Architecture architecture;
        private @Nullable String vermagic;
        private OptionalLong thisModuleSize = OptionalLong.empty();
        private ModuleSymvers exports = ModuleSymvers.parse(new byte[0], "no exports");
        private @Nullable Kallsyms addresses;
        private final Map<String, String> config = new HashMap<>();
        private @Nullable TrustedKeys trustedKeys;
        private final Set<String> sysfsModules = new HashSet<>();

        private Builder(KernelRelease release) {
            this.release = release;
        }

        /** The kernel's architecture; not needed if a module of it is given. */
        public Builder architecture(Architecture value) {
            architecture = value;
            return this;
        }

        /** What the kernel and its modules export: names, CRCs, namespaces, licences. */
        public Builder exports(ModuleSymvers value) {
            exports = value;
            return this;
        }

        /** Where the kernel's symbols live. */
        public Builder addresses(Kallsyms value) {
            addresses = value;
            return this;
        }

        /** The kernel's version magic. */
        public Builder vermagic(String value) {
            vermagic = value;
            return this;
        }

        /** Size of the kernel's {@code struct module} in bytes. */
        public Builder thisModuleSize(long value) {
            thisModuleSize = OptionalLong.of(value);
            return this;
        }

        /**
         * Learns what any module of the kernel shows: version magic, architecture, the size of {@code struct module}; and if it is signed,
         * that the kernel looks at signatures ({@code CONFIG_MODULE_SIG}), unless the configuration says otherwise.
         *
         * @throws IllegalArgumentException if no architecture on the class path knows such objects
         */
        public Builder vermagicOf(KernelObject module) {
            module.vermagic().ifPresent(this::vermagic);
            thisModuleSize(module.thisModuleSize());
            if (module.isSigned()) {
                config.putIfAbsent("MODULE_SIG", "y");
            }
            return architecture(module.architecture());
        }

        /**
         * A line of the kernel's configuration.
         *
         * @param symbol without {@code CONFIG_}, as {@code MODULE_SIG}
         * @param value {@code y}, {@code n}, {@code m} or a text
         */
        public Builder config(String symbol, String value) {
            config.put(symbol, value);
            return this;
        }

        /** The keys whose signatures the kernel trusts: all of them. */
        public Builder trustedKeys(TrustedKeys value) {
            trustedKeys = value;
            return this;
        }

        /**
         * A built-in module that has a folder in {@code /sys/module}, so that no other module can have its name. Not all of them have one:
         * only those with a version, with parameters that sysfs shows, or with drivers that say their module.
         *
         * @throws IllegalArgumentException if it is empty, or has a slash or a control character in it
         */
        public Builder sysfsModule(String name) {
            if (name.isEmpty() || name.chars().anyMatch(c -> c == '/' || Character.isISOControl(c))) {
                throw new IllegalArgumentException(
                        "'" + PrintableText.of(name) + "' is no name of a folder in /sys/module");
            }
            sysfsModules.add(name);
            return this;
        }

        /**
         * The profile.
         *
         * @throws IllegalStateException if the architecture is not known
         */
        public KernelProfile build() {
            Architecture found = architecture;
            if (found == null) {
                found = Architecture.all().stream()
                        .filter(a -> endsWith(release.text(), a))
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException(
                                "architecture of " + release + " unknown: give it, or a module of that kernel"));
            }
            learnFromVermagic();
            return new KernelProfile(this, found);
        }

        /** The version magic names what a kernel was built with (include/linux/vermagic.h). */
        private void learnFromVermagic() {
            String magic = vermagic;
            if (magic != null) {
                List<String> words = Splitter.on(' ').splitToList(magic);
                VERMAGIC_WORDS.forEach((word, symbol) -> config.putIfAbsent(symbol, words.contains(word) ? "y" : "n"));
            }
        }

        /** Distributions end a release with their name of the architecture: {@code -amd64}, {@code .x86_64}. */
        private static boolean endsWith(String release, Architecture architecture) {
            String last = release.substring(Math.max(release.lastIndexOf('-'), release.lastIndexOf('.')) + 1);
            return last.equals(architecture.name())
                    || architecture.facts().aliases().contains(last);
        }
    }

    /**
     * Reads a saved profile.
     *
     * @param file its name, for messages
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is none
     */
    public static KernelProfile read(InputStream in, String file) throws IOException {
        return ProfileFile.read(in, file);
    }

    /**
     * The profile that comes with an architecture's artifact: a current Debian kernel's names, CRCs and flags, without addresses.
     *
     * @throws IllegalArgumentException if that artifact brings none
     */
    public static KernelProfile embedded(Architecture architecture) {
        try (InputStream in = architecture
                .embeddedProfile()
                .orElseThrow(() -> new IllegalArgumentException("no profile comes with " + architecture.name()))) {
            return read(in, "embedded profile of " + architecture.name());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes the profile; equal profiles make equal bytes. */
    public void save(OutputStream out) throws IOException {
        ProfileFile.write(this, out);
    }

    /** The kernel's release. */
    public KernelRelease release() {
        return release;
    }

    /** The kernel's architecture. */
    public Architecture architecture() {
        return architecture;
    }

    /** What the kernel does differently from others. */
    public Generation generation() {
        return configuration.generation();
    }

    /** The version magic that modules must have. */
    public Optional<String> vermagic() {
        return vermagic;
    }

    /** Size of {@code struct module} in bytes. */
    public OptionalLong thisModuleSize() {
        return thisModuleSize;
    }

    /** The exports of the kernel ({@code vmlinux}) and of its modules. */
    public ModuleSymvers exports() {
        return exports;
    }

    /** Where the kernel's symbols live. */
    public Optional<Kallsyms> addresses() {
        return addresses;
    }

    /** The same by address; always the same index. */
    Optional<AddressIndex> addressIndex() {
        return addressIndex.get();
    }

    /**
     * The value of a symbol of the kernel's configuration.
     *
     * @param symbol without {@code CONFIG_}
     * @return {@code y}, {@code n}, {@code m}, a text; empty if unknown
     */
    public Optional<String> config(String symbol) {
        return Optional.ofNullable(config.get(symbol));
    }

    /** The keys whose signatures the kernel trusts; empty if unknown. */
    public Optional<TrustedKeys> trustedKeys() {
        return trustedKeys;
    }

    /** The built-in modules that are known to have a folder in {@code /sys/module}; of others it is not known. In the order of names. */
    public Set<String> sysfsModules() {
        return sysfsModules;
    }

    /** What the layout and the relocation of modules depend on. */
    public KernelConfiguration configuration() {
        return configuration;
    }

    ImmutableMap<String, String> config() {
        return config;
    }

    /** Whether the kernel compares symbol CRCs ({@code CONFIG_MODVERSIONS}). */
    public boolean hasModversions() {
        return config("MODVERSIONS").map("y"::equals).orElseGet(exports::hasCrcs);
    }

    /** Whether modules without a valid signature taint the kernel ({@code CONFIG_MODULE_SIG}); unknown counts as no. */
    public boolean checksSignatures() {
        return config("MODULE_SIG").map("y"::equals).orElse(false);
    }

    /** Whether a module may be loaded by force ({@code CONFIG_MODULE_FORCE_LOAD}); unknown counts as yes, as distributions have it. */
    boolean canForceLoad() {
        return isSet("MODULE_FORCE_LOAD");
    }

    /** Whether a symbol of the configuration is {@code y}, or not known. */
    boolean isSet(String symbol) {
        return config(symbol).map("y"::equals).orElse(true);
    }

    @Override
    public String toString() {
        return release + " (" + architecture.name() + ")";
    }
}
