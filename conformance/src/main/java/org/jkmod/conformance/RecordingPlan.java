package org.jkmod.conformance;

import static org.jkmod.elf.Elf.SHF_ALLOC;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jkmod.core.KernelObject;
import org.jkmod.elf.Section;
import org.jkmod.kmod.DependencyGraph;
import org.jkmod.kmod.DependencyGraph.Kind;
import org.jkmod.kmod.ModprobeConfig;
import org.jkmod.kmod.ModuleClosure;
import org.jkmod.kmod.ModuleFile;
import org.jkmod.kmod.ModuleFilter;
import org.jkmod.kmod.ModuleTree;

/**
 * What the init of a kernel that is recorded ({@code conformance/init/init.c}) is told: which modules to load in which order, and what to
 * keep of what the kernel makes of them. The same tree, number and seed make the same plan.
 */
public final class RecordingPlan {
    /** They run for hours, or break what they run on: that is what they are for. */
    private static final List<String> NEVER =
            List.of("*torture*", "rcuscale", "refscale", "*kunit*", "test_*", "tcrypt", "mtd_*test", "hwpoison_inject");

    /** What modprobe loads of its own accord. */
    private static final Set<Kind> KINDS = Set.of(Kind.DEPENDS, Kind.SOFTDEP_PRE, Kind.SOFTDEP_POST);

    /** Some modules go on working when their init is over. */
    private static final int SETTLE_MILLISECONDS = 2000;

    private final List<ModuleClosure.Module> modules;
    private final int drawn;

    private RecordingPlan(List<ModuleClosure.Module> modules, int drawn) {
        this.modules = modules;
        this.drawn = drawn;
    }

    /**
     * Draws modules of a tree.
     *
     * @param count how many; what they need comes along
     * @param without patterns of modules that are to be left out, with all that needs them
     * @throws IOException if the tree cannot be read
     */
    public static RecordingPlan of(ModuleTree tree, int count, long seed, List<String> without) throws IOException {
        DependencyGraph graph = DependencyGraph.of(tree, ModprobeConfig.EMPTY, true);
        List<String> never = new ArrayList<>(NEVER);
        never.addAll(without);
        ModuleFilter filter = ModuleFilter.of(List.of(), never);
        List<String> names = new ArrayList<>(graph.modules());
        Collections.sort(names);
        Collections.shuffle(names, new Random(seed));
        List<String> chosen = names.stream()
                .filter(name -> graph.reachable(List.of(name), Set.of(Kind.DEPENDS), false, Integer.MAX_VALUE).stream()
                        .allMatch(filter::allows))
                .limit(count)
                .toList();
        ModuleClosure closure = ModuleClosure.of(graph, tree, chosen, KINDS, filter, Optional.empty());
        return new RecordingPlan(closure.modules(), chosen.size());
    }

    /** The names of the modules, in the order in which they are loaded. */
    public List<String> modules() {
        return modules.stream().map(ModuleClosure.Module::name).toList();
    }

    /** How many of them were drawn. */
    public int drawn() {
        return drawn;
    }

    /**
     * Writes {@code plan}, and {@code modules/} with the files, decompressed.
     *
     * @param folder that will be the root of the kernel's file system
     * @param kallsymsAll whether the kernel has CONFIG_KALLSYMS_ALL; without, its memory says where exported variables are
     * @throws IOException if a file cannot be read or written
     */
    public void write(Path folder, boolean kallsymsAll) throws IOException {
        Path files = Files.createDirectories(folder.resolve("modules"));
        List<String> lines = new ArrayList<>();
        List<String> sections = new ArrayList<>();
        for (ModuleClosure.Module module : modules) {
            String file = fileName(module.file());
            byte[] bytes = ModuleFile.read(module.file());
            Files.write(files.resolve(file), bytes);
            lines.add("load " + file);
            addSections(KernelObject.parse(bytes, module.file().toString()), sections);
        }
        lines.add("sleep " + SETTLE_MILLISECONDS);
        lines.addAll(sections);
        if (!kallsymsAll) {
            lines.add("range _etext _sinittext rodata");
        }
        lines.add("copy /load.txt load.txt");
        lines.add("copy /sections.txt sections.txt");
        lines.add("copy /proc/modules proc_modules.txt");
        lines.add("copy /proc/version version.txt");
        lines.add("copy /proc/kallsyms kallsyms.txt");
        lines.add("dmesg dmesg.txt");
        Files.write(folder.resolve("plan"), lines);
    }

    /** {@code .init} sections are freed when a module is loaded: their memory is not theirs any more. */
    private static void addSections(KernelObject object, List<String> lines) {
        for (Section section : object.elf().sections()) {
            if ((section.flags() & SHF_ALLOC) != 0 && section.size() > 0) {
                long size = section.name().startsWith(".init") ? 0 : section.size();
                lines.add("section " + object.name() + " " + section.name() + " " + size);
            }
        }
    }

    private static String fileName(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.substring(0, name.indexOf(".ko")) + ".ko";
    }
}
