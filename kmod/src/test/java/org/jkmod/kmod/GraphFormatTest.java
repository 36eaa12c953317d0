package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** The texts for Graphviz were read by dot 2.43, the flowcharts are in the form of Mermaid's manual, and pictures are XML. */
class GraphFormatTest {
    private static final String HOSTILE = "a\"b\\<&>`]#;\n\u001b\ufffe|";

    private static DependencyGraph graph() {
        return DependencyGraph.builder()
                .module("btrfs", Path.of("btrfs.ko"))
                .module("xor", Path.of("xor.ko"))
                .builtin("zlib")
                .dependency("btrfs", "xor", Kind.DEPENDS, List.of("xor_blocks"))
                .dependency("btrfs", "zlib", Kind.SOFTDEP_PRE)
                .dependency("btrfs", "crc", Kind.WEAKDEP)
                .dependency("xor", "btrfs", Kind.SOFTDEP_POST)
                .build();
    }

    private static String draw(GraphFormat format) {
        return format.draw(graph(), List.of("btrfs"), graph().nodes(), Kind.ALL);
    }

    @Test
    void dot_ofAGraph_isGraphvizsLanguage() {
        assertThat(draw(GraphFormat.DOT)).isEqualTo("""
                digraph modules {
                  rankdir=TB;
                  node [shape=box];
                  "btrfs" [penwidth=2];
                  "crc" [style=dotted];
                  "xor";
                  "zlib" [style=dashed];
                  "btrfs" -> "xor";
                  "btrfs" -> "zlib" [style=dashed, label=pre];
                  "btrfs" -> "crc" [style=dashed, label=weak];
                  "xor" -> "btrfs" [style=dashed, label=post];
                }
                """);
    }

    @Test
    void mermaid_ofAGraph_isAFlowchart() {
        assertThat(draw(GraphFormat.MERMAID)).isEqualTo("""
                flowchart TD
                  n0["btrfs"]
                  n1(["crc"])
                  n2["xor"]
                  n3(["zlib"])
                  n0 --> n2
                  n0 -.->|pre| n3
                  n0 -.->|weak| n1
                  n2 -.->|post| n0
                """);
    }

    @Test
    void svg_ofAGraph_isAPictureThatSaysWhatItShows() throws Exception {
        Document svg = parse(draw(GraphFormat.SVG));
        assertThat(svg.getDocumentElement().getAttribute("role")).isEqualTo("img");
        assertThat(svg.getDocumentElement().getAttribute("aria-labelledby")).isEqualTo("title desc");
        assertThat(texts(svg, "title"))
                .containsExactlyInAnyOrder(
                        "Dependencies of btrfs",
                        "btrfs depends xor",
                        "btrfs pre zlib",
                        "btrfs weak crc",
                        "xor post btrfs");
        assertThat(texts(svg, "text")).containsExactly("btrfs", "crc", "xor", "zlib");
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> texts(Document svg, String tag) {
        List<String> texts = new ArrayList<>();
        NodeList nodes = svg.getElementsByTagName(tag);
        for (int i = 0; i < nodes.getLength(); i++) {
            texts.add(nodes.item(i).getTextContent());
        }
        return texts;
    }

    @Test
    void draw_ofAHostileName_isANameInTheDrawing() throws Exception {
        DependencyGraph graph =
                DependencyGraph.builder().dependency(HOSTILE, "b", Kind.DEPENDS).build();
        List<String> asked = List.of(HOSTILE);
        assertThat(GraphFormat.DOT.draw(graph, asked, graph.nodes(), Kind.ALL))
                .contains("  \"a\\\"b\\\\<&>`]#;\\\\x0a\\\\x1b\ufffe|\" -> \"b\";\n");
        assertThat(GraphFormat.MERMAID.draw(graph, asked, graph.nodes(), Kind.ALL))
                .contains("  n0([\"a#34;b#92;#60;#38;#62;#96;#93;#35;#59;#92;x0a#92;x1b#65534;#124;\"])\n");
        assertThat(texts(parse(GraphFormat.SVG.draw(graph, asked, graph.nodes(), Kind.ALL)), "text"))
                .containsExactly("a\"b\\<&>`]#;\\x0a\\x1b?|", "b");
    }

    @ParameterizedTest
    @EnumSource(GraphFormat.class)
    void draw_ofTheSameInAnotherOrder_isTheSame(GraphFormat format) {
        DependencyGraph other = DependencyGraph.builder()
                .dependency("xor", "btrfs", Kind.SOFTDEP_POST)
                .dependency("btrfs", "crc", Kind.WEAKDEP)
                .dependency("btrfs", "zlib", Kind.SOFTDEP_PRE)
                .dependency("btrfs", "xor", Kind.DEPENDS)
                .builtin("zlib")
                .module("xor", Path.of("xor.ko"))
                .module("btrfs", Path.of("btrfs.ko"))
                .build();
        assertThat(format.draw(other, List.of("btrfs"), other.nodes(), Kind.ALL))
                .isEqualTo(draw(format));
    }

    @ParameterizedTest
    @EnumSource(GraphFormat.class)
    void draw_ofNothing_isEmpty(GraphFormat format) {
        assertThat(format.draw(graph(), List.of(), List.of(), Kind.ALL))
                .doesNotContain("btrfs")
                .isNotEmpty();
    }

    @Test
    void draw_ofAPart_leavesOutEdgesToTheRest() {
        assertThat(GraphFormat.DOT.draw(graph(), List.of("xor"), Set.of("crc"), EnumSet.of(Kind.SOFTDEP_POST)))
                .contains("\"xor\"", "\"crc\"")
                .doesNotContain("btrfs", "->");
    }

    /** Boxes of one layer may not lie on each other, whatever the graph. */
    @Test
    void svg_ofRandomGraphs_hasNoBoxOnAnother() throws Exception {
        long seed = 20260602;
        Random random = new Random(seed);
        for (int round = 0; round < 100; round++) {
            DependencyGraph.Builder builder = DependencyGraph.builder();
            int modules = 1 + random.nextInt(20);
            for (int i = random.nextInt(60); i > 0; i--) {
                builder.dependency("m" + random.nextInt(modules), "m" + random.nextInt(modules), Kind.DEPENDS);
            }
            DependencyGraph graph = builder.build();
            Document svg = parse(GraphFormat.SVG.draw(graph, List.of("m0"), graph.nodes(), Kind.ALL));
            int width = Integer.parseInt(svg.getDocumentElement().getAttribute("width"));
            NodeList boxes = svg.getElementsByTagName("rect");
            TreeSet<String> taken = new TreeSet<>();
            for (int i = 1; i < boxes.getLength(); i++) {
                var box = boxes.item(i).getAttributes();
                int x = Integer.parseInt(box.getNamedItem("x").getNodeValue());
                int end = x + Integer.parseInt(box.getNamedItem("width").getNodeValue());
                assertThat(x).as("seed " + seed + " round " + round).isNotNegative();
                assertThat(end).isLessThanOrEqualTo(width);
                for (int at = x; at < end; at++) {
                    assertThat(taken.add(box.getNamedItem("y").getNodeValue() + " " + at))
                            .isTrue();
                }
            }
            assertThat(boxes.getLength()).isEqualTo(1 + new TreeSet<>(withFirst(graph)).size());
        }
    }

    private static Set<String> withFirst(DependencyGraph graph) {
        Set<String> nodes = new TreeSet<>(graph.nodes());
        nodes.add("m0");
        return nodes;
    }

    @Test
    void svg_ofTooManyModules_isRefused() {
        DependencyGraph.Builder builder = DependencyGraph.builder();
        for (int i = 0; i < 1000; i++) {
            builder.dependency("m" + i, "m" + (i + 1), Kind.DEPENDS);
        }
        DependencyGraph graph = builder.build();
        assertThatThrownBy(() -> GraphFormat.SVG.draw(graph, List.of(), graph.nodes(), Kind.ALL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1001 modules are more than a picture can show (1000): show less of them, or choose dot");
        assertThat(GraphFormat.SVG.draw(graph, List.of(), graph.modules(), Kind.ALL))
                .contains("0 modules");
    }

    @Test
    void svg_ofTooManyBends_isRefused() {
        DependencyGraph.Builder builder = DependencyGraph.builder();
        for (int i = 0; i < 500; i++) {
            for (int j = i + 1; j < 500; j++) {
                builder.dependency("m" + i, "m" + j, Kind.DEPENDS);
            }
        }
        DependencyGraph graph = builder.build();
        assertThatThrownBy(() -> GraphFormat.SVG.draw(graph, List.of(), graph.nodes(), Kind.ALL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bends");
    }
}
