package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KernfsOrderTest {
    /** {@code ls -U /sys/module} of a running kernel, 6.18.44 on x86_64. */
    private static final List<String> RECORDED = Splitter.on(' ')
            .splitToList(
                    "cpuidle cryptomgr dns_resolver spurious compaction vt nf_conntrack tcp_cubic nmi_backtrace 8250 srcutree "
                            + "rcupdate random haltpoll erofs bridge nf_conntrack_tftp sch_htb pstore overlay processor kernel page_alloc "
                            + "vsock nf_conntrack_netbios_ns x86_pkg_temp_thermal nf_conntrack_sane xt_recent intel_idle keyboard zswap "
                            + "nf_conntrack_sip memory_hotplug virtio_pci_modern_dev page_reporting hid nf_conntrack_h323 blk_cgroup pvclock "
                            + "pcie_aspm pnp secretmem libnvdimm vmw_vsock_virtio_transport cpufreq ipv6 nf_conntrack_irc page_evacuate "
                            + "slab_common fuse nf_conntrack_amanda eeprom_93cx6 loop virtio_mem nvproxy rcutree ip_set kvm nf_conntrack_ftp "
                            + "block amd_uncore kvm_pvm xz_dec virtio_pci cpuidle_haltpoll nf_conntrack_snmp firmware_class acpi clocksource "
                            + "fscrypto rng_core printk vxlan virtio_blk watchdog virtio_net workqueue jbd2");

    @Test
    void of_namesInAnyOrder_isWhatARealKernelLists() {
        List<String> names = new ArrayList<>(RECORDED);
        Collections.shuffle(names, new Random(1));
        assertThat(KernfsOrder.of(names)).isEqualTo(RECORDED);
    }
}
