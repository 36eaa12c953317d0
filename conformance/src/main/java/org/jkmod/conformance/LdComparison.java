package org.jkmod.conformance;

import static org.jkmod.elf.Elf.SHN_UNDEF;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelSymbol;
import org.jkmod.core.ModuleLayout;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.core.ModuleListener;
import org.jkmod.core.ModuleMemory;
import org.jkmod.core.ModuleState;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;

/**
 * Loads modules into a simulated kernel, lets GNU ld link each at the addresses that the kernel has chosen, with imports defined to the
 * values that the kernel has found, and compares the bytes of all sections.
 *
 * <p>Memory is compared as it is after relocation, the part that is freed after init too. What the loader itself makes, as {@code .plt}
 * and {@code .got}, whose size is not that of the file, is not compared; a relocation by way of it is, so it shows as a difference where ld
 * would have gone another way.
 */
public final class LdComparison {
    /**
     * A section whose bytes differ.
     *
     * @param module the module
     * @param section its name in the file
     * @param count how many bytes differ
     * @param offset of the first
     * @param ours what jkmod has there and in the next bytes, in hexadecimal
     * @param theirs what ld has
     */
    public record Difference(String module, String section, int count, int offset, String ours, String theirs) {
        @Override
        public String toString() {
            return module + " " + section + ": " + count + " bytes, from 0x" + Integer.toHexString(offset) + " on: "
                    + ours + ", ld has " + theirs;
        }
    }

    private static final int SHOWN_BYTES = 8;
    private static final String INPUT = "module.o";
    private static final String SCRIPT = "module.lds";
    private static final String OUTPUT = "module.elf";
    private static final String MESSAGES = "module.log";

    private final Kernel kernel;
    private final Path ld;
    private final Path work;

    private int modules;
    private int sections;
    private long bytes;
    private long relocations;
    private final List<Difference> differences = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    /**
     * Prepares a comparison.
     *
     * @param kernel where modules are loaded
     * @param ld GNU ld for its architecture
     * @param work a folder for temporary files
     */
    public LdComparison(Kernel kernel, Path ld, Path work) {
        this.kernel = kernel;
        this.ld = ld;
        this.work = work;
    }

    /** What GNU ld is called that links for an architecture. */
    static String command(String architecture) {
        return architecture + "-linux-gnu-ld";
    }

    /** GNU ld for an architecture, if it is on PATH. */
    static Optional<Path> ld(String architecture) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(folder -> Path.of(folder, command(architecture)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Loads a module, which stays, and compares it.
     *
     * @throws IOException if a file cannot be written, or ld cannot be run
     */
    public void compare(KernelObject object) throws IOException {
        ModuleLayout layout = ModuleLayout.of(object, kernel.profile().configuration());
        List<Loaded> loaded = new ArrayList<>();
        // When it is about to run: afterwards, init's memory is gone.
        ModuleListener copying = (coming, state) -> {
            if (state == ModuleState.COMING) {
                loaded.addAll(loaded(coming, layout));
            }
        };
        kernel.addListener(copying);
        KernelModule module;
        try {
            module = kernel.load(object);
        } finally {
            kernel.removeListener(copying);
        }
        Map<String, Long> imports = imports(object);
        relocations += module.relocations();
        modules++;
        Optional<ElfFile> linked = link(object, loaded, imports);
        if (linked.isPresent()) {
            for (Loaded section : loaded) {
                compare(object, section, linked.get());
            }
        }
    }

    /** The temporary files, some of which may not be there. */
    static List<Path> files(Path work) {
        return List.of(work.resolve(INPUT), work.resolve(SCRIPT), work.resolve(OUTPUT), work.resolve(MESSAGES));
    }

    /** A section as it is in the kernel's memory. */
    private record Loaded(Placement placement, long address, ByteBuffer content) {}

    private static List<Loaded> loaded(KernelModule module, ModuleLayout layout) {
        List<Loaded> loaded = new ArrayList<>();
        for (Placement placement : layout.placements()) {
            if (!placement.isAllocated()) {
                continue;
            }
            ModuleMemory memory = module.memory().get(placement.memory());
            // A copy, for init's memory goes. Of a memory that has only empty sections there is none, and the kernel's
            // pointer to it is 0.
            byte[] content = new byte[memory == null ? 0 : (int) placement.size()];
            long base = memory == null ? 0 : memory.base();
            if (memory != null) {
                memory.bytes().get((int) placement.offset(), content);
            }
            loaded.add(new Loaded(placement, base + placement.offset(), ByteBuffer.wrap(content)));
        }
        return loaded;
    }

    /** What the kernel has for the module's imports; 0 for weak ones that nobody exports. */
    private Map<String, Long> imports(KernelObject object) {
        Map<String, Long> values = new TreeMap<>();
        SymbolTable symbols = object.symbols();
        for (int i = 1; i < symbols.count(); i++) {
            if (symbols.rawSectionIndex(i) == SHN_UNDEF) {
                String name = symbols.name(i);
                values.put(name, kernel.symbol(name).map(KernelSymbol::value).orElse(0L));
            }
        }
        return values;
    }

    private Optional<ElfFile> link(KernelObject object, List<Loaded> loaded, Map<String, Long> imports)
            throws IOException {
        Path input = work.resolve(INPUT);
        Path script = work.resolve(SCRIPT);
        Path output = work.resolve(OUTPUT);
        Path messages = work.resolve(MESSAGES);
        Files.write(input, RenamedSections.of(object.elf()));
        Files.writeString(script, script(loaded, imports), StandardCharsets.ISO_8859_1);
        Files.deleteIfExists(output);
        Process process = new ProcessBuilder(
                        ld.toString(),
                        "-static",
                        "--omagic",
                        "--no-relax",
                        "--no-check-sections",
                        "--no-warn-mismatch",
                        "--build-id=none",
                        "-e",
                        "0",
                        "-T",
                        script.toString(),
                        "-o",
                        output.toString(),
                        input.toString())
                .redirectErrorStream(true)
                .redirectOutput(messages.toFile())
                .start();
        try {
            if (process.waitFor() == 0) {
                return Optional.of(ElfFile.read(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        String first = Files.readAllLines(messages, StandardCharsets.ISO_8859_1).stream()
                .findFirst()
                .orElse("");
        failures.add(object.name() + ": ld: " + first);
        return Optional.empty();
    }

    private static String script(List<Loaded> loaded, Map<String, Long> imports) {
        StringBuilder text = new StringBuilder();
        imports.forEach((name, value) -> text.append('"')
                .append(name)
                .append("\" = 0x")
                .append(Long.toHexString(value))
                .append(";\n"));
        text.append("SECTIONS\n{\n");
        for (Loaded section : loaded) {
            String name = RenamedSections.name(section.placement().index());
            text.append("  ").append(name).append(" 0x").append(Long.toHexString(section.address()));
            // Symbols point into sections that are empty; ld drops those, but for this.
            text.append(" : SUBALIGN(1) { *(").append(name).append(") . = .; }\n");
        }
        return text.append("  /DISCARD/ : { *(*) }\n}\n").toString();
    }

    private void compare(KernelObject object, Loaded loaded, ElfFile linked) {
        Section original = object.elf().section(loaded.placement().index());
        if (original.size() != loaded.placement().size()) {
            return;
        }
        byte[] ours = loaded.content().array();
        byte[] theirs = new byte[ours.length];
        Optional<Section> section = linked.section(RenamedSections.name(original.index()));
        if (section.isEmpty() || section.get().size() != original.size()) {
            if (original.size() != 0) {
                failures.add(object.name() + ": ld has no " + original);
            }
            return;
        }
        if (!section.get().isEmptyInFile()) {
            section.get().bytes().get(theirs);
        }
        sections++;
        bytes += theirs.length;
        int first = Arrays.mismatch(ours, theirs);
        if (first >= 0) {
            int count = 0;
            for (int i = first; i < theirs.length; i++) {
                count += theirs[i] == ours[i] ? 0 : 1;
            }
            differences.add(
                    new Difference(object.name(), original.name(), count, first, hex(ours, first), hex(theirs, first)));
        }
    }

    private static String hex(byte[] content, int from) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < Math.min(content.length, from + SHOWN_BYTES); i++) {
            text.append(i == from ? "" : " ").append(String.format("%02x", content[i]));
        }
        return text.toString();
    }

    /** How many modules were compared. */
    public int modules() {
        return modules;
    }

    /** How many sections. */
    public int sections() {
        return sections;
    }

    /** How many bytes. */
    public long bytes() {
        return bytes;
    }

    /** How many relocations the modules have. */
    public long relocations() {
        return relocations;
    }

    /** What differs. */
    public List<Difference> differences() {
        return List.copyOf(differences);
    }

    /** What ld did not link. */
    public List<String> failures() {
        return List.copyOf(failures);
    }
}
