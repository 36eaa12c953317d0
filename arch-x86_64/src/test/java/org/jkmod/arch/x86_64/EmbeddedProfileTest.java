package org.jkmod.arch.x86_64;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jkmod.core.KernelProfile;
import org.jkmod.symtab.ModuleSymvers;
import org.junit.jupiter.api.Test;

/** The profile that comes with the artifact is that of the kernel for which the example modules were built. */
class EmbeddedProfileTest {
    private static final KernelProfile PROFILE = KernelProfile.embedded(new X86_64Architecture());

    @Test
    void facts_ofTheKernel_areThoseOfItsModules() {
        assertThat(PROFILE.release()).hasToString(Examples.RELEASE);
        assertThat(PROFILE.architecture()).isInstanceOf(X86_64Architecture.class);
        assertThat(PROFILE.vermagic()).isEqualTo(RecordedModule.RING.object().vermagic());
        assertThat(PROFILE.thisModuleSize())
                .hasValue(RecordedModule.RING.object().thisModuleSize());
        assertThat(PROFILE.hasModversions()).isTrue();
        assertThat(PROFILE.checksSignatures()).isTrue();
        assertThat(PROFILE.addresses()).isEmpty();
    }

    /** The rows were taken from Debian's Module.symvers by another program. */
    @Test
    void exports_thatTheExamplesUse_areThoseOfModuleSymvers() {
        ModuleSymvers expected = Examples.symvers();
        ModuleSymvers actual = PROFILE.exports();
        assertThat(expected.size()).isGreaterThan(30);
        for (int i = 0; i < expected.size(); i++) {
            int row = actual.names().find(expected.name(i));
            assertThat(row).as(expected.name(i)).isNotNegative();
            assertThat(actual.crc(row)).as(expected.name(i)).isEqualTo(expected.crc(i));
            assertThat(actual.owner(row)).as(expected.name(i)).isEqualTo(expected.owner(i));
            assertThat(actual.gplOnly(row)).as(expected.name(i)).isEqualTo(expected.gplOnly(i));
            assertThat(actual.namespace(row)).as(expected.name(i)).isEqualTo(expected.namespace(i));
        }
        assertThat(actual.size()).isGreaterThan(20_000);
    }

    @Test
    void profile_savedAndReadAgain_isTheSameBytes() throws IOException {
        ByteArrayOutputStream once = new ByteArrayOutputStream();
        PROFILE.save(once);
        ByteArrayOutputStream twice = new ByteArrayOutputStream();
        KernelProfile.read(new ByteArrayInputStream(once.toByteArray()), "again")
                .save(twice);
        assertThat(twice.toByteArray()).isEqualTo(once.toByteArray());
    }
}
