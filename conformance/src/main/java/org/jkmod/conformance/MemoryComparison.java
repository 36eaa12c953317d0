package org.jkmod.conformance;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
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
import org.jkmod.elf.SymbolTable;
import org.jkmod.symtab.Kallsyms;

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

    /** Of a section that is different all over, as many rows are shown. */
    private static final int MAX_ROWS = 64;

    /** Counts of bytes for sections of a name. */
    static final class Count {
        long sections;
        long bytes;
        long patched;
        long unknown;
        long different;
    }

    private final Recording recording;
    private final Map<String, Count> counts = new TreeMap<>();
    private final List<Difference> differences = new ArrayList<>();
    /** Exports of modules of which nobody knows where they were. */
    private final Set<String> unknown = new HashSet<>();

    private int modules;

    /** Prepares a comparison. */
    public MemoryComparison(Recording recording) {
        this.recording = recording;
    }

    /** Relocates every module of the recording to where it was, and compares. */
    public void run() throws IOException {
        SectionAddresses sections = recording.sections();
        Set<String> incomparable = recording.incomparable();
        Kallsyms symbols = recording.kallsyms();
        Relocator relocator = new Relocator(symbols, RelocationPolicy.KERNEL);
        for (KernelObject object : recording.loaded()) {
            Map<String, Long> addresses = sections.of(object.name());
            RelocatedModule module = relocator.relocate(object, addresses);
            if (!module.unresolved().isEmpty()) {
                differ(object.name(), "imports", "unresolved " + module.unresolved(), "resolved", List.of());
            }
            object.exports().stream()
                    .map(KernelObject.Export::name)
                    .filter(name -> symbols.first(name) < 0 && isUnplaced(object, name, module.unplaced()))
                    .forEach(unknown::add);
            if (!incomparable.contains(module.name())) {
                compare(object, module, addresses);
                modules++;
            }
        }
    }

    /** Nobody says where per-CPU data is, but for its symbols, which kernels without CONFIG_KALLSYMS_ALL do not keep. */
    private static boolean isUnplaced(KernelObject object, String export, List<String> unplaced) {
        SymbolTable table = object.symbols();
        for (int i = 1; i < table.count(); i++) {
            int section = table.rawSectionIndex(i);
            if (section > 0
                    && section < object.elf().sectionCount()
                    && table.name(i).equals(export)) {
                return unplaced.contains(object.elf().section(section).name());
            }
        }
        return false;
    }

    private void compare(KernelObject object, RelocatedModule module, Map<String, Long> addresses) {
        PatchSites sites = PatchSites.of(object, module.sections(), addresses, recording.release());
        Set<String> sortedToo = SORTED_TOO.getOrDefault(object.architecture().name(), Set.of());
        sites.markReferences(object, module.unplaced(), unknown);
        module.sections().forEach((name, bytes) -> {
            if (!SORTED.contains(name)
                    && !sortedToo.contains(name)
                    && !CHANGED.matcher(name).matches()) {
                recording.memory(module.name(), name).ifPresent(memory -> compare(object, name, bytes, memory, sites));
            }
        });
    }

    private void compare(KernelObject object, String section, ByteBuffer ours, byte[] theirs, PatchSites sites) {
        Count count = counts.computeIfAbsent(section, s -> new Count());
        count.sections++;
        count.bytes += theirs.length;
        if (FILLED.contains(section) ? ours.limit() < theirs.length : ours.limit() != theirs.length) {
            count.different += theirs.length;
            differ(object.name(), section, ours.limit() + " bytes", theirs.length + " bytes", List.of());
            return;
        }
        boolean code = CODE.matcher(section).matches();
        BitSet different = new BitSet();
        for (int i = 0; i < theirs.length; i++) {
            if (ours.get(i) == theirs[i]) {
                continue;
            }
            if (sites.isUnknown(section, i)) {
                count.unknown++;
            } else if (code && sites.contains(section, i)) {
                count.patched++;
            } else {
                different.set(i);
            }
        }
        count.different += different.cardinality();
        if (!different.isEmpty()) {
            show(object, section, ours, ByteBuffer.wrap(theirs), different);
        }
    }

    private void show(KernelObject object, String section, ByteBuffer ours, ByteBuffer theirs, BitSet different) {
        int[] rows = different.stream()
                .map(i -> i / HexDump.ROW * HexDump.ROW)
                .distinct()
                .limit(MAX_ROWS)
                .toArray();
        differ(
                object.name(),
                String.format("%s+0x%x (%d bytes)", section, different.nextSetBit(0), different.cardinality()),
                HexDump.of(ours, rows),
                HexDump.of(theirs, rows),
                RelocationsAt.places(object, section, different));
    }

    private void differ(String module, String place, String ours, String theirs, List<String> cause) {
        differences.add(new Difference("bytes", module, place, ours, theirs, cause));
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
    public List<Difference> differences() {
        return List.copyOf(differences);
    }

    /** The counts of bytes by section name. Explained are those that a table of the module names, or that depend on what is not known. */
    public List<Tally> tallies() {
        return counts.entrySet().stream()
                .map(e -> new Tally(
                        "bytes",
                        e.getKey(),
                        e.getValue().bytes,
                        e.getValue().patched + e.getValue().unknown,
                        e.getValue().different))
                .toList();
    }
}
