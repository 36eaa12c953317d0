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
        "4.19.0,               true,  LINUX_6_1, false, false, false",
        "6.1.0-50-amd64,       true,  LINUX_6_1, false, false, false",
        "6.3.13,               true,  LINUX_6_1, false, false, false",
        "6.4.0,                false, LINUX_6_4,  false, false, false",
        "6.12.107+deb13-amd64, false, LINUX_6_4,  false, false, false",
        "6.12.117+deb13-amd64, false, LINUX_6_13, false, false, false",
        "6.13.0,               false, LINUX_6_13, false, false, false",
        "7.2.13+deb14-amd64,   false, LINUX_7_1,  true,  true,  true",
        "8.0.0,                false, LINUX_7_1,  true,  true,  true"
    })
    void generation_ofARelease_doesWhatThatKernelDoes(
            String release,
            boolean twoLayouts,
            ElfValidity.Checks elfChecks,
            boolean perCpuRelocations,
            boolean located,
            boolean allExportsShown) {
        Generation generation = of(release);
        assertThat(generation.hasTwoLayouts()).isEqualTo(twoLayouts);
        assertThat(generation.elfChecks()).isEqualTo(elfChecks);
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
            assertThat(generation.name()).matches("LINUX_\\d+_\\d+(_\\d+)?");
            String release = generation.name().substring("LINUX_".length()).replace('_', '.');
            assertThat(of(release)).as(release).isEqualTo(generation);
        }
        assertThat(Generation.values()).isSorted();
    }

    /** LOG_LINE_MAX of 6.1, PRINTKRB_RECORD_MAX of 6.12 and 7.2. */
    @ParameterizedTest
    @CsvSource({"6.1.0, false, 992", "6.1.0, true, 976", "6.12.0, false, 1024", "7.2.13, true, 1024"})
    void printkRecord_ofARelease_hasItsSize(String release, boolean caller, int size) {
        assertThat(of(release).printkRecordSize(caller)).isEqualTo(size);
    }

    @Test
    void enableAndDisable_areBooleansOfTheNewest() {
        assertThat(of("6.12.0").knowsEnableAndDisable()).isFalse();
        assertThat(of("7.2.13").knowsEnableAndDisable()).isTrue();
    }
}
