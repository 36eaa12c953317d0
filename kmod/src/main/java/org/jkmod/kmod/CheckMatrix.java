package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelObject;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.Verdict;
import org.jkmod.elf.MalformedInputException;

/**
 * Says of many modules what many kernels would say of them ({@link Kernel#check}), on several threads. A file is read and decompressed
 * once, and is in memory only while it is checked; what is no module at all gets the kernels' verdicts, too.
 */
public final class CheckMatrix {
    /**
     * What came of a file.
     *
     * @param file its path, as it was given
     * @param verdicts one a kernel, in the kernels' order; empty if the file could not be read
     * @param fault why it could not be read or decompressed
     */
    public record Row(Path file, List<Verdict> verdicts, Optional<Exception> fault) {
        /** Copies the list. */
        public Row {
            verdicts = ImmutableList.copyOf(verdicts);
        }

        /** Whether all kernels take it. */
        public boolean loads() {
            return fault.isEmpty() && verdicts.stream().allMatch(Verdict::loads);
        }
    }

    /** Which kernels a module is checked against. */
    public interface Kernels {
        /**
         * The kernels for a module; called from several threads.
         *
         * @param module its bytes, decompressed
         * @throws IOException if there are none to be had: that ends the matrix
         */
        List<Kernel> of(byte[] module) throws IOException;
    }

    /** Who is told the rows. */
    public interface Rows {
        /** Tells a row, in the order of the files. */
        void accept(Row row) throws IOException;
    }

    private final Kernels kernels;
    private final LoadOptions options;
    /** With which kernel the next file begins: threads that go through the kernels in step would wait for each other at every one. */
    private final AtomicInteger first = new AtomicInteger();

    private CheckMatrix(Kernels kernels, LoadOptions options) {
        this.kernels = kernels;
        this.options = options;
    }

    /**
     * Checks all files.
     *
     * @param threads how many files are checked at a time
     * @throws IOException of the kernels, or of who is told
     */
    public static void run(List<Path> files, Kernels kernels, LoadOptions options, int threads, Rows rows)
            throws IOException {
        CheckMatrix matrix = new CheckMatrix(kernels, options);
        InOrder.run(files.iterator(), threads, matrix::check, rows::accept);
    }

    private Row check(Path file) throws IOException {
        byte[] bytes;
        try {
            bytes = ModuleFile.read(file);
        } catch (IOException | MalformedInputException e) {
            return new Row(file, List.of(), Optional.of(e));
        }
        List<Kernel> all = kernels.of(bytes);
        KernelObject object = KernelObject.unchecked(bytes, file.toString());
        Verdict[] verdicts = new Verdict[all.size()];
        int begin = Math.floorMod(first.getAndIncrement(), Math.max(1, all.size()));
        for (int i = 0; i < verdicts.length; i++) {
            int kernel = (begin + i) % verdicts.length;
            verdicts[kernel] = all.get(kernel).check(object, options);
        }
        return new Row(file, Arrays.asList(verdicts), Optional.empty());
    }
}
