package org.jkmod.arch.x86_64;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelException;
import org.jkmod.core.KernelLog;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelModule.LoadedSection;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.MemoryType;
import org.jkmod.core.Taint;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The simulated kernel says what a real one said. {@code recorded-RELEASE.txt} is what Debian's kernel printed when {@code record} let
 * it do, in QEMU, what {@code recorded.script} says: errno, messages with their levels, {@code /proc/modules}, {@code /proc/kallsyms},
 * taints, section addresses. Nothing in it is edited. Here the same commands go to jkmod, and all lines must be the same, but for the
 * addresses, which are other ones at every boot.
 */
class RecordedKernelTest {
    private static final int FIRST_INFO_LEVEL = 6;
    private static final long PAGE_MASK = 0xfff;
    private static final Pattern ADDRESS = Pattern.compile("0x[0-9a-f]{16}|val [0-9a-f]{8,16}");

    /** A command and the lines that answered it. */
    private record Step(String command, List<String> lines) {}

    private static List<List<Step>> boots() {
        List<List<Step>> boots = new ArrayList<>();
        String text =
                new String(Examples.resource("recorded-" + Examples.RELEASE + ".txt"), StandardCharsets.ISO_8859_1);
        for (String line : text.lines().toList()) {
            if (line.equals("> boot")) {
                boots.add(new ArrayList<>());
            } else if (line.startsWith("> ")) {
                boots.get(boots.size() - 1).add(new Step(line.substring(2), new ArrayList<>()));
            } else {
                List<Step> steps = boots.get(boots.size() - 1);
                steps.get(steps.size() - 1).lines().add(line.substring(2));
            }
        }
        return boots;
    }

    @TestFactory
    Stream<DynamicTest> commands_ofEachRecordedBoot_areAnsweredAsByTheRealKernel() {
        List<List<Step>> boots = boots();
        assertThat(boots).hasSizeGreaterThan(5);
        Map<String, KernelProfile> profiles = Map.of(
                "what the modules need",
                Examples.profile().build(),
                "the embedded profile",
                KernelProfile.embedded(new X86_64Architecture()));
        return profiles.entrySet().stream()
                .flatMap(profile -> IntStream.range(0, boots.size())
                        .mapToObj(i -> DynamicTest.dynamicTest(
                                profile.getKey() + ", boot " + i + ": "
                                        + boots.get(i).get(0).command() + " ...",
                                () -> replay(boots.get(i), profile.getValue()))));
    }

    private static void replay(List<Step> steps, KernelProfile profile) {
        Kernel kernel = Kernel.boot(profile);
        SoftAssertions softly = new SoftAssertions();
        for (Step step : steps) {
            String[] words = step.command().split(" ", 3);
            List<String> said = say(kernel, words);
            if (words[0].equals("sections")) {
                checkSections(kernel.module(words[1]).orElseThrow(), step.lines());
            } else {
                softly.assertThat(normal(words[0], said))
                        .as(step.command())
                        .containsExactlyElementsOf(normal(words[0], step.lines()));
            }
        }
        softly.assertAll();
    }

    private static List<String> say(Kernel kernel, String[] words) {
        int before = kernel.log().lines().size();
        List<String> said = new ArrayList<>();
        switch (words[0]) {
            case "load" ->
                said.add(errno(() -> kernel.load(
                        RecordedModule.of(words[1]).object(),
                        LoadOptions.parameters(words.length == 3 ? words[2] : ""))));
            case "unload" -> said.add(errno(() -> kernel.unload(words[1])));
            case "modules" -> kernel.procModules().forEach(line -> said.add("modules " + line));
            case "tainted" -> said.add("tainted " + Taint.mask(kernel.taints()));
            case "kallsyms" -> kernel.kallsyms().forEach(line -> said.add("kallsyms " + line));
            case "sections" -> {}
            default -> throw new IllegalArgumentException(words[0]);
        }
        for (KernelLog.Line line :
                kernel.log().lines().subList(before, kernel.log().lines().size())) {
            assertThat(line.level()).isLessThan(FIRST_INFO_LEVEL);
            said.add("dmesg " + line.level() + " " + line.text());
        }
        return said;
    }

    private static String errno(Runnable call) {
        try {
            call.run();
            return "errno 0";
        } catch (KernelException e) {
            return "errno " + e.errno().name();
        }
    }

    /** Lines without what another boot has differently. */
    private static List<String> normal(String command, List<String> lines) {
        return lines.stream()
                .map(line -> command.equals("kallsyms")
                        ? kallsymsLine(line)
                        : ADDRESS.matcher(line).replaceAll("ADDRESS"))
                .toList();
    }

    /** Memory begins on a page: within it, addresses are the same. A per-CPU offset (type a) depends on who has got one before. */
    private static String kallsymsLine(String line) {
        String[] words = line.split(" ", 4);
        long address = Long.parseUnsignedLong(words[1], 16);
        String shown = words[2].equals("a") ? "ADDRESS" : Long.toHexString(address & PAGE_MASK);
        return shown + " " + words[2] + " " + words[3];
    }

    /** The recorded addresses of a memory's sections, each less its place in jkmod's, are one address: a page's first. */
    private static void checkSections(KernelModule module, List<String> lines) {
        Map<String, Long> recorded = new HashMap<>();
        for (String line : lines) {
            String[] words = line.split(" ", 3);
            recorded.put(words[1], Long.parseUnsignedLong(words[2].substring(2), 16));
        }
        // sysfs shows neither empty sections nor the per-CPU one.
        List<LoadedSection> shown = module.sections().stream()
                .filter(s -> s.size() > 0 && s.memory() != MemoryType.PERCPU)
                .toList();
        assertThat(shown.stream().map(LoadedSection::name)).containsExactlyInAnyOrderElementsOf(recorded.keySet());
        Map<MemoryType, Long> base = new EnumMap<>(MemoryType.class);
        for (LoadedSection section : shown) {
            base.merge(section.memory(), section.address() & ~PAGE_MASK, Math::min);
        }
        Map<MemoryType, Set<Long>> recordedBases = shown.stream()
                .collect(Collectors.groupingBy(
                        LoadedSection::memory,
                        () -> new EnumMap<>(MemoryType.class),
                        Collectors.mapping(
                                s -> recorded.get(s.name()) - (s.address() - base.get(s.memory())),
                                Collectors.toCollection(TreeSet::new))));
        assertThat(recordedBases).allSatisfy((memory, bases) -> {
            assertThat(bases).as("%s of %s", memory, module).hasSize(1);
            assertThat(bases.iterator().next() & PAGE_MASK).isZero();
        });
        assertThat(recordedBases.values().stream().distinct().count())
                .as("different memories of %s are at different addresses", module)
                .isEqualTo(recordedBases.size());
    }
}
