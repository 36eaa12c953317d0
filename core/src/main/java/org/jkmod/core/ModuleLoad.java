package org.jkmod.core;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import org.jkmod.core.ModuleLayout.Placement;
import org.jkmod.core.Problem.Kind;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jspecify.annotations.Nullable;

/**
 * One load of one module ({@code load_module} and its {@code struct load_info}), step by step:
 *
 * <ol>
 *   <li>{@link Kernel#begin}: reads the file and lays the module out, which looks at nothing but the file and the profile;
 *   <li>{@link #form}: under the kernel's lock, judges the file; the module gets its place in the list and its memory, and its imports
 *       are resolved;
 *   <li>{@link #relocate}: its sections are copied and relocated, which changes nothing but its own memory;
 *   <li>{@link #run}: it becomes COMING, offers its exports, gets its parameters, runs its init and is LIVE.
 * </ol>
 *
 * <p>{@link Kernel#load} takes all of them. Whoever loads many modules may take the first and the third on several threads while the
 * other two keep their order, and so gets the same kernel as with one thread. When a step fails, all before it is undone. A check takes
 * the same steps, but leaves no trace in the kernel, and does not end at the first problem.
 */
public final class ModuleLoad {
    private final Kernel kernel;
    private final KernelProfile profile;
    private final KernelObject file;
    private final LoadOptions options;
    private final KernelLog log;
    private final KernelTaints taints;
    private final LoadFindings findings;
    private final ModuleChecks checks;

    private final EnumMap<MemoryType, ModuleMemory> memory = new EnumMap<>(MemoryType.class);
    private final EnumSet<Taint> earlyTaints = EnumSet.noneOf(Taint.class);
    private @Nullable KernelModule module;
    private long[] sectionAddress = new long[0];
    private long[] symbols = new long[0];
    private @Nullable ModuleExports exports;
    /** Why the module could not be relocated. */
    private @Nullable Throwable fault;

    private Step step = Step.BEGUN;
    private boolean added;
    private boolean resolved;
    private boolean relocated;
    /** Whether the notifiers know of it. */
    private boolean announced;

    /** How far the load has come. */
    private enum Step {
        BEGUN,
        FORMED,
        RELOCATED,
        OVER
    }

    private ModuleLoad(Kernel kernel, KernelObject file, LoadOptions options, boolean check) {
        this.kernel = kernel;
        this.profile = kernel.profile();
        this.file = file;
        this.options = options;
        this.log = check ? kernel.log().fork() : kernel.log();
        this.taints = check ? new KernelTaints(kernel.tainting(), log) : kernel.tainting();
        this.findings = new LoadFindings(check, log, taints);
        this.checks = new ModuleChecks(kernel, file, options, log, taints, findings);
    }

    /** Reads the file and lays the module out; what is wrong with it, {@link #form} says. */
    static ModuleLoad begin(Kernel kernel, KernelObject file, LoadOptions options) {
        return new ModuleLoad(kernel, file, options, false);
    }

    /** Takes all steps, and leaves no trace of them. */
    static Verdict check(Kernel kernel, KernelObject file, LoadOptions options) {
        ModuleLoad load = new ModuleLoad(kernel, file, options, true);
        load.form();
        if (load.module != null) {
            load.relocate();
            load.run();
        }
        return load.findings.verdict(file, kernel.profile());
    }

    /** The module's name; of a file that is no module, the file's. */
    public String name() {
        return checks.name();
    }

    /** The file that is loaded. */
    public KernelObject object() {
        return file;
    }

    /** The file as the kernel sees it; empty if that refuses it before it looks further than at what makes a module. */
    public Optional<KernelObject> accepted() {
        return checks.objectIfAny();
    }

    /**
     * The number that an import has among the {@linkplain KernelProfile#exports profile's exports}; a negative one if it is not known
     * there, or the symbol is no import. Of a symbol table with a name that is malformed, those from that on are not looked for.
     *
     * @param symbol index in the symbol table of what was {@linkplain #accepted accepted}
     * @throws IllegalStateException if nothing was
     * @throws IndexOutOfBoundsException if there is no such symbol
     */
    public int importedExport(int symbol) {
        return checks.info().importedExport(symbol);
    }

    /** Takes a step; returns whether it went well, which in a load it did. */
    private boolean stage(LoadStage stage, Runnable step) {
        try {
            kernel.faults().accept(stage);
            step.run();
            return true;
        } catch (LoadProblem e) {
            findings.refuse(e);
        } catch (MalformedInputException e) {
            findings.refuse(ModuleChecks.unchecked(String.valueOf(e.getMessage())));
        }
        return false;
    }

    /** Takes steps of a load; if they fail, undoes all that was done. */
    private void guarded(Runnable steps) {
        try {
            steps.run();
        } catch (LoadProblem e) {
            ModuleLoadException refused = new ModuleLoadException(name(), e.problems);
            undo(refused);
            throw refused;
        } catch (RuntimeException | Error e) {
            // an executor, a listener, or a fault of our own: nobody shall find half a module
            undo(e);
            throw e;
        }
    }

    /**
     * Judges the file, gives the module its place in the kernel's list and its memory, and resolves its imports; it is UNFORMED then.
     *
     * <p>Waits for another load of a module of that name. Whoever takes the steps of several loads on one thread must have ended that one
     * before.
     *
     * @throws ModuleLoadException if the kernel refuses it; nothing but messages and taints is left of it then
     * @throws IllegalStateException if that was done already
     */
    public void form() {
        enter(Step.FORMED, Step.BEGUN);
        kernel.locked(() -> guarded(() -> {
            try {
                for (LoadStage stage : profile.generation().formingStages()) {
                    boolean nothingToGoOnWith = !stage(stage, () -> take(stage))
                            && (stage == LoadStage.ELF_VALIDITY
                                    || (stage == LoadStage.ADD_UNFORMED_MODULE && module == null));
                    if (nothingToGoOnWith) {
                        break;
                    }
                }
            } finally {
                if (findings.isCheck()) {
                    // under the same lock under which it was taken: nobody sees it
                    release();
                }
            }
        }));
    }

    /** Takes the next step, which is allowed after these only. */
    private void enter(Step next, Step... after) {
        if (!Arrays.asList(after).contains(step)) {
            throw new IllegalStateException("module " + name() + ": the load is " + step + ", and cannot be " + next);
        }
        step = next;
    }

    /**
     * Ends a load that was formed and is not run: the module is gone as if it had failed. Does nothing to a load that is over, or has not
     * been formed.
     */
    public void abandon() {
        if (step == Step.FORMED || step == Step.RELOCATED) {
            undo(new IllegalStateException("abandoned"));
        }
        step = Step.OVER;
    }

    private void take(LoadStage stage) {
        switch (stage) {
            case SIGNATURE -> checks.signature();
            case ELF_VALIDITY -> checks.elfValidity();
            case BLACKLIST -> checks.blacklist();
            case MODULE_LAYOUT_VERSION -> checks.moduleLayoutVersion(earlyTaints::add);
            case VERMAGIC -> checks.vermagic(earlyTaints::add);
            case LIVEPATCH -> checks.livepatch();
            case EXISTS -> awaitName();
            case EARLY_TAINTS -> {
                taints.addOrigin(name(), checks.modinfo(), earlyTaints::add);
                checks.livepatch();
                taints.addLivepatch(name(), checks.modinfo(), earlyTaints::add);
                taints.addLicenseAndTest(name(), checks.modinfo(), earlyTaints::add);
            }
            case FROB_ARCH_SECTIONS -> checks.missingSections();
            case ENFORCE_RWX_SECTIONS -> checks.enforceRwxSections();
            case MOVE_MODULE -> moveModule();
            case ADD_UNFORMED_MODULE -> addUnformedModule();
            case TAINTS -> addTaints();
            case PERCPU_MODALLOC -> allocatePerCpu();
            case FIND_MODULE_SECTIONS -> checks.obsoleteSections();
            case EXPORT_SECTIONS -> exportSections();
            case SETUP_MODINFO -> checks.importedNamespaces();
            case SIMPLIFY_SYMBOLS -> simplifySymbols();
            default -> throw new IllegalStateException(stage + " does not belong here");
        }
    }

    /** {@code module_patient_check_exists}: waits for a module of the same name that is still being loaded. */
    private void awaitName() {
        kernel.checkNotLoaded(name(), !findings.isCheck());
    }

    private void moveModule() {
        memory.putAll(kernel.memory().allocator().moveModule(checks.object(), checks.layout(), log));
    }

    private void allocatePerCpu() {
        ModuleLayout layout = checks.layoutIfAny().orElse(null);
        if (layout == null) {
            return;
        }
        kernel.memory()
                .allocator()
                .allocatePerCpu(checks.object(), layout, log, taints::add)
                .ifPresent(perCpu -> {
                    memory.put(MemoryType.PERCPU, perCpu);
                    formed().memory(memory);
                    placeSections();
                });
    }

    /** Frees what no module owns yet. */
    private void release() {
        memory.values().forEach(kernel.memory().allocator()::free);
        memory.clear();
    }

    private void addUnformedModule() {
        if (findings.isCheck()) {
            makeModule();
            if (!profile.generation().formingStages().contains(LoadStage.EXISTS)) {
                kernel.checkNotLoaded(name(), false);
            }
        } else {
            awaitName();
            makeModule();
            kernel.add(formed());
            added = true;
        }
    }

    private void makeModule() {
        // what the file says is read first: nothing may fail between the memory and the module that owns it
        KernelModule formed = new KernelModule(name(), checks.modinfo(), options.parameters(), earlyTaints, memory);
        module = formed;
        placeSections();
    }

    private void placeSections() {
        checks.layoutIfAny().ifPresent(layout -> {
            sectionAddress = layout.addresses(memory);
            formed().sections(layout.sections(memory));
        });
    }

    private void addTaints() {
        KernelModule formed = formed();
        boolean wasProprietary = taints.isProprietary();
        boolean all = !profile.generation().formingStages().contains(LoadStage.EARLY_TAINTS);
        if (all) {
            taints.addOrigin(name(), formed.modinfo(), formed::taint);
            taints.addLivepatch(name(), formed.modinfo(), formed::taint);
            taints.addLicenseAndTest(name(), formed.modinfo(), formed::taint);
        }
        if (checks.taintsUnsigned()) {
            taints.addUnsigned(name(), formed::taint);
        }
        if (all) {
            taints.addOffenders(name(), formed::taint);
            taints.sayLicense(name(), wasProprietary);
        }
    }

    private void exportSections() {
        KernelModule formed = formed();
        if (profile.generation().formingStages().contains(LoadStage.EARLY_TAINTS)) {
            boolean wasProprietary = taints.isProprietary();
            taints.addOffenders(name(), formed::taint);
            taints.sayLicense(name(), wasProprietary);
        }
        checks.exportSections(formed::taint);
    }

    private void simplifySymbols() {
        KernelObject object = checks.object();
        if (sectionAddress.length == 0) {
            sectionAddress = new long[object.elf().sectionCount()];
        }
        ImportResolution imports = new ImportResolution(kernel, formed(), checks.info(), log, taints, findings);
        symbols = SymbolResolution.resolve(object, sectionAddress, imports);
        resolved = true;
        if (profile.exports().size() == 0) {
            findings.unknown("the kernel's exports: taken for none");
        }
        imports.throwIfFailed();
    }

    /**
     * Copies the module's sections to its memory and relocates them, once the module is formed. Needs no lock, and leaves the kernel's
     * books alone: that a relocation cannot be applied, {@link #run} says. Afterwards the file is not looked at any more.
     */
    public void relocate() {
        KernelModule formed = formed();
        enter(Step.RELOCATED, Step.FORMED);
        Optional<ModuleLayout> layout = checks.layoutIfAny();
        if (layout.isEmpty()
                || !resolved
                || !formed.memory().keySet().containsAll(layout.get().sizes().keySet())) {
            return;
        }
        try {
            relocate(formed, layout.get());
            relocated = true;
        } catch (RuntimeException | Error e) {
            // run() ends with it, and undoes what was done: the file's fault, or ours, or there is no memory
            fault = e;
        }
    }

    private void relocate(KernelModule formed, ModuleLayout layout) {
        KernelObject object = checks.object();
        byte[] bytes = object.elf().array();
        for (Placement placement : layout.placements()) {
            Section section = object.elf().section(placement.index());
            ModuleMemory piece = formed.memory().get(placement.memory());
            if (piece != null && placement.hasContent() && !section.isEmptyInFile()) {
                System.arraycopy(
                        bytes, section.start(), piece.array(), (int) placement.offset(), (int) placement.size());
            }
        }
        checks.kernelFaults();
        ModuleRelocation.Result result = ModuleRelocation.apply(
                object,
                layout,
                symbols,
                index -> sectionMemory(formed, layout, index),
                profile.architecture(),
                profile.configuration(),
                RelocationPolicy.KERNEL);
        if (result.withoutAddends()) {
            throw new LoadProblem(
                    Kind.RELOCATION,
                    Errno.ENOEXEC,
                    "module " + name() + ": REL relocation unsupported",
                    "the module has relocations without addends",
                    "build it with the kernel's own compiler flags");
        }
        result.failure().ifPresent(failure -> {
            throw checks.relocationProblem(failure);
        });
        formed.relocations(result.applied());
        formed.symbols(ModuleKallsyms.of(object, layout, symbols, formed.memory()));
        ModuleEntries.of(object, layout).set(formed);
        exports = ModuleExports.read(profile, formed, object, layout);
    }

    /** A section's memory; of no bytes, if nothing of its memory's sections has any. */
    private Optional<SectionMemory> sectionMemory(KernelModule formed, ModuleLayout layout, int section) {
        return layout.of(section).map(placement -> {
            ModuleMemory piece = formed.memory().get(placement.memory());
            return piece == null
                    ? new SectionMemory(new byte[0], 0, 0, sectionAddress[section])
                    : piece.section(placement);
        });
    }

    /**
     * Makes the module part of the kernel: COMING, its exports offered, its init run, and LIVE. The kernel's lock is not held while
     * listeners hear of it and while its init runs.
     *
     * @throws ModuleLoadException if the kernel refuses it; nothing but messages and taints is left of the module then
     */
    public KernelModule run() {
        KernelModule formed = formed();
        enter(Step.OVER, Step.FORMED, Step.RELOCATED);
        guarded(() -> {
            kernel.locked(() -> completeFormation(formed));
            stage(LoadStage.PREPARE_COMING_MODULE, () -> announce(formed));
            if (relocated) {
                stage(LoadStage.PARSE_ARGS, () -> parseArguments(formed));
            }
            stage(LoadStage.SYSFS_SETUP, checks::sysfs);
            stage(LoadStage.INIT, () -> init(formed));
            if (!findings.isCheck()) {
                kernel.locked(() -> formed.state(ModuleState.LIVE));
            }
        });
        if (!findings.isCheck()) {
            // others may use it already: there is no way back, whatever a listener throws
            try {
                kernel.tell(formed, ModuleState.LIVE);
            } finally {
                kernel.locked(() -> kernel.dropInit(formed));
            }
        }
        return formed;
    }

    /** {@code parse_args}. */
    private void parseArguments(KernelModule formed) {
        ModuleArguments.Surroundings surroundings = new ModuleArguments.Surroundings(
                log,
                profile.configuration(),
                kernel.parameterFunctions(),
                taints::add,
                () -> kernel.isLockedDown("unsafe module parameters is restricted", log));
        ModuleArguments.parse(surroundings, formed);
    }

    private void completeFormation(KernelModule formed) {
        stage(LoadStage.APPLY_RELOCATIONS, () -> {
            if (fault instanceof RuntimeException e) {
                throw e;
            } else if (fault instanceof Error e) {
                throw e;
            }
        });
        if (relocated) {
            stage(LoadStage.COMPLETE_FORMATION, () -> {
                int[] rows = Objects.requireNonNull(exports).offer(kernel.exports(), !findings.isCheck());
                if (!findings.isCheck()) {
                    formed.exports = rows;
                }
            });
        }
        if (!findings.isCheck()) {
            formed.state(ModuleState.COMING);
        }
    }

    /** {@code prepare_coming_module}. */
    private void announce(KernelModule formed) {
        if (!findings.isCheck()) {
            kernel.tell(formed, ModuleState.COMING);
            announced = true;
        }
    }

    /** {@code do_init_module}. */
    private void init(KernelModule formed) {
        if (!formed.hasInit()) {
            return;
        }
        int result = findings.isCheck()
                ? InitExecutor.none(profile.architecture()).init(formed, formed.initAddress())
                : kernel.executor().init(formed, formed.initAddress());
        checks.initResult(result);
    }

    private KernelModule formed() {
        KernelModule formed = module;
        if (formed == null) {
            throw new IllegalStateException("module " + name() + " is not formed");
        }
        return formed;
    }

    /** Undoes what was done; what goes wrong then joins what ended the load. */
    private void undo(Throwable cause) {
        KernelModule formed = module;
        module = null;
        if (formed == null || !added) {
            release();
            return;
        }
        try {
            if (formed.state() == ModuleState.COMING) {
                kernel.locked(() -> {
                    formed.state(ModuleState.GOING);
                    // of do_init_module's module_put; others may have references still, if they were quick
                    formed.drop();
                });
                if (announced) {
                    kernel.tell(formed, ModuleState.GOING);
                }
            }
        } catch (RuntimeException | Error e) {
            cause.addSuppressed(e);
        } finally {
            kernel.locked(() -> kernel.remove(formed));
        }
    }
}
