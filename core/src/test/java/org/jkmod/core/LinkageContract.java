package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Relocates the objects of {@code linkage/}, and compares all their sections with {@code *.linked.txt}: what GNU ld makes of a source that
 * has the stubs and entries written out. The script {@code generate} beside them makes both.
 */
public abstract class LinkageContract {
    private final Architecture architecture;
    private final ToLongFunction<String> undefined;

    /**
     * For an architecture.
     *
     * @param undefined the values of the undefined symbols by name
     */
    protected LinkageContract(Architecture architecture, ToLongFunction<String> undefined) {
        this.architecture = architecture;
        this.undefined = undefined;
    }

    /** The architecture under test. */
    protected Architecture architecture() {
        return architecture;
    }

    private byte[] resource(String name) {
        try (InputStream in =
                Objects.requireNonNull(architecture.getClass().getResourceAsStream("linkage/" + name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An object. */
    protected KernelObject object(String name) {
        return KernelObject.parse(resource(name + ".o"), name + ".o");
    }

    /** The addresses of the sections that ld has made, by name. */
    protected Map<String, Long> addresses(String name) {
        Map<String, Long> addresses = new HashMap<>();
        new String(resource(name + ".linked.txt"), StandardCharsets.US_ASCII)
                .lines()
                .forEach(line -> {
                    String[] words = line.split(" ", -1);
                    addresses.put(words[0], Long.parseUnsignedLong(words[1].substring(2), 16));
                });
        return addresses;
    }

    /** Relocates with both engines, which must agree. */
    protected ObjectRelocation.Outcome relocate(
            KernelObject object, KernelConfiguration kernel, Map<String, Long> addresses) {
        ObjectRelocation.Outcome compiled = new ObjectRelocation(architecture, kernel, RelocationPolicy.KERNEL, true)
                .relocate(object, addresses, undefined);
        ObjectRelocation.Outcome interpreted = new ObjectRelocation(
                        architecture, kernel, RelocationPolicy.KERNEL, false)
                .relocate(object, addresses, undefined);
        assertThat(hex(interpreted.sections())).isEqualTo(hex(compiled.sections()));
        assertThat(interpreted.failure()).isEqualTo(compiled.failure());
        return compiled;
    }

    /** Asserts that an object becomes what ld has made. */
    protected void assertBecomesLinked(String name, KernelConfiguration kernel) {
        Map<String, String> expected = new LinkedHashMap<>();
        new String(resource(name + ".linked.txt"), StandardCharsets.US_ASCII)
                .lines()
                .forEach(line -> {
                    String[] words = line.split(" ", -1);
                    expected.put(words[0], words[2]);
                });
        ObjectRelocation.Outcome outcome = relocate(object(name), kernel, addresses(name));
        assertThat(outcome.failure()).isEqualTo(Optional.empty());
        assertThat(hex(outcome.sections())).containsExactlyInAnyOrderEntriesOf(expected);
    }

    /** The bytes of the sections, in hexadecimal. */
    protected static Map<String, String> hex(Map<String, byte[]> sections) {
        Map<String, String> hex = new LinkedHashMap<>();
        sections.forEach((name, bytes) -> hex.put(name, HexFormat.of().formatHex(bytes)));
        return hex;
    }
}
