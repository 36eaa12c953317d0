package org.jkmod.kmod;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveTask;
import java.util.function.IntConsumer;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelObject;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.ModuleLoad;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.core.Problem;
import org.jkmod.elf.Elf;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.SymbolTable;
import org.jkmod.symtab.ModuleSymvers;
import org.jspecify.annotations.Nullable;

/**
 * Loads all modules of a tree into a kernel, each after the ones that it needs.
 *
 * <p>Files are read, laid out and relocated on several threads; the steps that change the kernel's books are taken by one, in the
 * order of the tree's paths with every module's providers before it. When a module takes its last step depends on that order alone, for
 * it gives back memory that the next one may get. So the kernel is the same whatever the number of threads. No file is read twice, and
 * only a few are in memory at a time.
 */
public final class TreeLoad {
    /** How many modules are read ahead, and how many are relocated behind. */
    private static final int WINDOW = 16;

    /**
     * A module that was not loaded.
     *
     * @param module its name
     * @param reason why, in one line
     */
    public record Failure(String module, String reason) {}

    /**
     * What came of it.
     *
     * @param modules how many modules the tree has
     * @param loaded how many of them are loaded
     * @param failures the others, in the order in which they failed
     * @param relocations how many relocations were applied
     * @param unresolved how many imports were not resolved
     */
    public record Result(int modules, int loaded, List<Failure> failures, long relocations, int unresolved) {}

    private final Kernel kernel;
    private final List<ModuleTree.Entry> modules;
    private final IntConsumer progress;
    private final ModuleSymvers symvers;
    /** For each export of the kernel's profile the module that has it, or -1. */
    private final int[] owners;

    private final @Nullable ForkJoinTask<Opened>[] opened;
    private final @Nullable Formed[] formed;
    private final boolean[] visited;
    /** The modules that were formed and may not be finished yet, in their order. */
    private final Deque<Integer> unfinished = new ArrayDeque<>();

    private @Nullable Map<String, Integer> exporters;
    private int readAhead;

    private int loaded;
    private int done;
    private long relocations;
    private int unresolved;
    private final List<Failure> failures = new ArrayList<>();

    /** A module that was read and laid out, or why it was not. */
    private record Opened(@Nullable ModuleLoad load, String reason) {}

    /** A module that is being relocated. */
    private record Formed(ModuleLoad load, ForkJoinTask<?> relocation) {}

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of tasks
    private TreeLoad(Kernel kernel, ModuleTree tree, IntConsumer progress) {
        this.kernel = kernel;
        this.modules = tree.modules();
        this.progress = progress;
        this.symvers = kernel.profile().exports();
        this.opened = new ForkJoinTask[modules.size()];
        this.formed = new Formed[modules.size()];
        this.visited = new boolean[modules.size()];
        this.owners = owners();
    }

    /**
     * Loads a tree.
     *
     * @param jobs how many threads
     * @param progress told how many modules are done, from one of the threads
     */
    public static Result run(Kernel kernel, ModuleTree tree, int jobs, IntConsumer progress) {
        ForkJoinPool pool = new ForkJoinPool(jobs);
        try {
            return pool.submit(() -> new TreeLoad(kernel, tree, progress).load())
                    .join();
        } finally {
            pool.shutdownNow();
        }
    }

    private int[] owners() {
        Map<String, Integer> byName = new HashMap<>();
        for (int i = 0; i < modules.size(); i++) {
            byName.putIfAbsent(modules.get(i).name(), i);
        }
        int[] result = new int[symvers.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = byName.getOrDefault(ModuleTree.moduleName(symvers.owner(i)), -1);
        }
        return result;
    }

    private Result load() {
        for (int i = 0; i < modules.size(); i++) {
            readAhead(i);
            visit(i);
        }
        while (!unfinished.isEmpty()) {
            finish(unfinished.remove());
        }
        return new Result(modules.size(), loaded, List.copyOf(failures), relocations, unresolved);
    }

    /**
     * Loads a module after its providers, however long the chain of those is. Cycles end at the module that is being visited; the kernel
     * then finds a symbol unknown.
     */
    private void visit(int index) {
        Deque<Visit> path = new ArrayDeque<>();
        enter(index, path);
        while (!path.isEmpty()) {
            Visit visit = path.element();
            if (visit.providers().hasNext()) {
                int provider = visit.providers().next();
                finish(provider);
                enter(provider, path);
            } else {
                path.remove();
                form(visit.index(), visit.load());
                if (!path.isEmpty()) {
                    finish(visit.index());
                }
            }
        }
    }

    /** A module whose providers are being loaded. */
    private record Visit(int index, ModuleLoad load, Iterator<Integer> providers) {}

    /** Begins with a module, if nobody has. */
    private void enter(int index, Deque<Visit> path) {
        if (visited[index]) {
            return;
        }
        visited[index] = true;
        Opened file = open(index).join();
        opened[index] = null;
        ModuleLoad load = file.load();
        if (load == null) {
            fail(index, file.reason());
        } else {
            path.push(new Visit(index, load, providers(load.object()).iterator()));
        }
    }

    private void form(int index, ModuleLoad load) {
        // of two modules of one name the second is told that the first is there, which it is once it is done
        unfinished.stream()
                .filter(other ->
                        formed[other] != null && formed[other].load().name().equals(load.name()))
                .findFirst()
                .ifPresent(this::finish);
        try {
            load.form();
        } catch (ModuleLoadException e) {
            fail(index, e);
            return;
        }
        formed[index] = new Formed(load, ForkJoinTask.adapt(load::relocate).fork());
        unfinished.add(index);
        if (unfinished.size() > WINDOW) {
            finish(unfinished.remove());
        }
    }

    /** Takes the last step of a module that was formed, if that has not been done. */
    private void finish(int index) {
        Formed module = formed[index];
        if (module == null) {
            return;
        }
        formed[index] = null;
        module.relocation().join();
        try {
            relocations += module.load().run().relocations();
            loaded++;
            progress.accept(++done);
        } catch (ModuleLoadException e) {
            fail(index, e);
        }
    }

    /** Begins to read the next modules in the tree's order. */
    private void readAhead(int index) {
        for (; readAhead < Math.min(index + WINDOW, modules.size()); readAhead++) {
            if (!visited[readAhead]) {
                opened[readAhead] = open(readAhead);
            }
        }
    }

    /** The task that reads a module. */
    private ForkJoinTask<Opened> open(int index) {
        ForkJoinTask<Opened> task = opened[index];
        if (task == null) {
            task = new Open(index).fork();
            opened[index] = task;
        }
        return task;
    }

    @SuppressWarnings("serial") // tasks are not serialised
    private final class Open extends RecursiveTask<Opened> {
        private final int index;

        Open(int index) {
            this.index = index;
        }

        @Override
        protected Opened compute() {
            Path path = modules.get(index).path();
            try {
                KernelObject object = KernelObject.parse(ModuleFile.read(path), path.toString());
                return new Opened(kernel.begin(object, LoadOptions.NONE), "");
            } catch (IOException e) {
                return new Opened(null, "cannot be read: " + e);
            } catch (MalformedInputException e) {
                return new Opened(null, String.valueOf(e.getMessage()));
            }
        }
    }

    private void fail(int index, ModuleLoadException e) {
        unresolved += (int) e.problems().stream()
                .filter(p -> p.kind() == Problem.Kind.UNKNOWN_SYMBOL)
                .count();
        fail(index, String.valueOf(e.getMessage()));
    }

    private void fail(int index, String reason) {
        failures.add(new Failure(modules.get(index).name(), reason));
        progress.accept(++done);
    }

    /** The modules that export what a module imports, as Module.symvers says, or, for names that it does not know, the files. */
    private List<Integer> providers(KernelObject object) {
        List<Integer> providers = new ArrayList<>();
        SymbolTable symbols = object.symbols();
        byte[] file = object.elf().array();
        for (int i = 1; i < symbols.count(); i++) {
            if (!object.isImport(i)) {
                continue;
            }
            long name = symbols.nameOffset(i);
            int row = symvers.names()
                    .find(
                            file,
                            symbols.strings().start() + (int) name,
                            symbols.strings().length(name));
            int owner = row >= 0 ? owners[row] : exporter(symbols, i);
            if (owner >= 0 && !providers.contains(owner)) {
                providers.add(owner);
            }
        }
        return providers;
    }

    private int exporter(SymbolTable symbols, int symbol) {
        String name = symbols.name(symbol);
        if (symbols.binding(symbol) == Elf.STB_WEAK
                || kernel.profile().architecture().ignoresUndefined(name)) {
            return -1;
        }
        Map<String, Integer> known = exporters;
        if (known == null) {
            known = scanExports();
            exporters = known;
        }
        return known.getOrDefault(name, -1);
    }

    /** Reads all modules for their exports: only needed where the profile does not know them. */
    private Map<String, Integer> scanExports() {
        Map<String, Integer> found = new HashMap<>();
        for (int i = 0; i < modules.size(); i++) {
            for (KernelObject.Export export : exports(modules.get(i).path())) {
                found.putIfAbsent(export.name(), i);
            }
        }
        return found;
    }

    /** What a module exports; nothing if it cannot be read: its own load says why. */
    private static List<KernelObject.Export> exports(Path path) {
        try {
            return KernelObject.parse(ModuleFile.read(path), path.toString()).exports();
        } catch (IOException | MalformedInputException e) {
            return List.of();
        }
    }
}
