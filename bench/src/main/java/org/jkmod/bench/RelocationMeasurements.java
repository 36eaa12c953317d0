package org.jkmod.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jkmod.kmod.ModuleTree;

/** Relocations, by architecture and module. */
final class RelocationMeasurements implements Measurements {
    private static final List<String> ARCHITECTURES = List.of("x86_64", "aarch64", "riscv64");
    private static final List<String> PROGRAMS = List.of("compiled", "interpreted", "switch");
    private static final String TREE = "tree";
    /** Modules by what they are called here. */
    private static final Map<String, String> MODULES = new LinkedHashMap<>();

    static {
        MODULES.put("small", "vfat");
        MODULES.put("xfs", "xfs");
        MODULES.put("amdgpu", "amdgpu");
    }

    private record Case(String architecture, String modules) {
        Path file() {
            return RelocationBenchmark.file(architecture, modules);
        }

        @Override
        public String toString() {
            return architecture + "." + modules;
        }
    }

    @Override
    public List<Row> run(Settings settings) throws IOException {
        List<Row> rows = new ArrayList<>();
        for (Case c : cases(settings.quick())) {
            write(c);
            int relocations = verify(c);
            Samples samples = new Samples();
            for (int run = 1; run <= settings.runs(); run++) {
                Settings.say("relocation, " + c + ", run " + run + " of " + settings.runs());
                samples.add(
                        "c",
                        new NativeProgram("relocate")
                                .values(c.architecture(), c.file(), settings.seconds())
                                .getOrDefault("relocation", Double.NaN));
                Forks.timed(settings)
                        .of(RelocationBenchmark.class)
                        .with("architecture", c.architecture())
                        .with("modules", c.modules())
                        .run(samples, relocations);
            }
            rows.addAll(rows(c, samples));
        }
        return rows;
    }

    private static List<Case> cases(boolean quick) {
        List<Case> cases = new ArrayList<>();
        for (String architecture : ARCHITECTURES) {
            for (String modules : MODULES.keySet()) {
                if (!quick || modules.equals("xfs")) {
                    cases.add(new Case(architecture, modules));
                }
            }
            if (!quick) {
                cases.add(new Case(architecture, TREE));
            }
        }
        return cases;
    }

    private static void write(Case c) throws IOException {
        ModuleTree tree = Environment.tree(c.architecture()).modules();
        List<Path> paths = new ArrayList<>();
        for (ModuleTree.Entry module : tree.modules()) {
            if (c.modules().equals(TREE) || module.name().equals(MODULES.get(c.modules()))) {
                paths.add(module.path());
            }
        }
        RelocationWriter.write(c.file(), c.architecture(), paths);
    }

    /** Makes sure that all programs write the same bytes; tells how many relocations there are. */
    private static int verify(Case c) throws IOException {
        Path out = c.file().resolveSibling("out");
        Map<String, Double> nativeValues = new NativeProgram("relocate").values(c.architecture(), c.file(), 0, out);
        byte[] expected = Files.readAllBytes(out);
        Files.delete(out);
        RelocationInput input = RelocationInput.read(c.file());
        for (String program : PROGRAMS) {
            input.wipe();
            int applied = input.apply(RelocationBenchmark.program(program, c.architecture()));
            if (applied != nativeValues.getOrDefault("relocations", -1.0)
                    || input.deferred() != nativeValues.getOrDefault("deferred", -1.0)
                    || !Arrays.equals(input.image(), expected)) {
                throw new IllegalStateException(c + ": " + program + " and C relocate differently");
            }
        }
        return input.relocations();
    }

    private static List<Row> rows(Case c, Samples samples) {
        String key = "apply:" + c.architecture() + ":" + c.modules() + ":";
        String name = "relocation." + c;
        return List.of(
                samples.row(
                        name,
                        "ns",
                        key + "compiled",
                        "c",
                        Goal.ratio(c.architecture().equals("x86_64") ? 1 : 1.25)),
                samples.row(name + ".interpreter", "ns", key + "compiled", key + "interpreted", Goal.ratio(1 / 3.0)),
                samples.row(name + ".switch", "ns", key + "compiled", key + "switch", null));
    }
}
