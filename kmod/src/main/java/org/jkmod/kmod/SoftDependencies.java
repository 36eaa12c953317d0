package org.jkmod.kmod;

import java.util.List;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.jspecify.annotations.Nullable;

/** Adds what {@code softdep} and {@code weakdep} name to a graph: each name may be a module's, or an alias of several. */
final class SoftDependencies {
    private final DependencyGraph known;
    private int count;

    /** Names mean what they mean in a graph. */
    SoftDependencies(DependencyGraph known) {
        this.known = known;
    }

    /** Adds {@code pre: NAME... post: NAME...}; kmod passes over names that neither of the two words goes before. */
    void addSoft(String module, String value, DependencyGraph.Builder to) {
        @Nullable Kind kind = null;
        for (String word : DependencyReader.words(value)) {
            if (word.equals("pre:")) {
                kind = Kind.SOFTDEP_PRE;
            } else if (word.equals("post:")) {
                kind = Kind.SOFTDEP_POST;
            } else if (kind != null) {
                add(module, word, kind, to);
            }
        }
    }

    /** Adds {@code NAME...}. */
    void addWeak(String module, String value, DependencyGraph.Builder to) {
        DependencyReader.words(value).forEach(word -> add(module, word, Kind.WEAKDEP, to));
    }

    /** Adds one name. */
    void add(String module, String name, Kind kind, DependencyGraph.Builder to) {
        List<String> found = known.findAll(name);
        for (String target : found.isEmpty() ? List.of(AliasPattern.underscores(name)) : found) {
            if (++count > DependencyGraph.MAX_DEPENDENCIES) {
                throw new MalformedInputException(
                        module,
                        "soft dependencies",
                        0,
                        "more than " + DependencyGraph.MAX_DEPENDENCIES,
                        "those of a kernel's modules");
            }
            to.dependency(module, target, kind);
        }
    }
}
