package org.jkmod.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jkmod.kmod.DependencyGraph;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.jkmod.kmod.GraphFormat;
import org.jkmod.kmod.ModuleTree;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod graph}. */
@Command(
        name = "graph",
        mixinStandardHelpOptions = true,
        header = "Draw what modules depend on, or what depends on them.",
        description = "The same modules always make the same text. svg needs no other program.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod graph btrfs --format svg > btrfs.svg",
            "  jkmod graph --reverse --depth 2 libcrc32c --format mermaid",
            "  jkmod graph --all --format dot | sfdp -Tsvg > all.svg"
        })
final class GraphCommand implements Callable<Integer> {
    private final Environment environment;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli's
    private CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = NamedModules.HELP)
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "dot (for Graphviz), mermaid (for Markdown) or svg (a picture). Default: dot.")
    private GraphFormat format = GraphFormat.DOT;

    @Option(
            names = {"-r", "--reverse"},
            description = "Draw what needs the modules.")
    private boolean reverse;

    @Option(names = "--depth", paramLabel = "N", description = "Go no further than N dependencies from the modules.")
    private int depth = Integer.MAX_VALUE;

    @Option(names = "--all", description = "Draw all modules of the tree.")
    private boolean all;

    @Option(names = "--no-soft", description = "Leave soft and weak dependencies out.")
    private boolean noSoft;

    @Option(
            names = "--json",
            description = "Print an object: modules (names) and dependencies (source, target, kind, symbols).")
    private boolean json;

    @Mixin
    private GraphOptions options = new GraphOptions();

    GraphCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        if (all == !names.isEmpty()) {
            throw new ParameterException(spec.commandLine(), all ? "--all takes no NAME" : "no NAME given");
        }
        if (depth < 0) {
            throw new ParameterException(spec.commandLine(), "--depth is below 0");
        }
        ModuleTree modules = options.open();
        NamedModules named = NamedModules.find(options, modules, names);
        Set<Kind> kinds = noSoft ? EnumSet.of(Kind.DEPENDS) : Kind.ALL;
        DependencyGraph graph = named.graph();
        if (!all) {
            // modules.dep does not say which of its dependencies are direct ones
            graph = graph.withSymbols(graph.reachable(named.names(), kinds, reverse, Integer.MAX_VALUE));
        }
        Set<String> shown = all ? graph.modules() : graph.reachable(named.names(), kinds, reverse, depth);
        if (json) {
            print(graph, shown, kinds);
            return Main.OK;
        }
        try {
            environment.out().print(format.draw(graph, named.names(), shown, kinds));
        } catch (IllegalArgumentException e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
        return Main.OK;
    }

    private void print(DependencyGraph graph, Set<String> modules, Set<Kind> kinds) {
        Json.print(environment.out(), to -> {
            to.beginObject();
            to.name("modules").beginArray();
            for (String module : modules.stream().sorted().toList()) {
                to.value(module);
            }
            to.endArray();
            to.name("dependencies").beginArray();
            for (String module : modules.stream().sorted().toList()) {
                for (DependencyGraph.Dependency edge : graph.dependencies(module, kinds)) {
                    if (modules.contains(edge.target())) {
                        DependsCommand.write(to, edge);
                    }
                }
            }
            to.endArray();
            to.endObject();
        });
    }
}
