package org.jkmod.core;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** The architectures that were found, once, in the order of their names. */
final class Architectures {
    static final List<Architecture> ALL =
            ServiceLoader.load(Architecture.class, Architecture.class.getClassLoader()).stream()
                    .map(ServiceLoader.Provider::get)
                    .sorted(Comparator.comparing(Architecture::name))
                    .toList();

    private Architectures() {}
}
