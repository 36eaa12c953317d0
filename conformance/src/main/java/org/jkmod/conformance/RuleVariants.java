package org.jkmod.conformance;

import static org.jkmod.conformance.Change.edit;
import static org.jkmod.conformance.Change.firstTag;
import static org.jkmod.conformance.Change.moreTag;
import static org.jkmod.conformance.Change.name;
import static org.jkmod.conformance.Change.noTag;
import static org.jkmod.conformance.Change.none;
import static org.jkmod.conformance.Change.rename;
import static org.jkmod.conformance.Change.section;
import static org.jkmod.conformance.Change.tag;
import static org.jkmod.conformance.Variant.sound;
import static org.jkmod.conformance.VersionChange.VERSIONS;
import static org.jkmod.conformance.VersionChange.allWrong;
import static org.jkmod.conformance.VersionChange.imported;
import static org.jkmod.conformance.VersionChange.missing;
import static org.jkmod.conformance.VersionChange.undefined;
import static org.jkmod.conformance.VersionChange.wrong;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHT_PROGBITS;
import static org.jkmod.elf.Elf.STB_GLOBAL;
import static org.jkmod.elf.Elf.STB_LOCAL;
import static org.jkmod.elf.Elf.STB_WEAK;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Sound objects that break the loader's rules: versions, imports, licences, namespaces, exports, other modules. A row a way to do so. */
final class RuleVariants {
    private static final Predicate<TargetKernel> MODVERSIONS = TargetKernel::hasModversions;

    /** Exports to GPL modules only, has parameters; {@link #USER} needs it. */
    private static final String EXPORTER = "tcp_vegas";

    private static final String USER = "tcp_yeah";

    /** Exports to all, and needs nothing. */
    private static final String OPEN_EXPORTER = "cordic";

    private static final String OPEN_EXPORT = "cordic_calc_iq";

    /** Imports symbols of the namespace CRYPTO_INTERNAL. */
    private static final String NAMESPACED = "xcbc";

    private RuleVariants() {}

    private static Change vermagic(UnaryOperator<String> change) {
        return (module, target) -> tag(
                        "vermagic", change.apply(target.profile().vermagic().orElseThrow()))
                .of(module, target);
    }

    private static final Change OTHER_VERMAGIC = vermagic(text -> text.replace("mod_unload", "mod_stays"));
    private static final Change OTHER_RELEASE = vermagic(text -> "6.66.6-jkmod" + text.substring(text.indexOf(' ')));

    static final List<Variant> VERSIONS_OF_KERNEL = List.of(
            Variant.of("vm-release", "another release", OTHER_RELEASE),
            Variant.of("vm-release-shorter", "the release without its last letter", vermagic(text -> {
                int blank = text.indexOf(' ');
                return text.substring(0, blank - 1) + text.substring(blank);
            })),
            Variant.of("vm-word", "another word", OTHER_VERMAGIC),
            Variant.of("vm-word-missing", "without SMP", vermagic(text -> text.replace("SMP ", ""))),
            Variant.of("vm-word-more", "a word more", vermagic(text -> text + "jkmod ")),
            Variant.of("vm-blank", "a blank more", vermagic(text -> text.replace("SMP ", "SMP  "))),
            Variant.of("vm-case", "in lower case", vermagic(text -> text.replace("SMP", "smp"))),
            Variant.of("vm-no-modversions", "without modversions", vermagic(text -> text.replace("modversions ", "")))
                    .where(MODVERSIONS),
            Variant.of("vm-modversions", "with modversions", vermagic(text -> text + "modversions "))
                    .where(MODVERSIONS.negate()),
            Variant.of("vm-empty", "empty", tag("vermagic", "")),
            Variant.of("vm-none", "none", noTag("vermagic")),
            Variant.of("vm-bad-first", "a bad one before the good one", firstTag("vermagic", "6.66.6 SMP ")),
            Variant.of("vm-bad-last", "a bad one behind the good one", moreTag("vermagic", "6.66.6 SMP ")),
            Variant.of("force-vm-word", "another word; vermagic is ignored", OTHER_VERMAGIC)
                    .flags(2),
            Variant.of("force-vm-release", "another release; vermagic is ignored", OTHER_RELEASE)
                    .flags(2),
            Variant.of("force-vm-none", "no vermagic; it is ignored", noTag("vermagic"))
                    .flags(2),
            Variant.of("force-vm-good", "nothing; vermagic is ignored", none()).flags(2),
            Variant.of("force-mv-good", "nothing; modversions are ignored", none())
                    .flags(1),
            Variant.of("force-mv-word", "another word; modversions are ignored", OTHER_VERMAGIC)
                    .flags(1),
            Variant.of("force-both", "another word; both are ignored", OTHER_VERMAGIC)
                    .flags(3),
            Variant.of("force-8", "nothing; a flag that there is not", none()).flags(8),
            Variant.of("force-minus-1", "nothing; all flags", none()).flags(-1),
            Variant.of("force-undefined", "an unknown symbol; both are ignored", undefined("jkmod_no_such", STB_GLOBAL))
                    .flags(3));

    static final List<Variant> VERSIONS_OF_SYMBOLS = List.of(
            Variant.of("ver-crc", "another checksum of __register_nls", wrong("__register_nls"))
                    .where(MODVERSIONS),
            Variant.of("ver-crc-layout", "another checksum of module_layout", wrong("module_layout"))
                    .where(MODVERSIONS),
            Variant.of("ver-crc-all", "other checksums of all symbols", allWrong())
                    .where(MODVERSIONS),
            Variant.of("ver-none", "no checksum of unregister_nls", missing("unregister_nls"))
                    .where(MODVERSIONS),
            Variant.of("ver-none-layout", "no checksum of module_layout", missing("module_layout"))
                    .where(MODVERSIONS),
            Variant.of("ver-empty", "no checksums", edit(e -> e.section(VERSIONS).content = new byte[0]))
                    .where(MODVERSIONS),
            Variant.of("ver-no-section", "no section with checksums", rename(VERSIONS, "__versionen"))
                    .where(MODVERSIONS),
            Variant.of(
                            "ver-cut",
                            "the last checksum lacks its last byte",
                            section(VERSIONS, Change.Field.SH_SIZE, (old, n) -> old - 1))
                    .where(MODVERSIONS),
            Variant.of("ver-noalloc", "the checksums take no memory", section(VERSIONS, Change.Field.SH_FLAGS, 0))
                    .where(MODVERSIONS),
            Variant.of(
                            "ver-more",
                            "a checksum of a symbol that it does not import (valid)",
                            edit(e -> e.section(VERSIONS).append(VersionChange.entry("jkmod_no_such", 1))))
                    .where(MODVERSIONS),
            Variant.of("ver-crc-forced", "another checksum; modversions are ignored", wrong("__register_nls"))
                    .flags(1)
                    .where(MODVERSIONS),
            Variant.of("ver-crc-vm-forced", "another checksum; vermagic is ignored", wrong("__register_nls"))
                    .flags(2)
                    .where(MODVERSIONS),
            Variant.of(
                            "ver-crc-and-unknown",
                            "another checksum, and an unknown symbol",
                            wrong("__register_nls").and(undefined("jkmod_no_such", STB_GLOBAL)))
                    .where(MODVERSIONS),
            Variant.of(
                            "ver-crc-and-vermagic",
                            "another checksum, and another vermagic",
                            wrong("__register_nls").and(OTHER_VERMAGIC))
                    .where(MODVERSIONS),
            Variant.of(
                            "ver-unneeded",
                            "checksums for a kernel that has none",
                            edit(e -> e.add(VERSIONS, SHT_PROGBITS, SHF_ALLOC, 8).content =
                                    VersionChange.entry("__register_nls", 1)))
                    .where(MODVERSIONS.negate()),
            Variant.of(
                    "ver-ext-crcs",
                    "extended checksums without their names",
                    edit(e -> e.add("__version_ext_crcs", SHT_PROGBITS, SHF_ALLOC, 4).content = new byte[4])),
            Variant.of(
                    "ver-ext-names",
                    "names of extended checksums without these",
                    edit(e -> e.add("__version_ext_names", SHT_PROGBITS, SHF_ALLOC, 1).content = new byte[2])),
            Variant.of("ver-ext-more", "more extended checksums than names", edit(e -> {
                e.add("__version_ext_crcs", SHT_PROGBITS, SHF_ALLOC, 4).content = new byte[12];
                e.add("__version_ext_names", SHT_PROGBITS, SHF_ALLOC, 1).content =
                        "__register_nls\0unregister_nls\0".getBytes(StandardCharsets.US_ASCII);
            })));

    static final List<Variant> IMPORTS = List.of(
            Variant.of("und-strong", "an unknown symbol", undefined("jkmod_no_such", STB_GLOBAL)),
            Variant.of("und-weak", "an unknown weak symbol (valid)", undefined("jkmod_no_such", STB_WEAK)),
            Variant.of("und-local", "an unknown local symbol", undefined("jkmod_no_such", STB_LOCAL)),
            Variant.of(
                    "und-two",
                    "two unknown symbols",
                    undefined("jkmod_no_such", STB_GLOBAL).and(undefined("jkmod_nor_this", STB_GLOBAL))),
            Variant.of("und-long", "an unknown symbol of 300 bytes", undefined("j".repeat(300), STB_GLOBAL)),
            Variant.of(
                    "und-odd", "an unknown symbol with bytes that are not ASCII", undefined("j\u00fc \\", STB_GLOBAL)),
            Variant.of("und-dot", "an unknown symbol that begins with a dot", undefined(".jkmod", STB_GLOBAL)),
            Variant.of(
                    "und-static",
                    "a symbol that the kernel has, but does not export",
                    undefined("load_module", STB_GLOBAL)),
            Variant.of("und-module", "a symbol of a module that is not loaded", imported(OPEN_EXPORT)),
            Variant.of("und-module-loaded", "a symbol of a module that is loaded (valid)", imported(OPEN_EXPORT))
                    .afterModules(OPEN_EXPORTER),
            Variant.of(
                    "und-module-weak",
                    "a weak symbol of a module that is not loaded (valid)",
                    undefined(OPEN_EXPORT, STB_WEAK)),
            sound("dep-missing", "the module that it needs is not loaded", USER),
            sound("dep-there", "nothing: the module that it needs is loaded", USER)
                    .afterModules(EXPORTER),
            sound("dep-late", "the module that it needs is loaded at the second try", USER)
                    .after("load FILE 0 ", "load orig." + EXPORTER + ".ko 0 "),
            Variant.of("dep-crc", "another checksum of a module's symbol", wrong("tcp_vegas_cwnd_event"))
                    .from(USER)
                    .afterModules(EXPORTER)
                    .where(MODVERSIONS),
            sound("del-used", "a module that another one needs is unloaded", USER)
                    .afterModules(EXPORTER, USER)
                    .by("unload 2048 " + EXPORTER),
            sound("del-used-force", "a module that another one needs is unloaded by force", USER)
                    .afterModules(EXPORTER, USER)
                    .by("unload 2560 " + EXPORTER),
            sound("del-unknown", "a module that is not loaded is unloaded", Variant.PLAIN)
                    .by("unload 2048 jkmod_no_such"),
            sound("del-builtin", "what is built in is unloaded", Variant.PLAIN).by("unload 2048 printk"),
            sound("del-long", "a name of 70 bytes is unloaded", Variant.PLAIN).by("unload 2048 " + "j".repeat(70)));

    static final List<Variant> LICENCES = List.of(
            Variant.of("lic-proprietary", "Proprietary", tag("license", "Proprietary")),
            Variant.of("lic-proprietary-again", "Proprietary, once more", tag("license", "Proprietary")),
            Variant.of("lic-gpl3", "GPLv3", tag("license", "GPLv3")),
            Variant.of("lic-lower", "gpl", tag("license", "gpl")),
            Variant.of("lic-blank", "GPL and a blank", tag("license", "GPL ")),
            Variant.of("lic-empty", "empty", tag("license", "")),
            Variant.of("lic-none", "none", noTag("license")),
            Variant.of("lic-mit", "MIT", tag("license", "MIT")),
            Variant.of(
                    "lic-additional", "GPL and additional rights (valid)", tag("license", "GPL and additional rights")),
            Variant.of("lic-mpl", "Dual MPL/GPL (valid)", tag("license", "Dual MPL/GPL")),
            Variant.of("lic-two", "GPL, and then Proprietary", moreTag("license", "Proprietary")),
            Variant.of("lic-two-bad-first", "Proprietary, and then GPL", firstTag("license", "Proprietary")),
            Variant.of(
                            "lic-gpl-imports",
                            "Proprietary; imports what is for GPL modules only",
                            tag("license", "Proprietary"))
                    .from(EXPORTER),
            Variant.of(
                            "lic-gpl-module",
                            "Proprietary; imports what a module has for GPL modules only",
                            tag("license", "Proprietary"))
                    .from(USER)
                    .afterModules(EXPORTER),
            Variant.of("lic-exporter", "Proprietary; exports", tag("license", "Proprietary"))
                    .from(OPEN_EXPORTER),
            Variant.of("lic-inherited", "imports from a proprietary module", imported(OPEN_EXPORT))
                    .after("load lic-exporter.ko 0 "),
            Variant.of(
                            "lic-inherited-gpl",
                            "imports from a proprietary module, and what is for GPL modules only",
                            imported(OPEN_EXPORT).and(imported("tcp_register_congestion_control")))
                    .after("load lic-exporter.ko 0 "),
            Variant.of(
                            "lic-gpl-inherited",
                            "imports what is for GPL modules only, and from a proprietary module",
                            imported("tcp_register_congestion_control").and(imported(OPEN_EXPORT)))
                    .after("load lic-exporter.ko 0 "));

    private static Change importedFrom(Predicate<String> namespace, boolean named) {
        return (module, target) -> {
            int[] found = {-1};
            String symbol = target.export(
                            i -> namespace.test(target.profile().exports().namespace(i))
                                    && !target.profile().exports().namespace(i).contains(",")
                                    && (found[0] = i) >= 0)
                    .orElseThrow();
            String owner = target.profile().exports().namespace(found[0]).replace("module:", "");
            Change change = named ? name(owner).and(imported(symbol)) : imported(symbol);
            return change.of(module, target);
        };
    }

    private static boolean isForModules(String namespace) {
        return namespace.startsWith("module:");
    }

    private static boolean hasExportsForModules(TargetKernel target) {
        return target.export(i -> {
                    String namespace = target.profile().exports().namespace(i);
                    return isForModules(namespace) && !namespace.contains(",");
                })
                .isPresent();
    }

    static final List<Variant> NAMESPACES = List.of(
            sound("ns-good", "nothing", NAMESPACED),
            Variant.of("ns-none", "the namespace is not imported", noTag("import_ns"))
                    .from(NAMESPACED),
            Variant.of("ns-other", "another namespace is imported", tag("import_ns", "JKMOD"))
                    .from(NAMESPACED),
            Variant.of("ns-shorter", "the namespace without its last letter", tag("import_ns", "CRYPTO_INTERNA"))
                    .from(NAMESPACED),
            Variant.of("ns-longer", "the namespace with a letter more", tag("import_ns", "CRYPTO_INTERNALS"))
                    .from(NAMESPACED),
            Variant.of("ns-lower", "the namespace in lower case", tag("import_ns", "crypto_internal"))
                    .from(NAMESPACED),
            Variant.of("ns-second", "another namespace first (valid)", firstTag("import_ns", "JKMOD"))
                    .from(NAMESPACED),
            Variant.of("ns-empty", "an empty namespace", tag("import_ns", "")).from(NAMESPACED),
            Variant.of(
                            "ns-proprietary",
                            "Proprietary, and not imported",
                            noTag("import_ns").and(tag("license", "Proprietary")))
                    .from(NAMESPACED),
            Variant.of("ns-module", "imports a namespace of modules", moreTag("import_ns", "module:nls_iso8859_7")),
            Variant.of(
                    "ns-added",
                    "imports from a namespace that it does not name",
                    importedFrom(namespace -> !namespace.isEmpty() && !isForModules(namespace), false)),
            Variant.of(
                            "nsmod-other",
                            "imports what is exported for another module",
                            importedFrom(RuleVariants::isForModules, false))
                    .where(RuleVariants::hasExportsForModules),
            Variant.of(
                            "nsmod-named",
                            "imports what is exported for a module of its name (valid)",
                            importedFrom(RuleVariants::isForModules, true))
                    .where(RuleVariants::hasExportsForModules));

    /** Gives a module's export the name of one of the kernel's, which must be as long. */
    private static Change exportingAsKernel(String export) {
        return (module, target) -> {
            String other = target.export(i -> target.profile().exports().name(i).length() == export.length())
                    .orElseThrow();
            ModuleEditor editor = ModuleEditor.of(module);
            ModuleEditor.Part strings = editor.section("__ksymtab_strings");
            strings.content = new String(strings.content, StandardCharsets.ISO_8859_1)
                    .replace(export, other)
                    .getBytes(StandardCharsets.ISO_8859_1);
            return editor.toBytes();
        };
    }

    static final List<Variant> EXPORTS = List.of(
            Variant.of("exp-twice", "a module under another name exports the same", name("jkmod_cordic"))
                    .from(OPEN_EXPORTER)
                    .named("jkmod_cordic")
                    .afterModules(OPEN_EXPORTER),
            Variant.of("exp-kernel", "exports what the kernel exports", exportingAsKernel(OPEN_EXPORT))
                    .from(OPEN_EXPORTER),
            Variant.of("exp-no-crcs", "exports without checksums", rename("__kcrctab", "__crctab"))
                    .from(OPEN_EXPORTER)
                    .where(MODVERSIONS),
            Variant.of("exp-no-table", "the table of exports has another name", rename("__ksymtab", "__symtab"))
                    .from(OPEN_EXPORTER),
            Variant.of(
                    "exp-unused",
                    "exports the obsolete way",
                    edit(e -> e.add("__ksymtab_unused", SHT_PROGBITS, SHF_ALLOC, 4).content = new byte[12])),
            Variant.of("exp-used-after", "uses what was exported without checksums", imported(OPEN_EXPORT))
                    .after("load exp-no-crcs.ko 0 ")
                    .where(MODVERSIONS),
            sound("dup-same", "loaded twice", Variant.PLAIN).afterModules(Variant.PLAIN),
            Variant.of("dup-unsigned", "loaded with and then without signature", none())
                    .afterModules(Variant.PLAIN),
            Variant.of("dup-other", "another module of the same name is loaded", name(Variant.PLAIN))
                    .from("nls_cp852")
                    .named(Variant.PLAIN)
                    .afterModules(Variant.PLAIN),
            Variant.of("dup-vermagic", "loaded; then another vermagic", OTHER_VERMAGIC)
                    .afterModules(Variant.PLAIN),
            Variant.of("dup-unknown", "loaded; then an unknown symbol", undefined("jkmod_no_such", STB_GLOBAL))
                    .afterModules(Variant.PLAIN),
            Variant.of("dup-proprietary", "loaded; then Proprietary", tag("license", "Proprietary"))
                    .afterModules(Variant.PLAIN),
            Variant.of("dup-wx", "loaded; then .text can be written", section(".text", Change.Field.SH_FLAGS, 7))
                    .afterModules(Variant.PLAIN),
            sound("dup-reloaded", "loaded, unloaded, loaded (valid)", Variant.PLAIN)
                    .after("load FILE 0 ", "unload 2048 " + Variant.PLAIN));
}
