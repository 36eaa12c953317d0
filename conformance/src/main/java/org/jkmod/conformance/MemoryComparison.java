package org.jkmod.conformance;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jkmod.core.KernelObject;
import org.jkmod.core.RelocationPolicy;
import org.jkmod.core.Relocator;
import org.jkmod.core.Relocator.RelocatedModule;
import org.jkmod.core.SectionAddresses;

/**
 * Compares what jkmod makes of modules with what was in a real kernel's memory, byte by byte.
 */
public final class MemoryComparison {
    /** Sections that the kernel sorts when it loads a module, on any machine; and the table of its tracer, where it sorts that. */
    private static final Set<String> SORTED =
            Set.of(".orc_unwind", ".orc_unwind_ip", "__mcount_loc", "__jump_table", "__ex_table");

    private static final Map<String, Set<String>> SORTED_TOO = Map.of(
            "aarch64", Set.of("__patchable_function_entries"), "riscv64", Set.of("__patchable_function_entries"));

    /** Sections that the kernel makes larger than the file has them: as much was recorded as the file has. */
    private static final Set<String> FILLED =
            Set.of(".plt", ".init.plt", ".got", ".got.plt", ".text.ftrace_trampoline", ".init.text.ftrace_trampoline");

    /** Sections that running changes. */
    private static final Pattern CHANGED = Pattern.compile(
            "\\.data.*|\\.bss.*|\\.sdata.*|\\.sbss.*|\\.gnu\\.linkonce\\.this_module|__dyndbg.*|__tracepoints|\\.static_call_sites|_ftrace_eval_map"
                    + "|_ftrace_events|\\.ref\\.data|\\.exit\\.data|___srcu_struct_ptrs");

    private static final Pattern CODE = Pattern.compile("\\..*text.*");

    /** Counts of bytes for sections of a name. */
    static final class Count {
        long sections;
        long bytes;
        long patched;
        long different;
    }

    private final Recording recording;
    private final Map<String, Count> counts = new TreeMap<>();
    private final List<String> differences = new ArrayList<>();
    private int modules;

    /** Prepares a comparison. */
    public MemoryComparison(Recording recording) {
        this.recording = recording;
    }

    /** Relocates every module of the recording to where it was, and compares. */
    public void run() throws IOException {
        SectionAddresses sections = recording.sections();
        Set<String> incomparable = recording.incomparable();
        Relocator relocator = new Relocator(recording.kallsyms(), RelocationPolicy.KERNEL);
        for (KernelObject object : recording.loaded()) {
            Map<String, Long> addresses = sections.of(object.name());
            RelocatedModule module = relocator.relocate(object, addresses);
            if (!module.unresolved().isEmpty()) {
                differences.add(object.name() + ": unresolved " + module.unresolved());
            }
            if (!incomparable.contains(module.name())) {
                compare(object, module, addresses);
                modules++;
            }
        }
    }

    private void compare(KernelObject object, RelocatedModule module, Map<String, Long> addresses) {
        PatchSites sites = PatchSites.of(object, module.sections(), addresses, recording.release());
        Set<String> sortedToo = SORTED_TOO.getOrDefault(object.architecture().name(), Set.of());
        sites.markReferences(object, module.unplaced());
        module.sections().forEach((name, bytes) -> {
            if (!SORTED.contains(name)
                    && !sortedToo.contains(name)
                    && !CHANGED.matcher(name).matches()) {
                recording
                        .memory(module.name(), name)
                        .ifPresent(memory -> compare(module.name(), name, bytes, memory, sites));
            }
        });
    }

    private void compare(String module, String section, ByteBuffer ours, byte[] theirs, PatchSites sites) {
        Count count = counts.computeIfAbsent(section, s -> new Count());
        count.sections++;
        count.bytes += theirs.length;
        if (FILLED.contains(section) ? ours.limit() < theirs.length : ours.limit() != theirs.length) {
            differences.add(module + " " + section + ": " + ours.limit() + " bytes, in the kernel " + theirs.length);
            return;
        }
        boolean code = CODE.matcher(section).matches();
        boolean first = true;
        for (int i = 0; i < theirs.length; i++) {
            if (ours.get(i) == theirs[i]) {
                continue;
            }
            if (sites.isUnknown(section, i)) {
                continue;
            }
            if (code && sites.contains(section, i)) {
                count.patched++;
            } else {
                count.different++;
                if (first) {
                    first = false;
                    differences.add(String.format(
                            "%s %s+0x%x: %02x, in the kernel %02x", module, section, i, ours.get(i), theirs[i]));
                }
            }
        }
    }

    /** How many modules were compared. */
    public int modules() {
        return modules;
    }

    /** How many bytes were compared. */
    public long bytes() {
        return counts.values().stream().mapToLong(c -> c.bytes).sum();
    }

    /** Names of the sections that were compared. */
    public Set<String> sections() {
        return counts.keySet();
    }

    /** How many bytes were compared that differ, and lie in no site that a table of the module names. */
    public long differentBytes() {
        return counts.values().stream().mapToLong(c -> c.different).sum();
    }

    /** The differences outside of such sites, one a section, and what else is wrong. */
    public List<String> differences() {
        return List.copyOf(differences);
    }

    /** A table: a row a section name. */
    public String table() {
        StringBuilder text = new StringBuilder(
                String.format("%-32s %9s %12s %10s %10s%n", "section", "sections", "bytes", "patched", "different"));
        counts.forEach((name, c) -> text.append(
                String.format("%-32s %9d %12d %10d %10d%n", name, c.sections, c.bytes, c.patched, c.different)));
        return text.toString();
    }
}
