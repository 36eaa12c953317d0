package org.jkmod.core;

import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHT_NOBITS;
import static org.jkmod.elf.Elf.SHT_STRTAB;
import static org.jkmod.elf.Elf.SHT_SYMTAB;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel wants of a file before it believes anything that it says ({@code elf_validity_check} and {@code setup_load_info}, later
 * {@code elf_validity_cache_copy}; kernel/module/main.c). Each generation has its checks in its own order; the first that fails ends
 * the load. What is not checked is not looked at here either: {@code e_ident}, the types of string tables in older kernels, and so on.
 */
final class ElfValidity extends ElfHeaderValidity {
    /** The checks, a row a state of the kernel's function. */
    enum Checks {
        /** One function; many of a section may exist, and the first counts. */
        LINUX_6_1(
                ElfValidity::checkHeader,
                ElfValidity::checkSectionNameIndex,
                ElfValidity::checkSectionNamesInFile,
                ElfValidity::checkSectionNameStrings,
                ElfValidity::checkSectionZero,
                ElfValidity::checkSectionsAndAllocatedNames,
                ElfValidity::checkFirstSections),
        /** The same, and what must exist must exist once. */
        LINUX_6_4(
                ElfValidity::checkHeader,
                ElfValidity::checkSectionNameIndex,
                ElfValidity::checkSectionNamesInFile,
                ElfValidity::checkSectionNameStrings,
                ElfValidity::checkSectionZero,
                ElfValidity::checkSectionsAndComparedNames,
                ElfValidity::checkModinfoAmongSectionsWithBytes,
                ElfValidity::checkOnlySymbolTable,
                ElfValidity::checkOnlyThisModule),
        /** A function each ({@code elf_validity_cache_*}); also in 6.12.117, but not in 6.12.115. */
        LINUX_6_13(
                ElfValidity::checkHeader,
                ElfValidity::checkSectionZero,
                ElfValidity::checkSectionsInFile,
                ElfValidity::checkSectionNameIndex,
                ElfValidity::checkSectionNameType,
                ElfValidity::checkSectionNameStrings,
                ElfValidity::checkAllNames,
                ElfValidity::checkOnlyModinfo,
                ElfValidity::checkExactlyThisModule,
                ElfValidity::checkOnlySymbolTable,
                ElfValidity::checkSymbolStringsLink),
        /** Also the extended versions, and the symbols' names. */
        LINUX_7_1(
                ElfValidity::checkHeader,
                ElfValidity::checkSectionZero,
                ElfValidity::checkSectionsInFile,
                ElfValidity::checkSectionNameIndex,
                ElfValidity::checkSectionNameType,
                ElfValidity::checkSectionNameStrings,
                ElfValidity::checkAllNames,
                ElfValidity::checkOnlyModinfo,
                ElfValidity::checkExactlyThisModule,
                ElfValidity::checkOnlySymbolTable,
                ElfValidity::checkSymbolStringsLink,
                ElfValidity::checkExtendedVersions,
                ElfValidity::checkSymbolStrings);

        private final List<Check> checks;

        Checks(Check... checks) {
            this.checks = ImmutableList.copyOf(checks);
        }
    }

    /** One check; throws if the file does not pass it. */
    private interface Check {
        void on(ElfValidity file);
    }

    private static final String NO_NAME = "(missing .modinfo section or name field)";
    /** Where {@code struct module}'s name ends in every kernel: three words, then {@code char name[MODULE_NAME_LEN]}. */
    private static final int NAME_END = 3 * 8 + 56;

    private final boolean ignoreModversions;
    private @Nullable Section modinfo;
    private @Nullable Section thisModule;
    private @Nullable Modinfo tags;
    private boolean sizeUnknown;

    private ElfValidity(KernelProfile profile, KernelObject file, int length, LoadOptions options) {
        super(profile, file, length);
        this.ignoreModversions = options.ignoreModversions();
    }

    /**
     * Checks a file.
     *
     * @param length of the module without its signature
     * @throws LoadProblem if the kernel refuses it
     * @throws MalformedInputException if the kernel would look at what is not in the file
     */
    static LoadInfo check(KernelProfile profile, KernelObject file, int length, LoadOptions options) {
        ElfValidity validity = new ElfValidity(profile, file, length, options);
        for (Check check : profile.generation().elfChecks().checks) {
            check.on(validity);
        }
        return validity.info();
    }

    private LoadInfo info() {
        Section module = this.thisModule;
        if (module == null) {
            throw new IllegalStateException("no check for struct module");
        }
        SymbolTable symbols = elf().symbols().orElseThrow(() -> new IllegalStateException("no check for symbols"));
        return new LoadInfo(profile(), elf(), symbols, tags(), placed(module), ignoreModversions, sizeUnknown);
    }

    /** The only section of a name; empty if there is none. */
    private Optional<Section> only(String name, boolean withBytes, Supplier<String> message) {
        Section found = null;
        for (Section section : sections()) {
            if ((!withBytes || hasBytes(section)) && section.hasName(name)) {
                if (found != null) {
                    throw refused(message.get(), "there is more than one section " + name);
                }
                found = section;
            }
        }
        return Optional.ofNullable(found);
    }

    private void checkModinfoAmongSectionsWithBytes() {
        modinfo = only(".modinfo", true, () -> "Only one .modinfo section must exist.")
                .orElse(null);
    }

    private void checkOnlyModinfo() {
        modinfo = only(".modinfo", false, () -> "Only one .modinfo section must exist.")
                .orElse(null);
        // the kernel reads the module's name here, before it looks at anything else
        tags();
    }

    private Modinfo tags() {
        Modinfo known = tags;
        if (known == null) {
            Section section = modinfo;
            known = section == null
                    ? Modinfo.EMPTY
                    : Modinfo.parseAsLoader(bytes(), end(), placed(section).offset(), section.size());
            tags = known;
        }
        return known;
    }

    /**
     * A section whose bytes are looked at although its type says that it has none, so that no check has seen where they are.
     *
     * @throws MalformedInputException if they are not in the file
     */
    private Section placed(Section section) {
        long offset = section.offset();
        if (offset < 0 || offset > end()) {
            throw new MalformedInputException(
                    fileName(),
                    section + " sh_offset",
                    0,
                    "0x" + Long.toHexString(offset),
                    "an offset in the file, which the kernel does not check");
        }
        return section;
    }

    private String name() {
        return tags().first("name").orElse(NO_NAME);
    }

    private void checkOnlySymbolTable() {
        int tables = 0;
        for (Section section : sections()) {
            tables += section.type() == SHT_SYMTAB ? 1 : 0;
        }
        if (tables != 1) {
            throw refused(
                    KernelLog.WARNING,
                    name() + ": module has no symbols (stripped?)",
                    "there is not one symbol table",
                    "strip a module with --strip-debug only");
        }
    }

    private void checkOnlyThisModule() {
        checkThisModule(true, "Only one ");
    }

    private void checkExactlyThisModule() {
        checkThisModule(false, "Exactly one ");
    }

    private String ofModule() {
        return "module " + name() + ": ";
    }

    private void checkThisModule(boolean withBytes, String many) {
        Supplier<String> message = () -> ofModule() + many + KernelObject.THIS_MODULE + " section must exist.";
        Section found = only(KernelObject.THIS_MODULE, withBytes, message)
                .orElseThrow(() -> refused(message.get(), "there is no section with struct module"));
        if (found.type() == SHT_NOBITS) {
            throw refused(
                    ofModule() + KernelObject.THIS_MODULE + " section must have a size set",
                    "struct module has no bytes");
        }
        if (!found.hasFlags(SHF_ALLOC)) {
            throw refused(
                    ofModule() + KernelObject.THIS_MODULE + " must occupy memory during process execution",
                    "struct module's section is not SHF_ALLOC");
        }
        OptionalLong size = profile().thisModuleSize();
        sizeUnknown = size.isEmpty();
        if (size.isPresent() && found.size() != size.getAsLong()) {
            throw refused(
                    KernelLog.ERR,
                    ofModule() + KernelObject.THIS_MODULE
                            + " section size must match the kernel's built struct module size at run time",
                    "struct module has " + found.size() + " bytes in the module and " + size.getAsLong()
                            + " in the kernel: they were built with different configurations",
                    "build the module against the headers of " + profile().release());
        }
        thisModule = found;
    }

    /** {@code setup_load_info}, where many of each may be. */
    private void checkFirstSections() {
        modinfo = allocated(".modinfo").orElse(null);
        if (sections().stream().noneMatch(s -> s.type() == SHT_SYMTAB)) {
            throw refused(
                    KernelLog.WARNING,
                    name() + ": module has no symbols (stripped?)",
                    "there is no symbol table",
                    "strip a module with --strip-debug only");
        }
        thisModule = allocated(KernelObject.THIS_MODULE)
                .orElseThrow(() -> refused(
                        KernelLog.WARNING,
                        name() + ": No module found in object",
                        "there is no section with struct module",
                        "load the .ko that the kernel's build made"));
        // the kernel looks at all names later, wherever they are said to be
        sections().forEach(Section::name);
        if (!hasBytes(thisModule) || thisModule.size() < NAME_END) {
            throw new MalformedInputException(
                    fileName(),
                    KernelObject.THIS_MODULE,
                    thisModule.offset(),
                    thisModule.size() + " bytes",
                    "a struct module, which the kernel does not check");
        }
    }

    private Optional<Section> allocated(String name) {
        return LoadInfo.findSection(elf(), name);
    }

    private Section symbolTable() {
        return sections().stream()
                .filter(s -> s.type() == SHT_SYMTAB)
                .findFirst()
                .orElseThrow();
    }

    private void checkSymbolStringsLink() {
        Section symbols = symbolTable();
        checkLink(symbols);
        int type = elf().section(symbols.link()).type();
        if (type != SHT_STRTAB) {
            throw refused(
                    "Invalid ELF symbol string table type: " + Integer.toUnsignedString(type),
                    "the section with the symbols' names is no string table");
        }
    }

    private void checkExtendedVersions() {
        if (ignoreModversions) {
            return;
        }
        Optional<Section> crcs = allocated(SymbolVersions.EXTENDED_CRCS);
        Optional<Section> names = allocated(SymbolVersions.EXTENDED_NAMES);
        if (crcs.isPresent() != names.isPresent()) {
            throw refused(
                    "extended version crc+name presence does not match",
                    "of the checksums and their names one is missing");
        }
        if (crcs.isPresent() && !SymbolVersions.hasNames(crcs.get(), names.orElseThrow())) {
            throw refused("more extended version crcs than names", "some checksums have no name");
        }
    }

    private void checkSymbolStrings() {
        Section symbols = symbolTable();
        Section strings = elf().section(symbols.link());
        if (strings.size() == 0) {
            throw refused("empty symbol string table", "the symbols have no names");
        }
        if (at(strings, 0) != 0) {
            throw refused("symbol string table missing leading NUL", "the first symbol name is not empty");
        }
        if (at(strings, strings.size() - 1) != 0) {
            throw refused("symbol string table isn't NUL terminated", "the last symbol name has no end");
        }
        SymbolTable table = elf().symbols().orElseThrow();
        for (int i = 0; i < table.count(); i++) {
            if (table.nameOffset(i) >= strings.size()) {
                throw refused(
                        "symbol name out of bounds in string table",
                        "the name of symbol " + i + " is not in the section with the names");
            }
        }
    }
}
