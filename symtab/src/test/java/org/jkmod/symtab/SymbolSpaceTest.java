package org.jkmod.symtab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jkmod.symtab.SymbolSpace.Range;
import org.jkmod.symtab.SymbolSpace.View;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SymbolSpaceTest {
    private static final long TEXT = 0xffffffffc0100000L;
    private static final long DATA = 0xffffffffc0200000L;

    private static final SymbolTable KERNEL = new SymbolTableBuilder()
            .add(0xffffffff81000000L, 'T', "_stext", "")
            .add(0xffffffff81000000L, 'T', "_text", "")
            .add(0xffffffff81000100L, 't', "init", "")
            .add(0xffffffff82000000L, 'B', "_end", "")
            .build();

    /** A module whose text and data share a table. */
    private static SymbolTable module(String name, long text, long data) {
        return new SymbolTableBuilder()
                .add(data + 0x10, 'd', name + "_data", name)
                .add(text + 0x20, 't', name + "_second", name)
                .add(text + 0x10, 't', name + "_first", name)
                .add(text + 0x10, 'T', name + "_alias", name)
                .build();
    }

    private static List<Range> ranges(String name, long text, long data) {
        SymbolTable table = module(name, text, data);
        return List.of(new Range(data, data + 0x1000, table), new Range(text, text + 0x1000, table));
    }

    private static String at(View view, long address) {
        long found = view.find(address);
        if (found < 0) {
            return "none";
        }
        SymbolTable table = view.symbols(found);
        int position = view.position(found);
        assertThat(table.module(position)).isEqualTo(view.module(found));
        return String.format(
                "%s+0x%x/0x%x %s",
                table.name(position), address - table.address(position), view.size(found), view.module(found));
    }

    private static SymbolSpace space() {
        SymbolSpace space = new SymbolSpace(KERNEL);
        space.put("fat", ranges("fat", TEXT, DATA));
        return space;
    }

    @Test
    void find_kernelAndModule_isTheSymbolOfTheMemoryAroundIt() {
        View view = space().view();
        assertThat(at(view, 0xffffffff810000ffL)).isEqualTo("_stext+0xff/0x100 ");
        assertThat(at(view, TEXT + 0x10)).isEqualTo("fat_first+0x0/0x10 fat");
        assertThat(at(view, TEXT + 0x1f)).isEqualTo("fat_first+0xf/0x10 fat");
        assertThat(at(view, TEXT + 0xfff)).isEqualTo("fat_second+0xfdf/0xfe0 fat");
        assertThat(at(view, DATA + 0x11)).isEqualTo("fat_data+0x1/0xff0 fat");
        assertThat(view.modules()).containsExactly("fat");
    }

    @Test
    void find_memoryBeforeItsFirstSymbol_isNotTheOneBefore() {
        View view = space().view();
        assertThat(at(view, TEXT + 0xf)).isEqualTo("none");
        // the table has the symbols of the text, too
        assertThat(at(view, DATA + 0xf)).isEqualTo("none");
        assertThat(at(view, 0)).isEqualTo("none");
    }

    @Test
    void find_behindAModule_isTheKernels() {
        assertThat(at(space().view(), TEXT + 0x1000)).isEqualTo("_end+0x3e101000/0x0 ");
        assertThat(at(space().view(), TEXT - 1)).startsWith("_end+");
    }

    @Test
    void remove_module_leavesOlderViewsAsTheyAre() {
        SymbolSpace space = space();
        View before = space.view();
        space.remove("fat");
        space.remove("fat");
        assertThat(at(before, TEXT + 0x10)).isEqualTo("fat_first+0x0/0x10 fat");
        assertThat(at(space.view(), TEXT + 0x10)).startsWith("_end+");
        assertThat(space.view().modules()).isEmpty();
        long found = before.find(TEXT + 0x10);
        assertThatThrownBy(() -> space.view().symbols(found)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void put_again_replacesAllRanges() {
        SymbolSpace space = space();
        space.put("fat", ranges("fat", TEXT + 0x2000, DATA + 0x2000));
        assertThat(at(space.view(), TEXT + 0x10)).startsWith("_end+");
        assertThat(at(space.view(), TEXT + 0x2010)).isEqualTo("fat_first+0x0/0x10 fat");
    }

    @Test
    void put_overlappingRanges_changesNothing() {
        SymbolSpace space = space();
        View before = space.view();
        SymbolTable table = module("vfat", TEXT, DATA);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> space.put("vfat", List.of(new Range(TEXT - 0x10, TEXT + 1, table))))
                .withMessage("memory of vfat and of fat at 0xffffffffc0100000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> space.put("fat", List.of(new Range(1, 3, table), new Range(2, 4, table))));
        assertThatIllegalArgumentException().isThrownBy(() -> new Range(5, 5, table));
        assertThat(space.view()).isSameAs(before);
        space.put("vfat", List.of(new Range(TEXT - 0x10, TEXT, table), new Range(TEXT + 0x1000, DATA, table)));
        assertThat(space.view().modules()).containsExactly("vfat", "fat");
    }

    @Test
    void builder_whatIsNoSymbol_isRefused() {
        SymbolTableBuilder builder = new SymbolTableBuilder();
        assertThatIllegalArgumentException().isThrownBy(() -> builder.add(0, 't', "", ""));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.add(0, 't', "a\0", ""));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.add(0, '\u0100', "a", ""));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.add(0, 't', "\u0100", ""));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.add(0, 't', "a", "m".repeat(256)));
        assertThat(builder.build().size()).isZero();
    }

    /**
     * Two threads load and unload modules at the same addresses, some thousand times each, while others look up: what they find in a view
     * is of one module in its text and in its data, and the kernel's own symbols are always there.
     */
    @Test
    @Timeout(60)
    void find_whileModulesComeAndGo_seesAllOfAModuleOrNothing() throws Exception {
        int rounds = 3_000;
        int threads = 4;
        SymbolSpace space = new SymbolSpace(KERNEL);
        List<List<Range>> modules = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            modules.add(ranges("m" + i, TEXT, DATA));
        }
        CyclicBarrier start = new CyclicBarrier(threads);
        AtomicInteger writers = new AtomicInteger(2);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Callable<Integer>> work = List.of(
                    () -> write(space, modules, 0, rounds, start, writers),
                    () -> write(space, modules, 2, rounds, start, writers),
                    () -> look(space, start, writers),
                    () -> look(space, start, writers));
            List<Integer> counts = new ArrayList<>();
            for (Future<Integer> done : pool.invokeAll(work)) {
                counts.add(done.get());
            }
            assertThat(counts.get(0) + counts.get(1)).isPositive();
            assertThat(counts.get(2)).isPositive();
            assertThat(space.view().modules()).isEmpty();
        } finally {
            pool.shutdownNow();
        }
    }

    /** How often there was room for the module. */
    private static int write(
            SymbolSpace space,
            List<List<Range>> modules,
            int first,
            int rounds,
            CyclicBarrier start,
            AtomicInteger writers)
            throws Exception {
        start.await();
        int put = 0;
        for (int round = 0; round < rounds; round++) {
            int module = first + round % 2;
            try {
                space.put("m" + module, modules.get(module));
                put++;
            } catch (IllegalArgumentException e) {
                // the other thread has one there
            }
            Thread.onSpinWait();
            space.remove("m" + module);
        }
        writers.decrementAndGet();
        return put;
    }

    private static int look(SymbolSpace space, CyclicBarrier start, AtomicInteger writers) throws Exception {
        start.await();
        int looks = 0;
        do {
            View view = space.view();
            long text = view.find(TEXT + 0x15);
            long data = view.find(DATA + 0x15);
            String module = view.module(text);
            assertThat(view.module(data)).isEqualTo(module);
            String expected = module.isEmpty() ? "_end" : module + "_first";
            assertThat(view.symbols(text).name(view.position(text))).isEqualTo(expected);
            assertThat(at(view, 0xffffffff81000101L)).startsWith("init+0x1/");
            looks++;
        } while (writers.get() > 0);
        return looks;
    }

    @Test
    void find_outsideOfTheKernelsMemory_isNone() {
        View view = new SymbolSpace(new Range(0xffffffff81000000L, 0xffffffff82000000L, KERNEL)).view();
        assertThat(at(view, 0xffffffff81000104L)).isEqualTo("init+0x4/0xffff00 ");
        assertThat(view.find(0xffffffff80ffffffL)).isEqualTo(-1);
        assertThat(view.find(0xffffffff82000000L)).isEqualTo(-1);
        assertThat(view.find(0x1000)).isEqualTo(-1);
    }

    @Test
    void module_ofATableWithModules_isWhatTheTableSays() {
        SymbolTable running = new SymbolTableBuilder()
                .add(0xffffffff81000000L, 'T', "_stext", "")
                .add(TEXT, 't', "one", "m")
                .build();
        assertThat(at(new SymbolSpace(running).view(), TEXT + 1)).isEqualTo("one+0x1/0x0 m");
    }
}
