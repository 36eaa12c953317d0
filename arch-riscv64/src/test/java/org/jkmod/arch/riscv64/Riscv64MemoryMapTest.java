package org.jkmod.arch.riscv64;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.jkmod.core.AddressRange;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelAddressSpace;
import org.jkmod.core.KernelProfile;
import org.jkmod.symtab.Kallsyms;
import org.junit.jupiter.api.Test;

/** Where riscv64 has its modules: MODULES_VADDR and MODULES_END of arch/riscv/include/asm/pgtable.h. */
class Riscv64MemoryMapTest {
    private static final long TWO_GIB = 2L << 30;

    private static KernelProfile.Builder profile() {
        return KernelProfile.builder("6.12.0").architecture(new Riscv64Architecture());
    }

    @Test
    void region_endsWithTheImage_whereverThatIs() {
        KernelAddressSpace fixed = Kernel.boot(profile().build()).memory();
        assertThat(fixed.image().start()).isEqualTo(0xffffffff80000000L);
        check(fixed);
        for (long seed = 0; seed < 1000; seed++) {
            KernelAddressSpace memory = Kernel.boot(profile().build(), BootOptions.DEFAULT.withKaslr(seed))
                    .memory();
            // setup_vm: a multiple of PMD_SIZE within a PUD
            long slide = memory.image().start() - 0xffffffff80000000L;
            assertThat(slide % (2 << 20)).isZero();
            assertThat(slide).isBetween(0L, (1L << 30) - memory.image().size());
            check(memory);
        }
    }

    private static void check(KernelAddressSpace memory) {
        assertThat(memory.moduleRegions())
                .containsExactly(new AddressRange(memory.image().end() - TWO_GIB, TWO_GIB));
        // the image is no part of it
        assertThat(memory.accounting().regionSize())
                .isEqualTo(TWO_GIB - memory.image().size());
    }

    @Test
    void image_whoseSymbolsAreKnown_isThere() {
        String symbols = """
                ffffffff80000000 T _start
                ffffffff80000000 T _text
                ffffffff80e00000 T _etext
                ffffffff81000000 D __per_cpu_start
                ffffffff8101b0c1 D __per_cpu_end
                ffffffff81e6a123 B _end
                """;
        KernelProfile known = profile()
                .addresses(Kallsyms.parse(symbols.getBytes(StandardCharsets.US_ASCII), "kallsyms"))
                .build();
        KernelAddressSpace memory =
                Kernel.boot(known, BootOptions.DEFAULT.withKaslr(3)).memory();
        assertThat(memory.image()).isEqualTo(AddressRange.between(0xffffffff80000000L, 0xffffffff81e6b000L));
        // where the recorded 6.12.107+deb13-riscv64 has its first module
        assertThat(memory.moduleRegions().get(0).start()).isEqualTo(0xffffffff01e6b000L);
    }
}
