package org.jkmod.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelObject;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.kmod.Depmod;
import org.jkmod.kmod.DepmodResult;
import org.jkmod.kmod.ModuleFile;
import org.jkmod.kmod.RootProfile;

/** The program behind {@code conformance/ld}: compares modules of a tree with what GNU ld makes of them. */
public final class CompareWithLd {
    private static final int SHOWN = 20;

    private CompareWithLd() {}

    /**
     * Compares, prints a line, and ends with status 1 if anything differs.
     *
     * @param args the root, the release, how many modules to draw (0: all), and the seed that draws them
     */
    public static void main(String[] args) throws IOException {
        System.exit(run(Path.of(args[0]), args[1], Integer.parseInt(args[2]), Long.parseLong(args[3])));
    }

    private static int run(Path root, String release, int count, long seed) throws IOException {
        // Without KASLR: modules are so near to the kernel that no call needs a detour, which ld would take by other
        // ways.
        Kernel kernel = Kernel.boot(RootProfile.of(root, release, Optional.empty()));
        String architecture = kernel.profile().architecture().name();
        Optional<Path> ld = LdComparison.ld(architecture);
        if (ld.isEmpty()) {
            System.err.println("ld: no " + LdComparison.command(architecture) + " on PATH (Debian: binutils-"
                    + architecture.replace('_', '-') + "-linux-gnu)");
            return 2;
        }
        Path work = Files.createTempDirectory("jkmod-ld");
        LdComparison comparison = new LdComparison(kernel, ld.get(), work);
        List<String> refused = new ArrayList<>();
        try {
            for (Path file : order(root, release, count, seed)) {
                KernelObject object = KernelObject.parse(ModuleFile.read(file), file.toString());
                try {
                    comparison.compare(object);
                } catch (ModuleLoadException e) {
                    refused.add(object.name() + ": " + e.getMessage());
                }
            }
        } finally {
            for (Path file : LdComparison.files(work)) {
                Files.deleteIfExists(file);
            }
            Files.delete(work);
        }
        comparison.differences().stream().limit(SHOWN).forEach(System.out::println);
        comparison.failures().stream().limit(SHOWN).forEach(System.out::println);
        refused.stream().limit(SHOWN).forEach(System.out::println);
        System.out.println(release + ": " + comparison.modules() + " modules, " + comparison.sections() + " sections, "
                + comparison.bytes() + " bytes, " + comparison.relocations() + " relocations: "
                + comparison.differences().stream()
                        .mapToLong(LdComparison.Difference::count)
                        .sum()
                + " bytes different, " + comparison.failures().size() + " not linked, " + refused.size()
                + " not loaded");
        return comparison.differences().isEmpty() && comparison.failures().isEmpty() && refused.isEmpty() ? 0 : 1;
    }

    /** Modules drawn from a tree, each after those that it needs: of a line of modules.dep the last is loaded first. */
    private static Set<Path> order(Path root, String release, int count, long seed) throws IOException {
        DepmodResult depmod = Depmod.builder(root, release).build().run();
        List<String> lines = new ArrayList<>(new String(depmod.bytes("modules.dep"), StandardCharsets.ISO_8859_1)
                .lines()
                .toList());
        Collections.shuffle(lines, new Random(seed));
        Set<Path> files = new LinkedHashSet<>();
        for (String line : count == 0 ? lines : lines.subList(0, Math.min(count, lines.size()))) {
            List<String> names =
                    new ArrayList<>(List.of(line.replaceFirst(":", "").split(" ")));
            Collections.reverse(names);
            names.forEach(name -> files.add(depmod.folder().resolve(name)));
        }
        return files;
    }
}
