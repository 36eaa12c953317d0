package org.jkmod.core;

import static org.jkmod.elf.Elf.ET_REL;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHN_UNDEF;
import static org.jkmod.elf.Elf.SHT_NOBITS;
import static org.jkmod.elf.Elf.SHT_NULL;
import static org.jkmod.elf.Elf.SHT_STRTAB;
import static org.jkmod.elf.Elf.SHT_SYMTAB;

import java.util.List;
import org.jkmod.core.Problem.Kind;
import org.jkmod.elf.ElfClass;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.ElfHeader;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel wants of a file's headers: the half of {@link ElfValidity} that does not know what a module is
 * ({@code elf_validity_ehdr}, {@code elf_validity_cache_sechdrs}, {@code elf_validity_cache_secstrings} in newer kernels).
 */
class ElfHeaderValidity {
    private final KernelProfile profile;
    private final byte[] bytes;
    private final int end;
    private final int length;
    private final String fileName;
    private final ElfClass elfClass;
    private @Nullable ElfHeader header;
    private @Nullable ElfFile elf;

    ElfHeaderValidity(KernelProfile profile, KernelObject file, int length) {
        this.profile = profile;
        this.bytes = file.file();
        this.end = file.fileSize();
        this.length = length;
        this.fileName = file.toString();
        this.elfClass = profile.architecture().facts().elfClass();
    }

    KernelProfile profile() {
        return profile;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Where in {@link #bytes} the file ends, its signature included. */
    int end() {
        return end;
    }

    String fileName() {
        return fileName;
    }

    ElfFile elf() {
        ElfFile known = elf;
        if (known == null) {
            throw new IllegalStateException("the header comes first");
        }
        return known;
    }

    ElfHeader header() {
        ElfHeader known = header;
        if (known == null) {
            throw new IllegalStateException("the header comes first");
        }
        return known;
    }

    static LoadProblem refused(int level, String message, String meaning) {
        return refused(level, message, meaning, "build or fetch the module again: the file is damaged, or no module");
    }

    static LoadProblem refused(int level, String message, String meaning, String remedy) {
        return new LoadProblem(new Problem(Kind.FORMAT, Errno.ENOEXEC, message, meaning, remedy), level);
    }

    static LoadProblem refused(String message, String meaning) {
        return refused(KernelLog.ERR, message, meaning);
    }

    void checkHeader() {
        int size = ElfHeader.size(elfClass);
        if (length < size) {
            throw refused(
                    "Invalid ELF header len " + length, "the file has fewer than the " + size + " bytes of a header");
        }
        if (bytes[0] != 0x7f || bytes[1] != 'E' || bytes[2] != 'L' || bytes[3] != 'F') {
            throw refused("Invalid ELF header magic: != \u007fELF", "the file is no ELF object");
        }
        ElfHeader found =
                ElfHeader.read(bytes, elfClass, profile.architecture().facts().byteOrder());
        if (found.type() != ET_REL) {
            throw refused(
                    KernelLog.ERR,
                    "Invalid ELF header type: " + found.type() + " != " + ET_REL,
                    "the file is no relocatable object",
                    "load the .ko that the kernel's build made");
        }
        Architecture architecture = profile.architecture();
        if (!architecture.elfCheckArch(found.machine(), found.identClass())) {
            throw refused(
                    KernelLog.ERR,
                    "Invalid architecture in ELF header: " + found.machine(),
                    "the module is for another machine than " + architecture.name(),
                    "build the module for " + architecture.name());
        }
        int entry = ElfHeader.sectionHeaderSize(elfClass);
        if (found.shentsize() != entry) {
            throw refused(
                    "Invalid ELF section header size",
                    "section headers are said to have " + found.shentsize() + " bytes instead of " + entry);
        }
        if (Long.compareUnsigned(found.shoff(), length) >= 0 || (long) found.shnum() * entry > length - found.shoff()) {
            throw refused(
                    "Invalid ELF section header overflow", "the section headers go on behind the end of the file");
        }
        header = found;
        if (found.shnum() == 0) {
            // of no sections the kernel would look at the first all the same, and then see that there are none
            checkSectionNameIndex();
        }
        elf = ElfFile.parseAsLoader(
                bytes, end, length, fileName, elfClass, architecture.facts().byteOrder());
    }

    void checkSectionZero() {
        Section zero = elf().section(0);
        if (zero.type() != SHT_NULL || zero.size() != 0 || zero.address() != 0) {
            throw refused(
                    "ELF Spec violation: section 0 type(" + zero.type() + ")!=SH_NULL or non-zero len or addr",
                    "section 0 is not empty");
        }
    }

    void checkSectionNameIndex() {
        int index = header().shstrndx();
        if (index == SHN_UNDEF || index >= header().shnum()) {
            throw refused(
                    "Invalid ELF section name index: " + index + " || e_shstrndx (" + index + ") >= e_shnum ("
                            + header().shnum() + ")",
                    "there is no section with the sections' names");
        }
    }

    Section sectionNames() {
        return elf().section(header().shstrndx());
    }

    void checkSectionNamesInFile() {
        if (!isInFile(sectionNames())) {
            throw refused(
                    "Invalid ELF section hdr(type "
                            + Integer.toUnsignedString(sectionNames().type()) + ")",
                    "the section with the sections' names goes on behind the end of the file");
        }
    }

    void checkSectionNameType() {
        if (sectionNames().type() != SHT_STRTAB) {
            throw refused(
                    "Invalid ELF section name table type: "
                            + Integer.toUnsignedString(sectionNames().type()),
                    "the section with the sections' names is no string table");
        }
    }

    void checkSectionNameStrings() {
        Section names = sectionNames();
        if (names.size() == 0) {
            throw refused("empty section name table", "the sections have no names");
        }
        if (at(names, names.size() - 1) != 0) {
            throw refused(
                    "ELF Spec violation: section name table isn't null terminated", "the last section name has no end");
        }
    }

    /** A byte of a section, or of what the kernel would find there; zero for one that the file does not hold. */
    int at(Section section, long offset) {
        long at = section.offset() + offset;
        return at >= 0 && at < end ? bytes[(int) at] : 0;
    }

    /** {@code validate_section_offset}. */
    boolean isInFile(Section section) {
        long end = section.offset() + section.size();
        return Long.compareUnsigned(end, section.offset()) >= 0 && Long.compareUnsigned(end, length) <= 0;
    }

    static boolean hasBytes(Section section) {
        return section.type() != SHT_NULL && section.type() != SHT_NOBITS;
    }

    void checkInFile(Section section) {
        if (!isInFile(section)) {
            throw refused(
                    "Invalid ELF section in module (section " + section.index() + " type "
                            + Integer.toUnsignedString(section.type()) + ")",
                    "a section goes on behind the end of the file");
        }
    }

    void checkName(Section section) {
        if (section.nameOffset() >= sectionNames().size()) {
            throw refused(
                    "Invalid ELF section name in module (section " + section.index() + " type "
                            + Integer.toUnsignedString(section.type()) + ")",
                    "a section's name is not in the section with the names");
        }
    }

    void checkSectionsInFile() {
        for (Section section : sections()) {
            if (hasBytes(section)) {
                checkInFile(section);
            }
        }
    }

    /** All sections but section 0. */
    List<Section> sections() {
        return elf().sections().subList(1, elf().sectionCount());
    }

    void checkSectionsAndAllocatedNames() {
        for (Section section : sections()) {
            checkSectionAndAllocatedName(section, false);
        }
    }

    /** The same, where each name is compared before it is checked. */
    void checkSectionsAndComparedNames() {
        for (Section section : sections()) {
            checkSectionAndAllocatedName(section, true);
        }
    }

    private void checkSectionAndAllocatedName(Section section, boolean compared) {
        if (!hasBytes(section)) {
            return;
        }
        if (section.type() == SHT_SYMTAB) {
            checkLink(section);
        }
        checkInFile(section);
        if (compared && sectionNames().offset() + section.nameOffset() >= end) {
            throw new MalformedInputException(
                    fileName,
                    section + " sh_name",
                    0,
                    "0x" + Long.toHexString(section.nameOffset()),
                    "a name in the file, which the kernel does not check");
        }
        if (section.hasFlags(SHF_ALLOC)) {
            checkName(section);
        }
    }

    void checkLink(Section symbols) {
        int link = symbols.link();
        if (link == SHN_UNDEF || Integer.compareUnsigned(link, header().shnum()) >= 0) {
            throw refused(
                    "Invalid ELF sh_link!=SHN_UNDEF(" + link + ") or (sh_link(" + link + ") >= hdr->e_shnum("
                            + header().shnum() + ")",
                    "there is no section with the symbols' names");
        }
    }

    void checkAllNames() {
        for (Section section : elf().sections()) {
            if (section.type() != SHT_NULL) {
                checkName(section);
            }
        }
    }
}
