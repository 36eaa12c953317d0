package org.jkmod.core;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jkmod.elf.MalformedInputException;

/**
 * How far a kernel is from where a list of its symbols has it (KASLR), by what is known of the running one. All that is known must agree.
 * Not safe for threads.
 *
 * <p>Text shows it in two ways:
 *
 * <ul>
 *   <li>{@code Kernel Offset: 0x1c000000 from 0xffffffff81000000 ...}, which a kernel prints when it panics;
 *   <li>an address of the kernel itself beside its symbol: {@code ffffffff9d0a1b2c do_idle+0x1c/0x40}, or, of perf script, {@code
 *       ffffffff9d0a1b2c do_idle+0x1c ([kernel.kallsyms])}.
 * </ul>
 */
public final class KernelOffset {
    /** No architecture puts its kernel to a place that is no multiple of this: CONFIG_PHYSICAL_ALIGN is 2 MiB, arm64's segments 64 KiB. */
    public static final long ALIGNMENT = 64 << 10;

    /** How far behind its beginning a kernel's code begins, at most. */
    private static final long MAX_HEAD = 2 << 20;

    private static final byte[] LINE = "Kernel Offset: ".getBytes(StandardCharsets.US_ASCII);
    private static final Pattern VALUES =
            Pattern.compile("(?:0x([0-9a-f]{1,16}) from 0x([0-9a-f]{1,16})\\b.*|(disabled))");
    /** Longer ones have something else behind. */
    private static final int MAX_VALUES = 200;

    private final KernelAreas kernel;
    private final AddressToken token = new AddressToken();
    private long[] candidates = {};
    private boolean isKnown;
    private String first = "";

    /** Begins with nothing known. */
    public KernelOffset(KernelAddresses addresses) {
        kernel = addresses.kernel();
    }

    /** The distance, if exactly one is possible by what is known. */
    public OptionalLong distance() {
        return candidates.length == 1 ? OptionalLong.of(candidates[0]) : OptionalLong.empty();
    }

    /**
     * Takes a distance for known.
     *
     * @throws IllegalArgumentException if no kernel can be there, or something else is known
     */
    public void distance(long bytes) {
        String what = "a kernel moved by 0x" + Long.toHexString(bytes);
        if (bytes % ALIGNMENT != 0) {
            throw new IllegalArgumentException(what + ": kernels are only moved by multiples of 64 KiB");
        }
        agree(new long[] {bytes}, what);
    }

    /**
     * Takes the address of one of the kernel's symbols for known.
     *
     * @throws IllegalArgumentException if the kernel has no such symbol, can't have it there, or something else is known
     */
    public void symbol(String name, long address) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        String what = name + " at 0x" + Long.toHexString(address);
        long[] found = distances(bytes, 0, bytes.length, address, 0, -1);
        if (found.length == 0) {
            boolean exists = kernel.rows().first(bytes, 0, bytes.length) >= 0;
            throw new IllegalArgumentException(
                    what + ": " + (exists ? "kernels are only moved by multiples of 64 KiB" : "no such symbol"));
        }
        agree(found, what);
    }

    private void agree(long[] found, String what) {
        if (!add(found, what)) {
            throw new IllegalArgumentException(what + " does not agree with " + first);
        }
    }

    /**
     * Looks for what a line of text shows.
     *
     * @param file the name of the text, for messages
     * @param number the line's number
     * @throws MalformedInputException if it does not agree with what is known, or no kernel can be there
     */
    void line(byte[] bytes, int from, int to, String file, long number) {
        int values = valuesOf(bytes, from, to);
        if (values >= 0) {
            int behind = Math.min(to, values + MAX_VALUES);
            String text = new String(bytes, values, behind - values, StandardCharsets.ISO_8859_1).strip();
            Matcher matcher = VALUES.matcher(text);
            if (matcher.matches()) {
                require(byKernelOffset(matcher, file, number), "Kernel Offset: " + text, file, number);
            }
            return;
        }
        token.line(bytes, from, to);
        while (token.next()) {
            if (token.isKernelsOwn()) {
                named(bytes, file, number);
            }
        }
    }

    /** As above, with an address of a line that has been looked at. */
    void named(AddressToken named, byte[] bytes, String file, long number) {
        int start = named.nameStart();
        int length = named.nameEnd() - start;
        if (isKnown && candidates.length == 1 && isAt(named, bytes, candidates[0])) {
            return;
        }
        long[] found = distances(bytes, start, length, named.address(), named.offset(), named.size());
        if (found.length > 0) {
            String what = new String(bytes, start, length, StandardCharsets.ISO_8859_1) + " at 0x"
                    + Long.toHexString(named.address() - named.offset());
            require(found, what, file, number);
        }
    }

    private void named(byte[] bytes, String file, long number) {
        named(token, bytes, file, number);
    }

    /** Where the values are of a line that tells the offset, or -1. */
    static int valuesOf(byte[] bytes, int from, int to) {
        for (int i = from; i + LINE.length <= to; i++) {
            if (bytes[i] == 'K' && Arrays.equals(bytes, i, i + LINE.length, LINE, 0, LINE.length)) {
                return i + LINE.length;
            }
        }
        return -1;
    }

    private void require(long[] found, String what, String file, long number) {
        String where = what + " in line " + number;
        if (found.length > 0 && !add(found, where)) {
            throw new MalformedInputException(
                    file,
                    "line",
                    number,
                    what,
                    "a kernel that agrees with " + first + ": is the text of another boot?");
        }
    }

    /** Keeps what was possible and still is; says whether there is anything. */
    private boolean add(long[] found, String what) {
        if (!isKnown) {
            isKnown = true;
            candidates = found;
            first = what;
            return true;
        }
        long[] both = Arrays.stream(candidates)
                .filter(c -> Arrays.stream(found).anyMatch(f -> f == c))
                .toArray();
        if (both.length > 0) {
            candidates = both;
        }
        return both.length > 0;
    }

    private long[] byKernelOffset(Matcher values, String file, long number) {
        OptionalLong start = kernel.start();
        if (values.group(3) != null) {
            // Where such a kernel is, an Image does not say that counts from 0.
            return start.orElse(1) == 0 ? new long[0] : new long[] {0};
        }
        long offset = Long.parseUnsignedLong(values.group(1), 16);
        long base = Long.parseUnsignedLong(values.group(2), 16);
        if (offset % ALIGNMENT != 0) {
            throw new MalformedInputException(
                    file, "line", number, "Kernel Offset: 0x" + values.group(1), "a multiple of 64 KiB");
        }
        if (start.isPresent()) {
            return new long[] {aligned(base + offset - start.getAsLong(), values, file, number)};
        }
        return kernel.firstCode().stream()
                .flatMap(code ->
                        Arrays.stream(new long[] {offset, 0}).filter(moved -> isHead(code + moved - offset - base)))
                .distinct()
                .toArray();
    }

    private long aligned(long distance, Matcher values, String file, long number) {
        if (distance % ALIGNMENT != 0) {
            throw new MalformedInputException(
                    file,
                    "line",
                    number,
                    "Kernel Offset: 0x" + values.group(1) + " from 0x" + values.group(2),
                    "a multiple of 64 KiB from 0x"
                            + Long.toHexString(kernel.start().orElseThrow())
                            + ", where the kernel begins: is the text of another build?");
        }
        return distance;
    }

    private static boolean isHead(long distance) {
        return distance >= 0 && distance < MAX_HEAD;
    }

    private boolean isAt(AddressToken named, byte[] bytes, long distance) {
        int length = named.nameEnd() - named.nameStart();
        int row = kernel.rows().first(bytes, named.nameStart(), length);
        while (row >= 0 && kernel.rows().address(row) + distance + named.offset() != named.address()) {
            row = kernel.rows().next(row);
        }
        return row >= 0;
    }

    /** The distances at which a symbol of the kernel has that address. */
    private long[] distances(byte[] bytes, int from, int length, long address, long offset, long size) {
        long[] found = new long[4];
        int count = 0;
        for (int row = kernel.rows().first(bytes, from, length);
                row >= 0;
                row = kernel.rows().next(row)) {
            long linked = kernel.rows().address(row);
            long distance = address - offset - linked;
            boolean fits = size < 0 || kernel.distanceToNext(linked) == size;
            if (fits && distance % ALIGNMENT == 0 && kernel.rows().module(row).isEmpty()) {
                found = count == found.length ? Arrays.copyOf(found, 2 * count) : found;
                found[count++] = distance;
            }
        }
        return Arrays.stream(found, 0, count).distinct().toArray();
    }
}
