package org.jkmod.arch.aarch64;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jkmod.core.AddressRange;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelAddressSpace;
import org.jkmod.core.KernelProfile;
import org.junit.jupiter.api.Test;

/** Where arm64 has its modules: arch/arm64/kernel/module.c and kaslr.c of 6.1, arch/arm64/mm/init.c of 6.12. */
class AArch64MemoryMapTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    private static KernelAddressSpace memory(String release, BootOptions options, String... config) {
        KernelProfile.Builder profile = KernelProfile.builder(release).architecture(new AArch64Architecture());
        for (int i = 0; i < config.length; i += 2) {
            profile.config(config[i], config[i + 1]);
        }
        return Kernel.boot(profile.build(), options).memory();
    }

    @Test
    void regions_withoutKaslr_reachTheKernel() {
        KernelAddressSpace old = memory("6.1.0", BootOptions.DEFAULT);
        assertThat(old.image()).isEqualTo(new AddressRange(0xffff_8000_0800_0000L, 32 * MIB));
        long base = old.image().start() + 16 * MIB - 128 * MIB;
        assertThat(old.moduleRegions())
                .containsExactly(new AddressRange(base, 128 * MIB), new AddressRange(base, 2 * GIB));
        assertThat(old.accounting().regionSize()).isEqualTo(2 * GIB - 32 * MIB);

        KernelAddressSpace later = memory("6.12.0", BootOptions.DEFAULT);
        assertThat(later.image()).isEqualTo(new AddressRange(0xffff_8000_8000_0000L, 32 * MIB));
        long end = later.image().end();
        assertThat(later.moduleRegions())
                .containsExactly(
                        new AddressRange(end - 128 * MIB, 128 * MIB), new AddressRange(end - 2 * GIB, 2 * GIB));
    }

    @Test
    void regions_withKaslr_holdTheKernelWhereverTheyAre() {
        for (String release : List.of("6.12.0", "7.2.0")) {
            for (long seed = 0; seed < 2000; seed++) {
                BootOptions options = BootOptions.DEFAULT.withKaslr(seed);
                KernelAddressSpace full = memory(release, options);
                assertThat(full.moduleRegions()).as("seed %d", seed).hasSize(1);
                assertHolds(full.moduleRegions().get(0), 2 * GIB, full.image());
                KernelAddressSpace near = memory(release, options, "RANDOMIZE_MODULE_REGION_FULL", "n");
                assertThat(near.moduleRegions()).hasSize(2);
                assertHolds(near.moduleRegions().get(0), 128 * MIB, near.image());
                assertHolds(
                        near.moduleRegions().get(1),
                        2 * GIB,
                        near.moduleRegions().get(0));
                // the middle half of what is behind KIMAGE_VADDR
                assertThat(near.image().start()).isBetween(0xffff_9f00_0000_0000L, 0xffff_dfff_0000_0000L);
            }
        }
    }

    @Test
    void regions_of61WithKaslr_beginAtTheSameAddressAndReachTheKernel() {
        for (long seed = 0; seed < 2000; seed++) {
            BootOptions options = BootOptions.DEFAULT.withKaslr(seed);
            KernelAddressSpace full = memory("6.1.0", options);
            AddressRange first = full.moduleRegions().get(0);
            assertThat(full.moduleRegions())
                    .containsExactly(
                            new AddressRange(first.start(), 128 * MIB), new AddressRange(first.start(), 2 * GIB));
            assertThat(first.start())
                    .isBetween(full.image().end() - 2 * GIB, full.image().start());
            KernelAddressSpace near = memory("6.1.0", options, "RANDOMIZE_MODULE_REGION_FULL", "n");
            long text = near.image().start() + 16 * MIB;
            assertThat(near.moduleRegions().get(0).start())
                    .isBetween(text - 128 * MIB, near.image().start());
        }
    }

    private static void assertHolds(AddressRange window, long size, AddressRange inner) {
        assertThat(window.size()).isEqualTo(size);
        assertThat(window.start() % 4096).isZero();
        assertThat(window.start()).isLessThanOrEqualTo(inner.start());
        assertThat(window.end()).isGreaterThanOrEqualTo(inner.end());
    }

    @Test
    void pages_areAsLargeAsTheConfigurationSays() {
        assertThat(memory("6.1.0", BootOptions.DEFAULT).pageSize()).isEqualTo(4096);
        assertThat(memory("6.1.0", BootOptions.DEFAULT, "ARM64_16K_PAGES", "y").pageSize())
                .isEqualTo(16384);
        assertThat(memory("6.1.0", BootOptions.DEFAULT, "ARM64_64K_PAGES", "y").pageSize())
                .isEqualTo(65536);
        assertThat(memory("6.12.0", BootOptions.DEFAULT, "PAGE_SHIFT", "16").pageSize())
                .isEqualTo(65536);
    }
}
