package org.jkmod.arch.x86_64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.groups.Tuple;
import org.jkmod.core.AddressRange;
import org.jkmod.core.Errno;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelLog;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelModule.LoadedSection;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelSnapshot;
import org.jkmod.core.KernelSymbol;
import org.jkmod.core.MemoryType;
import org.jkmod.core.ModuleInUseException;
import org.jkmod.core.ModuleLoadException;
import org.jkmod.core.ModuleUse;
import org.jkmod.core.Problem;
import org.jkmod.core.RelocationPolicy;
import org.jkmod.core.Relocator;
import org.jkmod.core.Relocator.RelocatedModule;
import org.jkmod.symtab.Kallsyms;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The life of the modules of {@code examples/modules} in one kernel. What a real one said of it, {@link RecordedKernelTest} compares. */
class ExampleModulesTest {
    private final Kernel kernel = Kernel.boot(Examples.profile().build());

    private KernelModule load(RecordedModule module) {
        return kernel.load(module.object());
    }

    @Test
    void threeModules_loadedInOrder_keepTheKernelsBooks() {
        KernelModule ring = load(RecordedModule.RING);
        KernelModule echo = load(RecordedModule.ECHO);
        KernelModule stat = load(RecordedModule.STAT);

        assertThat(kernel.modules()).containsExactly(stat, echo, ring);
        assertThat(ring.users()).containsExactly(new ModuleUse(stat, ring), new ModuleUse(echo, ring));
        assertThat(echo.users()).containsExactly(new ModuleUse(stat, echo));
        assertThat(stat.uses()).containsExactlyInAnyOrder(new ModuleUse(stat, echo), new ModuleUse(stat, ring));
        assertThat(List.of(ring.references(), echo.references(), stat.references()))
                .containsExactly(2, 1, 0);
        // readelf -r, the sections that have no memory apart; the table of examples/modules/README.md
        assertThat(List.of(ring.relocations(), echo.relocations(), stat.relocations()))
                .containsExactly(191, 206, 64);
        // As recorded: "modules jkmod_ring 16384 2 jkmod_stat,jkmod_echo, Live 0x... (OE)". The first piece of the
        // region is ring's.
        assertThat(kernel.procModules().get(2))
                .isEqualTo("jkmod_ring 16384 2 jkmod_stat,jkmod_echo, Live 0xffffffffc0000000 (OE)");
    }

    @Test
    void exports_ofARealModule_areWhatItsSourceSays() {
        KernelModule ring = load(RecordedModule.RING);
        long text = ring.memory(MemoryType.TEXT).base();
        assertThat(List.of("alloc", "free", "write", "read", "totals", "waiting"))
                .extracting(name -> kernel.symbol("jkmod_ring_" + name).orElseThrow())
                .extracting(KernelSymbol::gplOnly, KernelSymbol::namespace, KernelSymbol::owner, s -> s.value() - text)
                // the offsets are nm's, and those that the real kernel's kallsyms had within the page
                .containsExactly(
                        tuple(false, "", 0x40L),
                        tuple(false, "", 0x100L),
                        tuple(true, "", 0x1f0L),
                        tuple(true, "", 0x2b0L),
                        tuple(true, "", 0x150L),
                        tuple(true, "JKMOD_RING", 0x10L));
        // what modpost wrote into the importer
        KernelObject echo = RecordedModule.ECHO.object();
        int checked = 0;
        for (int i = 0; i < echo.versions().orElseThrow().size(); i++) {
            Optional<KernelSymbol> symbol =
                    kernel.symbol(echo.versions().orElseThrow().name(i));
            if (symbol.flatMap(KernelSymbol::owner).isPresent()) {
                assertThat(symbol.get().crc())
                        .hasValue(echo.versions().orElseThrow().crc(i));
                checked++;
            }
        }
        assertThat(checked).isEqualTo(5);
    }

    private static Tuple tuple(boolean gplOnly, String namespace, long offset) {
        return Tuple.tuple(gplOnly, namespace, Optional.of("jkmod_ring"), offset);
    }

    @Test
    void symbolAt_anAddressInARealFunction_isThatFunction() {
        KernelModule ring = load(RecordedModule.RING);
        // nm: jkmod_ring_free at 0x100, __pfx_jkmod_ring_totals at 0x140
        assertThat(kernel.symbolAt(ring.address() + 0x123))
                .hasToString("Optional[jkmod_ring_free+0x23/0x40 [jkmod_ring]]");
        assertThat(kernel.moduleAt(ring.address() + 0x123)).containsSame(ring);
        kernel.unload("jkmod_ring");
        assertThat(kernel.symbolAt(ring.address() + 0x123)).isEmpty();
    }

    @Test
    void call_toAnotherModulesExport_reachesIt() {
        KernelModule ring = load(RecordedModule.RING);
        KernelModule closed = load(RecordedModule.CLOSED);
        // readelf -r jkmod_closed.ko: in .exit.text, a PLT32 against jkmod_ring_free - 4
        LoadedSection exit = closed.sections().stream()
                .filter(s -> s.name().equals(".exit.text"))
                .findFirst()
                .orElseThrow();
        ByteBuffer code = closed.section(".exit.text").orElseThrow();
        List<Long> targets = new ArrayList<>();
        for (int i = 0; i + 5 <= code.limit(); i++) {
            if ((code.get(i) & 0xff) == 0xe8 || (code.get(i) & 0xff) == 0xe9) {
                targets.add(exit.address() + i + 5 + code.getInt(i + 1));
            }
        }
        assertThat(targets).contains(ring.address() + 0x100);
    }

    @Test
    void weakPointer_thatNothingSatisfies_isNull() {
        load(RecordedModule.RING);
        load(RecordedModule.ECHO);
        KernelModule stat = load(RecordedModule.STAT);
        // jkmod_bonus is all that is in stat's .rodata
        assertThat(stat.section(".rodata").orElseThrow().getLong(0)).isZero();
    }

    @Test
    void unload_inUse_isRefusedUntilItsUsersAreGone() {
        KernelSnapshot booted = KernelSnapshot.of(kernel);
        load(RecordedModule.RING);
        load(RecordedModule.ECHO);
        load(RecordedModule.STAT);
        for (String name : List.of("jkmod_ring", "jkmod_echo")) {
            KernelSnapshot before = KernelSnapshot.of(kernel);
            assertThatThrownBy(() -> kernel.unload(name))
                    .isInstanceOfSatisfying(
                            ModuleInUseException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN));
            assertThat(KernelSnapshot.of(kernel)).usingRecursiveComparison().isEqualTo(before);
        }
        kernel.unload("jkmod_stat");
        kernel.unload("jkmod_echo");
        kernel.unload("jkmod_ring");
        assertThat(KernelSnapshot.of(kernel, RecordedModule.RING.object()))
                .usingRecursiveComparison()
                .ignoringFields("symbols")
                .isEqualTo(booted);
        assertThat(kernel.symbol("jkmod_ring_alloc")).isEmpty();
    }

    /** Whatever is loaded before it: a load that fails changes nothing, and one that succeeds is undone by an unload. */
    @TestFactory
    Stream<DynamicTest> load_ofEveryRecordedModule_changesNothingOrIsUndone() {
        List<List<RecordedModule>> before = List.of(
                List.of(),
                List.of(RecordedModule.RING),
                List.of(RecordedModule.RING, RecordedModule.ECHO, RecordedModule.STAT),
                List.of(RecordedModule.PROPRIETARY_RING));
        return Arrays.stream(RecordedModule.values())
                .map(module -> DynamicTest.dynamicTest(module.id(), () -> {
                    for (List<RecordedModule> loaded : before) {
                        Kernel kernel = Kernel.boot(Examples.profile().build());
                        loaded.forEach(m -> kernel.load(m.object()));
                        KernelObject object = module.object();
                        KernelSnapshot snapshot = KernelSnapshot.of(kernel, object);
                        try {
                            KernelModule live = kernel.load(object);
                            if (live.isPermanent()) {
                                continue;
                            }
                            kernel.unload(live.name());
                        } catch (ModuleLoadException e) {
                            assertThat(e.problems()).isNotEmpty();
                        }
                        assertThat(KernelSnapshot.of(kernel, object))
                                .as("after %s", loaded)
                                .usingRecursiveComparison()
                                .isEqualTo(snapshot);
                    }
                }));
    }

    @Test
    void missingProvider_ofARealModule_isUnknownAndTheRemedyNamesIt() {
        assertThatThrownBy(() -> load(RecordedModule.CLOSED)).isInstanceOfSatisfying(ModuleLoadException.class, e -> {
            assertThat(e.errno()).isEqualTo(Errno.ENOENT);
            assertThat(e.problems())
                    .extracting(Problem::message)
                    .containsExactly(
                            "jkmod_closed: Unknown symbol jkmod_ring_free (err -2)",
                            "jkmod_closed: Unknown symbol jkmod_ring_alloc (err -2)");
        });
    }

    @Test
    void room_forNoMoreThanARing_isOutOfMemoryForAnEcho() {
        // ring: four memories of a page that stay, each with a guard, and two for init
        X86_64Architecture small = new X86_64Architecture();
        Kernel tiny = Kernel.boot(Examples.profile()
                .architecture(new SmallRegion(small, new AddressRange(0xffffffffc0000000L, 14 * 4096)))
                .build());
        tiny.load(RecordedModule.RING.object());
        KernelSnapshot before = KernelSnapshot.of(tiny, RecordedModule.ECHO.object());
        assertThatThrownBy(() -> tiny.load(RecordedModule.ECHO.object()))
                .isInstanceOfSatisfying(ModuleLoadException.class, e -> {
                    assertThat(e.errno()).isEqualTo(Errno.ENOMEM);
                    assertThat(e.problem().kind()).isEqualTo(Problem.Kind.NO_MEMORY);
                });
        assertThat(KernelSnapshot.of(tiny, RecordedModule.ECHO.object()))
                .usingRecursiveComparison()
                .isEqualTo(before);
        tiny.unload("jkmod_ring");
        tiny.load(RecordedModule.RING.object());
    }

    /** Two ways to the same bytes: a kernel that loads, and a relocator that is told the addresses. */
    @Test
    void relocator_atTheKernelsAddresses_makesTheKernelsBytes() {
        List<RecordedModule> order = List.of(RecordedModule.RING, RecordedModule.ECHO, RecordedModule.STAT);
        StringBuilder kallsyms = new StringBuilder();
        for (int i = 0; i < Examples.symvers().size(); i++) {
            KernelSymbol symbol = kernel.symbol(Examples.symvers().name(i)).orElseThrow();
            kallsyms.append(String.format("%016x T %s%n", symbol.value(), symbol.name()));
        }
        Relocator relocator = new Relocator(
                Kallsyms.parse(kallsyms.toString().getBytes(StandardCharsets.US_ASCII), "kallsyms"),
                RelocationPolicy.KERNEL);
        for (RecordedModule each : order) {
            KernelModule loaded = load(each);
            Map<String, Long> addresses = new HashMap<>();
            loaded.sections().forEach(s -> addresses.putIfAbsent(s.name(), s.address()));
            RelocatedModule relocated = relocator.relocate(each.object(), addresses);
            assertThat(relocated.unresolved()).isEmpty();
            assertThat(relocated.relocations()).isEqualTo(loaded.relocations());
            int compared = 0;
            for (LoadedSection section : loaded.sections()) {
                Optional<ByteBuffer> bytes = loaded.section(section.name());
                if (bytes.isPresent() && relocated.sections().containsKey(section.name())) {
                    assertThat(relocated.sections().get(section.name()))
                            .as("%s %s", each, section.name())
                            .isEqualTo(bytes.get());
                    compared++;
                }
            }
            assertThat(compared).isGreaterThan(15);
        }
    }

    @Test
    void log_ofAKernel_hasLevelsAndTimes() {
        load(RecordedModule.RING);
        assertThat(kernel.log().lines())
                .containsExactly(
                        new KernelLog.Line(0, 4, "jkmod_ring: loading out-of-tree module taints kernel."),
                        new KernelLog.Line(
                                0,
                                5,
                                "jkmod_ring: module verification failed: signature and/or required key missing"
                                        + " - tainting kernel"));
    }
}
