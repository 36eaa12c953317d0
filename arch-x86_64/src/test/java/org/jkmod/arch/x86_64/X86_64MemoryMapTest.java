package org.jkmod.arch.x86_64;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jkmod.core.AddressRange;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelAddressSpace;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.MemoryMapping;
import org.jkmod.core.ModuleBuilder;
import org.junit.jupiter.api.Test;

/** Where x86-64 has its modules: Documentation/arch/x86/x86_64/mm.rst, arch/x86/include/asm/pgtable_64_types.h. */
class X86_64MemoryMapTest {
    private static final int MACHINE = 62;

    private static Kernel kernel(String release, BootOptions options) {
        return Kernel.boot(
                KernelProfile.builder(release)
                        .architecture(new X86_64Architecture())
                        .config("MODVERSIONS", "n")
                        .build(),
                options);
    }

    @Test
    void region_withoutKaslr_isFromModulesVaddrToModulesEnd() {
        for (String release : List.of("6.1.0", "6.12.0", "7.2.0")) {
            KernelAddressSpace memory = kernel(release, BootOptions.DEFAULT).memory();
            assertThat(memory.pageSize()).isEqualTo(4096);
            assertThat(memory.moduleRegions())
                    .containsExactly(AddressRange.between(0xffffffffc0000000L, 0xffffffffff000000L));
            assertThat(memory.image().start()).isEqualTo(0xffffffff81000000L);
        }
    }

    @Test
    void region_withKaslr_begins1To1024PagesLater() {
        Set<Long> pages = new HashSet<>();
        Set<Long> images = new HashSet<>();
        for (long seed = 0; seed < 20_000; seed++) {
            KernelAddressSpace memory =
                    kernel("6.12.0", BootOptions.DEFAULT.withKaslr(seed)).memory();
            AddressRange region = memory.moduleRegions().get(0);
            assertThat(region.end()).isEqualTo(0xffffffffff000000L);
            assertThat(region.start() % 4096).isZero();
            pages.add((region.start() - 0xffffffffc0000000L) / 4096);
            images.add(memory.image().start());
            assertThat(memory.image().end()).isLessThanOrEqualTo(0xffffffffc0000000L);
        }
        assertThat(pages).hasSize(1024).contains(1L, 1024L).doesNotContain(0L, 1025L);
        assertThat(images)
                .hasSize(1 + ((1 << 30) - (16 << 20) - (64 << 20)) / (2 << 20))
                .allMatch(a -> a % (2 << 20) == 0);
    }

    @Test
    void seed_thatIsTheSame_makesTheSameAddresses() {
        BootOptions options = BootOptions.DEFAULT.withKaslr(42);
        assertThat(kernel("6.1.0", options).memory().moduleRegions())
                .isEqualTo(kernel("6.1.0", options).memory().moduleRegions());
    }

    /** execmem_cache_alloc: as the recording of 7.2.13+deb14-amd64 has it. */
    @Test
    void code_of72_isCutFromBlocksThatAreExecutable() {
        Kernel kernel = kernel("7.2.0", BootOptions.DEFAULT.withKaslr(1));
        KernelModule a = kernel.load(module("a"));
        KernelModule b = kernel.load(module("b"));
        long start = kernel.memory().moduleRegions().get(0).start();
        assertThat(a.address() % (2 << 20)).isZero();
        assertThat(a.address()).isGreaterThan(start);
        assertThat(b.address()).isEqualTo(a.address() + 4096);
        assertThat(kernel.memory().fetch(b.address() + 4096 - 1, 3).array()).containsExactly(0, 0xcc, 0xcc);
        MemoryMapping unused = kernel.memory().mapping(b.address() + 4096).orElseThrow();
        assertThat(unused.module()).isEmpty();
        assertThat(unused.range().end()).isEqualTo(a.address() + (2 << 20));
        assertThat(kernel.memory().accounting().codeBlocks()).isEqualTo((2 << 20) + 4096);
        kernel.unload("a");
        kernel.unload("b");
        assertThat(kernel.memory().accounting().isEmpty()).isTrue();
        assertThat(kernel("6.12.0", BootOptions.DEFAULT).load(module("a")).address())
                .isEqualTo(0xffffffffc0000000L);
    }

    private static KernelObject module(String name) {
        return ModuleBuilder.module(name, MACHINE).build();
    }
}
