package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerationTest {
    private static Generation of(String release) {
        return Generation.of(KernelRelease.parse(release));
    }

    /** Each fact as the sources of 6.1, 6.12 and 7.2 have it. */
    @ParameterizedTest
    @CsvSource({
        "4.19.0,               true,  false, false, false, false, false",
        "6.1.0-50-amd64,       true,  false, false, false, false, false",
        "6.3.13,               true,  false, false, false, false, false",
        "6.4.0,                false, true,  true,  false, false, false",
        "6.12.107+deb13-amd64, false, true,  true,  false, false, false",
        "7.2.13+deb14-amd64,   false, true,  true,  true,  true,  true",
        "8.0.0,                false, true,  true,  true,  true,  true"
    })
    void generation_ofARelease_doesWhatThatKernelDoes(
            String release,
            boolean twoLayouts,
            boolean licenseTaints,
            boolean sizeOfStructModule,
            boolean perCpuRelocations,
            boolean located,
            boolean allExportsShown) {
        Generation generation = of(release);
        assertThat(generation.hasTwoLayouts()).isEqualTo(twoLayouts);
        assertThat(generation.saysLicenseTaints()).isEqualTo(licenseTaints);
        assertThat(generation.checksThisModuleSize()).isEqualTo(sizeOfStructModule);
        assertThat(generation.relocatesPerCpu()).isEqualTo(perCpuRelocations);
        assertThat(generation.locatesRelocations()).isEqualTo(located);
        assertThat(generation.showsGplOnlyExports()).isEqualTo(allExportsShown);
    }

    @Test
    void exportTables_byLicenceOrWithFlags_areTheKernels() {
        assertThat(of("6.12.0").exportTables().sections).containsExactly("__ksymtab", "__ksymtab_gpl");
        assertThat(of("7.2.0").exportTables().sections).containsExactly("__ksymtab");
    }

    @Test
    void sectionsThatAreReadOnlyAfterInit_areTheKernels() {
        assertThat(of("6.1.0").roAfterInit()).containsExactlyInAnyOrder(".data..ro_after_init", "__jump_table");
        assertThat(of("6.12.0").roAfterInit()).containsExactlyInAnyOrder(".data..ro_after_init", "__jump_table");
        assertThat(of("7.2.0").roAfterInit())
                .containsExactlyInAnyOrder(".data..ro_after_init", "__jump_table", ".static_call_sites");
    }

    @Test
    void rows_inTheirOrder_areFromOldToNew() {
        for (Generation generation : Generation.values()) {
            assertThat(generation.name()).matches("LINUX_\\d+_\\d+");
            String release = generation.name().substring("LINUX_".length()).replace('_', '.');
            assertThat(of(release)).as(release).isEqualTo(generation);
        }
        assertThat(Generation.values()).isSorted();
    }
}
