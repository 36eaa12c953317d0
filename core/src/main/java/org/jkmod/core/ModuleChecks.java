package org.jkmod.core;

import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHT_RELA;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jkmod.core.Problem.Kind;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jspecify.annotations.Nullable;

/**
 * The rules that a load asks a module for, one a method, each named for the kernel's function. What looks at nothing but the file is done
 * when the checks are made, and told when its turn comes.
 */
final class ModuleChecks {
    private final Kernel kernel;
    private final KernelProfile profile;
    private final KernelObject file;
    private final LoadOptions options;
    private final KernelLog log;
    private final KernelTaints taints;
    private final LoadFindings findings;
    private final SignatureJudgement signature;
    private @Nullable LoadInfo info;
    private @Nullable ModuleLayout layout;
    private Optional<String> missing = Optional.empty();
    /** What {@code elf_validity_check} says. */
    private @Nullable RuntimeException elfFault;
    /** Why the sections cannot be laid out. */
    private @Nullable MalformedInputException layoutFault;

    ModuleChecks(
            Kernel kernel,
            KernelObject file,
            LoadOptions options,
            KernelLog log,
            KernelTaints taints,
            LoadFindings findings) {
        this.kernel = kernel;
        this.profile = kernel.profile();
        this.file = file;
        this.options = options;
        this.log = log;
        this.taints = taints;
        this.findings = findings;
        this.signature = new SignatureJudgement(kernel.signatures()
                .check(file.file(), file.fileSize(), options.ignoreModversions() || options.ignoreVermagic()));
        if (file.fileSize() == 0) {
            elfFault = new LoadProblem(
                    Kind.FORMAT,
                    Errno.EINVAL,
                    "",
                    "the file is empty, and finit_module(2) reads none that is (kernel_read_file)",
                    "build or fetch the module again");
            return;
        }
        try {
            info = ElfValidity.check(profile, file, signature.length(), options);
        } catch (LoadProblem | MalformedInputException e) {
            elfFault = e;
            return;
        }
        try {
            KernelObject object = info.object();
            missing = profile.architecture().missingSections(object.name(), object, profile.configuration());
            if (missing.isEmpty()) {
                layout = SectionLayout.of(object, profile.configuration(), profile.architecture());
            }
        } catch (MalformedInputException e) {
            layoutFault = e;
        }
    }

    LoadInfo info() {
        LoadInfo known = info;
        if (known == null) {
            throw new IllegalStateException(file + " is no module");
        }
        return known;
    }

    KernelObject object() {
        return info().object();
    }

    Optional<KernelObject> objectIfAny() {
        return Optional.ofNullable(info).map(LoadInfo::object);
    }

    Modinfo modinfo() {
        return object().modinfo();
    }

    /** The name that later messages use: {@code struct module}'s; of a file in which not even that can be read, the file's. */
    String name() {
        if (info != null) {
            return object().name();
        }
        try {
            return file.name();
        } catch (MalformedInputException e) {
            return file.toString();
        }
    }

    ModuleLayout layout() {
        ModuleLayout known = layout;
        if (known == null) {
            throw unchecked(layoutFault == null ? "no layout" : String.valueOf(layoutFault.getMessage()));
        }
        return known;
    }

    Optional<ModuleLayout> layoutIfAny() {
        return Optional.ofNullable(layout);
    }

    /** What the kernel would look at without a check, and what no rule decides. */
    static LoadProblem unchecked(String what) {
        return new LoadProblem(
                Kind.UNCHECKED,
                Errno.ENOEXEC,
                "",
                "unchecked by the kernel: " + what
                        + "; it would use what lies in memory there: the module may load, or the kernel may oops",
                "build or fetch the module again: the file is damaged");
    }

    /** {@code may_init_module} and {@code module_sig_check}. */
    void signature() {
        if (kernel.modulesDisabled()) {
            throw new LoadProblem(
                    Kind.PERMISSION,
                    Errno.EPERM,
                    "",
                    "the kernel takes no more modules (kernel.modules_disabled, nomodule)",
                    "boot again");
        }
        if (file.fileSize() == 0) {
            // it is refused before anybody looks for a signature
            return;
        }
        if (profile.config("MODULE_SIG").isEmpty()) {
            findings.unknown("CONFIG_MODULE_SIG: taken for n");
        }
        if (kernel.commandLine().lockdown() != Lockdown.NONE
                && profile.config("SECURITY_LOCKDOWN_LSM").isEmpty()) {
            findings.unknown("CONFIG_SECURITY_LOCKDOWN_LSM: taken for y");
        }
        signature.judge(kernel, log, findings, options.ignoreModversions() || options.ignoreVermagic());
    }

    /** Whether the module's signature is not good, and this kernel minds. */
    boolean taintsUnsigned() {
        return profile.checksSignatures() && signature.isBad();
    }

    void elfValidity() {
        RuntimeException found = elfFault;
        if (found != null) {
            throw found;
        }
        if (info().structSizeUnknown()) {
            findings.unknown("sizeof(struct module): not compared");
        }
    }

    void blacklist() {
        String name = info().name();
        if (kernel.commandLine().blacklist().contains(name)) {
            throw new LoadProblem(
                    Kind.BLACKLISTED,
                    Errno.EPERM,
                    "Module " + name + " is blacklisted",
                    "the kernel's command line has it in module_blacklist=",
                    "take it out of the command line and boot again");
        }
    }

    /** {@code check_modstruct_version}: the module and the kernel mean the same by {@code struct module}. */
    void moduleLayoutVersion(Consumer<Taint> module) {
        String symbol = "module_layout";
        Exports exports = kernel.exports();
        int id = exports.find(symbol);
        if (profile.hasModversions() && id < 0) {
            findings.unknown("the checksum of module_layout: not compared");
        }
        if (!profile.hasModversions() || id < 0 || !exports.hasCrc(id)) {
            return;
        }
        SymbolVersions versions = versions();
        if (versions == null) {
            boolean ignored = options.ignoreModversions();
            force(
                    symbol,
                    ignored ? "the module's symbol versions are ignored" : "the module has no symbol versions",
                    false,
                    module);
            return;
        }
        byte[] name = symbol.getBytes(StandardCharsets.US_ASCII);
        int entry = versions.find(name, 0, name.length, 0);
        if (entry >= 0 && versions.crc(entry) == exports.crc(id)) {
            return;
        }
        if (entry < 0 && versions.isExtended()) {
            taints.sayNoExtendedVersion(info().name(), symbol);
            return;
        }
        throw new LoadProblem(
                new Problem(
                        Kind.SYMBOL_VERSION,
                        Errno.ENOEXEC,
                        versionMessage(info().name(), symbol, entry < 0),
                        entry < 0
                                ? "the module does not say which struct module it was built for"
                                : String.format(
                                        "the module was built for a kernel with another struct module: CRC 0x%08x in the"
                                                + " kernel, 0x%08x in the module",
                                        exports.crc(id), versions.crc(entry)),
                        "build the module against the headers of " + profile.release()),
                KernelLog.WARNING);
    }

    /** The versions that count; null if there are none. */
    @Nullable
    SymbolVersions versions() {
        return options.ignoreModversions() ? null : object().versions().orElse(null);
    }

    static String versionMessage(String module, String symbol, boolean missing) {
        return missing
                ? module + ": no symbol version for " + symbol
                : module + ": disagrees about version of symbol " + symbol;
    }

    /** {@code try_to_force_load}, where only force lets the module in. */
    private void force(String reason, String meaning, boolean needless, Consumer<Taint> module) {
        if (profile.config("MODULE_FORCE_LOAD").isEmpty()) {
            findings.unknown("CONFIG_MODULE_FORCE_LOAD: taken for y");
        }
        boolean forced = taints.forceLoad(name(), reason, module);
        Kind kind = reason.equals("bad vermagic") ? Kind.VERMAGIC : Kind.SYMBOL_VERSION;
        String remedy = needless
                ? "load it without force: it needs none"
                : "build the module against the headers of " + profile.release();
        if (!forced) {
            throw new LoadProblem(
                    kind,
                    Errno.ENOEXEC,
                    "",
                    meaning + ", and this kernel cannot be forced (CONFIG_MODULE_FORCE_LOAD)",
                    remedy);
        }
        findings.note(new Problem(
                kind, Optional.empty(), name() + ": " + reason + ": kernel tainted.", meaning + ": forced", remedy));
    }

    /** The beginning of {@code check_modinfo}. */
    void vermagic(Consumer<Taint> module) {
        Optional<String> wanted = profile.vermagic();
        Optional<String> found = modinfo().first("vermagic");
        if (options.ignoreVermagic() || found.isEmpty()) {
            String meaning = found.isEmpty()
                    ? "the module has no version magic"
                    : wanted.isPresent() && sameMagic(found.get(), wanted.get())
                            ? "the version magic is ignored, though it is right"
                            : "the module's version magic is '" + found.get() + "'"
                                    + wanted.map(w -> ", the kernel's is '" + w + "'")
                                            .orElse("");
            force(
                    "bad vermagic",
                    meaning,
                    found.isPresent() && wanted.isPresent() && sameMagic(found.get(), wanted.get()),
                    module);
            return;
        }
        if (wanted.isEmpty()) {
            findings.unknown("the version magic: not compared");
        } else if (!sameMagic(found.get(), wanted.get())) {
            throw new LoadProblem(
                    Kind.VERMAGIC,
                    Errno.ENOEXEC,
                    info().name() + ": version magic '" + found.get() + "' should be '" + wanted.get() + "'",
                    "the module was built for another kernel",
                    "build the module against the headers of " + profile.release());
        }
    }

    /** {@code same_magic}: a module with symbol versions may be of another release. */
    private boolean sameMagic(String a, String b) {
        boolean versions = profile.hasModversions() && info().hasVersions();
        return versions ? afterRelease(a).equals(afterRelease(b)) : a.equals(b);
    }

    private static String afterRelease(String magic) {
        int blank = magic.indexOf(' ');
        return blank < 0 ? "" : magic.substring(blank);
    }

    /** {@code check_modinfo_livepatch}. */
    void livepatch() {
        if (modinfo().first("livepatch").isEmpty()) {
            return;
        }
        Optional<String> support = profile.config("LIVEPATCH");
        if (support.isEmpty()) {
            findings.unknown("CONFIG_LIVEPATCH: taken for y");
        } else if (!support.get().equals("y")) {
            throw new LoadProblem(
                    Kind.LIVEPATCH,
                    Errno.ENOEXEC,
                    name() + ": module is marked as livepatch module, but livepatch support is disabled",
                    "the kernel was built without CONFIG_LIVEPATCH",
                    "load it into a kernel that has it");
        }
    }

    /** {@code module_frob_arch_sections}. */
    void missingSections() {
        if (missing.isPresent()) {
            throw new LoadProblem(
                    Kind.FORMAT,
                    Errno.ENOEXEC,
                    missing.get(),
                    "the module lacks sections that the kernel's linker script makes",
                    "link it with the kernel's module.lds");
        }
    }

    /** {@code module_enforce_rwx_sections}. */
    void enforceRwxSections() {
        if (!profile.isSet("STRICT_MODULE_RWX")) {
            return;
        }
        for (Section section : object().elf().sections()) {
            if (section.hasFlags(SHF_WRITE | SHF_EXECINSTR)) {
                if (profile.config("STRICT_MODULE_RWX").isEmpty()) {
                    findings.unknown("CONFIG_STRICT_MODULE_RWX: taken for y");
                }
                throw new LoadProblem(
                        Kind.FORMAT,
                        Errno.ENOEXEC,
                        name() + ": section " + section.name() + " (index " + section.index()
                                + ") has invalid WRITE|EXEC flags",
                        "a section is writable and executable",
                        "let the section be one or the other");
            }
        }
    }

    /** {@code find_module_sections}: what it warns of. */
    void obsoleteSections() {
        for (String section : profile.generation().exportTables().obsolete) {
            if (object().allocated(section).isPresent()) {
                log.print(KernelLog.WARNING, name() + ": ignoring obsolete section " + section);
            }
        }
        if (object().allocated("__obsparm").isPresent()) {
            log.print(KernelLog.WARNING, name() + ": Ignoring obsolete parameters");
        }
    }

    /** {@code check_export_symbol_versions}, {@code check_export_symbol_sections}: exports have what goes with them. */
    void exportSections(Consumer<Taint> module) {
        Generation.ExportTables tables = profile.generation().exportTables();
        boolean unversioned = false;
        for (String table : tables.sections) {
            boolean exports = object().allocated(table)
                    .filter(s ->
                            s.size() >= 3L * (profile.architecture().facts().prel32() ? 4 : 8))
                    .isPresent();
            if (exports && tables.flags && object().allocated("__kflagstab").isEmpty()) {
                throw new LoadProblem(
                        Kind.DUPLICATE_EXPORT,
                        Errno.ENOEXEC,
                        name() + ": no flags for exported symbols",
                        "the module was built by an older kernel's build: its exports have no __kflagstab",
                        "build the module against the headers of " + profile.release());
            }
            String crcs = "__kcrctab" + table.substring("__ksymtab".length());
            unversioned |= exports && object().allocated(crcs).isEmpty();
        }
        if (unversioned && profile.hasModversions()) {
            force("no versions for exported symbols", "the module's exports have no checksums", false, module);
        }
    }

    /** {@code setup_modinfo}: namespaces that name modules cannot be imported. */
    void importedNamespaces() {
        if (!profile.generation().hasModuleNamespaces()) {
            return;
        }
        for (String namespace : modinfo().all("import_ns")) {
            if (namespace.startsWith(ModuleNamespace.PREFIX)) {
                throw new LoadProblem(
                        Kind.NAMESPACE,
                        Errno.EPERM,
                        name() + ": module tries to import module namespace: " + namespace,
                        "a namespace that names modules is open to those and to nobody else",
                        "do without MODULE_IMPORT_NS(\"" + namespace + "\")");
            }
        }
    }

    /** What a fault of the kernel's own would make of the relocations. */
    void kernelFaults() {
        for (Section section : object().elf().sections()) {
            if (section.type() == SHT_RELA && layout().placementOf(section.info()) != null) {
                profile.architecture()
                        .kernelFault(section.relocations(), profile.generation())
                        .ifPresent(fault -> {
                            throw unchecked(fault);
                        });
            }
        }
    }

    LoadProblem relocationProblem(RelocationFailure failure) {
        switch (failure.reason()) {
            case PLACE_OUTSIDE_SECTION, NO_SUCH_SYMBOL -> {
                return unchecked(failure.description());
            }
            default -> {
                if (profile.architecture().warnsOfItself(failure)) {
                    taints.add(Taint.WARN);
                }
                List<String> messages = profile.architecture().messages(failure, name(), profile.generation());
                return LoadProblem.withMessages(
                        messages,
                        new Problem(
                                Kind.RELOCATION,
                                profile.architecture().facts().relocationErrno(),
                                String.join("\n", messages),
                                failure.description(),
                                "build the module with the kernel's own compiler flags"));
            }
        }
    }

    /** {@code mod_sysfs_setup}: a directory needs a name, and one that no other has; those of modules that were loaded are known by then. */
    void sysfs() {
        if (profile.sysfsModules().contains(name())) {
            throw new LoadProblem(
                    Kind.SYSFS,
                    Errno.EINVAL,
                    name() + ": module is already loaded",
                    "a module of that name is a part of the kernel, and has the folder in /sys/module",
                    "do without it, or give the module another name");
        }
        if (name().isEmpty()) {
            taints.add(Taint.WARN);
            throw new LoadProblem(
                    Kind.SYSFS,
                    Errno.EINVAL,
                    "",
                    "a module without a name has no place in /sys/module; the kernel warns of itself, with a stack trace",
                    "give the module a name");
        }
        sectionsInSysfs();
    }

    /** {@code add_sect_attrs}: a file for each section that has memory, in one folder. */
    private void sectionsInSysfs() {
        Set<String> names = new HashSet<>();
        for (ModuleLayout.Placement placement :
                layoutIfAny().map(ModuleLayout::placements).orElse(List.of())) {
            if (placement.isAllocated() && placement.size() != 0 && !names.add(placement.name())) {
                LoadProblem twice = new LoadProblem(
                        new Problem(
                                Kind.SYSFS,
                                Errno.EEXIST,
                                "sysfs: cannot create duplicate filename '/module/" + name() + "/sections/"
                                        + placement.name() + "'",
                                "two sections have one name, and /sys/module cannot show both; the kernel adds a stack trace",
                                "link the module with the kernel's module.lds"),
                        KernelLog.WARNING);
                if (profile.generation().hasTwoLayouts()) {
                    // module_add_sect_attrs returned nothing then
                    twice.messages.forEach(message -> log.print(KernelLog.WARNING, message));
                    return;
                }
                throw twice;
            }
        }
    }

    /** What {@code do_init_module} makes of an init's result. */
    void initResult(int result) {
        if (result > 0) {
            log.print(
                    KernelLog.WARNING,
                    profile.generation().saysSuspiciousInOneLine()
                            ? name() + ": init suspiciously returned " + result + ", it should follow 0/-E convention"
                            : "do_init_module: '" + name() + "'->init suspiciously returned " + result
                                    + ", it should follow 0/-E convention\ndo_init_module: loading module anyway...");
        } else if (result < 0) {
            int number =
                    result == -Errno.EEXIST.number() && profile.generation().keepsEexist()
                            ? Errno.EBUSY.number()
                            : -result;
            // what is no errno, the system call returns as it is, and user space takes for success or worse
            Errno errno = Errno.of(number).orElse(Errno.EINVAL);
            throw new LoadProblem(
                    Kind.INIT,
                    errno,
                    "",
                    "the module's own init returned " + result
                            + (Errno.of(number).isPresent() ? "" : ", which is no errno; EINVAL stands for it"),
                    "see what the module says; its hardware may be missing");
        }
    }
}
