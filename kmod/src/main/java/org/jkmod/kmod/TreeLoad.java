package org.jkmod.kmod;

import com.google.common.base.Suppliers;
import com.google.common.primitives.Ints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveTask;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
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

    /** Whether one thread does it all: then nothing is read ahead, and a module is loaded while it is in the processor's cache. */
    private final boolean alone;

    private final ModuleBuffer.Pool buffers = new ModuleBuffer.Pool();
    private final @Nullable ForkJoinTask<Opened>[] opened;
    private final @Nullable Formed[] formed;
    private final boolean[] visited;
    /** The modules that were formed and may not be finished yet, in their order. */
    private final Deque<Integer> unfinished = new ArrayDeque<>();

    private final Supplier<Map<String, Integer>> exporters = Suppliers.memoize(this::scanExports);
    private int readAhead;

    private int loaded;
    private int done;
    private long relocations;
    private int unresolved;
    private final List<Failure> failures = new ArrayList<>();

    /**
     * A module that was read and laid out, or why it was not.
     *
     * @param buffer what its bytes are in
     * @param load its load; null if it was not read
     * @param providers the modules that export what it imports
     * @param reason why it was not read
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Opened(ModuleBuffer buffer, @Nullable ModuleLoad load, int[] providers, String reason) {}

    /** A module that is being relocated. */
    private record Formed(ModuleLoad load, ForkJoinTask<?> relocation) {}

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of tasks
    private TreeLoad(Kernel kernel, ModuleTree tree, boolean alone, IntConsumer progress) {
        this.kernel = kernel;
        this.modules = tree.modules();
        this.alone = alone;
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
        if (jobs == 1) {
            return new TreeLoad(kernel, tree, true, progress).load();
        }
        ForkJoinPool pool = new ForkJoinPool(jobs);
        try {
            return pool.submit(() -> new TreeLoad(kernel, tree, false, progress).load())
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
        Map<String, Integer> byOwner = new HashMap<>();
        int[] result = new int[symvers.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = byOwner.computeIfAbsent(
                    symvers.owner(i), owner -> byName.getOrDefault(ModuleTree.moduleName(owner), -1));
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
            if (visit.entered < visit.file.providers.length) {
                int provider = visit.file.providers[visit.entered++];
                finish(provider);
                enter(provider, path);
            } else {
                path.remove();
                form(visit.index, visit.file.buffer, visit.load);
                if (!path.isEmpty()) {
                    finish(visit.index);
                }
            }
        }
    }

    /** A module whose providers are being loaded. */
    private static final class Visit {
        private final int index;
        private final Opened file;
        private final ModuleLoad load;
        /** How many providers have been begun with. */
        private int entered;

        Visit(int index, Opened file, ModuleLoad load) {
            this.index = index;
            this.file = file;
            this.load = load;
        }
    }

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
            path.push(new Visit(index, file, load));
        }
    }

    private void form(int index, ModuleBuffer buffer, ModuleLoad load) {
        finishNamesake(load.name());
        try {
            load.form();
        } catch (ModuleLoadException e) {
            fail(index, e);
            buffers.give(buffer);
            return;
        }
        formed[index] = new Formed(load, begun(ForkJoinTask.adapt(() -> {
            load.relocate();
            buffers.give(buffer);
        })));
        unfinished.add(index);
        if (unfinished.size() > WINDOW) {
            finish(unfinished.remove());
        }
    }

    /** Of two modules of one name the second is told that the first is there, which it is once it is done. */
    private void finishNamesake(String name) {
        for (int other : unfinished) {
            Formed module = formed[other];
            if (module != null && module.load().name().equals(name)) {
                finish(other);
                return;
            }
        }
    }

    /** Begins with a task, or does it. */
    private <T> ForkJoinTask<T> begun(ForkJoinTask<T> task) {
        if (alone) {
            task.invoke();
            return task;
        }
        return task.fork();
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
        for (; !alone && readAhead < Math.min(index + WINDOW, modules.size()); readAhead++) {
            if (!visited[readAhead]) {
                opened[readAhead] = open(readAhead);
            }
        }
    }

    /** The task that reads a module. */
    private ForkJoinTask<Opened> open(int index) {
        ForkJoinTask<Opened> task = opened[index];
        if (task == null) {
            task = begun(new Open(index));
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
            ModuleBuffer buffer = buffers.take();
            String reason;
            try {
                buffer.read(path);
                KernelObject object = KernelObject.unchecked(buffer.bytes(), buffer.size(), path.toString());
                ModuleLoad load = kernel.begin(object, LoadOptions.NONE);
                return new Opened(buffer, load, providers(load), "");
            } catch (IOException e) {
                reason = "cannot be read: " + e;
            } catch (MalformedInputException e) {
                reason = String.valueOf(e.getMessage());
            }
            buffers.give(buffer);
            return new Opened(buffer, null, new int[0], reason);
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

    /**
     * The modules that export what a module imports, as Module.symvers says, or, for names that it does not know, the files. One that the
     * kernel does not take for a module of its own needs none.
     *
     * @throws MalformedInputException if the file is no module at all
     */
    private int[] providers(ModuleLoad load) {
        Optional<KernelObject> accepted = load.accepted();
        if (accepted.isEmpty()) {
            requireModule(load.object());
            return new int[0];
        }
        KernelObject object = accepted.get();
        int[] providers = new int[8];
        int count = 0;
        SymbolTable symbols = object.symbols();
        for (int i = 1; i < symbols.count(); i++) {
            if (!object.isImport(i)) {
                continue;
            }
            int export = load.importedExport(i);
            int owner = export >= 0 ? owners[export] : exporter(symbols, i);
            if (owner >= 0 && !contains(providers, count, owner)) {
                providers = Ints.ensureCapacity(providers, count + 1, count);
                providers[count++] = owner;
            }
        }
        return Arrays.copyOf(providers, count);
    }

    private static void requireModule(KernelObject file) {
        file.symbols();
    }

    private static boolean contains(int[] numbers, int count, int wanted) {
        for (int i = 0; i < count; i++) {
            if (numbers[i] == wanted) {
                return true;
            }
        }
        return false;
    }

    private int exporter(SymbolTable symbols, int symbol) {
        String name = symbols.name(symbol);
        if (symbols.binding(symbol) == Elf.STB_WEAK
                || kernel.profile().architecture().ignoresUndefined(name)) {
            return -1;
        }
        return exporters.get().getOrDefault(name, -1);
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
