package org.jkmod.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jkmod.kmod.DependencyGraph;
import org.jkmod.kmod.ModuleTree;

/**
 * What a command's NAMEs mean.
 *
 * @param graph of the tree, with the modules whose files were named
 * @param names of the modules
 */
record NamedModules(DependencyGraph graph, Set<String> names) {
    /** What NAME means, for the help. */
    static final String HELP =
            "A module's name, an alias (also a modalias), or the path of a module's file: with / or ./ before it.";

    /** Finds them; names without modules are failures. */
    static NamedModules find(GraphOptions options, ModuleTree tree, List<String> wanted) throws IOException, Failure {
        DependencyGraph graph = options.graph(tree);
        Set<String> names = new LinkedHashSet<>();
        for (String name : wanted) {
            if (name.startsWith("/") || name.startsWith("./") || name.startsWith("../")) {
                Path file = Path.of(name);
                graph = graph.withFile(file);
                names.add(ModuleTree.moduleName(String.valueOf(file.getFileName())));
            } else {
                List<String> found = graph.find(name);
                if (found.isEmpty()) {
                    throw new Failure("module " + name + " not found in " + tree.folder());
                }
                names.addAll(found);
            }
        }
        return new NamedModules(graph, names);
    }
}
