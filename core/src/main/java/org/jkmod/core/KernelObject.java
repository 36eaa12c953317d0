package org.jkmod.core;

import static org.jkmod.elf.Elf.SHN_UNDEF;
import static org.jkmod.elf.Elf.SHT_REL;
import static org.jkmod.elf.Elf.SHT_RELA;
import static org.jkmod.elf.Elf.STB_WEAK;

import com.google.common.base.Suppliers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.ElfHeader;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;
import org.jkmod.elf.StringTable;
import org.jkmod.elf.SymbolTable;

/**
 * A {@code .ko} file: a relocatable ELF object with what the kernel's build adds to make it a module. Immutable as long as nobody
 * writes to the bytes that it was made of.
 *
 * <p>A signature appended to the file is cut off first, as {@code module_sig_check} does (kernel/module/signing.c).
 */
public final class KernelObject {
    /** What ends a signed module (include/linux/module_signature.h). */
    private static final byte[] SIGNATURE_MARKER = "~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII);
    /** {@code sizeof(struct module_signature)}, which stands before the marker. */
    private static final int SIGNATURE_INFO = 12;

    /** The smallest page that there is; a file is in whole ones. */
    private static final int PAGE = 4096;

    /** The section that becomes the module's {@code struct module}. */
    static final String THIS_MODULE = ".gnu.linkonce.this_module";
    /** The section with a piece of every CPU's own data. */
    static final String PER_CPU = ".data..percpu";

    /**
     * A symbol that the module needs.
     *
     * @param name its name
     * @param weak whether the module loads without it
     */
    public record Import(String name, boolean weak) {}

    /**
     * A symbol that the module offers to others.
     *
     * @param name its name
     * @param gplOnly whether only modules under a GPL-compatible licence may use it
     * @param namespace its namespace, empty for none
     */
    public record Export(String name, boolean gplOnly, String namespace) {}

    private final byte[] file;
    private final int fileSize;
    private final String fileName;
    private final boolean loadedVersions;
    private final Supplier<ElfFile> elf;
    private final Supplier<SymbolTable> symbols;
    private final Supplier<Modinfo> modinfo;
    private final Supplier<Optional<SymbolVersions>> versions;
    private final Supplier<String> name;

    private KernelObject(byte[] file, int fileSize, String fileName) {
        this.loadedVersions = false;
        this.file = file;
        Objects.checkFromIndexSize(0, fileSize, file.length);
        this.fileSize = fileSize;
        this.fileName = fileName;
        this.elf = Suppliers.memoize(this::readElf);
        this.symbols = Suppliers.memoize(this::readSymbols);
        this.modinfo = Suppliers.memoize(this::readModinfo);
        this.versions = Suppliers.memoize(this::readVersions);
        this.name = Suppliers.memoize(this::readName);
    }

    /**
     * A module as a kernel sees it ({@link LoadInfo}).
     *
     * @param loadedVersions whether the sections with versions are nothing special, and get memory
     */
    KernelObject(
            ElfFile elf,
            SymbolTable symbols,
            Modinfo modinfo,
            String name,
            Optional<SymbolVersions> versions,
            boolean loadedVersions) {
        this.loadedVersions = loadedVersions;
        this.file = elf.array();
        this.fileSize = elf.end();
        this.fileName = elf.name();
        this.elf = Suppliers.ofInstance(elf);
        this.symbols = Suppliers.ofInstance(symbols);
        this.modinfo = Suppliers.ofInstance(modinfo);
        this.versions = Suppliers.ofInstance(versions);
        this.name = Suppliers.ofInstance(name);
    }

    /**
     * Views a module in memory, without a copy.
     *
     * @param bytes the whole file; must not be written to while this object is in use
     * @param name what to call the file in messages
     * @throws MalformedInputException if it is not an ELF object with a symbol table
     */
    public static KernelObject parse(byte[] bytes, String name) {
        KernelObject object = new KernelObject(bytes, bytes.length, name);
        object.symbols();
        return object;
    }

    /**
     * Takes any bytes for a module, without a look at them: what a kernel says of them, {@link Kernel#check} and {@link Kernel#load}
     * tell. Of a file that is no module, the accessors throw {@link MalformedInputException}.
     *
     * @param bytes the whole file; must not be written to while this object is in use
     * @param name what to call the file in messages
     */
    public static KernelObject unchecked(byte[] bytes, String name) {
        return new KernelObject(bytes, bytes.length, name);
    }

    /**
     * The same of a file that fills the first bytes of an array, which may be used again for another once this one has been loaded
     * ({@link ModuleLoad#relocate}).
     *
     * @param size of the file in bytes
     */
    public static KernelObject unchecked(byte[] bytes, int size, String name) {
        return new KernelObject(bytes, size, name);
    }

    private ElfFile readElf() {
        return ElfFile.parse(file, lengthWithoutSignature(file, fileSize, fileName), fileName);
    }

    private SymbolTable readSymbols() {
        return elf().symbols()
                .orElseThrow(() -> new MalformedInputException(
                        fileName, "section headers", 0, "no SHT_SYMTAB section", "a symbol table (is it stripped?)"));
    }

    /**
     * Reads a module from a file that is not compressed.
     *
     * @throws IOException if the file cannot be read
     * @throws MalformedInputException as {@link #parse}, or if it is larger than {@link ElfFile#MAX_SIZE}
     */
    public static KernelObject read(Path file) throws IOException {
        return parse(InputFile.read(file, ElfFile.MAX_SIZE, "a module"), file.toString());
    }

    static int lengthWithoutSignature(byte[] bytes, int size, String name) {
        int marker = size - SIGNATURE_MARKER.length;
        if (marker < SIGNATURE_INFO) {
            return size;
        }
        for (int i = 0; i < SIGNATURE_MARKER.length; i++) {
            if (bytes[marker + i] != SIGNATURE_MARKER[i]) {
                return size;
            }
        }
        // The last field, sig_len, is big-endian whatever the machine.
        long signature = 0;
        for (int i = marker - 4; i < marker; i++) {
            signature = (signature << 8) | (bytes[i] & 0xff);
        }
        long rest = marker - SIGNATURE_INFO - signature;
        if (rest < 0) {
            throw new MalformedInputException(
                    name, "signature sig_len", marker - 4L, Long.toString(signature), "less than the file's size");
        }
        return (int) rest;
    }

    /** The file, without its signature. */
    public ElfFile elf() {
        return elf.get();
    }

    /** What begins with the file's bytes, the signature included. */
    byte[] file() {
        return file;
    }

    /** Length of the file in bytes. */
    int fileSize() {
        return fileSize;
    }

    /** Whether a signature is appended to the file; says nothing of whether it is valid. */
    public boolean isSigned() {
        return lengthWithoutSignature(file, fileSize, fileName) != fileSize;
    }

    /** The file's symbol table. */
    public SymbolTable symbols() {
        return symbols.get();
    }

    /**
     * The module's name, as {@code lsmod} shows it: {@code struct module}'s, or, in an object that has none, {@code name=} of
     * {@code .modinfo}; empty if neither is there.
     */
    public String name() {
        return name.get();
    }

    /** The strings of {@code .modinfo}; empty if there is no such section. */
    public Modinfo modinfo() {
        return modinfo.get();
    }

    /** The version magic, if the module says any. */
    public Optional<String> vermagic() {
        return modinfo().first("vermagic");
    }

    /**
     * The release of the kernel that it was built for: the first word of its version magic.
     *
     * @throws MalformedInputException if it says none
     */
    public KernelRelease release() {
        String magic = vermagic().orElse("");
        int blank = magic.indexOf(' ');
        try {
            return KernelRelease.parse(blank < 0 ? magic : magic.substring(0, blank));
        } catch (IllegalArgumentException e) {
            throw new MalformedInputException(
                    elf().name(), ".modinfo vermagic", 0, "'" + magic + "'", "a kernel's release first");
        }
    }

    /**
     * The architecture that it is for.
     *
     * @throws IllegalArgumentException if no architecture on the class path knows such objects
     */
    public Architecture architecture() {
        return Architecture.ofMachine(elf().machine())
                .orElseThrow(() -> new IllegalArgumentException(
                        elf().name() + ": no architecture with e_machine " + elf().machine() + " on the class path"));
    }

    /** The checksums of the symbols it was built against, if it has any. */
    public Optional<SymbolVersions> versions() {
        return versions.get();
    }

    /**
     * Size of the module's {@code struct module} in bytes; it must be its kernel's.
     *
     * @throws MalformedInputException if there is no {@code .gnu.linkonce.this_module}
     */
    public long thisModuleSize() {
        return thisModule().size();
    }

    Section thisModule() {
        return section(THIS_MODULE, "a kernel module");
    }

    /**
     * The section that relocations are for, as kernels find it that do not check its index: {@code sechdrs + sh_info}. What lies in the
     * file behind the headers is taken for no section.
     *
     * @return empty if there is no such section
     * @throws MalformedInputException if that is beyond the file's last page, where a kernel may die
     */
    public Optional<Section> relocated(Section relocations) {
        long info = Integer.toUnsignedLong(relocations.info());
        if (info < elf().sectionCount()) {
            return Optional.of(elf().section((int) info));
        }
        byte[] bytes = elf().array();
        long entry = ElfHeader.sectionHeaderSize(elf().elfClass());
        long at = ElfHeader.read(bytes, elf().elfClass(), elf().byteOrder()).shoff() + info * entry;
        if (at + entry > ((elf().end() + PAGE - 1) & -PAGE)) {
            throw new MalformedInputException(
                    elf().name(),
                    relocations + " sh_info",
                    0,
                    Long.toString(info),
                    "a section, or what lies in the file behind the headers: the kernel does not check it");
        }
        return Optional.empty();
    }

    /**
     * The section of a name that a module must have.
     *
     * @param expected what kind of module has it, for the message
     * @throws MalformedInputException if there is none
     */
    public Section section(String sectionName, String expected) {
        return elf().section(sectionName)
                .orElseThrow(() -> new MalformedInputException(
                        elf().name(), "section headers", 0, "no section " + sectionName, expected));
    }

    /** The symbols that the module needs, in the order of its symbol table. */
    public List<Import> imports() {
        List<Import> imports = new ArrayList<>();
        for (int i = 1; i < symbols().count(); i++) {
            if (isImport(i)) {
                imports.add(new Import(symbols().name(i), symbols().binding(i) == STB_WEAK));
            }
        }
        return List.copyOf(imports);
    }

    /** Whether a symbol of the symbol table is one that the module needs from elsewhere. */
    public boolean isImport(int symbol) {
        return symbols().rawSectionIndex(symbol) == SHN_UNDEF && symbols().nameOffset(symbol) != 0;
    }

    /** The symbols that the module offers, in the order of its export tables. */
    public List<Export> exports() {
        List<Export> exports = new ArrayList<>();
        exports("__ksymtab", false, exports);
        exports("__ksymtab_gpl", true, exports);
        return List.copyOf(exports);
    }

    /**
     * An entry of {@code __ksymtab} has three relocations: value, name, namespace. The strings that the latter two point to are in the
     * file already.
     */
    private void exports(String table, boolean gplOnly, List<Export> to) {
        Optional<Section> flags = elf().section("__kflagstab");
        for (Section section : elf().sections()) {
            if (!isRelocationsOf(section, table)) {
                continue;
            }
            RelocationTable relocations = section.relocations();
            int entries = relocations.count() / 3;
            for (int i = 0; i < entries; i++) {
                int entry = i;
                boolean gpl = gplOnly
                        || flags.map(Section::bytes)
                                .filter(f -> entry < f.limit() && (f.get(entry) & 1) != 0)
                                .isPresent();
                to.add(new Export(pointee(relocations, 3 * i + 1), gpl, pointee(relocations, 3 * i + 2)));
            }
        }
    }

    /** Whether a section has the relocations of one of a name; the kernel passes over those of no section at all. */
    private boolean isRelocationsOf(Section section, String target) {
        return (section.type() == SHT_RELA || section.type() == SHT_REL)
                && section.info() > 0
                && section.info() < elf().sectionCount()
                && elf().section(section.info()).hasName(target);
    }

    private String pointee(RelocationTable relocations, int index) {
        int symbol = relocations.symbol(index);
        if (symbol < 0 || symbol >= symbols().count()) {
            throw new MalformedInputException(
                    elf().name(),
                    relocations.section() + " relocation " + index,
                    relocations.start(),
                    "symbol " + Integer.toUnsignedString(symbol),
                    "a symbol index below " + symbols().count());
        }
        int in = symbols().sectionIndex(symbol);
        if (in <= 0 || in >= elf().sectionCount()) {
            throw new MalformedInputException(
                    elf().name(),
                    "symbol " + symbol + " st_shndx",
                    relocations.start(),
                    Integer.toUnsignedString(in),
                    "the section with the exports' names");
        }
        StringTable strings = elf().section(in).strings();
        return strings.string(symbols().value(symbol) + relocations.addend(index));
    }

    private Modinfo readModinfo() {
        return Modinfo.parse(elf().section(".modinfo").map(Section::bytes).orElseGet(() -> ByteBuffer.allocate(0)));
    }

    private Optional<SymbolVersions> readVersions() {
        Optional<Section> crcs = allocated(SymbolVersions.EXTENDED_CRCS);
        Optional<Section> names = allocated(SymbolVersions.EXTENDED_NAMES);
        if (crcs.isPresent() && names.isPresent()) {
            return Optional.of(SymbolVersions.parseExtended(crcs.get(), names.get()));
        }
        return allocated(SymbolVersions.SECTION).map(SymbolVersions::parse);
    }

    /** Whether the versions are ignored, so that their sections are loaded as any other. */
    boolean hasLoadedVersions() {
        return loadedVersions;
    }

    /** The first section of a name that has SHF_ALLOC ({@code find_sec}). */
    Optional<Section> allocated(String sectionName) {
        return LoadInfo.findSection(elf(), sectionName);
    }

    private String readName() {
        Optional<Section> section = elf().section(THIS_MODULE);
        // enum module_state, padding, struct list_head, char name[]: so in every kernel.
        int at = 3 * elf().elfClass().addressSize();
        if (section.isPresent() && section.get().bytes().limit() > at) {
            ByteBuffer bytes = section.get().bytes();
            StringBuilder text = new StringBuilder();
            for (int i = at; i < bytes.limit() && bytes.get(i) != 0; i++) {
                text.append((char) (bytes.get(i) & 0xff));
            }
            if (!text.isEmpty()) {
                return text.toString();
            }
        }
        return modinfo().first("name").orElse("");
    }

    @Override
    public String toString() {
        return fileName;
    }
}
