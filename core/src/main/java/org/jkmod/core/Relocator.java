package org.jkmod.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jkmod.symtab.Kallsyms;

/**
 * Relocates modules to addresses that somebody else has chosen: those of a running kernel, of a memory dump, of an emulator. Keeps no
 * kernel's books. Modules are given in an order in which those that export come before those that import.
 *
 * <p>Not safe for threads.
 */
public final class Relocator {
    /** More than any module needs; a file can claim to need anything. */
    private static final long MAX_MEMORY = 1L << 27;

    private final Kallsyms symbols;
    private final RelocationPolicy policy;
    /** Exports of the modules given so far. */
    private final Map<String, Long> moduleExports = new HashMap<>();

    /**
     * Begins.
     *
     * @param symbols the kernel's symbols, and those of modules that will not be given
     * @param policy whose rules relocations follow
     */
    public Relocator(Kallsyms symbols, RelocationPolicy policy) {
        this.symbols = symbols;
        this.policy = policy;
    }

    /**
     * A relocated module.
     *
     * @param name its name
     * @param sections the bytes of its allocated sections by name, read-only, in the order of the layout; a name that occurs twice
     *     keeps its first section
     * @param relocations how many were applied
     * @param unresolved names of the imports that nobody exports, which were taken to be 0
     * @param unplaced names of the sections of which nobody knows where they are, which were taken to be where the module begins
     */
    public record RelocatedModule(
            String name,
            Map<String, ByteBuffer> sections,
            int relocations,
            List<String> unresolved,
            List<String> unplaced) {}

    /**
     * Relocates a module.
     *
     * @param sectionAddresses where its sections are, by name; those that are not named get their place from the layout of their
     *     memory, relative to the ones that are
     * @throws MalformedInputException if the module makes no sense
     * @throws RelocationException if a relocation cannot be applied
     * @throws IllegalArgumentException if no architecture on the class path knows such objects
     */
    public RelocatedModule relocate(KernelObject object, Map<String, Long> sectionAddresses) {
        Architecture architecture = object.architecture();
        KernelConfiguration kernel = KernelConfiguration.of(object.release());
        ModuleLayout layout = SectionLayout.of(object, kernel, architecture);
        List<String> unplaced = new ArrayList<>();
        long[] address = addresses(object, layout, sectionAddresses, unplaced);
        List<String> unresolved = new ArrayList<>();
        long[] values = SymbolResolution.resolve(object, address, new SymbolResolution.Imports() {
            @Override
            public long resolve(int name, int length, int symbol, boolean weak) {
                String text = object.symbols().name(symbol);
                OptionalLong found = find(text);
                if (found.isEmpty() && !weak && !architecture.ignoresUndefined(text)) {
                    unresolved.add(text);
                }
                return found.orElse(0);
            }

            @Override
            public void invalid(int symbol, int sectionIndex) {
                throw new MalformedInputException(
                        object.elf().name(),
                        "symbol " + symbol + " st_shndx",
                        0,
                        Integer.toString(sectionIndex),
                        "a section index below " + object.elf().sectionCount());
            }
        });
        byte[][] images = images(object, layout);
        ModuleRelocation.Result result = ModuleRelocation.apply(
                object, layout, values, index -> memory(layout, images, address, index), architecture, kernel, policy);
        if (result.withoutAddends()) {
            throw new RelocationException(object.elf().name() + ": REL relocation unsupported");
        }
        if (result.failure().isPresent()) {
            RelocationFailure failure = result.failure().get();
            List<String> messages = architecture.messages(failure, object.name(), kernel.generation());
            throw new RelocationException(object.elf().name() + ": "
                    + (messages.isEmpty() ? failure.description() : String.join("; ", messages)));
        }
        export(object, values);
        Map<String, ByteBuffer> sections = new LinkedHashMap<>();
        for (Placement placement : layout.placements()) {
            if (placement.isAllocated()) {
                sections.putIfAbsent(
                        placement.name(),
                        ByteBuffer.wrap(images[placement.index()])
                                .asReadOnlyBuffer()
                                .order(ByteOrder.LITTLE_ENDIAN));
            }
        }
        return new RelocatedModule(
                object.name(),
                Collections.unmodifiableMap(sections),
                result.applied(),
                List.copyOf(unresolved),
                List.copyOf(unplaced));
    }

    private static Optional<SectionMemory> memory(ModuleLayout layout, byte[][] images, long[] address, int section) {
        return layout.of(section)
                .filter(Placement::isAllocated)
                .map(p -> new SectionMemory(images[section], 0, (int) p.size(), address[section]));
    }

    private OptionalLong find(String name) {
        OptionalLong kernel = Kernel.addressOf(symbols, name);
        if (kernel.isPresent()) {
            return kernel;
        }
        Long exported = moduleExports.get(name);
        if (exported != null) {
            return OptionalLong.of(exported);
        }
        int row = symbols.first(name);
        return row < 0 ? OptionalLong.empty() : OptionalLong.of(symbols.address(row));
    }

    private long[] addresses(KernelObject object, ModuleLayout layout, Map<String, Long> given, List<String> unplaced) {
        EnumMap<MemoryType, Long> bases = new EnumMap<>(MemoryType.class);
        for (Placement placement : layout.placements()) {
            Long address = given.get(placement.name());
            if (address != null) {
                bases.putIfAbsent(placement.memory(), address - placement.offset());
            }
        }
        long near = bases.values().stream().findFirst().orElse(0L);
        long[] addresses = new long[object.elf().sectionCount()];
        for (Placement placement : layout.placements()) {
            Long address = given.get(placement.name());
            if (address == null) {
                Long base = bases.get(placement.memory());
                OptionalLong known =
                        base == null ? addressBySymbols(object, placement) : OptionalLong.of(base + placement.offset());
                if (known.isEmpty() && placement.size() > 0) {
                    unplaced.add(placement.name());
                }
                // A memory without any section that has bytes is not allocated: the kernel's pointer to it is NULL.
                address = known.orElse(placement.size() > 0 ? near : placement.offset());
            }
            addresses[placement.index()] = address;
        }
        return addresses;
    }

    /**
     * Where a section is, if a symbol in it is one of the module's own in the list of symbols, and the only one of its name there:
     * sysfs shows no per-CPU section.
     */
    private OptionalLong addressBySymbols(KernelObject object, Placement placement) {
        Map<String, Long> own = new LinkedHashMap<>();
        Set<String> several = new HashSet<>();
        for (int i = 1; i < object.symbols().count(); i++) {
            String name = object.symbols().name(i);
            boolean inSection = object.symbols().rawSectionIndex(i) == placement.index();
            if (own.containsKey(name)) {
                several.add(name);
            } else if (inSection && !name.isEmpty()) {
                own.put(name, object.symbols().value(i));
            }
        }
        own.keySet().removeAll(several);
        for (Map.Entry<String, Long> symbol : own.entrySet()) {
            List<Long> found = new ArrayList<>();
            for (int row = symbols.first(symbol.getKey()); row >= 0; row = symbols.next(row)) {
                if (symbols.module(row).equals(object.name())) {
                    found.add(symbols.address(row));
                }
            }
            if (found.size() == 1) {
                return OptionalLong.of(found.get(0) - symbol.getValue());
            }
        }
        return OptionalLong.empty();
    }

    /** The bytes of the allocated sections by index, before relocation. */
    private static byte[][] images(KernelObject object, ModuleLayout layout) {
        byte[][] images = new byte[object.elf().sectionCount()][];
        long total = 0;
        for (Placement placement : layout.placements()) {
            Section section = object.elf().section(placement.index());
            if (!placement.isAllocated()) {
                continue;
            }
            if (placement.size() < 0 || placement.size() > MAX_MEMORY - total) {
                throw new MalformedInputException(
                        object.elf().name(),
                        section + " sh_size",
                        0,
                        Long.toUnsignedString(placement.size()),
                        "allocated sections of at most " + MAX_MEMORY + " bytes in all");
            }
            total += placement.size();
            byte[] image = new byte[(int) placement.size()];
            if (placement.hasContent() && !section.isEmptyInFile()) {
                section.bytes().get(image);
            }
            images[placement.index()] = image;
        }
        return images;
    }

    /** Remembers where the module has what it exports. */
    private void export(KernelObject object, long[] values) {
        Set<String> exports = new HashSet<>();
        for (KernelObject.Export export : object.exports()) {
            exports.add(export.name());
        }
        if (exports.isEmpty()) {
            return;
        }
        for (int i = 1; i < values.length; i++) {
            if (!object.isImport(i) && object.symbols().binding(i) != 0) {
                String name = object.symbols().name(i);
                if (exports.contains(name)) {
                    moduleExports.put(name, values[i]);
                }
            }
        }
    }
}
