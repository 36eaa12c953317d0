package org.jkmod.bench;

import java.nio.file.Path;

/** Where things are: {@code bench/run} says it in system properties, which JMH hands on to the JVMs that it forks. */
final class Environment {
    private static final String PREFIX = "jkmod.bench.";

    private Environment() {}

    /** The folder for what is made before something is measured. */
    static Path data() {
        return Path.of(property("data"));
    }

    static Path lookupData() {
        return data().resolve("lookup-" + tree("x86_64").release());
    }

    /** The folder with the native programs. */
    static Path nativePrograms() {
        return Path.of(property("native"));
    }

    /** The checkout. */
    static Path checkout() {
        return Path.of(property("checkout"));
    }

    /** The tree of an architecture, its modules uncompressed; or one of those for kmod. */
    static KernelTree tree(String name) {
        String[] parts = property("tree." + name).split("\\|", 2);
        return new KernelTree(Path.of(parts[0]), parts[1]);
    }

    /** Whether there is such a tree. */
    static boolean hasTree(String name) {
        return System.getProperty(PREFIX + "tree." + name) != null;
    }

    /** The folders with kmods' commands, as in PATH. */
    static String kmods() {
        return property("kmods");
    }

    /** The commit that is measured, and whether there is more than it has. */
    static String commit() {
        return property("commit");
    }

    private static String property(String name) {
        String value = System.getProperty(PREFIX + name);
        if (value == null) {
            throw new IllegalStateException("-D" + PREFIX + name + " is missing: start it with bench/run");
        }
        return value;
    }
}
