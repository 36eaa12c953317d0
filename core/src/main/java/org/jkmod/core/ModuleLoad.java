package org.jkmod.core;

import static org.jkmod.elf.Elf.ET_REL;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jkmod.core.KernelModule.LoadedSection;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.core.Problem.Kind;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jspecify.annotations.Nullable;

/**
 * One load of one module ({@code load_module} and its {@code struct load_info}), step by step:
 *
 * <ol>
 *   <li>{@link Kernel#begin}: the checks and the layout, which look at nothing but the file and the profile;
 *   <li>{@link #form}: under the kernel's lock, the module gets its place in the list and its memory, and its imports are resolved;
 *   <li>{@link #relocate}: its sections are copied and relocated, which changes nothing but its own memory;
 *   <li>{@link #run}: under the lock, it becomes COMING, offers its exports, gets its parameters, runs its init and is LIVE.
 * </ol>
 *
 * <p>{@link Kernel#load} takes all of them. Whoever loads many modules may take the first and the third on several threads while the
 * other two keep their order, and so gets the same kernel as with one thread. When a step fails, all before it is undone.
 */
public final class ModuleLoad {
    private final Kernel kernel;
    private final KernelObject object;
    private final LoadOptions options;
    private final String name;
    private final ModuleLayout layout;
    private final boolean forced;

    private @Nullable KernelModule module;
    private long[] sectionAddress = new long[0];
    private long[] symbols = new long[0];
    /** Why the module could not be relocated. */
    private @Nullable LoadProblem fault;
    /** What the kernel prints before the fault's own message. */
    private List<String> faultMessages = List.of();

    private ModuleLoad(Kernel kernel, KernelObject object, LoadOptions options, boolean forced, ModuleLayout layout) {
        this.kernel = kernel;
        this.object = object;
        this.options = options;
        this.name = object.name();
        this.forced = forced;
        this.layout = layout;
    }

    /** The checks and the layout. */
    static ModuleLoad begin(Kernel kernel, KernelObject object, LoadOptions options) {
        KernelProfile profile = kernel.profile();
        // what to call a file in which not even the name can be read
        String name = object.elf().name();
        try {
            name = object.name();
            checkElf(profile, object, name);
            boolean forced = checkVersions(kernel, object, options, name);
            checkSections(object, name);
            ModuleLayout layout = SectionLayout.of(object, profile.configuration(), profile.architecture());
            checkContents(object.elf(), layout);
            return new ModuleLoad(kernel, object, options, forced, layout);
        } catch (MalformedInputException e) {
            throw kernel.failed(name, new LoadProblem(malformed(e)));
        } catch (LoadProblem e) {
            throw kernel.failed(name, e);
        }
    }

    /** The file's own faults have the file's own words: what the kernel prints depends on which of its checks is the first to see it. */
    private static Problem malformed(MalformedInputException e) {
        return new Problem(
                Kind.FORMAT,
                Errno.ENOEXEC,
                String.valueOf(e.getMessage()),
                "the file is damaged",
                "build or fetch it again");
    }

    private static void checkElf(KernelProfile profile, KernelObject object, String name) {
        ElfFile elf = object.elf();
        if (elf.type() != ET_REL) {
            throw new LoadProblem(
                    Kind.FORMAT,
                    Errno.ENOEXEC,
                    "Invalid ELF header type: " + elf.type() + " != " + ET_REL,
                    "the file is no relocatable object",
                    "load the .ko that the kernel's build made");
        }
        Architecture architecture = profile.architecture();
        if (elf.machine() != architecture.machine()
                || elf.elfClass() != architecture.facts().elfClass()
                || !elf.byteOrder().equals(architecture.facts().byteOrder())) {
            throw new LoadProblem(
                    Kind.FORMAT,
                    Errno.ENOEXEC,
                    "Invalid architecture in ELF header: " + elf.machine(),
                    "the module is for another machine than " + architecture.name(),
                    "build the module for " + architecture.name());
        }
        Section thisModule = object.thisModule();
        OptionalLong size = profile.thisModuleSize();
        if (profile.generation().checksThisModuleSize() && size.isPresent() && thisModule.size() != size.getAsLong()) {
            throw new LoadProblem(
                    Kind.FORMAT,
                    Errno.ENOEXEC,
                    "module " + name + ": " + KernelObject.THIS_MODULE
                            + " section size must match the kernel's built struct module size at run time",
                    "struct module has " + thisModule.size() + " bytes in the module and " + size.getAsLong()
                            + " in the kernel: they were built with different configurations",
                    "build the module against the headers of " + profile.release());
        }
    }

    /** {@code check_modstruct_version} and {@code check_modinfo}: returns whether the module is let in by force. */
    private static boolean checkVersions(Kernel kernel, KernelObject object, LoadOptions options, String name) {
        boolean[] forced = new boolean[1];
        kernel.locked(() -> {
            forced[0] = kernel.checkModuleLayoutVersion(object, options, name);
            forced[0] |= checkVermagic(kernel, object, options, name);
        });
        return forced[0];
    }

    private static boolean checkVermagic(Kernel kernel, KernelObject object, LoadOptions options, String name) {
        KernelProfile profile = kernel.profile();
        String wanted = profile.vermagic().orElse(null);
        String found = options.ignoreVermagic() ? null : object.vermagic().orElse(null);
        if (found == null) {
            kernel.tainting().forceLoad(name, "bad vermagic");
            return true;
        }
        boolean versions = !options.ignoreModversions() && object.versions().isPresent();
        if (wanted != null && !sameMagic(found, wanted, versions)) {
            throw new LoadProblem(
                    Kind.VERMAGIC,
                    Errno.ENOEXEC,
                    name + ": version magic '" + found + "' should be '" + wanted + "'",
                    "the module was built for another kernel",
                    "build the module against the headers of " + profile.release());
        }
        return false;
    }

    /** {@code same_magic}: a module with symbol versions may be of another release. */
    private static boolean sameMagic(String a, String b, boolean hasVersions) {
        return hasVersions ? afterRelease(a).equals(afterRelease(b)) : a.equals(b);
    }

    private static String afterRelease(String magic) {
        int blank = magic.indexOf(' ');
        return blank < 0 ? "" : magic.substring(blank);
    }

    /** {@code module_enforce_rwx_sections}. */
    private static void checkSections(KernelObject object, String name) {
        for (Section section : object.elf().sections()) {
            if (section.hasFlags(SHF_WRITE | SHF_EXECINSTR)) {
                throw new LoadProblem(
                        Kind.FORMAT,
                        Errno.ENOEXEC,
                        name + ": section " + section.name() + " (index " + section.index()
                                + ") has invalid WRITE|EXEC flags",
                        "a section is writable and executable",
                        "let the section be one or the other");
            }
        }
    }

    /** Every section that will be copied lies within the file. */
    private static void checkContents(ElfFile elf, ModuleLayout layout) {
        for (Placement placement : layout.placements()) {
            elf.section(placement.index()).start();
        }
    }

    /** The module's name. */
    public String name() {
        return name;
    }

    /** The file that is loaded. */
    public KernelObject object() {
        return object;
    }

    /**
     * Gives the module its place in the kernel's list and its memory, and resolves its imports; it is UNFORMED then.
     *
     * @throws ModuleLoadException if the kernel refuses it; nothing but messages and taints is left of it then
     */
    public void form() {
        kernel.locked(() -> {
            try {
                kernel.checkNotLoaded(name);
                // What the file says is read first: nothing may fail between the memory and the module that owns it.
                Modinfo modinfo = object.modinfo();
                boolean hasInit = object.hasEntry("init_module");
                boolean hasExit = object.hasEntry("cleanup_module");
                EnumMap<MemoryType, ModuleMemory> memory = allocate();
                KernelModule formed = new KernelModule(
                        name, modinfo, hasInit, hasExit, options.parameters(), sections(memory), memory);
                module = formed;
                kernel.add(formed);
                kernel.tainting().addAll(formed, object, forced);
                ImportResolution imports = new ImportResolution(kernel, formed, object, options);
                symbols = SymbolResolution.resolve(object, sectionAddress, imports);
                imports.throwIfFailed();
            } catch (LoadProblem e) {
                undo();
                throw kernel.failed(name, e);
            } catch (MalformedInputException e) {
                undo();
                throw kernel.failed(name, new LoadProblem(malformed(e)));
            }
        });
    }

    /** More than any module needs; a file of a few kilobytes can claim to need anything. */
    private static final long MAX_MEMORY = 1L << 27;

    /** Gives every memory type its address; on failure, those given are taken back. */
    private EnumMap<MemoryType, ModuleMemory> allocate() {
        EnumMap<MemoryType, ModuleMemory> memory = new EnumMap<>(MemoryType.class);
        long total = layout.sizes().values().stream().mapToLong(Long::longValue).sum();
        for (Map.Entry<MemoryType, Long> entry : layout.sizes().entrySet()) {
            MemoryType type = entry.getKey();
            long size = entry.getValue();
            OptionalLong base = total > MAX_MEMORY ? OptionalLong.empty() : kernel.allocate(type, size);
            if (base.isEmpty()) {
                memory.values().forEach(kernel::free);
                throw new LoadProblem(
                        Kind.NO_MEMORY,
                        Errno.ENOMEM,
                        "",
                        "no room for " + size + " bytes of " + type.shown() + " memory in the module region",
                        "unload modules, or make this one smaller");
            }
            memory.put(
                    type,
                    new ModuleMemory(
                            type,
                            base.getAsLong(),
                            kernel.sizeInPages(size),
                            new byte[(int) layout.sectionBytes(type)]));
        }
        return memory;
    }

    private List<LoadedSection> sections(EnumMap<MemoryType, ModuleMemory> memory) {
        sectionAddress = new long[object.elf().sectionCount()];
        List<LoadedSection> sections = new ArrayList<>(layout.placements().size());
        for (Placement placement : layout.placements()) {
            ModuleMemory piece = memory.get(placement.memory());
            // A memory of size 0 is not allocated: the kernel's pointer to it is NULL.
            long address = (piece == null ? 0 : piece.base()) + placement.offset();
            sectionAddress[placement.index()] = address;
            if (piece != null) {
                sections.add(new LoadedSection(placement.name(), placement.memory(), address, placement.size()));
            }
        }
        return sections;
    }

    /**
     * Copies the module's sections to its memory and relocates them, once the module is formed. Needs no lock, and leaves the kernel's
     * books alone: that a relocation cannot be applied, {@link #run} says.
     */
    public void relocate() {
        KernelModule formed = formed();
        try {
            relocate(formed);
        } catch (LoadProblem e) {
            fault = e;
        } catch (MalformedInputException e) {
            fault = new LoadProblem(malformed(e));
        }
    }

    private void relocate(KernelModule formed) {
        byte[] file = object.elf().array();
        for (Placement placement : layout.placements()) {
            Section section = object.elf().section(placement.index());
            ModuleMemory piece = formed.memory().get(placement.memory());
            if (piece != null && placement.hasContent() && !section.isEmptyInFile()) {
                System.arraycopy(
                        file, section.start(), piece.array(), (int) placement.offset(), (int) placement.size());
            }
        }
        KernelProfile profile = kernel.profile();
        ModuleRelocation.Result result = ModuleRelocation.apply(
                object,
                layout,
                symbols,
                index -> memory(formed, index),
                profile.architecture(),
                profile.configuration(),
                RelocationPolicy.KERNEL);
        if (result.withoutAddends()) {
            throw new LoadProblem(
                    Kind.RELOCATION,
                    Errno.ENOEXEC,
                    "module " + name + ": REL relocation unsupported",
                    "the module has relocations without addends",
                    "build it with the kernel's own compiler flags");
        }
        if (result.failure().isPresent()) {
            throw relocationProblem(profile, result.failure().get());
        }
        formed.relocations(result.applied());
        formed.symbols(ModuleKallsyms.of(object, layout, symbols, formed.memory()));
    }

    /** A section's memory; of no bytes, if nothing of its memory's sections has any. */
    private Optional<SectionMemory> memory(KernelModule formed, int section) {
        return layout.of(section).map(placement -> {
            ModuleMemory piece = formed.memory().get(placement.memory());
            return new SectionMemory(
                    piece == null ? new byte[0] : piece.array(),
                    (int) placement.offset(),
                    (int) placement.size(),
                    sectionAddress[section]);
        });
    }

    private LoadProblem relocationProblem(KernelProfile profile, RelocationFailure failure) {
        List<String> messages = profile.architecture().messages(failure, name, profile.generation());
        String last = messages.isEmpty() ? "" : messages.get(messages.size() - 1);
        faultMessages = messages.subList(0, Math.max(0, messages.size() - 1));
        return new LoadProblem(
                Kind.RELOCATION,
                profile.architecture().facts().relocationErrno(),
                last,
                failure.description(),
                "build the module with the kernel's own compiler flags");
    }

    /**
     * Makes the module part of the kernel: COMING, its exports offered, its init run, and LIVE.
     *
     * @throws ModuleLoadException if the kernel refuses it; nothing but messages and taints is left of the module then
     */
    public KernelModule run() {
        KernelModule formed = formed();
        kernel.locked(() -> {
            try {
                LoadProblem relocationFault = fault;
                if (relocationFault != null) {
                    faultMessages.forEach(message -> kernel.log().print(KernelLog.ERR, message));
                    throw relocationFault;
                }
                formed.exports = ModuleExports.offer(kernel, formed, object, layout);
                formed.state(ModuleState.COMING);
                ModuleArguments.parse(kernel.log(), formed);
                formed.state(ModuleState.LIVE);
                formed.reference(-1);
                kernel.freeInit(formed);
            } catch (LoadProblem e) {
                undo();
                throw kernel.failed(name, e);
            }
        });
        return formed;
    }

    private KernelModule formed() {
        KernelModule formed = module;
        if (formed == null) {
            throw new IllegalStateException("module " + name + " is not formed");
        }
        return formed;
    }

    private void undo() {
        KernelModule formed = module;
        module = null;
        if (formed != null) {
            formed.state(ModuleState.GOING);
            kernel.remove(formed);
        }
    }
}
