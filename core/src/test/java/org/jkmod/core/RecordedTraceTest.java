package org.jkmod.core;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jkmod.core.TraceSymbolizer.Scope;
import org.jkmod.symtab.Kallsyms;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Oopses and perf's output of real kernels with a hundred modules, as those printed them: {@code traces/make.py} took the names out. It
 * kept of each list of symbols those that are needed, and those behind them.
 */
class RecordedTraceTest {
    private static final String X86_64 = "6.12.107+deb13-amd64";
    private static final Pattern NAMED = Pattern.compile("\t(ffff[0-9a-f]{12}) (\\S+)\\+0x([0-9a-f]+) (\\(.*\\))");

    private static final Pattern OF_A_MODULE = Pattern.compile("\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[");

    private static byte[] resource(String release, String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                RecordedTraceTest.class.getResourceAsStream("traces/" + release + "/" + name), name)) {
            return in.readAllBytes();
        }
    }

    private static String text(String release, String name) throws IOException {
        return new String(resource(release, name), ISO_8859_1);
    }

    private static Kallsyms kallsyms(String release) throws IOException {
        return Kallsyms.parse(resource(release, "kallsyms.txt"), "kallsyms.txt");
    }

    /** The image is elsewhere; and so would the modules be, wherever. */
    private static Kallsyms kallsymsOfAnotherBoot(String release) throws IOException {
        String moved = Pattern.compile("^(\\p{XDigit}{16}) ([^\\[\n]*)$", Pattern.MULTILINE)
                .matcher(text(release, "kallsyms.txt"))
                .replaceAll(row -> String.format("%016x ", Long.parseUnsignedLong(row.group(1), 16) + 0x200000)
                        + Matcher.quoteReplacement(row.group(2)));
        return Kallsyms.parse(moved.getBytes(ISO_8859_1), "kallsyms.txt");
    }

    private static String symbolized(TraceSymbolizer symbolizer, String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        symbolizer.copy(new ByteArrayInputStream(text.getBytes(ISO_8859_1)), "text", out);
        return out.toString(ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(strings = {X86_64, "6.12.107+deb13-arm64", "6.12.107+deb13-riscv64"})
    void oops_withoutItsNames_getsThemBack(String release) throws IOException {
        String raw = text(release, "raw.txt");
        String printed = text(release, "oops.txt");
        assertThat(raw).doesNotContain("fat_time_fat2unix");
        assertThat(printed).contains("fat_time_fat2unix+0x1").contains("/0x1").contains(" [jkmod_oops]");
        KernelAddresses addresses = KernelAddresses.of(kallsyms(release));
        assertThat(symbolized(TraceSymbolizer.of(addresses, Scope.CODE), raw)).isEqualTo(printed);
    }

    /** The list of another boot has the kernel elsewhere; where this one's modules are, it cannot say. */
    @ParameterizedTest
    @ValueSource(strings = {X86_64, "6.12.107+deb13-arm64"})
    void oops_ofAnotherBoot_isReadByItsKernelOffset(String release) throws IOException {
        String raw = text(release, "raw.txt");
        String printed = text(release, "oops.txt");
        assertThat(raw).contains("Kernel Offset: 0x");
        KernelAddresses elsewhere = KernelAddresses.of(kallsymsOfAnotherBoot(release));
        List<String> bare = raw.lines().toList();
        List<String> expected = new ArrayList<>(printed.lines().toList());
        for (int i = 0; i < bare.size(); i++) {
            if (OF_A_MODULE.matcher(expected.get(i)).find()) {
                expected.set(i, bare.get(i));
            }
        }
        assertThat(expected).anyMatch(line -> line.contains("vfs_write+0x"));
        assertThat(symbolized(TraceSymbolizer.findingOffset(elsewhere, Scope.CODE), raw)
                        .lines())
                .isEqualTo(expected);
    }

    /** perf chooses other names where several symbols are at one address; this extract has none of those. */
    @Test
    void perfScript_withoutItsNames_getsThemBack() throws IOException {
        String printed = text(X86_64, "perf.txt");
        Kallsyms kallsyms = kallsyms(X86_64);
        KernelAddresses addresses = KernelAddresses.of(kallsyms);
        String raw = NAMED.matcher(printed).replaceAll("\t$1 [unknown] $4");
        List<String> expected = new ArrayList<>();
        int inModules = 0;
        for (String line : printed.lines().toList()) {
            Matcher named = NAMED.matcher(line);
            if (named.matches()) {
                // perf did not find the modules' files, and so did not name them.
                int symbol = kallsyms.first(named.group(2));
                String module = kallsyms.module(symbol);
                inModules += module.isEmpty() ? 0 : 1;
                expected.add(module.isEmpty() ? line : line.replace("[kernel.kallsyms]", "[" + module + "]"));
            } else {
                expected.add(line);
            }
        }
        assertThat(inModules).isGreaterThan(50);
        String found = symbolized(TraceSymbolizer.of(addresses, Scope.CODE), raw);
        assertThat(found.lines()).isEqualTo(expected);
        assertThat(symbolized(TraceSymbolizer.of(addresses, Scope.CODE), printed))
                .isEqualTo(printed);
    }

    /** Half of the names tell where the kernel is, which the other half needs. */
    @Test
    void perfScript_ofAnotherBoot_isReadByTheNamesThatItHas() throws IOException {
        String printed = text(X86_64, "perf.txt");
        String half = Pattern.compile("\t(ffffffff90c[0-9a-f]{5}) (\\S+)\\+0x([0-9a-f]+) (\\(.*\\))")
                .matcher(printed)
                .replaceAll("\t$1 [unknown] $4");
        assertThat(half).isNotEqualTo(printed);
        KernelAddresses elsewhere = KernelAddresses.of(kallsymsOfAnotherBoot(X86_64));
        assertThat(symbolized(TraceSymbolizer.findingOffset(elsewhere, Scope.CODE), half))
                .isEqualTo(printed);
    }
}
