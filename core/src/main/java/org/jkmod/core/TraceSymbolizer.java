package org.jkmod.core;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Flushable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jkmod.elf.MalformedInputException;

/**
 * Puts symbols for the raw kernel addresses in text: oopses, stack traces, other logs, and what perf script prints.
 *
 * <p>What is an address, and what becomes of it:
 *
 * <ul>
 *   <li>16 hexadecimal digits, the first two of which are {@code ff}, with or without {@code 0x}, also in {@code [<...>]}, that are no part
 *       of something longer or of a range, become {@code name+0xoffset/0xsize [module]}, as {@code %pS} prints them.
 *   <li>Between {@code <TASK>} and {@code </TASK>}, or {@code <IRQ>} and its like, they are return addresses, unless they follow {@code
 *       RIP:} or another label: {@code %pB} prints them. A trace whose end is missing ends with the next {@code Call
 *       Trace:}, {@code [ cut here ]} or {@code ---[ end}.
 *   <li>In perf script's {@code ADDRESS [unknown] (FILE)}, the symbol takes the place of {@code [unknown]}, in perf's form {@code
 *       name+0xoffset}, and the file is the module, {@code ([module])}: so that what reads perf's text reads this.
 *   <li>One whose symbol stands behind it ({@code ADDRESS name+0x1/0x2}, {@code ADDRESS name (FILE)}) stays, as do the values of registers
 *       (a name of up to three letters and digits, and a colon), but for {@code RIP}, {@code pc}, {@code lr}, {@code epc} and {@code ra}
 *       that have a line of their own; the line {@code Kernel Offset:}, lines of more than 256 KiB, and all that is no address of the
 *       kernel or of a module.
 * </ul>
 *
 * <p>A line that shows where the kernel is ({@link KernelOffset}) must agree with where it is taken to be. If none does where one must, as in
 * the text of an oops without a panic, only the addresses of modules that were {@linkplain KernelAddresses#with given} have symbols.
 */
public final class TraceSymbolizer {
    /** How much text may come before the first line that shows where the kernel is. */
    private static final int MAX_HEAD = 64 << 20;

    /** What ends a trace that has no end of its own, because lines are missing. */
    private static final byte[][] ENDS_OF_TRACE = Stream.of("[ cut here ]", "---[ end", "Call Trace:")
            .map(end -> end.getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);

    /** What is symbolized. */
    public enum Scope {
        /** What a kernel prints as symbols. */
        CODE,
        /** The values of registers, too. */
        REGISTERS
    }

    /** Hears of the addresses in a text. */
    public interface Listener {
        /**
         * An address has a symbol.
         *
         * @param line the number of the line, from 1
         */
        void found(long line, long address, SymbolAt symbol) throws IOException;

        /** What was found so far is all for now: the next read may have to wait. */
        default void flush() throws IOException {}
    }

    /** What a line is made of. */
    private interface Sink extends Flushable {
        /** Text that stays. */
        void text(byte[] bytes, int from, int to) throws IOException;

        /** An address that has a symbol. */
        void symbol(long line, AddressToken token, SymbolHit hit) throws IOException;
    }

    private final KernelAddresses addresses;
    private final Scope scope;
    private final OptionalLong distance;

    /** A text in which a kernel is where the list of its symbols has it, or at a known distance from there. */
    private TraceSymbolizer(KernelAddresses addresses, Scope scope, OptionalLong distance) {
        this.addresses = addresses;
        this.scope = scope;
        this.distance = distance;
    }

    /** For texts of a kernel that is where its addresses are. */
    public static TraceSymbolizer of(KernelAddresses addresses, Scope scope) {
        return new TraceSymbolizer(addresses, scope, OptionalLong.of(addresses.distance()));
    }

    /** For texts that show by themselves where their kernel is: each is read up to where it does before anything comes out. */
    public static TraceSymbolizer findingOffset(KernelAddresses addresses, Scope scope) {
        return new TraceSymbolizer(addresses, scope, OptionalLong.empty());
    }

    /**
     * Copies a text, with symbols. What is complete is written and flushed before a read that may have to wait.
     *
     * @param name what to call the text in messages
     * @return how many addresses, other than registers, were left because no line shows where the kernel is
     * @throws IOException if reading or writing fails
     * @throws MalformedInputException if lines do not agree on where the kernel is, or none of the first 64 MiB shows it where one must
     */
    public long copy(InputStream in, String name, OutputStream out) throws IOException {
        SymbolizedText text = new SymbolizedText(out);
        long left = run(in, name, new Sink() {
            @Override
            public void text(byte[] bytes, int from, int to) throws IOException {
                text.write(bytes, from, to);
            }

            @Override
            public void symbol(long line, AddressToken token, SymbolHit hit) throws IOException {
                text.symbol(token, hit);
            }

            @Override
            public void flush() throws IOException {
                text.flush();
            }
        });
        text.flush();
        return left;
    }

    /**
     * Tells the addresses of a text that have symbols.
     *
     * @param name what to call the text in messages
     * @return how many addresses were left, as above
     * @throws IOException if reading fails, or the listener does
     * @throws MalformedInputException as above
     */
    public long forEach(InputStream in, String name, Listener listener) throws IOException {
        return run(in, name, new Sink() {
            @Override
            public void text(byte[] bytes, int from, int to) {}

            @Override
            public void symbol(long line, AddressToken token, SymbolHit hit) throws IOException {
                listener.found(line, token.address(), hit.toSymbolAt(token.address()));
            }

            @Override
            public void flush() throws IOException {
                listener.flush();
            }
        });
    }

    private long run(InputStream in, String name, Sink sink) throws IOException {
        KernelOffset offset = new KernelOffset(addresses);
        if (distance.isPresent()) {
            offset.distance(distance.getAsLong());
            new Pass(addresses, offset, name, sink).run(in);
            return 0;
        }
        Head head = new Head(in);
        long number = find(offset, new LineInput(head, () -> {}), head, name);
        OptionalLong found = offset.distance();
        if (found.isEmpty() && head.size() >= MAX_HEAD) {
            throw new MalformedInputException(
                    name,
                    "line",
                    number,
                    "64 MiB, and no line that shows where the kernel is",
                    "its offset (KASLR), or the address of one of its symbols");
        }
        KernelAddresses moved =
                found.isPresent() ? addresses.movedBy(found.getAsLong() - addresses.distance()) : addresses.unplaced();
        Pass pass = new Pass(moved, offset, name, sink);
        pass.run(new SequenceInputStream(head.bytes(), in));
        return found.isPresent() ? 0 : pass.left;
    }

    /** Reads until the offset is found, or there is too much; returns the number of the last line. */
    private static long find(KernelOffset offset, LineInput lines, Head head, String name) throws IOException {
        while (offset.distance().isEmpty() && head.size() < MAX_HEAD && lines.next()) {
            offset.line(lines.bytes(), lines.from(), lines.to(), name, lines.number());
        }
        return lines.number();
    }

    /** A stream that remembers what was read from it. */
    private static final class Head extends InputStream {
        private final InputStream in;
        private final ByteArrayOutputStream read = new ByteArrayOutputStream();

        Head(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            int b = in.read();
            if (b >= 0) {
                read.write(b);
            }
            return b;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int count = in.read(bytes, from, length);
            if (count > 0) {
                read.write(bytes, from, count);
            }
            return count;
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        int size() {
            return read.size();
        }

        InputStream bytes() {
            return new ByteArrayInputStream(read.toByteArray());
        }
    }

    /** One text. */
    private final class Pass {
        private final KernelAddresses moved;
        private final KernelOffset offset;
        private final String name;
        private final Sink sink;
        private final AddressToken token = new AddressToken();
        private final SymbolHit hit = new SymbolHit();
        private boolean isTrace;
        private long left;

        Pass(KernelAddresses moved, KernelOffset offset, String name, Sink sink) {
            this.moved = moved;
            this.offset = offset;
            this.name = name;
            this.sink = sink;
        }

        void run(InputStream in) throws IOException {
            LineInput lines = new LineInput(in, sink);
            while (lines.next()) {
                int behind = lines.to() + (lines.hasNewline() ? 1 : 0);
                int from = lines.isLine() ? line(lines) : lines.from();
                sink.text(lines.bytes(), from, behind);
            }
        }

        /** Symbolizes a line; returns where what stays at its end begins. */
        private int line(LineInput lines) throws IOException {
            byte[] bytes = lines.bytes();
            int to = lines.to();
            int done = lines.from();
            isTrace = isTrace && !isEndOfTrace(bytes, done, to);
            token.line(bytes, done, to);
            boolean hasAddress = false;
            while (token.next()) {
                if (!hasAddress) {
                    hasAddress = true;
                    if (KernelOffset.valuesOf(bytes, done, to) >= 0) {
                        offset.line(bytes, done, to, name, lines.number());
                        return done;
                    }
                }
                if (token.isKernelsOwn()) {
                    check(bytes, lines.number());
                } else if (isWanted() && moved.find(token.address(), isTrace && !token.isLabelled(), hit)) {
                    sink.text(bytes, done, token.replacedStart());
                    sink.symbol(lines.number(), token, hit);
                    done = token.replacedEnd();
                } else if (isWanted() && !token.isRegister()) {
                    left++;
                }
            }
            if (!hasAddress) {
                mark(bytes, done, to);
            }
            return done;
        }

        /** Sees {@code <TASK>}, {@code </TASK>} and their like, which are the last thing in their line. */
        private void mark(byte[] bytes, int from, int to) {
            int last = to - 1;
            while (last > from && (bytes[last] == '\r' || bytes[last] == ' ')) {
                last--;
            }
            if (last <= from || bytes[last] != '>') {
                return;
            }
            int open = last - 1;
            while (open > from && isMarkLetter(bytes[open])) {
                open--;
            }
            boolean isEnd = bytes[open] == '/';
            open -= isEnd && open > from ? 1 : 0;
            if (bytes[open] == '<' && last - open > 2) {
                isTrace = !isEnd;
            }
        }

        private static boolean isEndOfTrace(byte[] bytes, int from, int to) {
            for (byte[] end : ENDS_OF_TRACE) {
                for (int i = from; i + end.length <= to; i++) {
                    if (bytes[i] == end[0] && Arrays.equals(bytes, i, i + end.length, end, 0, end.length)) {
                        return true;
                    }
                }
            }
            return false;
        }

        private static boolean isMarkLetter(byte b) {
            return (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '#' || b == '_';
        }

        /** Where a symbol is expected there is one: that is quicker to see than where all symbols of a name are. */
        private void check(byte[] bytes, long number) {
            if (!moved.find(token.address(), false, hit) || hit.offset != token.offset()) {
                offset.named(token, bytes, name, number);
            }
        }

        private boolean isWanted() {
            return token.isUnknownToPerf() || (!token.isNamed() && (scope == Scope.REGISTERS || !token.isRegister()));
        }
    }
}
