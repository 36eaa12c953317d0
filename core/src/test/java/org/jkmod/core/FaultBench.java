package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A kernel with a module in it, one that taints it in every way that a module can, and what is heard of that. */
final class FaultBench {
    static final LoadOptions OPTIONS = new LoadOptions("risk=3", true, false);

    final Kernel kernel;
    final KernelObject object;
    final List<ModuleState> heard = new ArrayList<>();
    final KernelModule base;
    final KernelSnapshot before;

    FaultBench(String release) {
        this(release, Optional.empty());
    }

    FaultBench(String release, Optional<InitExecutor> executor) {
        KernelProfile profile = Toys.profile(release, "printk", "param_ops_int")
                .config("MODULE_SIG", "y")
                .config("MODULE_FORCE_LOAD", "y")
                .build();
        kernel = Kernel.boot(
                profile, executor.map(BootOptions.DEFAULT::withExecutor).orElse(BootOptions.DEFAULT));
        boolean flags = profile.generation().exportTables().flags;
        object = victim(flags).build();
        base = kernel.load(
                signed(exporter(flags).exports("base1").imports("printk").bytes()));
        kernel.addListener((module, state) -> {
            assertThat(module.state()).isEqualTo(state);
            heard.add(state);
        });
        assertThat(kernel.taints()).isEmpty();
        assertThat(kernel.log().lines()).isEmpty();
        before = KernelSnapshot.of(kernel, object);
    }

    /** A signature by a key of which nobody knows whether the kernel trusts it: it is taken for good. */
    private static KernelObject signed(byte[] module) {
        byte[] message = SignedFixture.read("rsa.p7");
        return KernelObject.parse(
                SignedFixture.module(module, message, SignedFixture.info(2, message.length)), "base.ko");
    }

    private static ModuleBuilder exporter(boolean flags) {
        ModuleBuilder builder = module("base");
        return flags ? builder.withFlagTable() : builder;
    }

    private static ModuleBuilder victim(boolean flags) {
        ModuleBuilder builder = module("all")
                .without("intree")
                .with("license", "Closed")
                .and("staging", "Y")
                .and("test", "Y")
                .exports("all1", "all2")
                .imports("printk", "base1")
                .parameter("risk", "param_ops_int", 1)
                .section(".data..percpu", SHF_ALLOC | SHF_WRITE, 32, 100)
                .section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, 5000)
                .section(".rodata", SHF_ALLOC, 8, 40);
        return flags ? builder.withFlagTable() : builder;
    }

    Throwable load() {
        return catchThrowable(() -> kernel.load(object, OPTIONS));
    }

    /** The books are as they were; and as good. */
    void assertUnchanged() {
        assertThat(KernelSnapshot.of(kernel, object)).usingRecursiveComparison().isEqualTo(before);
        kernel.faults(stage -> {});
        assertThat(kernel.module("all")).isEmpty();
        assertThat(kernel.symbol("all1")).isEmpty();
        assertThat(base.users()).isEmpty();
        assertThat(base.references()).isZero();
    }

    List<String> messages() {
        return kernel.log().lines().stream().map(KernelLog.Line::text).toList();
    }

    void assertLeft(List<String> messages, Set<Taint> taints) {
        assertThat(messages()).isEqualTo(messages);
        assertThat(kernel.taints()).isEqualTo(taints);
    }
}
