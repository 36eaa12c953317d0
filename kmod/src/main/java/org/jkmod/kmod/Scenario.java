package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Errno;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelException;
import org.jkmod.core.KernelLog;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.ModuleLoad;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.core.ModuleState;
import org.jkmod.core.Problem;
import org.jkmod.core.Taint;
import org.jkmod.core.Verdict;
import org.jkmod.elf.ElfHeader;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.CorruptedInputException;
import org.tukaani.xz.UnsupportedOptionsException;

/**
 * Plays system calls on a fresh simulated kernel, one after the other, as a small init would that does nothing else. An operation is a
 * word and what goes with it, separated by blanks:
 *
 * <pre>
 * load FILE FLAGS ARGS     finit_module(fd, ARGS, FLAGS); 1: ignore modversions, 2: ignore vermagic, 4: compressed
 * init LEN FILE ARGS       init_module(buf, LEN, ARGS); LEN -1: the whole file
 * unload FLAGS NAME        delete_module(NAME, FLAGS); 2048: O_NONBLOCK, 512: O_TRUNC, which forces
 * u_load, u_unload         the same as an ordinary user
 * loadw FILE FLAGS ARGS    load, of a descriptor that is open for writing only
 * loadfd bad|null          load, of a descriptor that is not open, or of /dev/null
 * loadbadargs FILE FLAGS   load, with a pointer to ARGS that points nowhere
 * write PATH VALUE         kernel.modules_disabled and module.sig_enforce, by their files
 * mount TYPE FOLDER        takes a reference on the module with the file system; umount FOLDER gives it back
 * </pre>
 */
public final class Scenario {
    /** What is in the way of a file that is taken for a module. */
    private static final int IGNORE_MODVERSIONS = 1;

    private static final int IGNORE_VERMAGIC = 2;
    private static final int COMPRESSED_FILE = 4;

    /** The ways to compress, by their name in the kernel's configuration, and what its messages call them. */
    private static final Map<String, String> COMPRESSIONS = Map.of("GZIP", "a gzip", "XZ", "an xz", "ZSTD", "a zstd");

    /**
     * What became of an operation.
     *
     * @param operation as it was given
     * @param errno what the system call returned; empty for success
     * @param messages what the kernel printed, a record each, as /dev/kmsg shows it
     * @param tainted {@code /proc/sys/kernel/tainted} afterwards
     * @param modules the lines of {@code /proc/modules} afterwards
     * @param problem why a module was not loaded, if it was not
     */
    public record Outcome(
            String operation,
            Optional<Errno> errno,
            List<String> messages,
            long tainted,
            List<String> modules,
            Optional<Problem> problem) {
        /** Copies the lists. */
        public Outcome {
            messages = ImmutableList.copyOf(messages);
            modules = ImmutableList.copyOf(modules);
        }
    }

    private final Kernel kernel;
    private final Path files;
    private final Map<String, KernelModule> mounted = new HashMap<>();

    /** How an operation ended. */
    private record End(Optional<Errno> errno, Optional<Problem> problem, List<String> messages) {
        static final End OK = new End(Optional.empty(), Optional.empty(), List.of());

        static End of(Errno errno, String... messages) {
            return new End(Optional.of(errno), Optional.empty(), List.of(messages));
        }
    }

    /**
     * Boots a kernel.
     *
     * @param options its command line, and who runs the modules' functions
     * @param files the folder that names of files are looked for in; a file may be compressed and then has the ending
     */
    public Scenario(KernelProfile profile, BootOptions options, Path files) {
        this.kernel = Kernel.boot(profile, options);
        this.files = files;
    }

    /** The kernel, as the operations so far have left it. */
    public Kernel kernel() {
        return kernel;
    }

    /**
     * Plays an operation.
     *
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if it is none
     */
    public Outcome play(String operation) throws IOException {
        int before = kernel.log().lines().size();
        End end;
        try {
            end = perform(operation);
        } catch (ModuleLoadException e) {
            end = new End(Optional.of(e.errno()), Optional.of(e.problem()), List.of());
        } catch (KernelException e) {
            end = End.of(e.errno());
        }
        List<KernelLog.Line> lines = kernel.log().lines();
        List<String> messages = new ArrayList<>(end.messages());
        lines.subList(before, lines.size()).forEach(line -> messages.add(line.escaped()));
        return new Outcome(
                operation, end.errno(), messages, Taint.mask(kernel.taints()), kernel.procModules(), end.problem());
    }

    private End perform(String operation) throws IOException {
        String[] words = operation.split(" ", 4);
        if (kernel.modulesDisabled() && (words[0].startsWith("load") || words[0].equals("init"))) {
            // may_init_module: before anybody looks at what shall be loaded
            return End.of(Errno.EPERM);
        }
        return switch (words[0]) {
            case "load" -> load(words);
            case "init" -> init(words);
            case "unload" -> {
                kernel.unload(word(words, 2), number(words, 1));
                yield End.OK;
            }
            case "u_load", "u_unload" -> End.of(Errno.EPERM);
            case "loadw" -> End.of(Errno.EBADF);
            case "loadfd" -> End.of(word(words, 1).equals("bad") ? Errno.EBADF : Errno.EINVAL);
            case "loadbadargs" -> loadWithBadArguments(words);
            case "write" -> write(word(words, 1), word(words, 2));
            case "mount" -> mount(word(words, 1), word(words, 2));
            case "umount" -> umount(word(words, 1));
            default -> throw new IllegalArgumentException("no operation: " + operation);
        };
    }

    private static String word(String[] words, int index) {
        if (index >= words.length) {
            throw new IllegalArgumentException("an operand is missing: " + String.join(" ", words));
        }
        return words[index];
    }

    private static int number(String[] words, int index) {
        String text = word(words, index);
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("no number: " + text, e);
        }
    }

    private static String arguments(String[] words) {
        return words.length > 3 ? words[3] : "";
    }

    private byte[] read(String name) throws IOException {
        for (String suffix : List.of("", ".xz", ".gz", ".zst")) {
            Path file = files.resolve(name + suffix);
            if (Files.isRegularFile(file)) {
                return suffix.isEmpty() ? plain(file) : decompressed(file);
            }
        }
        throw new java.nio.file.NoSuchFileException(files.resolve(name).toString());
    }

    private static byte[] plain(Path file) throws IOException {
        try {
            return InputFile.read(file, ModuleFile.MAX_SIZE, "a file of at most so many");
        } catch (MalformedInputException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static byte[] decompressed(Path file) throws IOException {
        try {
            return ModuleFile.read(file);
        } catch (MalformedInputException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private End load(String[] words) throws IOException {
        int flags = words.length > 2 && !words[2].isEmpty() ? number(words, 2) : 0;
        byte[] bytes = read(word(words, 1));
        if ((flags & ~(IGNORE_MODVERSIONS | IGNORE_VERMAGIC | COMPRESSED_FILE)) != 0 || bytes.length == 0) {
            return End.of(Errno.EINVAL);
        }
        return (flags & COMPRESSED_FILE) != 0
                ? loadCompressed(bytes, words, flags)
                : load(bytes, word(words, 1), flags, arguments(words));
    }

    /** {@code module_decompress} (kernel/module/decompress.c): a kernel knows one way to compress modules, if any. */
    private End loadCompressed(byte[] bytes, String[] words, int flags) {
        KernelProfile profile = kernel.profile();
        if (!profile.config("MODULE_DECOMPRESS").equals(Optional.of("y"))) {
            return End.of(Errno.EOPNOTSUPP);
        }
        for (Map.Entry<String, String> way : COMPRESSIONS.entrySet()) {
            if (profile.config("MODULE_COMPRESS_" + way.getKey()).equals(Optional.of("y"))
                    && !ModuleFile.isCompressed(bytes, way.getKey())) {
                return End.of(Errno.EINVAL, "not " + way.getValue() + " compressed module");
            }
        }
        try {
            return load(ModuleFile.decompress(bytes, words[1]), words[1], flags, arguments(words));
        } catch (MalformedInputException e) {
            OptionalInt status = ModuleFile.isCompressed(bytes, "XZ") ? xzStatus(e.getCause()) : OptionalInt.empty();
            return status.isEmpty()
                    ? End.of(Errno.EINVAL)
                    : End.of(Errno.EINVAL, "decompression failed with status " + status.getAsInt());
        }
    }

    /** {@code enum xz_ret} (include/linux/xz.h) of a file that could not be decompressed; empty if xz did not try. */
    private static OptionalInt xzStatus(@Nullable Throwable cause) {
        if (cause instanceof EOFException) {
            // all is well, and there is no more
            return OptionalInt.of(0);
        }
        if (cause instanceof UnsupportedOptionsException) {
            return OptionalInt.of(6);
        }
        return cause instanceof CorruptedInputException ? OptionalInt.of(7) : OptionalInt.empty();
    }

    private End load(byte[] bytes, String name, int flags, String arguments) {
        kernel.load(
                KernelObject.unchecked(bytes, name),
                new LoadOptions(arguments, (flags & IGNORE_VERMAGIC) != 0, (flags & IGNORE_MODVERSIONS) != 0));
        return End.OK;
    }

    private End init(String[] words) throws IOException {
        int length = number(words, 1);
        byte[] whole = read(word(words, 2));
        byte[] bytes = length < 0 ? whole : Arrays.copyOf(whole, Math.min(length, whole.length));
        if (bytes.length
                < ElfHeader.size(kernel.profile().architecture().facts().elfClass())) {
            return End.of(Errno.ENOEXEC);
        }
        return load(bytes, words[2], 0, arguments(words));
    }

    /** The arguments are copied once the module is relocated: what is wrong with it before that comes first. */
    private End loadWithBadArguments(String[] words) throws IOException {
        int flags = words.length > 2 && !words[2].isEmpty() ? number(words, 2) : 0;
        KernelObject object = KernelObject.unchecked(read(word(words, 1)), words[1]);
        LoadOptions options = new LoadOptions("", (flags & IGNORE_VERMAGIC) != 0, (flags & IGNORE_MODVERSIONS) != 0);
        Verdict verdict = kernel.check(object, options);
        boolean relocates = verdict.problems().stream()
                .filter(p -> p.errno().isPresent())
                .allMatch(p -> p.kind().compareTo(Problem.Kind.RELOCATION) > 0);
        if (!relocates) {
            return load(read(words[1]), words[1], flags, "");
        }
        ModuleLoad load = kernel.begin(object, options);
        load.form();
        load.abandon();
        return End.of(Errno.EFAULT);
    }

    private End write(String path, String value) {
        boolean on = List.of("1", "y", "Y").contains(value);
        switch (path) {
            case "/proc/sys/kernel/modules_disabled" -> {
                if (!value.equals("1")) {
                    return End.of(Errno.EINVAL);
                }
                kernel.disableModules();
            }
            case "/sys/module/module/parameters/sig_enforce" -> {
                if (!on) {
                    return End.of(Errno.EINVAL);
                }
                kernel.enforceSignatures();
            }
            default -> {
                return End.of(Errno.ENOENT);
            }
        }
        return End.OK;
    }

    /** {@code get_fs_type}: a module has a file system of its own name, or says so by an alias. */
    private End mount(String type, String folder) {
        Optional<KernelModule> module = kernel.modules().stream()
                .filter(m -> m.state() == ModuleState.LIVE)
                .filter(m -> m.name().equals(type) || m.modinfo().all("alias").contains("fs-" + type))
                .findFirst();
        if (module.isEmpty() || mounted.containsKey(folder) || !module.get().tryGet()) {
            return End.of(module.isEmpty() ? Errno.ENODEV : Errno.EBUSY);
        }
        mounted.put(folder, module.get());
        return End.OK;
    }

    private End umount(String folder) {
        KernelModule module = mounted.remove(folder);
        if (module == null) {
            return End.of(Errno.EINVAL);
        }
        if (kernel.modules().contains(module)) {
            // unloaded by force meanwhile: there is nothing left to give back
            module.put();
        }
        return End.OK;
    }
}
