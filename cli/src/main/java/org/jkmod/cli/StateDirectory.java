package org.jkmod.cli;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jkmod.cli.SimulatedKernel.SavedProfile;
import org.jkmod.core.KernelProfile;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.ModuleFile;
import org.jspecify.annotations.Nullable;

/**
 * The folder that keeps a simulated kernel between commands:
 *
 * <pre>
 * profile            what the kernel was booted from ({@link KernelProfile#save})
 * journal            what happened to it since ({@link Journal})
 * modules/HASH.ko    the files that were loaded, decompressed, each by the SHA-256 of its bytes
 * lock               whoever reads or writes the others holds a lock on it
 * </pre>
 *
 * <p>There is a kernel if there is a journal. Files are written beside their place and moved there, so that nobody sees half of one.
 */
final class StateDirectory {
    private static final int MAX_JOURNAL = 1 << 28;

    /** A lock on a file holds for the process; its threads wait for each other here. */
    private static final Map<Path, ReentrantLock> IN_PROCESS = new ConcurrentHashMap<>();

    private final Path directory;

    StateDirectory(Path directory) {
        this.directory = directory;
    }

    /** Keeps others away from the folder. */
    static final class Lock implements AutoCloseable {
        private final FileChannel channel;
        private final ReentrantLock inProcess;

        private Lock(FileChannel channel, ReentrantLock inProcess) {
            this.channel = channel;
            this.inProcess = inProcess;
        }

        @Override
        public void close() throws IOException {
            try {
                channel.close();
            } finally {
                inProcess.unlock();
            }
        }
    }

    /** Whether there is a kernel. Only who holds the lock knows for how long. */
    boolean exists() {
        return Files.exists(path("journal"));
    }

    /** Waits until nobody writes. Empty if there is no kernel. */
    Optional<Lock> lockToRead() throws IOException {
        if (!exists()) {
            return Optional.empty();
        }
        try {
            return Optional.of(lock(true));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Waits until nobody reads or writes; makes the folder if there is none. */
    Lock lockToWrite() throws IOException {
        Files.createDirectories(path("modules"));
        return lock(false);
    }

    private Lock lock(boolean shared) throws IOException {
        ReentrantLock inProcess = IN_PROCESS.computeIfAbsent(directory.toRealPath(), d -> new ReentrantLock());
        inProcess.lock();
        FileChannel channel = null;
        try {
            channel = shared ? FileChannel.open(path("lock"), READ) : FileChannel.open(path("lock"), WRITE, CREATE);
            channel.lock(0, Long.MAX_VALUE, shared);
            return new Lock(channel, inProcess);
        } catch (IOException | RuntimeException e) {
            inProcess.unlock();
            if (channel != null) {
                channel.close();
            }
            throw e;
        }
    }

    /** What happened to the kernel; empty if there is none. */
    Optional<Journal> journal() throws IOException, Failure {
        Path file = path("journal");
        try {
            return Optional.of(Journal.parse(InputFile.read(file, MAX_JOURNAL, "a journal"), file.toString()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (MalformedInputException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    /** What the kernel was booted from. */
    KernelProfile profile() throws Failure {
        Path file = path("profile");
        try {
            return SavedProfile.of(file).read();
        } catch (IOException e) {
            throw damaged(Failure.message(e), e);
        } catch (MalformedInputException | Failure e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    /** The bytes of a module that was loaded. */
    byte[] module(String hash) throws Failure {
        Path file = modulePath(hash);
        try {
            byte[] bytes = InputFile.read(file, ModuleFile.MAX_SIZE, "a module");
            if (!hash(bytes).equals(hash)) {
                throw damaged(file + ": its SHA-256 is " + hash(bytes), null);
            }
            return bytes;
        } catch (IOException e) {
            throw damaged(Failure.message(e), e);
        } catch (MalformedInputException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    private Failure damaged(String message, @Nullable Throwable cause) {
        return new Failure(message + " (to start over: jkmod boot --state " + directory + ")", cause);
    }

    /**
     * Begins with another kernel.
     *
     * @param profile as {@link KernelProfile#save} wrote it
     */
    void boot(byte[] profile, Journal journal) throws IOException {
        // Without a journal there is no kernel: what follows is seen whole or not at all.
        Files.deleteIfExists(path("journal"));
        try (DirectoryStream<Path> modules = Files.newDirectoryStream(path("modules"), "*.ko")) {
            for (Path module : modules) {
                Files.delete(module);
            }
        }
        write(path("profile"), profile);
        write(journal);
    }

    /** Replaces the journal. */
    void write(Journal journal) throws IOException {
        write(path("journal"), journal.toBytes());
    }

    /** Keeps a module's bytes, and gives their hash. */
    String keep(byte[] module) throws IOException {
        String hash = hash(module);
        Path file = modulePath(hash);
        if (!Files.exists(file)) {
            write(file, module);
        }
        return hash;
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        Files.write(beside, bytes);
        Files.move(beside, file, ATOMIC_MOVE);
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // Every JDK has it.
        }
    }

    private Path modulePath(String hash) {
        return path("modules").resolve(hash + ".ko");
    }

    private Path path(String name) {
        return directory.resolve(name);
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
