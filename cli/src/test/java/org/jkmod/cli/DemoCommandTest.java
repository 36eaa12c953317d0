package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Numbers of sections, imports and relocations are readelf's, as examples/modules/README.md has them; lsmod is what the real kernel
 * shows, as {@link KernelCommandsTest} says.
 */
class DemoCommandTest {
    @TempDir
    private Path home;

    @Test
    void demo_showsLoadsRefusalsAndUnloads() {
        Shell shell = new Shell(home);
        Result result = shell.run("demo");
        assertThat(result.status()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(home).as("the user's kernel is left alone").isEmptyDirectory();
        assertThat(result.out()
                        .replaceAll("\\d+\\.\\d ms", "T ms")
                        .replaceAll("in \\d+\\.\\d{3} s", "in T s")
                        .replaceAll("\\[ +\\d+\\.\\d{6}]", "[T]")
                        .replaceAll("0x[0-9a-f]{16}", "ADDRESS")
                        .replaceAll("-> [0-9a-f]{2}( [0-9a-f]{2}){3}", "-> BYTES"))
                .isEqualTo("""
                        A simulated kernel 6.12.107+deb13-amd64 (x86_64) with 26734 exported symbols; real modules, built for it.

                        $ jkmod insmod jkmod_ring.ko size=1024
                          sections     54 in the file, 32 in memory
                          memory       text          ADDRESS   4096
                                       data          ADDRESS   4096
                                       rodata        ADDRESS   4096
                                       ro_after_init ADDRESS   4096
                                       init_text     ADDRESS   4096  freed after init
                                       init_data     ADDRESS   8192  freed after init
                                       percpu        ADDRESS     32
                          imports      20 resolved: 20 from the kernel
                          exports      6, 4 of them GPL-only, some in namespace JKMOD_RING
                          relocations  191 applied, among them:
                            .text+0x15   R_X86_64_PLT32     __fentry__-4               00 00 00 00 -> BYTES
                            .text+0x22   R_X86_64_PLT32     __x86_return_thunk-4       00 00 00 00 -> BYTES
                            .text+0x64   R_X86_64_PLT32     kmem_cache_alloc_noprof-4  00 00 00 00 -> BYTES
                          time         T ms

                        $ jkmod insmod jkmod_echo.ko upper=1
                          sections     57 in the file, 31 in memory
                          memory       text          ADDRESS   4096
                                       data          ADDRESS   4096
                                       rodata        ADDRESS   4096
                                       init_text     ADDRESS   4096  freed after init
                                       init_data     ADDRESS   8192  freed after init
                          imports      23 resolved: 18 from the kernel, 5 from jkmod_ring
                          exports      1, 1 of them GPL-only
                          relocations  206 applied, among them:
                            .text+0x4e   R_X86_64_PLT32     jkmod_ring_free-4          00 00 00 00 -> BYTES
                            .text+0xcb   R_X86_64_PLT32     jkmod_ring_alloc-4         00 00 00 00 -> BYTES
                            .text+0xf0   R_X86_64_PLT32     jkmod_ring_write-4         00 00 00 00 -> BYTES
                          time         T ms

                        $ jkmod insmod jkmod_stat.ko
                          sections     43 in the file, 23 in memory
                          memory       text          ADDRESS   4096
                                       data          ADDRESS   4096
                                       rodata        ADDRESS   4096
                                       init_text     ADDRESS   4096  freed after init
                                       init_data     ADDRESS   4096  freed after init
                          imports      9 resolved: 7 from the kernel, 1 from jkmod_echo, 1 from jkmod_ring; weak, and nowhere: jkmod_bonus_count
                          relocations  64 applied, among them:
                            .text+0x5e   R_X86_64_PLT32     jkmod_ring_totals-4        00 00 00 00 -> BYTES
                            .text+0xb1   R_X86_64_PLT32     jkmod_echo_users-4         00 00 00 00 -> BYTES
                          time         T ms

                        $ jkmod insmod jkmod_orphan.ko
                          refused      jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)
                          errno        ENOENT (2): No such file or directory
                          which means  neither the kernel nor a loaded module exports the symbol
                          remedy       build the module against this kernel

                        $ jkmod lsmod
                        Module                  Size  Used by
                        jkmod_stat             12288  0
                        jkmod_echo             12288  1 jkmod_stat
                        jkmod_ring             16384  2 jkmod_echo,jkmod_stat

                        $ jkmod rmmod jkmod_ring
                          refused      Module jkmod_ring is in use by: jkmod_echo jkmod_stat
                          errno        EAGAIN (11): Resource temporarily unavailable

                        $ jkmod rmmod jkmod_stat
                          unloaded

                        $ jkmod rmmod jkmod_echo
                          unloaded

                        $ jkmod rmmod jkmod_ring
                          unloaded

                        $ jkmod dmesg
                        [T] jkmod_ring: loading out-of-tree module taints kernel.
                        [T] jkmod_ring: module verification failed: signature and/or required key missing - tainting kernel
                        [T] jkmod_orphan: Unknown symbol jkmod_nowhere (err -2)

                        Done: 3 modules loaded, 461 relocations applied, 3 modules unloaded in T s.
                        """);
    }

    @Test
    void demo_twice_doesTheSame() {
        Shell shell = new Shell(home);
        assertThat(withoutTimes(shell.run("demo").out()))
                .isEqualTo(withoutTimes(shell.run("demo").out()));
    }

    private static String withoutTimes(String out) {
        return out.replaceAll("\\d+\\.\\d ms", "")
                .replaceAll("in \\d+\\.\\d{3} s", "")
                .replaceAll("\\[ +\\d+\\.\\d{6}]", "");
    }

    @Test
    void demo_withJson_isOneObject() {
        String json = new Shell(home).run("demo", "--json").out();
        assertThat(json).startsWith("""
                        {
                          "release": "6.12.107+deb13-amd64",
                          "architecture": "x86_64",
                          "exports": 26734,
                          "steps": [
                            {
                              "command": "insmod",
                              "module": "jkmod_ring",
                              "parameters": "size=1024",
                        """).contains("""
                              "command": "rmmod",
                              "module": "jkmod_ring",
                              "error": {
                                "errno": 11,
                                "errnoName": "EAGAIN",
                                "message": "Module jkmod_ring is in use by: jkmod_echo jkmod_stat"
                              }
                        """).contains("""
                          "loaded": 3,
                          "relocations": 461,
                          "micros": \
                        """).endsWith("\n}\n");
    }
}
