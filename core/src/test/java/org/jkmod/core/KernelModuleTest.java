package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code m_show} (kernel/module/procfs.c), and what else a module says of itself. */
class KernelModuleTest {
    private static final long TEXT = 0xffffffffc0123000L;

    private KernelModule module = module("some_module", true, true);

    private static KernelModule module(String name, boolean init, boolean exit) {
        EnumMap<MemoryType, ModuleMemory> memory = new EnumMap<>(MemoryType.class);
        put(memory, MemoryType.TEXT, TEXT, 0x3000);
        put(memory, MemoryType.DATA, TEXT + 0x4000, 0x2000);
        put(memory, MemoryType.INIT_TEXT, TEXT + 0x8000, 0x1000);
        put(memory, MemoryType.PERCPU, 0x10000, 0x1000);
        KernelModule module = new KernelModule(name, Modinfo.EMPTY, "", Set.of(), memory);
        module.entries(init ? TEXT : 0, exit ? TEXT + 16 : 0);
        return module;
    }

    private static void put(EnumMap<MemoryType, ModuleMemory> memory, MemoryType type, long base, int size) {
        memory.put(type, new ModuleMemory(type, base, size, new byte[size - 10]));
    }

    @BeforeEach
    void makeItLive() {
        module.state(ModuleState.LIVE);
    }

    @Test
    void procLine_ofAModuleThatNobodyUses_hasADash() {
        assertThat(module.procLine()).isEqualTo("some_module 24576 0 - Live 0xffffffffc0123000");
    }

    @Test
    void procLine_afterInit_countsNoInitMemory() {
        module.freeInit();
        assertThat(module.procLine()).isEqualTo("some_module 20480 0 - Live 0xffffffffc0123000");
    }

    @Test
    void procLine_ofAModuleInUse_namesItsUsersNewestFirstAndACommaBehindEach() {
        module.freeInit();
        for (String name : List.of("one", "two")) {
            module.addUser(new ModuleUse(module(name, true, true), module));
            assertThat(module.tryGet()).isTrue();
        }
        assertThat(module.procLine()).isEqualTo("some_module 20480 2 two,one, Live 0xffffffffc0123000");
        assertThat(module.tryGet()).isTrue();
        assertThat(module.procLine()).contains(" 3 two,one, ");
    }

    @Test
    void procLine_ofAModuleWithoutExit_saysPermanentBehindTheUsers() {
        module = module("some_module", true, false);
        module.state(ModuleState.LIVE);
        assertThat(module.procLine()).contains(" 0 [permanent], Live ");
        module.addUser(new ModuleUse(module("one", true, true), module));
        assertThat(module.procLine()).contains(" 0 one,[permanent], Live ");
        assertThat(module("x", false, false).procLine()).contains(" 0 - ");
    }

    /** MODULE_FLAGS_BUF_SIZE and module_flags(): + while it comes, - while it goes, and only where there are taints. */
    @Test
    void procLine_inEachState_isWordedAsTheKernels() {
        module.freeInit();
        module.state(ModuleState.COMING);
        assertThat(module.procLine()).isEqualTo("some_module 20480 0 - Loading 0xffffffffc0123000");
        module.taint(Taint.UNSIGNED_MODULE);
        module.taint(Taint.OOT_MODULE);
        assertThat(module.procLine()).endsWith("- Loading 0xffffffffc0123000 (OE+)");
        module.state(ModuleState.LIVE);
        assertThat(module.procLine()).endsWith("- Live 0xffffffffc0123000 (OE)");
        module.state(ModuleState.GOING);
        assertThat(module.procLine()).endsWith("- Unloading 0xffffffffc0123000 (OE-)");
    }

    @Test
    void address_ofAModuleWithoutCode_isNull() {
        EnumMap<MemoryType, ModuleMemory> memory = new EnumMap<>(MemoryType.class);
        put(memory, MemoryType.DATA, TEXT, 0x1000);
        KernelModule data = new KernelModule("d", Modinfo.EMPTY, "", Set.of(), memory);
        assertThat(data.address()).isZero();
        assertThat(data.procLine()).contains(" 0x0000000000000000");
    }

    @Test
    void address_beforeLinux64_isThatOfTheCoreLayout() {
        EnumMap<MemoryType, ModuleMemory> memory = new EnumMap<>(MemoryType.class);
        put(memory, MemoryType.CORE_LAYOUT, TEXT, 0x4000);
        put(memory, MemoryType.INIT_LAYOUT, TEXT + 0x5000, 0x1000);
        KernelModule old = new KernelModule("o", Modinfo.EMPTY, "", Set.of(), memory);
        assertThat(old.address()).isEqualTo(TEXT);
        assertThat(old.size()).isEqualTo(0x5000);
        old.freeInit();
        assertThat(old.size()).isEqualTo(0x4000);
    }

    @Test
    void stringsAndBytes_atAddressesOfItsMemory_areReadWithinIt() {
        byte[] bytes = {'a', 'b', 0, 1, 2, 3, 4, 'z'};
        KernelModule m = withMemory(MemoryType.RODATA, bytes);
        assertThat(m.string(TEXT, 9)).contains("ab");
        assertThat(m.string(TEXT, 2)).as("no longer").contains("ab");
        assertThat(m.string(TEXT, 1)).contains("a");
        assertThat(m.string(TEXT + 2, 9)).contains("");
        assertThat(m.string(TEXT + 7, 9)).as("no NUL").isEmpty();
        assertThat(m.string(TEXT + 8, 9)).isEmpty();
        assertThat(m.string(TEXT - 1, 9)).isEmpty();
        assertThat(m.string(0, 9)).isEmpty();
        assertThat(m.at(TEXT + 3, 4).orElseThrow().getInt()).isEqualTo(0x04030201);
        assertThat(m.at(TEXT + 4, 4).orElseThrow().getInt()).isEqualTo(0x7a040302);
        assertThat(m.at(TEXT + 5, 4)).isEmpty();
        assertThat(m.at(TEXT - 1, 4)).isEmpty();
        assertThat(m.at(Long.MAX_VALUE, 4)).isEmpty();
    }

    @Test
    void bytes_written_areInMemoryThatCanBeWritten() {
        KernelModule data = withMemory(MemoryType.DATA, new byte[4]);
        data.write(TEXT + 1, new byte[] {1, 2, 3});
        data.write(TEXT + 2, new byte[] {9, 9, 9});
        data.write(TEXT - 1, new byte[] {9});
        assertThat(data.memory(MemoryType.DATA).array()).containsExactly(0, 1, 2, 3);
        KernelModule constant = withMemory(MemoryType.RODATA, new byte[4]);
        constant.write(TEXT, new byte[] {9});
        assertThat(constant.memory(MemoryType.RODATA).array()).containsOnly(0);
    }

    private static KernelModule withMemory(MemoryType type, byte[] bytes) {
        EnumMap<MemoryType, ModuleMemory> memory = new EnumMap<>(MemoryType.class);
        memory.put(type, new ModuleMemory(type, TEXT, 0x1000, bytes));
        return new KernelModule("m", Modinfo.EMPTY, "", Set.of(), memory);
    }

    @Test
    void removedUser_ofTwo_leavesTheOther() {
        ModuleUse one = new ModuleUse(module("one", true, true), module);
        ModuleUse two = new ModuleUse(module("two", true, true), module);
        module.addUser(one);
        module.addUser(two);
        module.removeUser(one);
        assertThat(module.users()).containsExactly(two);
        assertThat(two).hasToString("two -> some_module");
    }
}
