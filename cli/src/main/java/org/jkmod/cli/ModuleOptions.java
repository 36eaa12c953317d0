package org.jkmod.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jkmod.core.KernelAddresses;
import org.jkmod.core.KernelObject;
import org.jkmod.core.ModuleAddresses;
import org.jkmod.core.SectionAddresses;
import org.jkmod.kmod.ModuleFile;

/** Modules with their sections, {@code FILE.ko@SECTIONS}. A file of sections that several share is read once. */
final class ModuleOptions {
    private final KernelAddresses kernel;
    private final Map<Path, SectionAddresses> files = new HashMap<>();
    private final List<ModuleAddresses> modules = new ArrayList<>();

    /** Modules of a kernel. */
    ModuleOptions(KernelAddresses kernel) {
        this.kernel = kernel;
    }

    /** Reads one. */
    void add(String option) throws IOException, Failure {
        int at = option.lastIndexOf('@');
        if (at <= 0 || at == option.length() - 1) {
            throw new Failure("--module: '" + option + "' is not FILE.ko@SECTIONS");
        }
        Path file = Path.of(option.substring(0, at));
        KernelObject object = KernelObject.parse(ModuleFile.read(file), file.toString());
        Map<String, Long> sections = sections(object.name(), option.substring(at + 1));
        modules.add(ModuleAddresses.of(object, sections, kernel.configuration(object.release())));
    }

    /** Those that were read. */
    List<ModuleAddresses> modules() {
        return modules;
    }

    private Map<String, Long> sections(String module, String text) throws IOException, Failure {
        Path path = Path.of(text);
        if (text.contains("=") && !Files.exists(path)) {
            try {
                return SectionAddresses.parse(text);
            } catch (IllegalArgumentException e) {
                throw new Failure("--module: " + e.getMessage(), e);
            }
        }
        if (Files.isDirectory(path)) {
            Path inner = path.resolve("sections");
            return SectionAddresses.readFolder(Files.isDirectory(inner) ? inner : path);
        }
        SectionAddresses all = files.get(path);
        if (all == null) {
            all = SectionAddresses.read(path);
            files.put(path, all);
        }
        Map<String, Long> sections = all.of(module);
        if (sections.isEmpty()) {
            throw new Failure(path + ": no section of module " + module);
        }
        return sections;
    }
}
