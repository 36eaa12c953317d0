package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jkmod.core.PageFaultException.Access;
import org.jkmod.core.PageFaultException.Reason;
import org.junit.jupiter.api.Test;

/** What is mapped, how, and what happens to whoever touches it. */
class KernelAddressSpaceTest {
    private static final long WA = SHF_ALLOC | SHF_WRITE;
    private static final int PAGE = 4096;

    /** Of every memory type something, and more than a page of some. */
    private static KernelObject everything() {
        return module("every")
                .textSize(0x1100)
                .section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, 0x100)
                .section(".init.data", WA, 16, 0x100)
                .section(".init.rodata", SHF_ALLOC, 16, 0x100)
                .section(".rodata", SHF_ALLOC, 16, 0x1001)
                .section(".data..ro_after_init", WA, 16, 0x30)
                .section(".data", WA, 16, 0x10)
                .noBits(".bss", WA, 16, 0x2000)
                .build();
    }

    private static Kernel kernel(String release, String... config) {
        KernelProfile.Builder profile = Toys.profile(release);
        for (int i = 0; i < config.length; i += 2) {
            profile.config(config[i], config[i + 1]);
        }
        return Kernel.boot(profile.build());
    }

    private static List<String> lines(Kernel kernel) {
        long start = kernel.memory().moduleRegions().get(0).start();
        return kernel.memory().mappings().stream()
                .map(m -> String.format(
                        "%x-%x %s %s %s",
                        (m.range().start() - start) / PAGE,
                        (m.range().end() - start) / PAGE,
                        m.module(),
                        m.type().shown(),
                        m.permissions().shown()))
                .toList();
    }

    private static PageFaultException fault(Runnable access) {
        PageFaultException e = catchThrowableOfType(PageFaultException.class, access::run);
        assertThat(e).isNotNull();
        return e;
    }

    // Permissions.

    @Test
    void mappings_ofAModuleInTheMaking_areAllWritableData() {
        for (String release : List.of("6.1.0", "6.12.0", "7.2.0")) {
            Kernel kernel = kernel(release);
            ModuleLoad load = kernel.begin(everything(), LoadOptions.NONE);
            assertThat(kernel.memory().mappings()).isEmpty();
            load.form();
            assertThat(kernel.memory().mappings())
                    .hasSize(7)
                    .allMatch(m -> m.permissions() == PagePermissions.READ_WRITE)
                    .allMatch(m -> m.module().equals("every"));
            load.relocate();
            load.run();
            assertThat(kernel.memory().mappings())
                    .extracting(MemoryMapping::permissions)
                    .contains(PagePermissions.READ);
            kernel.unload("every");
            assertThat(kernel.memory().mappings()).isEmpty();
        }
    }

    @Test
    void mappings_ofALiveModule_areThoseOfStrictRwx() {
        Kernel kernel = kernel("6.12.0");
        kernel.load(everything());
        // text 2 + guard; data 3 (with the symbols) + guard; rodata 2 + guard; ro_after_init 1 + guard
        assertThat(lines(kernel))
                .containsExactly(
                        "0-2 every text r-x",
                        "3-6 every data rw-",
                        "7-9 every rodata r--",
                        "a-b every ro_after_init r--");
    }

    /** struct module_layout: text, read-only data, data that is read-only after init, data, without a page between them. */
    @Test
    void mappings_ofTwoLayouts_areThoseOfTheirParts() {
        Kernel kernel = kernel("6.1.0");
        ModuleLoad load = kernel.begin(everything(), LoadOptions.NONE);
        load.form();
        assertThat(lines(kernel))
                .containsExactly(
                        "0-2 every text rw-",
                        "2-4 every rodata rw-",
                        "4-5 every ro_after_init rw-",
                        // the symbols have pages of their own
                        "5-9 every data rw-",
                        "a-b every init_text rw-",
                        "b-c every init_rodata rw-",
                        "c-e every init_data rw-");
        load.relocate();
        load.run();
        assertThat(lines(kernel))
                .containsExactly(
                        "0-2 every text r-x",
                        "2-4 every rodata r--",
                        "4-5 every ro_after_init r--",
                        "5-9 every data rw-");
    }

    @Test
    void mappings_withoutStrictRwx_areAllWritableAndOnlyCodeRuns() {
        for (String release : List.of("6.1.0", "6.12.0")) {
            Kernel kernel = kernel(release, "STRICT_MODULE_RWX", "n");
            KernelModule module = kernel.load(everything());
            assertThat(kernel.memory().mappings()).allMatch(m -> m.permissions().isWritable());
            assertThat(kernel.memory()
                            .mapping(module.address())
                            .orElseThrow()
                            .permissions()
                            .shown())
                    .isEqualTo("rwx");
            assertThat(kernel.memory().mappings().stream()
                            .filter(m -> m.permissions().isExecutable()))
                    .hasSize(1);
        }
    }

    private record Case(MemoryType type, ModuleState state, boolean strict, String permissions) {}

    /** kernel/module/strict_rwx.c with complete_formation (COMING) and do_init_module (LIVE) of main.c. */
    @Test
    void permissions_byTypeAndState_areTheKernels() {
        List<Case> cases = new ArrayList<>();
        for (MemoryType type : List.of(MemoryType.TEXT, MemoryType.INIT_TEXT)) {
            cases.add(new Case(type, ModuleState.UNFORMED, true, "rw-"));
            cases.add(new Case(type, ModuleState.COMING, true, "r-x"));
            cases.add(new Case(type, ModuleState.LIVE, true, "r-x"));
            cases.add(new Case(type, ModuleState.GOING, false, "rwx"));
        }
        for (MemoryType type : List.of(MemoryType.RODATA, MemoryType.INIT_RODATA)) {
            cases.add(new Case(type, ModuleState.UNFORMED, true, "rw-"));
            cases.add(new Case(type, ModuleState.COMING, true, "r--"));
            cases.add(new Case(type, ModuleState.LIVE, true, "r--"));
            cases.add(new Case(type, ModuleState.LIVE, false, "rw-"));
        }
        cases.add(new Case(MemoryType.RO_AFTER_INIT, ModuleState.UNFORMED, true, "rw-"));
        cases.add(new Case(MemoryType.RO_AFTER_INIT, ModuleState.COMING, true, "rw-"));
        cases.add(new Case(MemoryType.RO_AFTER_INIT, ModuleState.LIVE, true, "r--"));
        cases.add(new Case(MemoryType.RO_AFTER_INIT, ModuleState.LIVE, false, "rw-"));
        for (ModuleState state : ModuleState.values()) {
            cases.add(new Case(MemoryType.DATA, state, true, "rw-"));
            cases.add(new Case(MemoryType.INIT_DATA, state, false, "rw-"));
        }
        cases.forEach(c -> assertThat(
                        PagePermissions.of(c.type(), c.state(), c.strict()).shown())
                .as("%s", c)
                .isEqualTo(c.permissions()));
    }

    // Faults.

    /** Every page from the region's first to some behind the module, at its first and its last byte. */
    @Test
    void accesses_atTheEdgesOfPages_faultAsTheirPagesSay() {
        for (String release : List.of("6.1.0", "6.12.0")) {
            Kernel kernel = kernel(release);
            kernel.load(everything());
            KernelAddressSpace memory = kernel.memory();
            long start = memory.moduleRegions().get(0).start();
            int mapped = 0;
            for (long page = start - PAGE; page < start + 20 * PAGE; page += PAGE) {
                Optional<MemoryMapping> mapping = memory.mapping(page);
                mapped += mapping.isPresent() ? 1 : 0;
                for (long address : new long[] {page, page + PAGE - 1}) {
                    assertThat(memory.mapping(address)).isEqualTo(mapping);
                    expect(mapping.isPresent(), Reason.NOT_MAPPED, Access.READ, address, a -> memory.read8(a));
                    boolean write =
                            mapping.filter(m -> m.permissions().isWritable()).isPresent();
                    boolean run =
                            mapping.filter(m -> m.permissions().isExecutable()).isPresent();
                    expect(
                            write,
                            mapping.isPresent() ? Reason.NOT_WRITABLE : Reason.NOT_MAPPED,
                            Access.WRITE,
                            address,
                            a -> memory.write(a, new byte[1]));
                    expect(
                            run,
                            mapping.isPresent() ? Reason.NOT_EXECUTABLE : Reason.NOT_MAPPED,
                            Access.EXECUTE,
                            address,
                            a -> memory.fetch(a, 1));
                }
            }
            assertThat(mapped).as(release).isEqualTo(release.equals("6.1.0") ? 9 : 8);
        }
    }

    private static void expect(boolean works, Reason reason, Access access, long address, Consumer<Long> action) {
        if (works) {
            action.accept(address);
            return;
        }
        PageFaultException e = fault(() -> action.accept(address));
        assertThat(e.reason()).isEqualTo(reason);
        assertThat(e.access()).isEqualTo(access);
        assertThat(e.address()).isEqualTo(address);
        assertThat(e.errno()).isEqualTo(Errno.EFAULT);
    }

    @Test
    void fault_saysWhatWhereAndWhy() {
        Kernel kernel = kernel("6.12.0");
        long text = kernel.load(everything()).address();
        assertThat(fault(() -> kernel.memory().write(text, new byte[1])))
                .hasMessage("cannot write address 0xffff800000000000: not writable");
        assertThat(fault(() -> kernel.memory().read(text + 2 * PAGE - 1, 2)))
                .hasMessage("cannot read address 0xffff800000002000: not mapped");
        assertThat(fault(() -> kernel.memory().fetch(text + 3 * PAGE, 4)))
                .hasMessage("cannot execute address 0xffff800000003000: not executable");
        assertThat(fault(() -> kernel.memory().read64(-4)).reason()).isEqualTo(Reason.NOT_MAPPED);
        assertThatThrownBy(() -> kernel.memory().read(text, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(kernel.memory().read(0, 0).remaining())
                .as("nothing is touched")
                .isZero();
    }

    // Bytes.

    @Test
    void read_ofAModule_givesItsRelocatedBytesAndZerosToThePagesEnd() {
        Kernel kernel = Kernel.boot(Toys.profile("6.12.0", "printk").build());
        KernelModule module =
                kernel.load(module("user").imports("printk").textSize(0x123).build());
        long printk = kernel.symbol("printk").orElseThrow().value();
        assertThat(kernel.memory().read64(module.address() + 32)).isEqualTo(printk);
        assertThat(kernel.memory().read32(module.address() + 36)).isEqualTo((int) (printk >> 32));
        assertThat(kernel.memory().read16(module.address() + 38)).isEqualTo((int) (printk >>> 48));
        assertThat(kernel.memory().read8(module.address() + 39)).isEqualTo((int) (printk >>> 56));
        ByteBuffer page = kernel.memory().fetch(module.address(), PAGE);
        ModuleMemory text = module.memory(MemoryType.TEXT);
        assertThat(page.slice(0, 0x123)).isEqualTo(text.bytes());
        for (int i = 0x123; i < PAGE; i++) {
            assertThat(page.get(i)).isZero();
        }
    }

    @Test
    void write_toDataAndBehindIt_isReadBackAndSeenInTheModule() {
        Kernel kernel = kernel("6.12.0");
        KernelModule module = kernel.load(everything());
        ModuleMemory data = module.memory(MemoryType.DATA);
        byte[] pattern = new byte[(int) data.size()];
        for (int i = 0; i < pattern.length; i++) {
            pattern[i] = (byte) (i * 7 + i / 256);
        }
        kernel.memory().write(data.base(), pattern);
        assertThat(kernel.memory().read(data.base(), pattern.length)).isEqualTo(ByteBuffer.wrap(pattern));
        assertThat(data.bytes())
                .isEqualTo(ByteBuffer.wrap(pattern, 0, data.bytes().remaining()).slice());
        assertThat(kernel.memory().read8(data.base() + pattern.length - 1))
                .isEqualTo(pattern[pattern.length - 1] & 0xff);
    }

    @Test
    void write_thatFaultsAtItsEnd_writesNothing() {
        Kernel kernel = kernel("6.1.0");
        KernelModule module = kernel.load(everything());
        long data = module.memory(MemoryType.CORE_LAYOUT).base() + 5 * PAGE;
        long before = kernel.memory().read64(data);
        assertThat(fault(() -> kernel.memory().write(data - 1, new byte[] {1, 2, 3}))
                        .address())
                .isEqualTo(data - 1);
        PageFaultException e = fault(() -> kernel.memory().write(data, new byte[5 * PAGE]));
        assertThat(e.address()).isEqualTo(data + 4 * PAGE);
        assertThat(kernel.memory().read64(data)).isEqualTo(before);
    }

    @Test
    void perCpuSymbols_areMappedNowhere() {
        Kernel kernel = kernel("6.12.0");
        KernelModule module = kernel.load(
                module("counts").section(".data..percpu", WA, 64, 100).build());
        ModuleMemory area = module.memory(MemoryType.PERCPU);
        assertThat(area.size()).isEqualTo(100);
        assertThat(area.base() % 64).isZero();
        assertThat(fault(() -> kernel.memory().read8(area.base())).reason()).isEqualTo(Reason.NOT_MAPPED);
        assertThat(kernel.memory().mappings()).noneMatch(m -> m.type() == MemoryType.PERCPU);
    }
}
