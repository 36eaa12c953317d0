package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jkmod.elf.Elf;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The engine makes of assembled objects what GNU ld makes of them. The objects, and what ld made ({@code expected.txt}), are those of the
 * script {@code generate} beside them.
 */
public abstract class LinkedFixtureContract {
    private static final String REFUSED = "refused";

    private final Architecture architecture;
    private final List<Difference> differences;

    /**
     * For an architecture.
     *
     * @param differences where ld and a policy are known to differ
     */
    protected LinkedFixtureContract(Architecture architecture, List<Difference> differences) {
        this.architecture = architecture;
        this.differences = differences;
    }

    /** What differs. */
    public enum Kind {
        /** The linker says that it does not fit, the policy applies it. */
        LD_REFUSES,
        /** The linker applies it, the policy refuses it. */
        POLICY_REFUSES,
        /** Both apply it, and write different bytes. */
        OTHER_BYTES
    }

    /**
     * Lines of {@code expected.txt} in which the linker and a policy differ.
     *
     * @param files a regular expression for the objects' names
     * @param lines in how many lines they do
     * @param reason who is right, and why
     */
    public record Difference(RelocationPolicy policy, Kind kind, String files, int lines, String reason) {
        private boolean covers(RelocationPolicy p, Kind k, String file) {
            return policy == p && kind == k && Pattern.matches("(" + files + ")\\.o", file);
        }
    }

    /** A line: what ld makes of an object at an address with these symbols. */
    private record Line(String text, String file, long address, Map<String, Long> symbols, String result) {
        static Line parse(String text) {
            List<String> words = List.of(text.substring(0, text.indexOf(" -> ")).split(" "));
            Map<String, Long> symbols =
                    words.stream().skip(2).map(w -> w.split("=")).collect(Collectors.toMap(w -> w[0], w -> hex(w[1])));
            String result = text.substring(text.indexOf(" -> ") + 4);
            return new Line(
                    text, words.get(0), hex(words.get(1)), symbols, result.startsWith(REFUSED) ? REFUSED : result);
        }

        private static long hex(String number) {
            return Long.parseUnsignedLong(number.substring(2), 16);
        }
    }

    private byte[] resource(String name) {
        try (InputStream in =
                Objects.requireNonNull(architecture.getClass().getResourceAsStream("linked/" + name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Line> lines() {
        return new String(resource("expected.txt"), StandardCharsets.US_ASCII)
                .lines()
                .map(Line::parse)
                .toList();
    }

    private String ours(Line line, RelocationPolicy policy, boolean compiled) {
        KernelObject object = KernelObject.parse(resource(line.file()), line.file());
        KernelConfiguration kernel = new KernelConfiguration(Generation.LINUX_7_1, Map.of());
        Map<String, Long> sections = new HashMap<>();
        sections.put(".text", line.address());
        if (line.symbols().containsKey("got")) {
            sections.put(".got", line.symbols().get("got"));
        }
        ObjectRelocation.Outcome outcome = new ObjectRelocation(architecture, kernel, policy, compiled)
                .relocate(object, sections, name -> line.symbols().get(name));
        return outcome.failure().isPresent()
                ? REFUSED
                : HexFormat.of().formatHex(outcome.sections().get(".text"));
    }

    private static Kind kind(String ld, String ours) {
        return ld.equals(REFUSED) ? Kind.LD_REFUSES : ours.equals(REFUSED) ? Kind.POLICY_REFUSES : Kind.OTHER_BYTES;
    }

    @TestFactory
    Stream<DynamicTest> engines_ofAnAssembledObject_makeWhatGnuLdMakes() {
        return lines().stream()
                .map(line -> DynamicTest.dynamicTest(line.text(), () -> {
                    for (RelocationPolicy policy : RelocationPolicy.values()) {
                        String compiled = ours(line, policy, true);
                        assertThat(ours(line, policy, false))
                                .as("interpreted as compiled, %s", policy)
                                .isEqualTo(compiled);
                        if (differences.stream()
                                .noneMatch(d -> d.covers(policy, kind(line.result(), compiled), line.file()))) {
                            assertThat(compiled)
                                    .as("as ld, %s, %s", policy, kind(line.result(), compiled))
                                    .isEqualTo(line.result());
                        }
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> differencesFromGnuLd_ofThePolicies_areTheOnesThatAreKnown() {
        List<Line> lines = lines();
        return differences.stream()
                .map(difference -> DynamicTest.dynamicTest(
                        difference.policy() + " " + difference.files() + ": " + difference.reason(),
                        () -> assertThat(lines)
                                .filteredOn(line -> {
                                    String ours = ours(line, difference.policy(), true);
                                    return !ours.equals(line.result())
                                            && difference.covers(
                                                    difference.policy(), kind(line.result(), ours), line.file());
                                })
                                .extracting(Line::text)
                                .hasSize(difference.lines())));
    }

    @Test
    void assembledObjects_ofTheFixtures_haveEveryTypeThatTheKernelApplies() {
        Set<Integer> types = lines().stream()
                .map(Line::file)
                .distinct()
                .flatMap(file -> KernelObject.parse(resource(file), file).elf().sections().stream())
                .filter(s -> s.type() == Elf.SHT_RELA)
                .flatMapToInt(s -> IntStream.range(0, s.relocations().count()).map(s.relocations()::type))
                .boxed()
                .collect(Collectors.toSet());
        int[] applied = architecture.relocationTypes().stream()
                .filter(t -> t.row().refusal().isEmpty())
                .mapToInt(t -> t.row().number())
                .toArray();
        assertThat(types)
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(applied).boxed().toList());
    }
}
