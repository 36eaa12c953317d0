package org.jkmod.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * A module that is broken in one way, or a sound one that is loaded in a wrong way, and how a kernel is asked what it says to that.
 * Operations are {@link org.jkmod.kmod.Scenario}'s; in them {@code FILE} stands for the variant's own file, {@code orig.MODULE.ko} for a
 * module as it is in the tree, and {@code VARIANT.ko} for another one's file.
 *
 * @param name the group, a dash, and what it is
 * @param breaks what is broken, in words
 * @param base the module that it is made of
 * @param loaded its name once it is loaded
 * @param signed whether the signature stays on
 * @param change how it is made; none: as it is in the tree
 * @param before operations that come first
 * @param operation the one in question
 * @param where the kernels that it is for
 * @param boot how these are booted
 */
record Variant(
        String name,
        String breaks,
        String base,
        String loaded,
        boolean signed,
        Change change,
        List<String> before,
        String operation,
        Predicate<TargetKernel> where,
        Boot boot) {
    /** How a kernel is booted. */
    enum Boot {
        /** As it comes. */
        PLAIN("", ""),
        /** As it comes; what it gets may kill it. */
        WILD("", ""),
        /** Only signed modules are loaded, and one not at all. */
        ENFORCING("module.sig_enforce=1 module_blacklist=nls_cp855,no_such", ""),
        /** The kernel is locked against root, too; only once init has mapped the memory that it shares, for that is forbidden then. */
        LOCKED("", "write /sys/kernel/security/lockdown integrity");

        private final String commandLine;
        private final String init;

        Boot(String commandLine, String init) {
            this.commandLine = commandLine;
            this.init = init;
        }

        /** What the kernel is booted with, beyond what all are. */
        String commandLine() {
            return commandLine;
        }

        /** What the simulated kernel is booted with. */
        String simulated() {
            return this == LOCKED ? "lockdown=integrity" : commandLine;
        }

        /** What init does first; empty for nothing. */
        String init() {
            return init;
        }
    }

    /** A module of character tables: no parameters, no exports, no other modules, nothing printed. */
    static final String PLAIN = "nls_iso8859_7";

    /** Copies the list. */
    Variant {
        before = List.copyOf(before);
    }

    /** A variant of the plain module: unsigned, loaded without flags or parameters. */
    static Variant of(String name, String breaks, Change change) {
        return new Variant(
                name, breaks, PLAIN, PLAIN, false, change, List.of(), "load FILE 0 ", target -> true, Boot.PLAIN);
    }

    /** A module as it is in the tree, with its signature. */
    static Variant sound(String name, String breaks, String base) {
        return of(name, breaks, Change.none()).from(base).withSignature();
    }

    /** Made of another module. */
    Variant from(String module) {
        return new Variant(name, breaks, module, module, signed, change, before, operation, where, boot);
    }

    /** Goes by another name once it is loaded. */
    Variant named(String module) {
        return new Variant(name, breaks, base, module, signed, change, before, operation, where, boot);
    }

    /** Made of the module with its signature. */
    Variant withSignature() {
        return new Variant(name, breaks, base, loaded, true, change, before, operation, where, boot);
    }

    /** Loaded with flags: 1 ignores modversions, 2 vermagic; 4: the file is compressed. */
    Variant flags(int flags) {
        return by("load FILE " + flags + " ");
    }

    /** Loaded with parameters. */
    Variant arguments(String arguments) {
        return by("load FILE 0 " + arguments);
    }

    /** Asked by another operation. */
    Variant by(String other) {
        return new Variant(name, breaks, base, loaded, signed, change, before, other, where, boot);
    }

    /** After other operations. */
    Variant after(String... operations) {
        return new Variant(name, breaks, base, loaded, signed, change, List.of(operations), operation, where, boot);
    }

    /** After modules of the tree are loaded. */
    Variant afterModules(String... modules) {
        List<String> loads = new ArrayList<>();
        for (String module : modules) {
            loads.add("load orig." + module + ".ko 0 ");
        }
        return after(loads.toArray(String[]::new));
    }

    /** Only for some kernels. */
    Variant where(Predicate<TargetKernel> kernels) {
        return new Variant(name, breaks, base, loaded, signed, change, before, operation, where.and(kernels), boot);
    }

    /** In another boot; if it is in the plain one as well, under another name. */
    Variant in(Boot other) {
        boolean again = other == Boot.ENFORCING || other == Boot.LOCKED;
        String suffix = again ? "-" + other.name().toLowerCase(Locale.ROOT) : "";
        return new Variant(name + suffix, breaks, base, loaded, signed, change, before, operation, where, other);
    }

    /** The name's first word. */
    String group() {
        return name.substring(0, name.indexOf('-'));
    }

    /** The name of its file. */
    String file() {
        return name + ".ko";
    }
}
