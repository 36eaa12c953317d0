package org.jkmod.symtab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The symbols of a running kernel: its own, which stay, and those of modules, which come and go while others look addresses up.
 *
 * <p>Who looks up takes a {@link View}, and asks that: nothing in it ever changes, so that it has all ranges of a module or none. Nobody
 * waits for anybody but those who change something, for one another. A look-up allocates nothing:
 *
 * <pre>{@code
 * SymbolSpace.View view = space.view();
 * long found = view.find(address);
 * if (found >= 0) {
 *     view.symbols(found).name(view.position(found));
 * }
 * }</pre>
 */
public final class SymbolSpace {
    private volatile View view;

    /**
     * Some memory of a module.
     *
     * @param start its first address, unsigned
     * @param end the address after its last; above {@code start}
     * @param symbols what is there; those outside are not seen, so that all memory of a module may have one table
     */
    public record Range(long start, long end, SymbolTable symbols) {
        /** Checks that it is one. */
        public Range {
            Objects.requireNonNull(symbols);
            if (Long.compareUnsigned(start, end) >= 0) {
                throw new IllegalArgumentException(
                        "a range from 0x" + Long.toHexString(start) + " to 0x" + Long.toHexString(end));
            }
        }
    }

    /** A range, and whose it is. */
    private record Owned(String module, Range range) {}

    /**
     * The symbols of a kernel, whose image has no known end: every address that is in no module and above its last symbol is said to be
     * that symbol's. Symbols of modules that are in the table stay there, whatever becomes of the module.
     */
    public SymbolSpace(SymbolTable kernel) {
        // A range can't end at 2^64; nothing is there.
        this(new Range(0, -1, kernel));
    }

    /** The symbols of a kernel whose image is in some memory, as from {@code _stext} to {@code _end}; outside of it there is none. */
    public SymbolSpace(Range kernel) {
        view = new View(kernel, List.of());
    }

    /** The symbols as they are now. */
    public View view() {
        return view;
    }

    /**
     * Gives a module its memory, instead of what it had: all of it at once.
     *
     * @throws IllegalArgumentException if a range overlaps another, of this module or of one of the others; nothing changes then
     */
    public synchronized void put(String module, List<Range> ranges) {
        List<Owned> all = new ArrayList<>(view.owned);
        all.removeIf(owned -> owned.module.equals(module));
        ranges.forEach(range -> all.add(new Owned(module, range)));
        all.sort((a, b) -> Long.compareUnsigned(a.range.start, b.range.start));
        for (int i = 1; i < all.size(); i++) {
            Owned before = all.get(i - 1);
            if (Long.compareUnsigned(before.range.end, all.get(i).range.start) > 0) {
                throw new IllegalArgumentException("memory of " + before.module + " and of " + all.get(i).module
                        + " at 0x" + Long.toHexString(all.get(i).range.start));
            }
        }
        view = new View(view.image, List.copyOf(all));
    }

    /** Takes the memory of a module away, if it has some. */
    public synchronized void remove(String module) {
        put(module, List.of());
    }

    /** The symbols at some moment. Immutable. */
    public static final class View {
        private final Range image;
        private final SymbolTable kernel;
        /** By address. */
        private final List<Owned> owned;

        private final long[] starts;
        private final long[] ends;
        private final SymbolTable[] symbols;

        private View(Range image, List<Owned> owned) {
            this.image = image;
            kernel = image.symbols;
            this.owned = owned;
            starts = owned.stream().mapToLong(o -> o.range.start).toArray();
            ends = owned.stream().mapToLong(o -> o.range.end).toArray();
            symbols = owned.stream().map(o -> o.range.symbols).toArray(SymbolTable[]::new);
        }

        /**
         * The symbol at or below an address, of aliases the first: of the module whose memory the address is in, if that has one there, or
         * else, outside of all modules, the kernel's, as {@link SymbolTable#symbolAt} says it. Allocates nothing.
         *
         * @return what the other methods of this view take, or -1 if there is none
         */
        public long find(long address) {
            int range = rangeAt(address);
            if (range < 0
                    && (Long.compareUnsigned(address, image.start) < 0
                            || Long.compareUnsigned(address, image.end) >= 0)) {
                return -1;
            }
            SymbolTable table = range < 0 ? kernel : symbols[range];
            long start = range < 0 ? image.start : starts[range];
            int position = table.symbolAt(address);
            if (position < 0 || Long.compareUnsigned(table.address(position), start) < 0) {
                return -1;
            }
            return (range + 1L) << Integer.SIZE | position;
        }

        /** The range that an address is in, or -1. */
        private int rangeAt(long address) {
            int below = -1;
            int above = starts.length;
            while (above - below > 1) {
                int middle = (below + above) >>> 1;
                if (Long.compareUnsigned(starts[middle], address) <= 0) {
                    below = middle;
                } else {
                    above = middle;
                }
            }
            return below >= 0 && Long.compareUnsigned(address, ends[below]) < 0 ? below : -1;
        }

        /** The table that a found symbol is in. */
        public SymbolTable symbols(long found) {
            int range = range(found);
            return range < 0 ? kernel : symbols[range];
        }

        /** The position of a found symbol in its table. */
        public int position(long found) {
            return (int) found;
        }

        /** The module that a found symbol is in, or "" for the kernel itself; of a symbol in the kernel's table, what that says. */
        public String module(long found) {
            int range = range(found);
            return range < 0 ? kernel.module(position(found)) : owned.get(range).module;
        }

        /**
         * How far it is from a found symbol to the next, or to the end of its range if that comes first, in bytes; 0 of the kernel's last.
         */
        public long size(long found) {
            int range = range(found);
            SymbolTable table = symbols(found);
            long distance = table.distanceToNext(position(found));
            if (range < 0) {
                return distance;
            }
            long rest = ends[range] - table.address(position(found));
            return distance == 0 || Long.compareUnsigned(rest, distance) < 0 ? rest : distance;
        }

        /** The modules that have memory, each once, by the lowest address of each. */
        public List<String> modules() {
            return owned.stream().map(Owned::module).distinct().toList();
        }

        private int range(long found) {
            return Objects.checkIndex((int) (found >>> Integer.SIZE), starts.length + 1) - 1;
        }

        @Override
        public String toString() {
            return kernel.size() + " symbols, " + Arrays.toString(modules().toArray());
        }
    }
}
