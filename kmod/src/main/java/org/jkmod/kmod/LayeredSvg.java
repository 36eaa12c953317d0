package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.DependencyGraph.Dependency;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.jkmod.kmod.DependencyGraph.Place;
import org.jkmod.kmod.GraphFormat.Drawing;

/**
 * Draws a graph in layers, as Sugiyama's method does in its simplest form: an edge that would close a cycle goes up, every other one goes
 * down; an edge over several layers bends in each, at a place of its own; layers are ordered by the mean place of the neighbours, a few
 * times down and up. All numbers are whole, so that every machine makes the same picture.
 */
final class LayeredSvg {
    /** More than anybody can see at once. */
    static final int MAX_MODULES = 1000;

    /** Places of modules and of bends. */
    private static final int MAX_PLACES = 50_000;

    private static final int PASSES = 4;
    private static final int CHARACTER = 8;
    private static final int HEIGHT = 24;
    private static final int LAYER = 72;
    private static final int GAP = 16;
    private static final int MARGIN = 16;

    /** A module, or where an edge bends. */
    private static final class Spot {
        final String module;
        final int layer;
        final int width;
        final List<Spot> above = new ArrayList<>(2);
        final List<Spot> below = new ArrayList<>(2);
        int place;
        int x;
        long mean;

        Spot(String module, int layer, int width) {
            this.module = module;
            this.layer = layer;
            this.width = width;
        }
    }

    private final Drawing drawing;
    private final Map<String, Integer> layers = new HashMap<>();
    private final Map<String, Spot> spots = new HashMap<>();
    private final List<List<Spot>> rows = new ArrayList<>();
    private final Map<Dependency, List<Spot>> ways = new HashMap<>();
    private int places;

    private LayeredSvg(Drawing drawing) {
        this.drawing = drawing;
    }

    static String text(Drawing drawing) {
        if (drawing.modules().size() > MAX_MODULES) {
            throw tooLarge(
                    drawing.modules().size() + " modules are more than a picture can show (" + MAX_MODULES + ")");
        }
        LayeredSvg svg = new LayeredSvg(drawing);
        svg.layer();
        svg.placeModules();
        svg.order();
        svg.spread();
        return svg.draw();
    }

    private static IllegalArgumentException tooLarge(String message) {
        return new IllegalArgumentException(message + ": show less of them, or choose dot");
    }

    /** A module is one layer below the lowest that needs it; edges that would close a cycle do not count. */
    private void layer() {
        Map<String, List<String>> below = new HashMap<>();
        for (Dependency edge : drawing.edges()) {
            below.computeIfAbsent(edge.source(), s -> new ArrayList<>()).add(edge.target());
        }
        List<String> order = new ArrayList<>();
        Set<String> visited = new HashSet<>();
        // the modules that it is about come first: what is above them is what needs them
        drawing.modules().stream()
                .sorted(Comparator.comparing((String m) -> !drawing.asked().contains(m)))
                .forEach(module -> finish(module, below, visited, order));
        Map<String, Integer> finished = new HashMap<>();
        for (int i = 0; i < order.size(); i++) {
            finished.put(order.get(i), i);
        }
        for (int i = order.size() - 1; i >= 0; i--) {
            String module = order.get(i);
            int layer = layers.computeIfAbsent(module, m -> 0);
            for (String target : below.getOrDefault(module, List.of())) {
                if (finished.getOrDefault(target, 0) < i) {
                    layers.merge(target, layer + 1, Math::max);
                }
            }
        }
    }

    /** Depth first, by recursion: there are not many modules. */
    private static void finish(
            String module, Map<String, List<String>> below, Set<String> visited, List<String> order) {
        if (visited.add(module)) {
            below.getOrDefault(module, List.of()).forEach(target -> finish(target, below, visited, order));
            order.add(module);
        }
    }

    private int layer(String module) {
        return layers.getOrDefault(module, 0);
    }

    private void placeModules() {
        for (String module : drawing.modules()) {
            String shown = PrintableText.of(module);
            spots.put(module, add(new Spot(module, layer(module), shown.length() * CHARACTER + 2 * GAP)));
        }
        for (Dependency edge : drawing.edges()) {
            if (edge.source().equals(edge.target())) {
                continue;
            }
            Spot from = spot(edge.source());
            Spot to = spot(edge.target());
            boolean down = from.layer <= to.layer;
            List<Spot> way = new ArrayList<>(List.of(down ? from : to));
            for (int layer = way.get(0).layer + 1; layer < (down ? to : from).layer; layer++) {
                way.add(add(new Spot("", layer, GAP)));
            }
            way.add(down ? to : from);
            for (int i = 1; i < way.size(); i++) {
                way.get(i - 1).below.add(way.get(i));
                way.get(i).above.add(way.get(i - 1));
            }
            ways.put(edge, way);
        }
    }

    private Spot spot(String module) {
        Spot spot = spots.get(module);
        if (spot == null) {
            throw new IllegalStateException(module);
        }
        return spot;
    }

    private Spot add(Spot spot) {
        if (++places > MAX_PLACES) {
            throw tooLarge("more than " + MAX_PLACES + " bends are more than a picture can show");
        }
        while (rows.size() <= spot.layer) {
            rows.add(new ArrayList<>());
        }
        spot.place = rows.get(spot.layer).size();
        rows.get(spot.layer).add(spot);
        return spot;
    }

    private void order() {
        for (int pass = 0; pass < PASSES; pass++) {
            boolean down = pass % 2 == 0;
            for (int i = 0; i < rows.size(); i++) {
                List<Spot> row = rows.get(down ? i : rows.size() - 1 - i);
                row.forEach(spot -> spot.mean = mean(spot, down ? spot.above : spot.below));
                row.sort(Comparator.comparingLong(spot -> spot.mean));
                for (int place = 0; place < row.size(); place++) {
                    row.get(place).place = place;
                }
            }
        }
    }

    /** In thousandths. */
    private static long mean(Spot spot, List<Spot> neighbours) {
        long sum = neighbours.stream().mapToLong(n -> n.place).sum();
        return neighbours.isEmpty() ? spot.place * 1000L : sum * 1000 / neighbours.size();
    }

    /** Every row in the middle of the picture. */
    private void spread() {
        for (List<Spot> row : rows) {
            int x = MARGIN + (width() - 2 * MARGIN - width(row)) / 2;
            for (Spot spot : row) {
                spot.x = x + spot.width / 2;
                x += spot.width + GAP;
            }
        }
    }

    private static int width(List<Spot> row) {
        return row.stream().mapToInt(spot -> spot.width + GAP).sum() - GAP;
    }

    private int width() {
        return 2 * MARGIN + rows.stream().mapToInt(LayeredSvg::width).max().orElse(0);
    }

    private static int y(Spot spot) {
        return MARGIN + spot.layer * LAYER;
    }

    private String draw() {
        int height = 2 * MARGIN + Math.max(0, rows.size() - 1) * LAYER + HEIGHT;
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%1$d\" height=\"%2$d\" viewBox=\"0 0 %1$d %2$d\" role=\"img\""
                        + " aria-labelledby=\"title desc\" font-family=\"monospace\" font-size=\"13\">\n",
                width(),
                height));
        svg.append("<title id=\"title\">Dependencies of ")
                .append(escaped(title()))
                .append("</title>\n<desc id=\"desc\">")
                .append(drawing.modules().size())
                .append(" modules, each above those that it needs; ")
                .append(drawing.edges().size())
                .append(
                        " dependencies. Dashed lines are soft or weak ones; dashed boxes are parts of the kernel, dotted ones are")
                .append(" not there.</desc>\n");
        svg.append(
                        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\"")
                .append(" orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n");
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        drawing.edges().forEach(edge -> line(edge, svg));
        drawing.modules().forEach(module -> box(spot(module), svg));
        return svg.append("</svg>\n").toString();
    }

    private String title() {
        List<String> asked = drawing.asked().stream().sorted().toList();
        return asked.isEmpty() || asked.size() > 5 ? drawing.modules().size() + " modules" : String.join(", ", asked);
    }

    private void line(Dependency edge, StringBuilder svg) {
        List<Spot> way = ways.get(edge);
        if (way == null) {
            return;
        }
        Spot first = way.get(0);
        Spot last = way.get(way.size() - 1);
        int start = y(first) + HEIGHT;
        svg.append("<path d=\"M").append(first.x).append(' ').append(start);
        int y = start;
        for (Spot spot : way.subList(1, way.size())) {
            int to = y(spot);
            int middle = (y + to) / 2;
            svg.append("C" + spotBefore(way, spot).x + " " + middle + " " + spot.x + " " + middle + " " + spot.x + " "
                    + to);
            y = to;
            if (spot != last) {
                y += HEIGHT;
                svg.append('V').append(y);
            }
        }
        boolean down = first.module.equals(edge.source());
        svg.append("\" fill=\"none\" stroke=\"#555\"")
                .append(edge.kind() == Kind.DEPENDS ? "" : " stroke-dasharray=\"5 3\"")
                .append(down ? " marker-end" : " marker-start")
                .append("=\"url(#arrow)\"><title>")
                .append(escaped(edge.source() + " " + edge.kind().shown() + " " + edge.target()))
                .append("</title></path>\n");
    }

    private static Spot spotBefore(List<Spot> way, Spot spot) {
        return way.get(way.indexOf(spot) - 1);
    }

    private void box(Spot spot, StringBuilder svg) {
        Place place = drawing.graph().place(spot.module);
        String dashes = switch (place) {
            case FILE -> "";
            case BUILTIN -> " stroke-dasharray=\"5 3\"";
            case NOWHERE -> " stroke-dasharray=\"1 3\"";
        };
        boolean asked = drawing.asked().contains(spot.module);
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\" fill=\"%s\" stroke=\"#333\"%s/>"
                        + "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                spot.x - spot.width / 2,
                y(spot),
                spot.width,
                HEIGHT,
                asked ? "#cfe3ff" : "#f4f4f4",
                dashes,
                spot.x,
                y(spot) + 16,
                escaped(spot.module)));
    }

    /** As XML has it, in which most control characters cannot be written at all. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        PrintableText.of(text).codePoints().forEach(c -> {
            switch (c) {
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '&' -> escaped.append("&amp;");
                case '"' -> escaped.append("&quot;");
                default -> {
                    boolean allowed = c < 0xd800 || (c > 0xdfff && c < 0xfffe) || c > 0xffff;
                    escaped.appendCodePoint(allowed ? c : '?');
                }
            }
        });
        return escaped.toString();
    }
}
