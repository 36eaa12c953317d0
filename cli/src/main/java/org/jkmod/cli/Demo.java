package org.jkmod.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelSymbol;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.ModuleListener;
import org.jkmod.core.ModuleMemory;
import org.jkmod.core.ModuleState;
import org.jkmod.core.RelocationType;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;

/** Loads the modules that come with the command, and takes down what the kernel does with each. */
final class Demo {
    /** How many relocations of a module are shown. */
    private static final int SAMPLES = 3;

    /**
     * A relocation, as an example.
     *
     * @param place where it is: section and offset
     * @param type its type's name
     * @param symbol the symbol and the addend
     * @param before the bytes of the field in the file
     * @param after the bytes of the field in memory
     */
    record Sample(String place, String type, String symbol, String before, String after) {}

    /**
     * A module that was loaded.
     *
     * @param module the module
     * @param object its file
     * @param memory what it got, that for init included
     * @param imports how many imports were resolved, by who exports them; empty for the kernel itself
     * @param unresolved weak imports that nobody exports
     * @param samples some of its relocations
     * @param micros how long it took
     */
    record Loaded(
            KernelModule module,
            KernelObject object,
            List<ModuleMemory> memory,
            Map<String, Integer> imports,
            List<String> unresolved,
            List<Sample> samples,
            long micros) {}

    private final Kernel kernel;

    Demo(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Loads a module that comes with the command. */
    Loaded insmod(String name, String parameters) throws IOException {
        KernelObject object = bundled(name);
        long start = System.nanoTime();
        // Once init has run, its memory is gone.
        List<ModuleMemory> memory = new ArrayList<>();
        ModuleListener atComing = (coming, state) -> {
            if (state == ModuleState.COMING) {
                memory.addAll(coming.memory().values());
            }
        };
        kernel.addListener(atComing);
        KernelModule module;
        try {
            module = kernel.load(object, LoadOptions.parameters(parameters));
        } finally {
            kernel.removeListener(atComing);
        }
        long micros = (System.nanoTime() - start) / 1000;

        Map<String, Integer> imports = new TreeMap<>();
        List<String> unresolved = new ArrayList<>();
        for (KernelObject.Import wanted : object.imports()) {
            Optional<KernelSymbol> symbol = kernel.symbol(wanted.name());
            if (symbol.isPresent()) {
                imports.merge(owner(symbol.get()), 1, Integer::sum);
            } else {
                unresolved.add(wanted.name());
            }
        }
        return new Loaded(module, object, memory, imports, unresolved, samples(module, object), micros);
    }

    private static KernelObject bundled(String name) throws IOException {
        String file = name + ".ko";
        try (InputStream in = Demo.class.getResourceAsStream("demo/" + file)) {
            if (in == null) {
                throw new IllegalStateException("no resource demo/" + file);
            }
            return KernelObject.parse(in.readAllBytes(), file);
        }
    }

    private static String owner(KernelSymbol symbol) {
        return symbol.owner().orElse("");
    }

    /** The first relocations of the module's code that refer to other modules, or, if there are none, to the kernel. */
    private List<Sample> samples(KernelModule module, KernelObject object) {
        List<Sample> toModules = new ArrayList<>();
        List<Sample> toKernel = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Section section : object.elf().sections()) {
            if (!section.name().equals(".rela.text")) {
                continue;
            }
            RelocationTable table = section.relocations();
            SymbolTable symbols = object.symbols();
            for (int i = 0; i < table.count(); i++) {
                String name = symbols.name(table.symbol(i));
                Optional<KernelSymbol> symbol = kernel.symbol(name);
                if (symbol.isEmpty() || owner(symbol.get()).equals(module.name()) || !seen.add(name)) {
                    continue;
                }
                (symbol.get().owner().isPresent() ? toModules : toKernel).add(sample(module, table, i, symbol.get()));
            }
        }
        List<Sample> samples = toModules.isEmpty() ? toKernel : toModules;
        return samples.subList(0, Math.min(SAMPLES, samples.size()));
    }

    private Sample sample(KernelModule module, RelocationTable table, int index, KernelSymbol symbol) {
        Section target = table.target();
        int offset = (int) table.offset(index);
        RelocationType type = kernel.profile().architecture().relocationTypes().stream()
                .filter(t -> t.row().number() == table.type(index))
                .findFirst()
                .orElseThrow();
        int size = type.row().field().size();
        byte[] before = new byte[size];
        target.bytes().get(offset, before);
        byte[] after = new byte[size];
        module.section(target.name()).orElseThrow().get(offset, after);
        long addend = table.addend(index);
        return new Sample(
                String.format(Locale.ROOT, "%s+0x%x", target.name(), offset),
                type.name(),
                symbol.name() + (addend == 0 ? "" : String.format(Locale.ROOT, "%+d", addend)),
                hex(before),
                hex(after));
    }

    private static String hex(byte[] bytes) {
        StringBuilder hex = new StringBuilder();
        for (byte b : bytes) {
            hex.append(hex.isEmpty() ? "" : " ").append(String.format(Locale.ROOT, "%02x", b));
        }
        return hex.toString();
    }
}
