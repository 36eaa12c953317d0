package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.DependencyGraph;
import org.jkmod.kmod.DependencyGraph.Dependency;
import org.jkmod.kmod.DependencyGraph.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jkmod depends}. */
@Command(
        name = "depends",
        mixinStandardHelpOptions = true,
        header = "Show what modules depend on, or what depends on them.",
        description = {
            "Prints the names of modules, a line each: what the named ones need, directly or not, in the order in which they are"
                    + " loaded; or, with --reverse, all that needs them, the nearest first.",
            "Dependencies come from modules.dep; --direct and --symbols read the modules themselves, as does a tree without"
                    + " modules.dep."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod depends btrfs",
            "  jkmod depends --reverse --direct libcrc32c",
            "  jkmod depends --symbols ext4 --root ./image",
            "  jkmod depends --soft --json nfsd | jq -r '.dependencies[].target'"
        })
final class DependsCommand implements Callable<Integer> {
    private final Environment environment;

    @Parameters(arity = "1..*", paramLabel = "NAME", description = NamedModules.HELP)
    private List<String> names = new ArrayList<>();

    @Option(
            names = {"-r", "--reverse"},
            description = "Show what needs the modules.")
    private boolean reverse;

    @Option(names = "--direct", description = "Only direct dependencies.")
    private boolean direct;

    @Option(names = "--soft", description = "Follow soft and weak dependencies, too.")
    private boolean soft;

    @Option(
            names = "--symbols",
            description =
                    "Print dependencies instead, a line each: MODULE, what kind of dependency it is (depends, pre, post, weak), the"
                            + " module that it needs, and the symbols that it uses of it.")
    private boolean symbols;

    @Option(
            names = "--json",
            description =
                    "Print an object: modules (names, as without --json, and where they are: file, builtin, nowhere) and"
                            + " dependencies between them and the named ones (source, target, kind, symbols).")
    private boolean json;

    @Mixin
    private GraphOptions options = new GraphOptions();

    DependsCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        NamedModules named = NamedModules.find(options, options.open(), names);
        DependencyGraph graph = named.graph();
        Set<Kind> kinds = soft ? Kind.ALL : EnumSet.of(Kind.DEPENDS);
        if (direct || symbols) {
            graph = graph.withSymbols(
                    direct && !reverse
                            ? named.names()
                            : graph.reachable(named.names(), kinds, reverse, Integer.MAX_VALUE));
        }
        Set<String> reached = graph.reachable(named.names(), kinds, reverse, direct ? 1 : Integer.MAX_VALUE);
        Set<String> shown = new LinkedHashSet<>(reached);
        if (!reverse) {
            shown = new LinkedHashSet<>(graph.loadOrder(named.names(), kinds));
            shown.retainAll(reached);
        }
        shown.removeAll(named.names());
        List<Dependency> edges = edges(graph, named.names(), reached, kinds);
        if (json) {
            print(graph, shown, edges);
        } else if (symbols) {
            edges.forEach(edge -> environment.out().println(line(edge)));
        } else {
            shown.forEach(module -> environment.out().println(PrintableText.of(module)));
        }
        return Main.OK;
    }

    private List<Dependency> edges(DependencyGraph graph, Set<String> asked, Set<String> reached, Set<Kind> kinds) {
        List<Dependency> edges = new ArrayList<>();
        for (String module : direct ? asked : reached) {
            edges.addAll(reverse ? graph.dependents(module, kinds) : graph.dependencies(module, kinds));
        }
        return edges;
    }

    private static String line(Dependency edge) {
        String line = edge.source() + " " + edge.kind().shown() + " " + edge.target();
        return PrintableText.of(edge.symbols().isEmpty() ? line : line + ": " + String.join(" ", edge.symbols()));
    }

    private void print(DependencyGraph graph, Set<String> modules, List<Dependency> edges) {
        Json.print(environment.out(), to -> {
            to.beginObject();
            to.name("modules").beginArray();
            for (String module : modules) {
                to.beginObject();
                to.name("name").value(module);
                writePlace(to, graph, module);
                to.endObject();
            }
            to.endArray();
            to.name("dependencies").beginArray();
            for (Dependency edge : edges) {
                write(to, edge);
            }
            to.endArray();
            to.endObject();
        });
    }

    private static void writePlace(JsonWriter to, DependencyGraph graph, String module) throws IOException {
        switch (graph.place(module)) {
            case FILE -> to.name("file").value(graph.file(module).orElseThrow().toString());
            case BUILTIN -> to.name("builtin").value(true);
            case NOWHERE -> to.name("nowhere").value(true);
        }
    }

    /** A dependency as an object. */
    static void write(JsonWriter to, Dependency edge) throws IOException {
        to.beginObject();
        to.name("source").value(edge.source());
        to.name("target").value(edge.target());
        to.name("kind").value(edge.kind().shown());
        if (edge.kind() == Kind.DEPENDS) {
            to.name("symbols").beginArray();
            for (String symbol : edge.symbols()) {
                to.value(symbol);
            }
            to.endArray();
        }
        to.endObject();
    }
}
