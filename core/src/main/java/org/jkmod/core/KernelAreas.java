package org.jkmod.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jkmod.symtab.AddressIndex;

/**
 * The areas of a kernel's symbols: its image, by the marks that the linker leaves there, and the modules', which have none.
 *
 * <p>A kernel with CONFIG_KALLSYMS_ALL looks from {@code _stext} to {@code _end}, and from {@code __init_begin} to {@code __init_end};
 * another only in its code ({@code is_ksym_addr}, kernel/kallsyms.c). Per-CPU variables are in none of these: their symbols are offsets.
 */
final class KernelAreas {
    private final SymbolRows rows;
    private final AddressIndex index;
    private final List<SymbolArea> image = new ArrayList<>();
    private final List<SymbolArea> modules = new ArrayList<>();

    KernelAreas(SymbolRows rows) {
        this.rows = rows;
        index = index(rows, imageRows(rows));
        image("_stext", "_end");
        image("__init_begin", "__init_end");
        if (!hasData()) {
            image("_stext", "_etext");
            image("_sinittext", "_einittext");
        }
        if (image.isEmpty()) {
            imageWithoutMarks();
        }
        new ModuleRuns().find();
    }

    /** Those of the kernel itself, where the list has it. */
    List<SymbolArea> image() {
        return image;
    }

    /** Those of its modules. */
    List<SymbolArea> modules() {
        return modules;
    }

    /** The kernel's own symbols. */
    SymbolRows rows() {
        return rows;
    }

    /** Where the image begins; empty if the list does not go so far: only one with CONFIG_KALLSYMS_ALL does. */
    OptionalLong start() {
        for (int position = 0; position < index.size() && hasData(); position++) {
            if (!isAbsolute(rows.type(index.id(position)))) {
                return OptionalLong.of(index.address(position));
            }
        }
        return OptionalLong.empty();
    }

    /** Whether the kernel has symbols of all its memory, CONFIG_KALLSYMS_ALL. */
    boolean hasData() {
        return find("_end").isPresent();
    }

    /** Where the list begins that has code only. */
    OptionalLong firstCode() {
        return find("_stext");
    }

    /** How far it is from one of the kernel's symbols to the next that is not at the same address; 0 of the last. */
    long distanceToNext(long address) {
        int next = index.floor(address) + 1;
        return next < index.size() ? index.address(next) - address : 0;
    }

    private void image(String from, String to) {
        OptionalLong start = find(from);
        OptionalLong end = find(to);
        if (start.isEmpty() || end.isEmpty() || Long.compareUnsigned(start.getAsLong(), end.getAsLong()) >= 0) {
            return;
        }
        AddressRange range = AddressRange.between(start.getAsLong(), end.getAsLong());
        boolean known = image.stream().anyMatch(area -> area.range().contains(range.start()));
        if (!known) {
            image.add(SymbolArea.of(range, "", index, rows::name, range.end()));
        }
    }

    private void imageWithoutMarks() {
        int first = 0;
        while (first < index.size() && isAbsolute(rows.type(index.id(first)))) {
            first++;
        }
        if (first < index.size()) {
            long end = SymbolArea.farthestEnd(index.address(index.size() - 1));
            image.add(SymbolArea.ofSymbols(
                    AddressRange.between(index.address(first), end), "", index, rows::name, first));
        }
    }

    private OptionalLong find(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        for (int row = rows.first(bytes, 0, bytes.length); row >= 0; row = rows.next(row)) {
            if (rows.module(row).isEmpty()) {
                return OptionalLong.of(rows.address(row));
            }
        }
        return OptionalLong.empty();
    }

    private static int[] imageRows(SymbolRows rows) {
        int[] chosen = new int[rows.size()];
        int count = 0;
        for (int row = 0; row < chosen.length; row++) {
            if (rows.module(row).isEmpty()) {
                chosen[count++] = row;
            }
        }
        return Arrays.copyOf(chosen, count);
    }

    private static AddressIndex index(SymbolRows rows, int[] ids) {
        long[] addresses = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            addresses[i] = rows.address(ids[i]);
        }
        return AddressIndex.of(addresses, ids);
    }

    private static boolean isAbsolute(char type) {
        return type == 'A' || type == 'a';
    }

    /**
     * Where modules are, by their symbols: nothing else in a kallsyms tells. An area ends where symbols of another module begin, or of
     * another kind of section (code, read-only data, data), which are in memories of their own.
     */
    private final class ModuleRuns {
        private final AddressIndex index = index(rows, moduleRows());

        void find() {
            int first = 0;
            for (int position = 1; position <= index.size(); position++) {
                boolean last = position == index.size();
                if (last || !isSameMemory(index.id(first), index.id(position))) {
                    add(first, position - 1);
                    first = position;
                }
            }
        }

        private boolean isSameMemory(int one, int other) {
            return kind(rows.type(one)) == kind(rows.type(other))
                    && rows.module(one).equals(rows.module(other));
        }

        private void add(int first, int last) {
            long start = index.address(first);
            long end = SymbolArea.farthestEnd(index.address(last));
            if (last + 1 < index.size()) {
                long next = index.address(last + 1);
                end = Long.compareUnsigned(next - start, end - start) < 0 ? next : end;
            }
            if (end != start) {
                AddressRange range = AddressRange.between(start, end);
                modules.add(SymbolArea.ofSymbols(range, rows.module(index.id(first)), index, rows::name, first));
            }
        }

        private static char kind(char type) {
            return switch (type) {
                case 't', 'T', 'w', 'W' -> 't';
                case 'r', 'R' -> 'r';
                default -> 'd';
            };
        }

        /** But for per-CPU variables, which are offsets, or where the image has its own: and for what the kernel passes over. */
        private int[] moduleRows() {
            int[] chosen = new int[rows.size()];
            int count = 0;
            for (int row = 0; row < chosen.length; row++) {
                if (!rows.module(row).isEmpty()
                        && !isAbsolute(rows.type(row))
                        && !isInImage(rows.address(row))
                        && !ModuleKallsyms.isMappingSymbol(rows.name(row))) {
                    chosen[count++] = row;
                }
            }
            return Arrays.copyOf(chosen, count);
        }

        private boolean isInImage(long address) {
            for (SymbolArea area : image) {
                if (area.range().contains(address)) {
                    return true;
                }
            }
            return false;
        }
    }
}
