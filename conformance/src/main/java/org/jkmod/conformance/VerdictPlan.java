package org.jkmod.conformance;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jkmod.conformance.Variant.Boot;

/**
 * What a kernel is to be asked, and with which files: {@code plan.json} and {@code modules} in the folder of a recording of verdicts. Each
 * case begins with a kernel without modules and ends with one, if the kernel does as it should.
 */
final class VerdictPlan {
    /**
     * A variant as a kernel gets it.
     *
     * @param name the variant's
     * @param breaks what is broken, in words
     * @param boot the boot that it belongs to
     * @param steps operations, in order
     * @param main which of them is the one in question
     */
    record Case(String name, String breaks, Boot boot, List<String> steps, int main) {
        /** The group, a name's first word. */
        String group() {
            return name.substring(0, name.indexOf('-'));
        }

        /** The name of a step's answer. */
        String key(int step) {
            return name + "/" + step;
        }
    }

    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();
    private static final String ORIGINAL = "orig.";

    private final List<Case> cases;

    private VerdictPlan(List<Case> cases) {
        this.cases = List.copyOf(cases);
    }

    /** All cases. */
    List<Case> cases() {
        return cases;
    }

    /**
     * Makes the files, and the plan.
     *
     * @param only regular expression that a variant's name matches in some part
     * @throws IOException if a file cannot be read or written
     */
    static VerdictPlan make(TargetKernel target, Path folder, String only) throws IOException {
        Path modules = Files.createDirectories(folder.resolve("modules"));
        List<Case> cases = new ArrayList<>();
        Set<String> originals = new TreeSet<>();
        Map<String, String> names = new HashMap<>();
        List<Variant> variants = Variants.of(target);
        Pattern chosen = Pattern.compile(only);
        for (Variant variant : variants) {
            Files.write(modules.resolve(variant.file()), bytes(variant, target));
            names.put(variant.file(), variant.loaded());
            if (chosen.matcher(variant.name()).find()) {
                cases.add(caseOf(variant, originals, names));
            }
        }
        for (String original : originals) {
            Files.write(modules.resolve(ORIGINAL + original + ".ko"), target.module(original));
        }
        Files.writeString(folder.resolve("plan.json"), JSON.toJson(cases));
        return new VerdictPlan(cases);
    }

    private static byte[] bytes(Variant variant, TargetKernel target) throws IOException {
        byte[] module = target.module(variant.base());
        try {
            return variant.change().of(variant.signed() ? module : SignatureChange.strip(module), target);
        } catch (RuntimeException e) {
            throw new IllegalStateException(variant.name() + ": cannot be made: " + e.getMessage(), e);
        }
    }

    private static Case caseOf(Variant variant, Set<String> originals, Map<String, String> names) {
        List<String> steps = new ArrayList<>();
        List<String> loaded = new ArrayList<>();
        for (String step : variant.before()) {
            String operation = step.replace("FILE", variant.file());
            steps.add(operation);
            String[] words = operation.split(" ", -1);
            if (words[0].equals("load") && words[1].startsWith(ORIGINAL)) {
                String original = words[1].substring(ORIGINAL.length(), words[1].length() - 3);
                originals.add(original);
                loaded.add(original);
            } else if (words[0].equals("load") && !step.contains("FILE")) {
                loaded.add(names.getOrDefault(words[1], words[1]));
            }
        }
        int main = steps.size();
        steps.add(variant.operation().replace("FILE", variant.file()));
        loaded.remove(variant.loaded());
        loaded.add(variant.loaded());
        Collections.reverse(loaded);
        loaded.forEach(module -> steps.add("unload 2048 " + module));
        return new Case(variant.name(), variant.breaks(), variant.boot(), steps, main);
    }

    /** Reads a plan. */
    static VerdictPlan read(Path folder) throws IOException {
        return new VerdictPlan(List.of(JSON.fromJson(Files.readString(folder.resolve("plan.json")), Case[].class)));
    }

    /** The cases of the next boot: of the first that has some without an answer; empty if there is none. */
    List<Case> next(Set<String> answered) {
        Optional<Boot> boot = cases.stream()
                .filter(c -> !answered.contains(c.name()))
                .map(Case::boot)
                .min(Comparator.naturalOrder());
        return boot.isEmpty()
                ? List.of()
                : cases.stream()
                        .filter(c -> c.boot() == boot.get() && !answered.contains(c.name()))
                        .toList();
    }

    /** What the init of the kernel is told, a line each: {@code conformance/init/init.c}. */
    static void writeInit(List<Case> cases, Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("list /sys/module sysfs.txt");
        lines.add("copy /proc/kallsyms kallsyms.txt");
        String first = cases.get(0).boot().init();
        if (!first.isEmpty()) {
            lines.add(first);
        }
        int since = 0;
        for (Case c : cases) {
            if (c.boot() == Boot.LOCKED && since++ % 8 == 7) {
                // what lockdown says is printed ten times in five seconds at most
                lines.add("sleep 6000");
            }
            for (int step = 0; step < c.steps().size(); step++) {
                lines.add("try " + c.key(step) + " " + c.steps().get(step));
            }
        }
        Files.write(file, lines);
    }
}
