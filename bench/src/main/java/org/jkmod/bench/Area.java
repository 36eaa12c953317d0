package org.jkmod.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** What can be measured by itself. */
enum Area {
    /** Lookups, and the memory of what is looked up in. */
    LOOKUP(LookupMeasurements::new),
    /** A whole tree. */
    TREE(TreeMeasurements::new),
    /** Relocations. */
    RELOCATION(RelocationMeasurements::new),
    /** Commands beside kmod's. */
    KMOD(KmodMeasurements::new),
    /** Commands that are over soon. */
    STARTUP(StartupMeasurements::new);

    private interface Factory {
        Measurements make() throws IOException;
    }

    private final Factory factory;

    Area(Factory factory) {
        this.factory = factory;
    }

    Measurements measurements() throws IOException {
        return factory.make();
    }

    /** Its file among results. */
    Path file(Path results) {
        return results.resolve(this + ".json");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
