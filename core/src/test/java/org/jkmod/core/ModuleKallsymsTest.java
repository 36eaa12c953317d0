package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHN_ABS;
import static org.jkmod.elf.Elf.STB_GLOBAL;
import static org.jkmod.elf.Elf.STB_WEAK;
import static org.jkmod.elf.Elf.STT_FUNC;
import static org.jkmod.elf.Elf.STT_OBJECT;
import static org.jkmod.elf.Elf.stInfo;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code elf_type}, {@code is_core_symbol} and {@code find_kallsyms_symbol} (kernel/module/kallsyms.c). */
class ModuleKallsymsTest {
    private static final long WA = SHF_ALLOC | SHF_WRITE;

    private final Kernel kernel = Toys.kernel("printk");

    /** A line a symbol: its type and name. */
    private List<String> symbols(KernelObject object) {
        KernelModule module = kernel.load(object);
        List<String> lines = kernel.kallsyms().stream()
                .filter(l -> l.endsWith("\t[" + module.name() + "]"))
                .map(l -> l.substring(17, l.indexOf('\t')))
                .toList();
        kernel.unload(module.name());
        return lines;
    }

    private static ModuleBuilder some() {
        return module("some")
                .section(".rodata", SHF_ALLOC, 8, 64)
                .section(".data", WA, 8, 64)
                .noBits(".bss", WA, 8, 64)
                .section(".data..percpu", WA, 8, 64)
                .section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 8, 64)
                .section(".debug_info", 0, 1, 64)
                .section(".comment", 0, 1, 64)
                .symbol("in_text", ".text", 8)
                .symbol("in_rodata", ".rodata", 0)
                .symbol("in_data", ".data", 0)
                .symbol("in_bss", ".bss", 0)
                .symbol("in_percpu", ".data..percpu", 4)
                .symbol("in_init", ".init.text", 0)
                .symbol("in_debug", ".debug_info", 0)
                .symbol("in_comment", ".comment", 0)
                .symbol("weak_object", ".data", 0, stInfo(STB_WEAK, STT_OBJECT))
                .symbol("weak_function", ".text", 0, stInfo(STB_WEAK, STT_FUNC));
    }

    @Test
    void types_ofSymbolsInEachKindOfSection_areNmsInLowerCase() {
        assertThat(symbols(some().withoutInit().imports("printk").build()))
                .containsExactly(
                        "t in_text",
                        "r in_rodata",
                        "d in_data",
                        "b in_bss",
                        "a in_percpu",
                        "v weak_object",
                        "w weak_function");
    }

    /** A livepatch keeps all symbols. The one at 0 and the unnamed are not shown. */
    @Test
    void types_ofTheSymbolsOfALivepatch_areNmsTooAndUForUndefined() {
        assertThat(symbols(some().withoutInit()
                        .with("livepatch", "Y")
                        .imports("printk")
                        .build()))
                .contains("n in_debug", "? in_comment", "t in_init", "u printk")
                .hasSize(11);
    }

    @Test
    void types_ofExports_areUpperCaseButForGplOnlyOnesBeforeLinux71() {
        KernelObject exporter = module("some")
                .withoutInit()
                .exports("open")
                .exportsGpl("gpl", "")
                .build();
        assertThat(symbols(exporter)).containsExactly("T open", "t gpl");
    }

    /** The symbol of a name is the exported one only if its address is, too. */
    @Test
    void localSymbol_ofAnExportsName_staysLowerCase() {
        KernelObject exporter = module("some")
                .withoutInit()
                .symbol("open", ".text", 0)
                .exports("open")
                .build();
        assertThat(symbols(exporter)).containsExactly("t open", "T open");
    }

    @Test
    void addresses_ofSymbols_areTheirSectionsAndTheSymbolsOwn() {
        KernelModule module = kernel.load(some().build());
        long percpu = module.memory(MemoryType.PERCPU).base();
        long data = module.memory(MemoryType.DATA).base();
        assertThat(kernel.kallsyms())
                .contains(
                        String.format("%016x t in_text\t[some]", module.address() + 8),
                        String.format("%016x a in_percpu\t[some]", percpu + 4),
                        String.format("%016x d in_data\t[some]", data + ModuleBuilder.THIS_MODULE_SIZE));
    }

    /** The table is counted in the module's data memory, where the kernel has it: Elf64_Sym, names, letters. */
    @Test
    void table_ofTheSymbols_isCountedInTheModulesDataMemory() {
        KernelObject object = module("some")
                .withoutInit()
                .symbol("s", ".text", 8)
                .section(".data", WA, 8, 3)
                .build();
        // struct module 192, .data 3, aligned to 8; two symbols, the names "" and "s", two letters
        assertThat(ModuleLayout.of(object).sizes()).containsEntry(MemoryType.DATA, 200L + 48 + 3 + 2);
        assertThat(kernel.load(object).memory(MemoryType.DATA).bytes().limit()).isEqualTo(195);
    }

    // Look-up.

    private KernelModule lookedUp() {
        return kernel.load(module("some")
                .withoutInit()
                .textSize(0x100)
                .symbol("$x", ".text", 0x30)
                .symbol(".Llabel", ".text", 0x31)
                .symbol("L0label", ".text", 0x32)
                .symbol("first", ".text", 0x10)
                .symbol("alias", ".text", 0x10)
                .symbol("second", ".text", 0x40)
                .symbol("Last", ".text", 0x80, stInfo(STB_GLOBAL, STT_FUNC))
                .imports("printk")
                .build());
    }

    private String at(KernelModule module, long offset) {
        return kernel.symbolAt(module.address() + offset)
                .map(SymbolAt::toString)
                .orElse("");
    }

    @Test
    void symbolAt_anOffsetInTheText_isTheClosestBeforeIt() {
        KernelModule module = lookedUp();
        assertThat(at(module, 0xf)).as("before the first").isEmpty();
        assertThat(at(module, 0x10)).isEqualTo("first+0x0/0x30 [some]");
        assertThat(at(module, 0x3f)).as("marks and local labels are none").isEqualTo("first+0x2f/0x30 [some]");
        assertThat(at(module, 0x40)).isEqualTo("second+0x0/0x40 [some]");
        assertThat(at(module, 0x80)).as("to the end of the page").isEqualTo("Last+0x0/0xf80 [some]");
        assertThat(at(module, 0xfff)).isEqualTo("Last+0xf7f/0xf80 [some]");
        assertThat(at(module, 0x1000)).isEmpty();
    }

    @Test
    void symbolAt_anAddressOfAnotherMemory_knowsNothingOfTheText() {
        KernelModule module = lookedUp();
        long data = module.memory(MemoryType.DATA).base();
        assertThat(kernel.symbolAt(data)).isEmpty();
        KernelModule other = kernel.load(module("other")
                .symbol("d", ".gnu.linkonce.this_module", 8)
                .section(".x", WA, 1, 1)
                .build());
        long otherData = other.memory(MemoryType.DATA).base();
        assertThat(kernel.symbolAt(otherData + 8)).hasToString("Optional[d+0x0/0xff8 [other]]");
        assertThat(kernel.symbolAt(otherData + 7)).isEmpty();
    }

    @Test
    void absoluteSymbol_ofAModule_isNotKept() {
        byte[] bytes = module("some").withoutInit().symbol("abs", ".text", 8).bytes();
        KernelObject object =
                PatchedModule.of(bytes).symbolSection("abs", SHN_ABS).object();
        assertThat(symbols(object)).isEmpty();
    }
}
