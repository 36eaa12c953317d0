package org.jkmod.arch.riscv64;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jkmod.core.Generation;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.LinkageContract;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.SectionChange;
import org.junit.jupiter.api.Test;

class GotAndPltLinkageTest extends LinkageContract {
    private static final Map<String, Long> SYMBOLS =
            Map.of("near", 0xffffffff80001234L, "far", 0xffffffc012345678L, "other", 0x123456789abcdef0L);

    private static final KernelConfiguration KERNEL = new KernelConfiguration(Generation.LINUX_7_1, Map.of());

    GotAndPltLinkageTest() {
        super(new Riscv64Architecture(), SYMBOLS::get);
    }

    @Test
    void callsAndLoads_ofAModule_shareStubsAndEntries() {
        assertBecomesLinked("plt", KERNEL);
    }

    @Test
    void stubsAndEntries_ofAModule_areCountedByTypeSymbolAndAddend() {
        Map<String, SectionChange> changes = new HashMap<>();
        for (SectionChange change : architecture().frobSections(object("plt"), KERNEL)) {
            changes.put(object("plt").elf().section(change.section()).name(), change);
        }
        assertThat(changes.get(".plt").size()).isEqualTo((3 + 1) * 12);
        assertThat(changes.get(".got").size()).isEqualTo((2 + 1) * 8);
        assertThat(changes.get(".got.plt").size()).isEqualTo((3 + 1) * 8);
        assertThat(changes.values()).extracting(SectionChange::alignment).containsOnly(64L);
    }

    private List<String> messages(String withoutSection) {
        Map<String, Long> addresses = new HashMap<>(addresses("plt"));
        addresses.remove(withoutSection);
        RelocationFailure failure =
                relocate(object("plt"), KERNEL, addresses).failure().orElseThrow();
        return architecture().messages(failure, "m", Generation.LINUX_7_1);
    }

    @Test
    void call_withoutRoomForItsStub_failsWithTheKernelsMessage() {
        assertThat(messages(".plt"))
                .containsExactly("m: target ffffffc012345678 can not be addressed by the 32-bit offset from PC = "
                        + "ffffffff02000000");
    }

    @Test
    void load_withoutRoomForItsEntry_failsWithTheKernelsMessage() {
        assertThat(messages(".got"))
                .containsExactly("m: can not generate the GOT entry for symbol = ffffffff80001234 from PC = "
                        + "ffffffff02000020");
    }
}
