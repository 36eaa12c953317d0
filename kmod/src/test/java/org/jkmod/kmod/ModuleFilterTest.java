package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ModuleFilterTest {
    @Test
    void filter_withoutPatterns_allowsAll() {
        assertThat(ModuleFilter.ALL.allows("a")).isTrue();
    }

    @Test
    void deny_winsOverAllow() {
        ModuleFilter filter = ModuleFilter.of(List.of("snd-*", "usbcore"), List.of("*pcsp", "snd_hda_[a-c]*"));
        assertThat(filter.allows("snd_seq")).isTrue();
        assertThat(filter.allows("snd-seq")).isTrue();
        assertThat(filter.refusal("snd_pcsp")).contains("denied by '*pcsp'");
        assertThat(filter.refusal("snd-hda-codec")).contains("denied by 'snd_hda_[a-c]*'");
        assertThat(filter.allows("snd_hda_intel")).isTrue();
        assertThat(filter.refusal("usb")).contains("not among those that are allowed");
        assertThat(ModuleFilter.of(List.of(), List.of("x")).allows("y")).isTrue();
    }
}
