package org.jkmod.conformance;

import static org.jkmod.conformance.Change.section;
import static org.jkmod.conformance.ModuleEditor.PLACES;
import static org.jkmod.conformance.ModuleEditor.PLACES_SIZE;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jkmod.elf.Elf;

/**
 * Modules with relocations that the kernel refuses, or should. A section of data is added with two of them: a sound one of 64 bits, and eight
 * bytes on the one in question. Types are numbers here, for they are what is tested; their names are in the psABIs.
 */
final class RelocationVariants {
    /** The relocation that no architecture refuses: 64 bits, absolute. */
    private static final Map<String, Integer> ABSOLUTE = Map.of("x86_64", 1, "aarch64", 257, "riscv64", 2);

    private static final Symbol OWN = (editor, architecture) -> editor.symbol("__this_module");
    private static final Symbol KERNEL = (editor, architecture) -> editor.symbol("__register_nls");
    private static final Symbol NONE = (editor, architecture) -> 0;
    private static final Symbol WEAK = (editor, architecture) ->
            editor.addSymbol("jkmod_no_such", Elf.stInfo(Elf.STB_WEAK, Elf.STT_NOTYPE), Elf.SHN_UNDEF, 0, 0);

    private RelocationVariants() {}

    /** The type that is 64 bits of S + A. */
    private static int absolute(TargetKernel target) {
        return Objects.requireNonNull(ABSOLUTE.get(target.architecture()));
    }

    /** Says which symbol. */
    private interface Symbol {
        int in(ModuleEditor editor, String architecture);
    }

    private static Symbol absolute(long value) {
        return (editor, architecture) ->
                editor.addSymbol("jkmod_absolute", Elf.stInfo(Elf.STB_GLOBAL, Elf.STT_NOTYPE), Elf.SHN_ABS, value, 0);
    }

    private static Change relocation(long type, Symbol symbol, long addend) {
        return (module, target) -> {
            ModuleEditor editor = ModuleEditor.of(module);
            editor.relocate(absolute(target), OWN.in(editor, ""), 0);
            editor.relocate(type, symbol.in(editor, target.architecture()), addend);
            return editor.toBytes();
        };
    }

    private static Change absoluteAt(long offset) {
        return (module, target) -> {
            ModuleEditor editor = ModuleEditor.of(module);
            int type = absolute(target);
            editor.relocate(type, OWN.in(editor, ""), 0);
            editor.relocateAt(offset, type, OWN.in(editor, ""), 0);
            return editor.toBytes();
        };
    }

    private static final Change SOUND = absoluteAt(8);
    private static final String RELA = ".rela" + PLACES;

    /** For all architectures. */
    static final List<Variant> COMMON = List.of(
            Variant.of("rel-sound", "nothing", SOUND),
            Variant.of("rel-last-place", "the last place (valid)", absoluteAt(PLACES_SIZE - 8)),
            Variant.of("rel-odd-place", "a place that is not aligned (valid)", absoluteAt(11)),
            Variant.of("rel-type-0", "type 0", relocation(0, OWN, 0)),
            Variant.of("rel-type-199", "type 199, which there is not", relocation(199, OWN, 0)),
            Variant.of("rel-type-max", "a type of all ones", relocation(0xffffffffL, OWN, 0)),
            Variant.of(
                    "rel-no-symbol",
                    "no symbol (valid)",
                    (m, t) -> relocation(absolute(t), NONE, 5).of(m, t)),
            Variant.of(
                    "rel-weak",
                    "a weak symbol that there is not (valid)",
                    (m, t) -> relocation(absolute(t), WEAK, 0).of(m, t)),
            Variant.of(
                    "rel-type-rel",
                    "relocations without addends",
                    SOUND.and(section(RELA, Change.Field.SH_TYPE, Elf.SHT_REL))),
            Variant.of("rel-target-0", "relocations of section 0", SOUND.and(section(RELA, Change.Field.SH_INFO, 0))),
            Variant.of(
                    "rel-target-max",
                    "relocations of a section that does not exist",
                    SOUND.and(section(RELA, Change.Field.SH_INFO, 0xffffffffL))),
            Variant.of(
                    "rel-target-noalloc",
                    "relocations of a section that takes no memory",
                    relocation(199, OWN, 0).and(section(PLACES, Change.Field.SH_FLAGS, 0))),
            Variant.of(
                    "rel-link-0",
                    "relocations with the symbols of section 0",
                    SOUND.and(section(RELA, Change.Field.SH_LINK, 0))),
            Variant.of(
                    "rel-size-odd",
                    "the last relocation lacks its last byte",
                    relocation(199, OWN, 0).and(section(RELA, Change.Field.SH_SIZE, (old, n) -> old - 1))),
            Variant.of("rel-entsize-0", "relocations of 0 bytes", SOUND.and(section(RELA, Change.Field.SH_ENTSIZE, 0))),
            Variant.of(
                    "rel-and-unknown",
                    "type 199, and an unknown symbol",
                    relocation(199, OWN, 0).and(VersionChange.undefined("jkmod_no_such", Elf.STB_GLOBAL))));

    /** Memory decides what becomes of these; the last ones of a boot. */
    static final List<Variant> UNCHECKED = List.of(
            Variant.of("wild-place-behind", "a place behind the section", absoluteAt(PLACES_SIZE)),
            Variant.of(
                    "wild-symbol",
                    "a symbol that there is not",
                    (m, t) -> relocation(absolute(t), (e, a) -> 100_000, 0).of(m, t)),
            Variant.of(
                    "wild-symbol-name",
                    "a symbol's name is nowhere",
                    Change.symbol("unregister_nls", Change.Field.ST_NAME, 0x7fffffff)),
            Variant.of(
                    "wild-section-name",
                    "a section's name is nowhere",
                    section(".comment", Change.Field.SH_NAME, 0x7fffffff)),
            Variant.of("wild-place", "a place a gigabyte away", absoluteAt(1 << 30)));

    /** What an architecture has of its own. */
    private record Row(String name, int type, Symbol symbol, long addend) {}

    private static final long FAR = 1L << 40;

    private static final List<Row> X86_64 = List.of(
            new Row("64-kernel", 1, KERNEL, 0),
            new Row("pc32-own", 2, OWN, 0),
            new Row("pc32-far", 2, OWN, FAR),
            new Row("plt32-kernel", 4, KERNEL, -4),
            new Row("plt32-far", 4, KERNEL, -FAR),
            new Row("gotpcrel", 9, OWN, 0),
            new Row("32-own", 10, OWN, 0),
            new Row("32-small", 10, absolute(0xffffffffL), 0),
            new Row("32-above", 10, absolute(0xffffffffL), 1),
            new Row("32-minus", 10, absolute(0), -1),
            new Row("32s-own", 11, OWN, 0),
            new Row("32s-max", 11, absolute(0x7fffffffL), 0),
            new Row("32s-above", 11, absolute(0x7fffffffL), 1),
            new Row("32s-min", 11, absolute(0), -0x80000000L),
            new Row("32s-below", 11, absolute(0), -0x80000001L),
            new Row("16", 12, absolute(1), 0),
            new Row("pc8", 15, OWN, 0),
            new Row("dtpmod64", 16, OWN, 0),
            new Row("pc64-far", 24, OWN, FAR),
            new Row("size32", 32, OWN, 0),
            new Row("irelative", 37, OWN, 0),
            new Row("39", 39, OWN, 0),
            new Row("gotpcrelx", 41, OWN, 0));

    private static final List<Row> AARCH64 = List.of(
            new Row("abs64-kernel", 257, KERNEL, 0),
            new Row("abs32-own", 258, OWN, 0),
            new Row("abs32-max", 258, absolute(0xffffffffL), 0),
            new Row("abs32-above", 258, absolute(0xffffffffL), 1),
            new Row("abs32-min", 258, absolute(0), -0x80000000L),
            new Row("abs32-below", 258, absolute(0), -0x80000001L),
            new Row("abs16-max", 259, absolute(0xffff), 0),
            new Row("abs16-above", 259, absolute(0xffff), 1),
            new Row("abs16-below", 259, absolute(0), -0x8001),
            new Row("prel64-far", 260, OWN, FAR),
            new Row("prel32-own", 261, OWN, 0),
            new Row("prel32-far", 261, OWN, FAR),
            new Row("prel16-far", 262, KERNEL, 0),
            new Row("movw-g0-above", 263, absolute(0x10000), 0),
            new Row("movw-g0-nc", 264, absolute(0x10000), 0),
            new Row("movw-g1-above", 265, absolute(FAR), 0),
            new Row("movw-g2-own", 267, OWN, 0),
            new Row("movw-sg0", 270, absolute(0x12345), 0),
            new Row("ld-lo19-far", 273, KERNEL, 0),
            new Row("adr-lo21-own", 274, OWN, 0),
            new Row("adrp-far", 275, OWN, FAR),
            new Row("adrp-own", 275, OWN, 0),
            new Row("add-lo12", 277, OWN, 0),
            new Row("ldst8", 278, OWN, 1),
            new Row("tstbr14-far", 279, KERNEL, 0),
            new Row("condbr19-far", 280, OWN, 1 << 22),
            new Row("ldst16-odd", 284, absolute(1), 0),
            new Row("ldst64-odd", 286, absolute(4), 0),
            new Row("ldst128-odd", 299, absolute(8), 0),
            new Row("got", 311, OWN, 0),
            new Row("plt32", 314, OWN, 0),
            new Row("tlsdesc", 562, OWN, 0),
            new Row("copy", 1024, OWN, 0),
            new Row("relative", 1027, OWN, 0),
            new Row("withdrawn", 256, OWN, 0));

    private static final List<Row> RISCV64 = List.of(
            new Row("64-kernel", 2, KERNEL, 0),
            new Row("32-own", 1, OWN, 0),
            new Row("32-max", 1, absolute(0xffffffffL), 0),
            new Row("32-above", 1, absolute(0xffffffffL), 1),
            new Row("32-minus", 1, absolute(0), -1),
            new Row("relative", 3, OWN, 0),
            new Row("tls-tprel64", 11, OWN, 0),
            new Row("hole-15", 15, OWN, 0),
            new Row("branch-far", 16, OWN, 1 << 20),
            new Row("jal-own", 17, OWN, 0),
            new Row("call-own", 18, OWN, 0),
            new Row("call-far", 18, OWN, FAR),
            new Row("pcrel-hi20-far", 23, OWN, -FAR),
            new Row("pcrel-hi20-own", 23, OWN, 0),
            new Row("pcrel-lo12-i-alone", 24, OWN, 0),
            new Row("pcrel-lo12-s-alone", 25, OWN, 0),
            new Row("hi20-own", 26, OWN, 0),
            new Row("hi20-small", 26, absolute(0x12345678), 0),
            new Row("lo12-i", 27, OWN, 0),
            new Row("lo12-s", 28, OWN, 0),
            new Row("tprel-add", 32, OWN, 0),
            new Row("add8", 33, absolute(0xff), 0),
            new Row("add64", 36, OWN, 0),
            new Row("sub8", 37, absolute(1), 0),
            new Row("sub16", 38, absolute(0x12345), 0),
            new Row("got32-pcrel", 41, OWN, 0),
            new Row("reserved-42", 42, OWN, 0),
            new Row("align", 43, OWN, 2),
            new Row("rvc-branch", 44, OWN, 0),
            new Row("rvc-lui", 46, OWN, 1),
            new Row("relax", 51, NONE, 0),
            new Row("sub6", 52, absolute(1), 0),
            new Row("set6", 53, absolute(0x7f), 0),
            new Row("set8", 54, absolute(0x1ff), 0),
            new Row("set32", 56, absolute(FAR), 0),
            new Row("32-pcrel-far", 57, OWN, FAR),
            new Row("irelative", 58, OWN, 0),
            new Row("plt32-own", 59, OWN, 0),
            new Row("uleb128-set", 60, absolute(5), 0),
            new Row("tlsdesc-hi20", 62, OWN, 0),
            new Row("vendor", 191, OWN, 0));

    private static final Map<String, List<Row>> ROWS = Map.of("x86_64", X86_64, "aarch64", AARCH64, "riscv64", RISCV64);

    /** What an architecture has of its own. */
    static List<Variant> ofArchitecture(String architecture) {
        List<Variant> variants = new ArrayList<>();
        for (Row row : ROWS.getOrDefault(architecture, List.of())) {
            variants.add(Variant.of(
                    "rel-" + row.name(),
                    "type " + row.type() + ", " + row.name().replace('-', ' '),
                    relocation(row.type(), row.symbol(), row.addend())));
        }
        return variants;
    }
}
