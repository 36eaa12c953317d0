package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHT_NOBITS;
import static org.jkmod.elf.Elf.SHT_PROGBITS;
import static org.jkmod.elf.Elf.SHT_SYMTAB;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.Section;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A good module with one thing wrong, and what kernels of each generation print of it: as the recorded ones did in {@code shared/verdicts}
 * where the case's name is one of its, else as their sources say.
 */
class ElfValidityTest {
    private static final String OLD = "6.1.0";
    private static final String MIDDLE = "6.12.107";
    private static final String SPLIT = "6.12.117";
    private static final String NEW = "7.2.13";
    private static final List<String> RELEASES = List.of(OLD, MIDDLE, SPLIT, NEW);
    private static final String LOADS = "";
    private static final String UNCHECKED = "unchecked";

    /** A change, and the message of each release in {@link #RELEASES}: a text, {@link #LOADS}, {@link #UNCHECKED}. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Case(String name, byte[] bytes, List<String> messages) {}

    private static byte[] good() {
        return module("some").exports("e").imports("printk").bytes();
    }

    private static byte[] patched(Consumer<Header> patch) {
        byte[] bytes = good();
        patch.accept(new Header(bytes));
        return bytes;
    }

    /** The file's headers, to be overwritten. */
    private static final class Header {
        private final ElfFile elf;
        private final ByteBuffer to;

        Header(byte[] bytes) {
            this.elf = ElfFile.parse(bytes, "good.ko");
            this.to = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        void put8(int at, int value) {
            to.put(at, (byte) value);
        }

        void put16(int at, int value) {
            to.putShort(at, (short) value);
        }

        void put64(int at, long value) {
            to.putLong(at, value);
        }

        int count() {
            return elf.sectionCount();
        }

        int header(int section) {
            return (int) to.getLong(40) + 64 * section;
        }

        int header(String section) {
            return header(elf.section(section).orElseThrow().index());
        }

        Section symbols() {
            return elf.sections().stream()
                    .filter(s -> s.type() == SHT_SYMTAB)
                    .findFirst()
                    .orElseThrow();
        }

        Section strings() {
            return elf.section(symbols().link());
        }
    }

    private static List<String> all(String message) {
        return List.of(message, message, message, message);
    }

    private static Stream<Case> headerCases() {
        int count = new Header(good()).count();
        return Stream.of(
                new Case("good", good(), all(LOADS)),
                new Case("elf-1-byte", Arrays.copyOf(good(), 1), all("Invalid ELF header len 1")),
                new Case("magic", patched(h -> h.put8(1, 'e')), all("Invalid ELF header magic: != \u007fELF")),
                new Case("elf-data-be", patched(h -> h.put8(5, 2)), all(LOADS)),
                new Case("class 32", patched(h -> h.put8(4, 1)), all(LOADS)),
                new Case("elf-ident-version", patched(h -> h.put8(6, 9)), all(LOADS)),
                new Case("executable", patched(h -> h.put16(16, 2)), all("Invalid ELF header type: 2 != 1")),
                new Case("machine", patched(h -> h.put16(18, 3)), all("Invalid architecture in ELF header: 3")),
                new Case("elf-shentsize-40", patched(h -> h.put16(58, 40)), all("Invalid ELF section header size")),
                new Case(
                        "elf-shoff-beyond",
                        patched(h -> h.put64(40, 1 << 20)),
                        all("Invalid ELF section header overflow")),
                new Case("elf-shoff-huge", patched(h -> h.put64(40, -64)), all("Invalid ELF section header overflow")),
                new Case(
                        "elf-shnum-ffff",
                        patched(h -> h.put16(60, 0xffff)),
                        all("Invalid ELF section header overflow")),
                new Case(
                        "no sections",
                        patched(h -> h.put16(60, 0)),
                        all("Invalid ELF section name index: " + (count - 1) + " || e_shstrndx (" + (count - 1)
                                + ") >= e_shnum (0)")),
                new Case(
                        "elf-shstrndx-0",
                        patched(h -> h.put16(62, 0)),
                        all("Invalid ELF section name index: 0 || e_shstrndx (0) >= e_shnum (" + count + ")")),
                new Case(
                        "elf-shstrndx-ffff",
                        patched(h -> h.put16(62, 0xffff)),
                        all("Invalid ELF section name index: 65535 || e_shstrndx (65535) >= e_shnum (" + count + ")")));
    }

    private static Stream<Case> sectionCases() {
        int count = new Header(good()).count();
        int modinfo = (new Header(good()).header(".modinfo") - new Header(good()).header(0)) / 64;
        String zero = "ELF Spec violation: section 0 type(0)!=SH_NULL or non-zero len or addr";
        String nameIndex = "Invalid ELF section name index: 0 || e_shstrndx (0) >= e_shnum (" + count + ")";
        return Stream.of(
                new Case("sec0-size", patched(h -> h.put64(h.header(0) + 32, 1)), all(zero)),
                new Case("sec0-addr", patched(h -> h.put64(h.header(0) + 16, 8)), all(zero)),
                new Case(
                        "order-sec0-or-shstrndx",
                        patched(h -> {
                            h.put64(h.header(0) + 32, 1);
                            h.put16(62, 0);
                        }),
                        List.of(nameIndex, nameIndex, zero, zero)),
                new Case(
                        "sec-size-beyond",
                        patched(h -> h.put64(h.header(".modinfo") + 32, 1 << 20)),
                        all("Invalid ELF section in module (section " + modinfo + " type 1)")),
                new Case(
                        "sec-shstrtab-off-beyond",
                        patched(h -> h.put64(h.header(count - 1) + 24, 1 << 20)),
                        List.of(
                                "Invalid ELF section hdr(type 3)",
                                "Invalid ELF section hdr(type 3)",
                                "Invalid ELF section in module (section " + (count - 1) + " type 3)",
                                "Invalid ELF section in module (section " + (count - 1) + " type 3)")),
                new Case(
                        "type of the section names",
                        patched(h -> h.to.putInt(h.header(count - 1) + 4, SHT_PROGBITS)),
                        List.of(
                                LOADS,
                                LOADS,
                                "Invalid ELF section name table type: 1",
                                "Invalid ELF section name table type: 1")),
                new Case(
                        "no section names",
                        patched(h -> h.put64(h.header(count - 1) + 32, 0)),
                        all("empty section name table")),
                new Case(
                        "sec-shstrtab-no-nul",
                        patched(h -> h.put64(
                                h.header(count - 1) + 32,
                                h.elf.section(count - 1).size() - 1)),
                        all("ELF Spec violation: section name table isn't null terminated")),
                new Case(
                        "sec-name-oob-alloc",
                        patched(h -> h.to.putInt(h.header(".modinfo"), (int)
                                h.elf.section(count - 1).size())),
                        all("Invalid ELF section name in module (section " + modinfo + " type 1)")),
                // From 6.4 to 6.12 names are compared before they are checked: seen to kill 6.12.107.
                new Case(
                        "name of a section with memory beyond the file",
                        patched(h -> h.to.putInt(h.header(".modinfo"), -1)),
                        List.of(
                                "Invalid ELF section name in module (section " + modinfo + " type 1)",
                                UNCHECKED,
                                "Invalid ELF section name in module (section " + modinfo + " type 1)",
                                "Invalid ELF section name in module (section " + modinfo + " type 1)")),
                new Case(
                        "sec-name-wild-nonalloc",
                        patched(h -> h.to.putInt(h.header(h.symbols().index()), 0x7fff_ffff)),
                        List.of(
                                UNCHECKED,
                                UNCHECKED,
                                "Invalid ELF section name in module (section "
                                        + new Header(good()).symbols().index() + " type 2)",
                                "Invalid ELF section name in module (section "
                                        + new Header(good()).symbols().index() + " type 2)")));
    }

    private static Stream<Case> contentCases() {
        int count = new Header(good()).count();
        String stripped = "some: module has no symbols (stripped?)";
        String link = "Invalid ELF sh_link!=SHN_UNDEF(" + count + ") or (sh_link(" + count + ") >= hdr->e_shnum("
                + count + ")";
        String struct = ".gnu.linkonce.this_module";
        String size =
                "module some: " + struct + " section size must match the kernel's built struct module size at run time";
        byte[] twoModinfos = PatchedModule.of(
                        module("some").section(".modinf0", SHF_ALLOC, 1, 8).bytes())
                .sectionName(".modinf0", ".modinfo")
                .object()
                .file();
        return Stream.of(
                new Case(
                        "no symbols",
                        patched(h -> h.to.putInt(h.header(h.symbols().index()) + 4, SHT_PROGBITS)),
                        all(stripped)),
                new Case(
                        "symtab-link-oob",
                        patched(h -> h.to.putInt(h.header(h.symbols().index()) + 40, count)),
                        all(link)),
                new Case(
                        "modinfo-dup",
                        twoModinfos,
                        List.of(
                                LOADS,
                                "Only one .modinfo section must exist.",
                                "Only one .modinfo section must exist.",
                                "Only one .modinfo section must exist.")),
                new Case(
                        "mod-missing",
                        PatchedModule.of(good())
                                .sectionName(struct, ".gnu.linkonce.this_modulX")
                                .object()
                                .file(),
                        List.of(
                                "some: No module found in object",
                                "module some: Only one " + struct + " section must exist.",
                                "module some: Exactly one " + struct + " section must exist.",
                                "module some: Exactly one " + struct + " section must exist.")),
                new Case(
                        "mod-nobits",
                        patched(h -> h.to.putInt(h.header(struct) + 4, SHT_NOBITS)),
                        List.of(
                                UNCHECKED,
                                "module some: Only one " + struct + " section must exist.",
                                "module some: " + struct + " section must have a size set",
                                "module some: " + struct + " section must have a size set")),
                new Case(
                        "modinfo without bytes, and nowhere",
                        patched(h -> {
                            h.to.putInt(h.header(".modinfo") + 4, SHT_NOBITS);
                            h.put64(h.header(".modinfo") + 24, Long.MIN_VALUE);
                        }),
                        List.of(UNCHECKED, LOADS, UNCHECKED, UNCHECKED)),
                // From 6.13 on the name is read before the next check.
                new Case(
                        "modinfo without bytes, and nowhere, and no strings",
                        patched(h -> {
                            h.to.putInt(h.header(".modinfo") + 4, SHT_NOBITS);
                            h.put64(h.header(".modinfo") + 24, Long.MIN_VALUE);
                            h.to.putInt(h.header(h.strings().index()) + 4, SHT_PROGBITS);
                        }),
                        List.of(UNCHECKED, LOADS, UNCHECKED, UNCHECKED)),
                new Case(
                        "struct module of no type, and nowhere",
                        patched(h -> {
                            h.to.putInt(h.header(struct) + 4, 0);
                            h.put64(h.header(struct) + 24, Long.MIN_VALUE);
                        }),
                        List.of(
                                UNCHECKED,
                                "module some: Only one " + struct + " section must exist.",
                                UNCHECKED,
                                UNCHECKED)),
                new Case(
                        "struct module that is not loaded",
                        patched(h -> h.put64(h.header(struct) + 8, 1)),
                        List.of(
                                "some: No module found in object",
                                "module some: " + struct + " must occupy memory during process execution",
                                "module some: " + struct + " must occupy memory during process execution",
                                "module some: " + struct + " must occupy memory during process execution")),
                new Case(
                        "mod-size-minus",
                        patched(h -> h.put64(h.header(struct) + 32, ModuleBuilder.THIS_MODULE_SIZE - 8)),
                        List.of(LOADS, size, size, size)),
                new Case(
                        "strtab-type",
                        patched(h -> h.to.putInt(h.header(h.strings().index()) + 4, SHT_PROGBITS)),
                        List.of(
                                LOADS,
                                LOADS,
                                "Invalid ELF symbol string table type: 1",
                                "Invalid ELF symbol string table type: 1")),
                new Case(
                        "strtab-empty",
                        patched(h -> h.put64(h.header(h.strings().index()) + 32, 0)),
                        List.of(LOADS, LOADS, LOADS, "empty symbol string table")),
                new Case(
                        "strtab-first-byte",
                        patched(h -> h.put8((int) h.strings().offset(), 'x')),
                        List.of(LOADS, LOADS, LOADS, "symbol string table missing leading NUL")),
                new Case(
                        "strtab-no-nul",
                        patched(h -> h.put64(
                                h.header(h.strings().index()) + 32, h.strings().size() - 1)),
                        List.of(LOADS, LOADS, LOADS, "symbol string table isn't NUL terminated")),
                new Case(
                        "sym-name-wild",
                        patched(h -> h.to.putInt(
                                (int) h.symbols().offset()
                                        + 24 * (h.elf.symbols().orElseThrow().count() - 2),
                                0x7fff_ffff)),
                        List.of(UNCHECKED, UNCHECKED, UNCHECKED, "symbol name out of bounds in string table")),
                new Case(
                        "verx-crcs-only",
                        module("some")
                                .section("__version_ext_crcs", SHF_ALLOC, 4, 8)
                                .bytes(),
                        List.of(LOADS, LOADS, LOADS, "extended version crc+name presence does not match")),
                new Case(
                        "verx-more-crcs",
                        module("some")
                                .section("__version_ext_crcs", SHF_ALLOC, 4, 8)
                                .section("__version_ext_names", SHF_ALLOC, 1, 5)
                                .bytes(),
                        List.of(LOADS, LOADS, LOADS, "more extended version crcs than names")));
    }

    @TestFactory
    Stream<DynamicTest> file_withOneThingWrong_isJudgedAsByEachKernel() {
        return Stream.of(headerCases(), sectionCases(), contentCases())
                .flatMap(cases -> cases)
                .flatMap(c -> RELEASES.stream()
                        .map(release -> DynamicTest.dynamicTest(
                                c.name() + " " + release,
                                () -> assertThat(judged(c.bytes(), release))
                                        .isEqualTo(c.messages().get(RELEASES.indexOf(release))))));
    }

    private static String judged(byte[] bytes, String release) {
        // exports differ between the generations; they are not what this is about
        Kernel kernel = Kernel.boot(Toys.profile(release, "printk").build());
        Verdict verdict = kernel.check(KernelObject.unchecked(bytes, "some.ko"), LoadOptions.NONE);
        if (verdict.loads() || verdict.problems().get(0).kind() == Problem.Kind.DUPLICATE_EXPORT) {
            return LOADS;
        }
        Problem problem = verdict.problems().get(0);
        if (problem.kind() == Problem.Kind.UNCHECKED) {
            assertThat(problem.meaning()).startsWith("unchecked by the kernel: some.ko: ");
            return UNCHECKED;
        }
        assertThat(problem.kind()).isEqualTo(Problem.Kind.FORMAT);
        assertThat(problem.errno()).contains(Errno.ENOEXEC);
        assertThat(verdict.messages()).containsExactly(problem.message());
        return problem.message();
    }
}
