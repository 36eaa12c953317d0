package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A tree of small modules with everything that modprobe has rules for. Its indexes are what depmod 34.2 wrote for objects with these
 * imports, aliases and soft dependencies; what tests expect of it was printed by modprobe 30 and 34.2 ({@code modprobe -d ROOT -S 1.0.0
 * -C CONFIG ...}; the state of modules as files in a tmpfs on /sys/module).
 */
final class Laboratory {
    static final String DEPENDENCIES = """
            kernel/a.ko:
            kernel/a1.ko:
            kernel/b.ko: kernel/a.ko
            kernel/c.ko: kernel/d.ko kernel/b.ko kernel/a.ko
            kernel/d.ko:
            kernel/d1.ko:
            kernel/d2.ko: kernel/d1.ko
            kernel/d3.ko:
            kernel/e1.ko: kernel/h3.ko kernel/h2.ko kernel/h1.ko kernel/a.ko
            kernel/h1.ko:
            kernel/h2.ko: kernel/h1.ko
            kernel/h3.ko: kernel/h2.ko kernel/h1.ko
            kernel/l1.ko:
            kernel/l2.ko:
            kernel/m1.ko:
            kernel/p1.ko: kernel/a1.ko
            kernel/u-v.ko:
            kernel/w1.ko:
            kernel/w2.ko:
            """;

    static final String ALIASES = """
            al_a a
            fs_foo a1
            char_major_10_* a1
            al_b b
            al_x* b
            al_x1 c
            a_u[1-3]_* u_v
            al_x1* u_v
            """;

    static final String SOFTDEPS = """
            # Soft dependencies extracted from modules themselves.
            softdep c pre: a1 post: p1
            softdep d pre: d1 d2 post: d3
            softdep d1 pre: d3
            softdep d3 post: d1
            softdep l1 pre: l2
            softdep l2 pre: l1 post: l1
            softdep m1 pre: missing fs-foo al-x1 bi post: bi-al nothing
            """;

    static final String WEAKDEPS = """
            # Weak dependencies extracted from modules themselves.
            weakdep p1 a b
            weakdep w1 w2
            """;

    private Laboratory() {}

    /** Writes the tree's files. */
    static void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        ModuleIndex.Builder dependencies = ModuleIndex.builder();
        ModuleIndex.Builder symbols = ModuleIndex.builder();
        List<String> lines = DEPENDENCIES.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            String name = ModuleTree.moduleName(line.substring(0, line.indexOf(':')));
            dependencies.add(name, line, i);
            symbols.add("symbol:s" + name, name, i);
            Path file = folder.resolve(line.substring(0, line.indexOf(':')));
            Files.createDirectories(file.getParent());
            Files.write(file, new byte[0]);
        }
        write(folder, "modules.dep.bin", dependencies);
        write(folder, "modules.symbols.bin", symbols);
        ModuleIndex.Builder aliases = ModuleIndex.builder();
        int priority = 0;
        for (String line : ALIASES.lines().toList()) {
            int blank = line.indexOf(' ');
            aliases.add(line.substring(0, blank), line.substring(blank + 1), priority++);
        }
        write(folder, "modules.alias.bin", aliases);
        write(
                folder,
                "modules.builtin.bin",
                ModuleIndex.builder().add("bi", "", 0).add("b_j", "", 0));
        write(
                folder,
                "modules.builtin.alias.bin",
                ModuleIndex.builder().add("bi_al", "bi", 0).add("bj*", "b_j", 0).add("al_x1", "b_j", 0));
        Files.writeString(folder.resolve("modules.softdep"), SOFTDEPS);
        Files.writeString(folder.resolve("modules.weakdep"), WEAKDEPS);
    }

    private static void write(Path folder, String name, ModuleIndex.Builder index) throws IOException {
        Files.write(folder.resolve(name), index.build(Compat.KMOD_34));
    }
}
