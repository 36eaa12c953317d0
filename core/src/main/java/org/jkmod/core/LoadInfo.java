package org.jkmod.core;

import static org.jkmod.elf.Elf.SHF_ALLOC;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;
import org.jkmod.symtab.NameIndex;

/** What a load knows of its file once that has passed {@link ElfValidity} ({@code struct load_info}): the module as this kernel sees it. */
final class LoadInfo {
    /** More than a symbol's name has bytes, since 6.1. */
    private static final int KSYM_NAME_LEN = 512;

    private static final int NONE = -1;

    /** {@code MODULE_NAME_LEN}: 64 bytes less a word. */
    private static final int MODULE_NAME_LEN = 56;

    private final KernelObject object;
    private final String name;
    private final Optional<Section> versions;
    private final boolean structSizeUnknown;
    /** By index in the symbol table. */
    private final int[] importedExports;

    LoadInfo(
            KernelProfile profile,
            ElfFile elf,
            SymbolTable symbols,
            Modinfo modinfo,
            Section thisModule,
            boolean ignoreModversions,
            boolean structSizeUnknown) {
        String structName = structName(elf, thisModule);
        this.name = modinfo.first("name").orElse(structName);
        this.versions = ignoreModversions ? Optional.empty() : findSection(elf, SymbolVersions.SECTION);
        Optional<Section> crcs = findSection(elf, SymbolVersions.EXTENDED_CRCS);
        Optional<Section> names = findSection(elf, SymbolVersions.EXTENDED_NAMES);
        boolean extended = profile.generation().hasExtendedVersions()
                && !ignoreModversions
                && crcs.isPresent()
                && names.isPresent();
        this.structSizeUnknown = structSizeUnknown;
        this.object = new KernelObject(
                elf,
                symbols,
                modinfo,
                structName,
                extended
                        ? Optional.of(SymbolVersions.parseExtended(crcs.orElseThrow(), names.orElseThrow()))
                        : versions.map(SymbolVersions::parse),
                ignoreModversions);
        this.importedExports = findImports(object, profile.exports().names());
    }

    /**
     * Looks the imports' names up, before the load has the kernel's lock. Those that are longer than any that the kernel has, or come
     * after one that is not in its table, are left to the step that resolves them.
     */
    private static int[] findImports(KernelObject object, NameIndex exports) {
        SymbolTable symbols = object.symbols();
        byte[] file = object.elf().array();
        int[] found = new int[symbols.count()];
        Arrays.fill(found, NONE);
        try {
            for (int i = 1; i < found.length; i++) {
                if (object.isImport(i)) {
                    long name = symbols.nameOffset(i);
                    int length = symbols.strings().length(name, KSYM_NAME_LEN);
                    if (length < KSYM_NAME_LEN) {
                        found[i] = exports.find(file, symbols.strings().start() + (int) name, length);
                    }
                }
            }
        } catch (MalformedInputException e) {
            return found;
        }
        return found;
    }

    private static String structName(ElfFile elf, Section thisModule) {
        StringBuilder text = new StringBuilder();
        long at = thisModule.offset() + 3L * elf.elfClass().addressSize();
        byte[] bytes = elf.array();
        for (int i = 0; i < MODULE_NAME_LEN && at + i < elf.end() && bytes[(int) at + i] != 0; i++) {
            text.append((char) (bytes[(int) at + i] & 0xff));
        }
        return text.toString();
    }

    /** {@code find_sec}: the first section of a name that has SHF_ALLOC. */
    static Optional<Section> findSection(ElfFile elf, String name) {
        for (int i = 1; i < elf.sectionCount(); i++) {
            Section section = elf.section(i);
            if (section.hasFlags(SHF_ALLOC) && section.hasName(name)) {
                return Optional.of(section);
            }
        }
        return Optional.empty();
    }

    /** The module, with the name of its {@code struct module}, the {@code .modinfo} and the versions that the kernel has found. */
    KernelObject object() {
        return object;
    }

    /** {@code info->name}: what {@code .modinfo} calls the module, and if that says nothing, {@code struct module}. */
    String name() {
        return name;
    }

    /** {@code info->index.vers}: whether there is a {@code __versions} that counts. */
    boolean hasVersions() {
        return versions.isPresent();
    }

    /** As {@link ModuleLoad#importedExport}. */
    int importedExport(int symbol) {
        return importedExports[Objects.checkIndex(symbol, importedExports.length)];
    }

    /** Whether the size of {@code struct module} should have been compared, and the kernel's is not known. */
    boolean structSizeUnknown() {
        return structSizeUnknown;
    }
}
