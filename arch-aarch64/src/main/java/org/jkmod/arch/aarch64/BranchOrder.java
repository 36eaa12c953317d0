package org.jkmod.arch.aarch64;

import java.util.Arrays;
import java.util.Comparator;
import org.jkmod.core.KernelObject;
import org.jkmod.elf.RelocationTable;

/**
 * The order in which the kernel applies the branches of a section that may need stubs. It puts them in front of all other relocations and
 * sorts them by type, symbol and addend ({@code partition_branch_plt_relas}, {@code cmp_rela}), so that equal ones follow each other and
 * share a stub. One thing is odd: its partition never looks at the relocation at which its two ends meet, which stays behind the sorted
 * ones even if it is a branch.
 */
final class BranchOrder {
    private final KernelObject object;
    private final RelocationTable table;
    private final int targetIndex;
    /** Indexes of the relocations: the sorted branches first. */
    private final int[] order;

    private final int sorted;

    BranchOrder(KernelObject object, RelocationTable table) {
        this.object = object;
        this.table = table;
        this.targetIndex = table.target().index();
        this.order = new int[table.count()];
        Arrays.setAll(order, i -> i);
        this.sorted = partition();
    }

    /** Whether a relocation is a branch to another section. */
    private boolean needsStub(int index) {
        int type = table.type(index);
        if (!PltLinkage.isBranch(type)) {
            return false;
        }
        int symbol = table.symbol(index);
        return symbol < 0
                || symbol >= object.symbols().count()
                || object.symbols().rawSectionIndex(symbol) != targetIndex;
    }

    private int partition() {
        int i = 0;
        int j = order.length - 1;
        while (i < j) {
            if (needsStub(order[i])) {
                i++;
            } else if (needsStub(order[j])) {
                int swapped = order[i];
                order[i] = order[j];
                order[j] = swapped;
            } else {
                j--;
            }
        }
        return i;
    }

    /** How many stubs the branches need at the most: those with an addend one each, the others one a type and symbol. */
    long distinct() {
        long[] keys = new long[sorted];
        int plain = 0;
        long count = 0;
        for (int k = 0; k < sorted; k++) {
            if (table.addend(order[k]) != 0) {
                count++;
            } else {
                keys[plain++] = key(order[k]);
            }
        }
        Arrays.sort(keys, 0, plain);
        for (int k = 0; k < plain; k++) {
            if (k == 0 || keys[k] != keys[k - 1]) {
                count++;
            }
        }
        return count + (lastIsCounted() ? 1 : 0);
    }

    /** The one that the partition passed over: it counts unless it equals the last of the sorted ones. */
    private boolean lastIsCounted() {
        if (sorted >= order.length || !needsStub(order[sorted])) {
            return false;
        }
        int last = order[sorted];
        if (sorted == 0 || table.addend(last) != 0) {
            return true;
        }
        int before = order[0];
        for (int k = 1; k < sorted; k++) {
            before = compare(order[k], before) >= 0 ? order[k] : before;
        }
        return compare(before, last) != 0;
    }

    private long key(int index) {
        return ((long) table.type(index) << 32) | Integer.toUnsignedLong(table.symbol(index));
    }

    private int compare(int a, int b) {
        int byKey = Long.compare(key(a), key(b));
        return byKey != 0 ? byKey : Long.compare(table.addend(a), table.addend(b));
    }

    /** Brings indexes of the table into the kernel's order. */
    int[] sort(int[] indexes) {
        int[] place = new int[order.length];
        for (int k = 0; k < order.length; k++) {
            place[order[k]] = k;
        }
        Comparator<Integer> kernel = (a, b) -> {
            boolean aSorted = place[a] < sorted;
            boolean bSorted = place[b] < sorted;
            if (aSorted && bSorted) {
                int byKey = compare(a, b);
                return byKey != 0 ? byKey : Integer.compare(a, b);
            }
            return aSorted != bSorted ? (aSorted ? -1 : 1) : Integer.compare(place[a], place[b]);
        };
        return Arrays.stream(indexes)
                .boxed()
                .sorted(kernel)
                .mapToInt(Integer::intValue)
                .toArray();
    }
}
