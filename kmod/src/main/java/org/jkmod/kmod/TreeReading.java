package org.jkmod.kmod;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jkmod.elf.InputFile;
import org.jspecify.annotations.Nullable;

/** Reads all modules of a tree, by several threads. What comes out does not depend on which thread was faster. */
final class TreeReading implements Runnable {
    private final List<ModuleSearch.Found> files;
    private final boolean wantCrcs;
    private final @Nullable ScannedModule[] modules;
    private final AtomicInteger next = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    private TreeReading(List<ModuleSearch.Found> files, boolean wantCrcs) {
        this.files = files;
        this.wantCrcs = wantCrcs;
        this.modules = new ScannedModule[files.size()];
    }

    /**
     * Reads modules.
     *
     * @param threads how many threads read, this one among them
     * @return what was found in each; of one that could not be read, why
     */
    static List<ScannedModule> read(List<ModuleSearch.Found> files, boolean wantCrcs, int threads) {
        return new TreeReading(files, wantCrcs).readAll(threads);
    }

    private List<ScannedModule> readAll(int threads) {
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < Math.min(threads, files.size()); i++) {
            Thread thread = new Thread(null, this, "jkmod-depmod-" + i);
            thread.setDaemon(true);
            thread.start();
            others.add(thread);
        }
        run();
        boolean interrupted = false;
        for (Thread thread : others) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Throwable thrown = failure;
        if (thrown instanceof Error error) {
            throw error;
        } else if (thrown != null) {
            throw new IllegalStateException(thrown);
        }
        List<ScannedModule> result = new ArrayList<>(modules.length);
        for (ScannedModule module : modules) {
            result.add(java.util.Objects.requireNonNull(module));
        }
        return result;
    }

    @Override
    public void run() {
        try (ObjectReader reader = new ObjectReader(wantCrcs)) {
            for (int i = next.getAndIncrement(); i < modules.length && failure == null; i = next.getAndIncrement()) {
                modules[i] = read(reader, files.get(i));
            }
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        }
    }

    private static ScannedModule read(ObjectReader reader, ModuleSearch.Found file) {
        try {
            return file.exact() == null
                    ? reader.read(file.file().getPath())
                    : reader.read(InputFile.read(file.exact(), ModuleFile.MAX_SIZE, "a module"), file.path());
        } catch (IOException e) {
            ScannedModule module = new ScannedModule(reader);
            module.failure = e;
            return module;
        } catch (org.jkmod.elf.MalformedInputException e) {
            ScannedModule module = new ScannedModule(reader);
            module.fault(e);
            return module;
        }
    }
}
