package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.DependencyGraph.Dependency;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.jkmod.kmod.DependencyGraph.Place;

/**
 * How a {@link DependencyGraph} is drawn. Nodes and edges come in the order of their names, so that equal graphs make equal text; whatever
 * a name has in it, it is a name in the drawing.
 */
public enum GraphFormat {
    /** Graphviz's language: {@code dot -Tsvg}. */
    DOT {
        @Override
        String text(Drawing drawing) {
            StringBuilder text = new StringBuilder("digraph modules {\n  rankdir=TB;\n  node [shape=box];\n");
            for (String module : drawing.modules()) {
                text.append("  ").append(quoted(module));
                switch (drawing.graph().place(module)) {
                    case FILE -> text.append(drawing.asked().contains(module) ? " [penwidth=2]" : "");
                    case BUILTIN -> text.append(" [style=dashed]");
                    case NOWHERE -> text.append(" [style=dotted]");
                }
                text.append(";\n");
            }
            for (Dependency edge : drawing.edges()) {
                text.append("  ").append(quoted(edge.source())).append(" -> ").append(quoted(edge.target()));
                if (edge.kind() != Kind.DEPENDS) {
                    text.append(" [style=dashed, label=")
                            .append(edge.kind().shown())
                            .append(']');
                }
                text.append(";\n");
            }
            return text.append("}\n").toString();
        }

        private String quoted(String name) {
            return '"' + PrintableText.of(name).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        }
    },
    /** Mermaid's flowcharts, as Markdown files may have them. */
    MERMAID {
        @Override
        String text(Drawing drawing) {
            List<String> modules = drawing.modules();
            Map<String, Integer> numbers =
                    IntStream.range(0, modules.size()).boxed().collect(Collectors.toMap(modules::get, i -> i));
            StringBuilder text = new StringBuilder("flowchart TD\n");
            for (int i = 0; i < modules.size(); i++) {
                boolean file = drawing.graph().place(modules.get(i)) == Place.FILE;
                text.append("  n").append(i).append(file ? "[\"" : "([\"");
                text.append(encoded(modules.get(i))).append(file ? "\"]\n" : "\"])\n");
            }
            for (Dependency edge : drawing.edges()) {
                text.append("  n").append(numbers.get(edge.source()));
                text.append(
                        edge.kind() == Kind.DEPENDS
                                ? " --> "
                                : " -.->|" + edge.kind().shown() + "| ");
                text.append('n').append(numbers.get(edge.target())).append('\n');
            }
            return text.toString();
        }

        /** All that may mean something to Mermaid, or to the browser, as a number. */
        private String encoded(String name) {
            StringBuilder text = new StringBuilder();
            PrintableText.of(name).codePoints().forEach(c -> {
                if ((c < 0x80 && Character.isLetterOrDigit(c)) || c == '_') {
                    text.appendCodePoint(c);
                } else {
                    text.append('#').append(c).append(';');
                }
            });
            return text.toString();
        }
    },
    /** A picture: modules in layers, each above those that it needs. Up to {@value LayeredSvg#MAX_MODULES} modules. */
    SVG {
        @Override
        String text(Drawing drawing) {
            return LayeredSvg.text(drawing);
        }
    };

    /**
     * What is drawn.
     *
     * @param asked the modules that it is about
     * @param modules all modules, in the order of their names
     * @param edges those between them, in the order of the names of their ends
     */
    record Drawing(DependencyGraph graph, Set<String> asked, List<String> modules, List<Dependency> edges) {}

    abstract String text(Drawing drawing);

    /**
     * Draws a part of a graph.
     *
     * @param asked the modules that it is about: they stand out
     * @param modules all modules that are drawn
     * @param kinds which edges between them are
     * @throws IllegalArgumentException if there are too many of them for the form
     */
    public String draw(DependencyGraph graph, Collection<String> asked, Collection<String> modules, Set<Kind> kinds) {
        Set<String> shown = new TreeSet<>(modules);
        shown.addAll(asked);
        List<Dependency> edges = shown.stream()
                .flatMap(module -> graph.dependencies(module, kinds).stream())
                .filter(edge -> shown.contains(edge.target()))
                .toList();
        return text(new Drawing(graph, Set.copyOf(asked), ImmutableList.copyOf(shown), edges));
    }
}
