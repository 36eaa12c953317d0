package org.jkmod.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelException;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/**
 * The kernel that a {@link StateDirectory} keeps. Every command makes it anew, by doing at the recorded times what the journal says:
 * the same journal makes the same kernel. Holds the folder's lock until it is closed.
 */
final class SimulatedKernel implements AutoCloseable {
    private final StateDirectory directory;
    private final StateDirectory.Lock lock;
    private final AtomicLong micros = new AtomicLong();
    private final Kernel kernel;
    private Journal journal;

    private SimulatedKernel(
            StateDirectory directory,
            StateDirectory.Lock lock,
            KernelProfile profile,
            Journal journal,
            InstantSource clock)
            throws Failure {
        this.directory = directory;
        this.lock = lock;
        this.journal = journal;
        this.kernel = Kernel.boot(profile, BootOptions.DEFAULT.withClock(micros::get));
        for (Journal.Entry entry : journal.entries()) {
            micros.set(entry.micros());
            replay(entry);
        }
        // Clocks are set back at times; a kernel's own is not.
        long now = ChronoUnit.MICROS.between(journal.booted(), clock.instant());
        micros.set(Math.max(now, journal.lastMicros()));
    }

    private void replay(Journal.Entry entry) throws Failure {
        try {
            if (entry instanceof Journal.Insmod insmod) {
                KernelObject object = KernelObject.parse(directory.module(insmod.module()), insmod.file());
                kernel.load(object, insmod.options());
            } else if (entry instanceof Journal.Rmmod rmmod) {
                kernel.unload(rmmod.name(), flags(rmmod.force()));
            }
        } catch (KernelException e) {
            // As it was the first time; what the kernel says of it, it has said again.
        }
    }

    /**
     * A kernel's profile as {@link KernelProfile#save} wrote it.
     *
     * @param name what to call it in messages
     * @param bytes the file
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record SavedProfile(String name, byte[] bytes) {
        /** The largest file that is read; what it says may be larger, as {@link KernelProfile#read} checks. */
        private static final int MAX_SIZE = 1 << 26;

        /** That of a file, which may turn out to be none. */
        static SavedProfile of(Path file) throws IOException {
            return new SavedProfile(file.toString(), InputFile.read(file, MAX_SIZE, "a kernel profile"));
        }

        /** Reads it. */
        KernelProfile read() throws Failure {
            try {
                return KernelProfile.read(new ByteArrayInputStream(bytes), name);
            } catch (IOException e) {
                // Of the bytes, which are in memory: it does not name the file.
                throw new Failure(name + ": " + Failure.reason(e), e);
            }
        }
    }

    /** Where a profile comes from. */
    interface ProfileSource {
        /** Gets it. */
        SavedProfile get() throws IOException, Failure;
    }

    /** The kernel of a folder, to look at; empty if there is none. */
    static Optional<SimulatedKernel> open(StateDirectory directory, InstantSource clock) throws IOException, Failure {
        Optional<StateDirectory.Lock> lock = directory.lockToRead();
        return lock.isPresent() ? locked(lock.get(), () -> read(directory, lock.get(), clock)) : Optional.empty();
    }

    /** The kernel of a folder, to change; empty if there is none. */
    static Optional<SimulatedKernel> openToChange(StateDirectory directory, InstantSource clock)
            throws IOException, Failure {
        if (!directory.exists()) {
            return Optional.empty();
        }
        StateDirectory.Lock lock = directory.lockToWrite();
        return locked(lock, () -> read(directory, lock, clock));
    }

    /** The kernel of a folder, to change; if there is none, one is booted. */
    static SimulatedKernel openOrBoot(StateDirectory directory, InstantSource clock, ProfileSource profile)
            throws IOException, Failure {
        StateDirectory.Lock lock = directory.lockToWrite();
        return locked(lock, () -> {
                    Optional<SimulatedKernel> there = read(directory, lock, clock);
                    if (there.isPresent()) {
                        return there;
                    }
                    SavedProfile saved = profile.get();
                    return Optional.of(boot(directory, lock, clock, saved, saved.read()));
                })
                .orElseThrow();
    }

    /** Boots a kernel in a folder; the one that is there is gone then. */
    static SimulatedKernel boot(StateDirectory directory, InstantSource clock, SavedProfile profile)
            throws IOException, Failure {
        KernelProfile read = profile.read(); // First: if it is none, there is nothing to make a folder for.
        StateDirectory.Lock lock = directory.lockToWrite();
        return locked(lock, () -> Optional.of(boot(directory, lock, clock, profile, read)))
                .orElseThrow();
    }

    private static Optional<SimulatedKernel> read(
            StateDirectory directory, StateDirectory.Lock lock, InstantSource clock) throws IOException, Failure {
        Optional<Journal> journal = directory.journal();
        return journal.isPresent()
                ? Optional.of(new SimulatedKernel(directory, lock, directory.profile(), journal.get(), clock))
                : Optional.empty();
    }

    private static SimulatedKernel boot(
            StateDirectory directory,
            StateDirectory.Lock lock,
            InstantSource clock,
            SavedProfile saved,
            KernelProfile profile)
            throws IOException, Failure {
        Journal journal = Journal.boot(clock.instant().truncatedTo(ChronoUnit.MICROS));
        directory.boot(saved.bytes(), journal);
        return new SimulatedKernel(directory, lock, profile, journal, clock);
    }

    /** Makes a kernel, or does not. */
    private interface Opening {
        Optional<SimulatedKernel> open() throws IOException, Failure;
    }

    /** Whoever gets a kernel has to give the lock back; if there is none, it is done here. */
    private static Optional<SimulatedKernel> locked(StateDirectory.Lock lock, Opening opening)
            throws IOException, Failure {
        Optional<SimulatedKernel> opened = Optional.empty();
        try {
            opened = opening.open();
            return opened;
        } finally {
            if (opened.isEmpty()) {
                lock.close();
            }
        }
    }

    /** The kernel as it is now. */
    Kernel kernel() {
        return kernel;
    }

    /**
     * Loads a module, and remembers it.
     *
     * @param file what to call its file in the kernel's messages
     * @param bytes the file, decompressed
     * @param parameters its parameters, separated by blanks
     * @throws MalformedInputException if that is not even an ELF object: the kernel is as it was then
     * @throws ModuleLoadException if the kernel refuses it: that is remembered, too
     */
    KernelModule insmod(String file, byte[] bytes, String parameters) throws IOException {
        return insmod(file, bytes, LoadOptions.parameters(parameters));
    }

    /** As above, with more to say. */
    KernelModule insmod(String file, byte[] bytes, LoadOptions options) throws IOException {
        KernelObject object = KernelObject.parse(bytes, file);
        try {
            KernelModule module = kernel.load(object, options);
            remember(new Journal.Insmod(micros.get(), file, directory.keep(bytes), options));
            return module;
        } catch (ModuleLoadException e) {
            remember(new Journal.Insmod(micros.get(), file, directory.keep(bytes), options));
            throw e;
        }
    }

    /**
     * Unloads a module, and remembers it.
     *
     * @throws KernelException if the kernel refuses; nothing is left of that
     */
    void rmmod(String name) throws IOException {
        rmmod(name, false);
    }

    /** As above; by force, if the kernel can be forced. */
    void rmmod(String name, boolean force) throws IOException {
        kernel.unload(name, flags(force));
        remember(new Journal.Rmmod(micros.get(), name, force));
    }

    private static int flags(boolean force) {
        return Kernel.O_NONBLOCK | (force ? Kernel.O_TRUNC : 0);
    }

    private void remember(Journal.Entry entry) throws IOException {
        journal = journal.with(entry);
        directory.write(journal);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
