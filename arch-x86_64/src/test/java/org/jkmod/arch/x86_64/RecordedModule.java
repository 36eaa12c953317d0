package org.jkmod.arch.x86_64;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jkmod.core.KernelObject;
import org.jkmod.core.PatchedModule;

/**
 * The modules that a real kernel was given when {@code recorded-6.12.107+deb13-amd64.txt} was made: those of {@code examples/modules},
 * and variants of them. {@link #main} writes the files for the recording, so that both sides have the same bytes.
 */
enum RecordedModule {
    RING("jkmod_ring"),
    ECHO("jkmod_echo"),
    STAT("jkmod_stat"),
    CLOSED("jkmod_closed"),
    THIEF("jkmod_thief"),
    ORPHAN("jkmod_orphan"),

    VERMAGIC("jkmod_ring", m -> m.modinfo("SMP preempt", "SMP preemqt")),
    VERMAGIC_OF_OTHER_RELEASE("jkmod_ring", m -> m.modinfo("vermagic=6.12.107", "vermagic=6.12.106")),
    NO_VERMAGIC("jkmod_ring", m -> m.modinfo("vermagic=", "vermagix=")),
    NO_VERSIONS("jkmod_ring", m -> m.sectionName("__versions", "__vxrsions")),
    NO_VERSIONS_OF_OTHER_RELEASE(
            "jkmod_ring",
            m -> m.sectionName("__versions", "__vxrsions").modinfo("vermagic=6.12.107", "vermagic=6.12.106")),
    MODULE_LAYOUT("jkmod_ring", m -> m.crc("module_layout", 1)),
    NO_MODULE_LAYOUT("jkmod_ring", m -> m.withoutCrc("module_layout")),
    MODULE_LAYOUT_AND_VERMAGIC("jkmod_ring", m -> m.crc("module_layout", 1).modinfo("SMP preempt", "SMP preemqt")),
    CRC_OF_KERNEL("jkmod_ring", m -> m.crc("memcpy", 1)),
    CRC_OF_MODULE("jkmod_echo", m -> m.crc("jkmod_ring_alloc", 0x80000000)),
    NO_CRC("jkmod_echo", m -> m.withoutCrc("jkmod_ring_free")),
    CRC_THEN_UNKNOWN("jkmod_orphan", m -> m.crc("_printk", 1)),
    UNKNOWN_THEN_CRC("jkmod_stat", m -> m.crc("jkmod_ring_totals", 1)),
    NAMESPACE("jkmod_echo", m -> m.modinfo("import_ns=JKMOD_RING", "import_ns=JKMOD_RONG")),
    DUPLICATE_EXPORT("jkmod_ring", m -> m.name("jkmod_ring", "jkmod_rang")),

    TYPE_13("jkmod_ring", m -> m.rela(".rela.text", 1).type(13)),
    TYPE_BIG("jkmod_ring", m -> m.rela(".rela.text", 1).type(0x12345)),
    OVERFLOW_32("jkmod_ring", m -> m.rela(".rela.text", 2).type(10)),
    OVERFLOW_32S(
            "jkmod_ring",
            m -> m.rela(".rela__param", 0).type(11).rela(".rela__param", 0).addend(1L << 32)),
    FAR_PC32("jkmod_ring", m -> m.rela(".rela.orc_unwind_ip", 0).addend(1L << 40)),
    NONZERO_PLACE("jkmod_ring", m -> m.rela(".rela.text", 3).place(7)),
    REL("jkmod_ring", m -> m.sectionType(".rela.text", 9)),

    COMMON("jkmod_ring", m -> m.symbolSection("account", 0xfff2)),
    BAD_SECTION("jkmod_ring", m -> m.symbolSection("account", 200)),
    LAST_SECTION_AND_ONE("jkmod_ring", m -> m.symbolSection("account", 55)),
    WEAK_ORPHAN(
            "jkmod_orphan",
            m -> m.symbolInfo("jkmod_nowhere", 0x20)
                    .relaTo(".rela.gnu.linkonce.this_module", "init_module")
                    .symbol(0)),

    WRITE_AND_EXEC("jkmod_ring", m -> m.sectionFlags(".text", 1)),
    RETAINED("jkmod_ring", m -> m.sectionFlags(".exit.data", 0x200000)),
    EXEC_TYPE("jkmod_ring", m -> m.header16(16, 2)),
    MACHINE("jkmod_ring", m -> m.header16(18, 183)),
    THIS_MODULE_SIZE("jkmod_ring", m -> m.sectionSize(".gnu.linkonce.this_module", -64)),
    PERMANENT(
            "jkmod_ring",
            m -> m.relaTo(".rela.gnu.linkonce.this_module", "cleanup_module").symbol(0)),

    IN_TREE("jkmod_ring", m -> m.modinfo("srcversion=3A9E6DB25D81C51200BF666", "intree=Y")),
    STAGING("jkmod_ring", m -> m.modinfo("srcversion=3A9E6DB25D81C51200BF666", "staging=Y")),
    TEST("jkmod_ring", m -> m.modinfo("srcversion=3A9E6DB25D81C51200BF666", "test=Y")),
    NO_LICENSE("jkmod_ring", m -> m.modinfo("license=GPL", "lizense=GPL")),
    /** What it may not use, static_key_enable, it calls with account=1 only. */
    // XXX is a licence of the same length as GPL that no kernel knows: the recorded one said "module license 'XXX'
    // taints kernel."
    PROPRIETARY_RING("jkmod_ring", m -> m.modinfo("license=GPL", "license=XXX").symbolInfo("static_key_enable", 0x20)),
    OPEN_CLOSED("jkmod_closed", m -> m.modinfo("license=Proprietary", "license=GPL")),
    OPEN_THIEF("jkmod_thief", m -> m.modinfo("license=Proprietary", "license=GPL"));

    private final String file;
    private final UnaryOperator<PatchedModule> patch;

    RecordedModule(String file) {
        this(file, m -> m);
    }

    RecordedModule(String file, UnaryOperator<PatchedModule> patch) {
        this.file = file;
        this.patch = patch;
    }

    /** Where the example modules are; tests run in their module's folder. */
    static Path examples() {
        return Path.of("..", "examples", "modules", "x86_64");
    }

    private byte[] bytes(Path examples) {
        return patch.apply(PatchedModule.of(examples.resolve(file + ".ko"))).bytes();
    }

    KernelObject object() {
        return KernelObject.parse(bytes(examples()), id() + ".ko");
    }

    /** The name by which the recording's script calls it. */
    String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static RecordedModule of(String id) {
        return valueOf(id.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** Writes all files to a folder: {@code RecordedModule EXAMPLES FOLDER}. */
    public static void main(String[] args) throws IOException {
        for (RecordedModule module : values()) {
            Files.write(Path.of(args[1], module.id() + ".ko"), module.bytes(Path.of(args[0])));
        }
    }
}
