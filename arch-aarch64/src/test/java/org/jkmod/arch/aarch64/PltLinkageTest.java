package org.jkmod.arch.aarch64;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.jkmod.core.Generation;
import org.jkmod.core.KernelConfiguration;
import org.jkmod.core.KernelObject;
import org.jkmod.core.LinkageContract;
import org.jkmod.core.ObjectRelocation;
import org.jkmod.core.RelocationFailure;
import org.jkmod.core.RelocationFailure.Reason;
import org.jkmod.core.SectionChange;
import org.junit.jupiter.api.Test;

class PltLinkageTest extends LinkageContract {
    private static final Map<String, Long> SYMBOLS = Map.of(
            "near", 0xffff800010012345L,
            "afar", 0xffff800050000abcL,
            "zfar", 0xffff800060000defL,
            "far", 0xffff800070000123L);

    private static final KernelConfiguration KERNEL = new KernelConfiguration(Generation.LINUX_7_1, Map.of());
    private static final KernelConfiguration WITH_ERRATUM =
            new KernelConfiguration(Generation.LINUX_7_1, Map.of("ARM64_WORKAROUND_843419", "y"));

    PltLinkageTest() {
        super(new AArch64Architecture(), SYMBOLS::get);
    }

    private Map<String, SectionChange> changes(KernelObject object, KernelConfiguration kernel) {
        Map<String, SectionChange> changes = new HashMap<>();
        for (SectionChange change : architecture().frobSections(object, kernel)) {
            changes.put(object.elf().section(change.section()).name(), change);
        }
        return changes;
    }

    @Test
    void branches_outOfReach_goThroughStubsInTheKernelsOrder() {
        assertBecomesLinked("plt", KERNEL);
    }

    @Test
    void adrp_atAForbiddenPlaceWithErratum_becomesAdrOrGoesThroughAVeneer() {
        assertBecomesLinked("erratum", WITH_ERRATUM);
    }

    @Test
    void adrp_atAForbiddenPlaceWithoutErratum_staysAdrp() {
        KernelObject object = object("erratum");
        String text =
                hex(relocate(object, KERNEL, addresses("erratum")).sections()).get(".text");
        // adrp x3, #0x12000 and adrp x6, #0x11000 (bits 29 and 30: the lowest two of the page's number; 5 to 23: the
        // others)
        assertThat(text).contains("830000d0");
        assertThat(text.substring(2 * 0x1ff8)).isEqualTo("860000b0");
    }

    @Test
    void stub_thatWouldBeginAtAForbiddenPlace_isLeftOutWithErratum() {
        Map<String, Long> addresses = new HashMap<>(addresses("plt"));
        addresses.put(".init.plt", 0xffff800010020ff8L);
        Map<String, String> sections =
                hex(relocate(object("plt"), WITH_ERRATUM, addresses).sections());
        assertThat(sections.get(".init.plt")).startsWith("00".repeat(12)).doesNotEndWith("00".repeat(12));
    }

    @Test
    void branch_withoutRoomForItsStub_fails() {
        Map<String, Long> addresses = new HashMap<>(addresses("plt"));
        addresses.remove(".init.plt");
        ObjectRelocation.Outcome outcome = relocate(object("plt"), KERNEL, addresses);
        assertThat(outcome.failure().map(RelocationFailure::reason)).contains(Reason.NO_STUB);
        assertThat(architecture().messages(outcome.failure().orElseThrow(), "m", Generation.LINUX_7_1))
                .isEmpty();
    }

    @Test
    void stubs_ofAModule_areCountedAsTheKernelCounts() {
        Map<String, SectionChange> changes = changes(object("plt"), KERNEL);
        // JUMP26 zfar, CALL26 zfar, near and afar, zfar + 8, and the last CALL26, which the sort passes over
        assertThat(changes.get(".plt").size()).isEqualTo((6 + 1) * 12);
        assertThat(changes.get(".init.plt").size()).isEqualTo((1 + 1) * 12);
        assertThat(changes.get(".plt").alignment()).isEqualTo(64);
        assertThat(changes.get(".text.ftrace_trampoline").size()).isEqualTo(12);
        assertThat(changes(object("plt"), new KernelConfiguration(Generation.LINUX_6_1, Map.of()))
                        .get(".text.ftrace_trampoline")
                        .size())
                .isEqualTo(2 * 12);
    }

    @Test
    void stubs_withErratum_areCountedWithVeneersAndSlack() {
        Map<String, SectionChange> changes = changes(object("erratum"), WITH_ERRATUM);
        // Three at forbidden places, one for every 341 to spare, and the one that is never used
        assertThat(changes.get(".plt").size()).isEqualTo((3 + 1 + 1) * 12);
        // adrp x5 at 0x1000: its lowest zero bit from 3 on is 3
        assertThat(changes.get(".text"))
                .isEqualTo(SectionChange.aligned(changes.get(".text").section(), 16));
        assertThat(changes(object("erratum"), KERNEL)).doesNotContainKey(".text");
    }
}
