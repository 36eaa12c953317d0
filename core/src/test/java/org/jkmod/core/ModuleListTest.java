package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ModuleListTest {
    private final ModuleList list = new ModuleList();

    private static KernelModule module(int number) {
        return new KernelModule("m" + number, Modinfo.EMPTY, "", Set.of(), new EnumMap<>(MemoryType.class));
    }

    @Test
    void all_afterAnythingAtAll_isTheNewestFirst() {
        SplittableRandom random = new SplittableRandom(17);
        List<KernelModule> expected = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            if (random.nextInt(3) > 0 || expected.isEmpty()) {
                KernelModule module = module(i);
                list.add(module);
                expected.add(0, module);
            } else {
                list.remove(expected.remove(random.nextInt(expected.size())));
            }
            if (random.nextInt(4) == 0) {
                assertThat(list.all()).isEqualTo(expected);
            }
        }
        assertThat(list.all()).isEqualTo(expected).isSameAs(list.all());
    }

    @Test
    void remove_ofWhatIsNotThere_changesNothing() {
        KernelModule module = module(1);
        list.add(module);
        List<KernelModule> before = list.all();
        list.remove(module(1));
        assertThat(list.all()).isSameAs(before).containsExactly(module);
        assertThat(list.contains(module)).isTrue();
        assertThat(list.contains(module(1))).isFalse();
    }
}
