package org.jkmod.core;

import static org.jkmod.elf.Elf.SHN_COMMON;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.Problem.Kind;
import org.jkmod.symtab.ModuleSymvers;
import org.jspecify.annotations.Nullable;

/**
 * Resolves a module's imports against what the kernel and its modules export ({@code resolve_symbol}): licence, version, namespace,
 * and the use that comes of it. As in the kernel every symbol is tried, and the last one that fails decides what the load returns.
 */
final class ImportResolution implements SymbolResolution.Imports {
    /** How long the kernel waits for a module that is being loaded ({@code resolve_symbol_wait}). */
    private static final long WAIT_NANOS = 30_000_000_000L;

    private final Kernel kernel;
    private final KernelModule module;
    private final LoadInfo info;
    private final KernelObject object;
    private final KernelLog log;
    private final KernelTaints taints;
    private final LoadFindings findings;
    private final Exports exports;
    private final byte[] file;
    /** Until the module inherits the taint of a proprietary one. */
    private boolean gplOk;

    private final List<String> importedNamespaces;
    private final @Nullable SymbolVersions versions;
    private final boolean checksVersions;
    private int nextVersion;
    private final List<Problem> problems = new ArrayList<>();
    /** How many symbols there are of modules that are not loaded. */
    private final Map<String, Integer> missing = new HashMap<>();

    ImportResolution(
            Kernel kernel,
            KernelModule module,
            LoadInfo info,
            KernelLog log,
            KernelTaints taints,
            LoadFindings findings) {
        this.kernel = kernel;
        this.module = module;
        this.info = info;
        this.object = info.object();
        this.log = log;
        this.taints = taints;
        this.findings = findings;
        this.exports = kernel.exports();
        this.file = object.elf().array();
        this.gplOk = !module.taints().contains(Taint.PROPRIETARY_MODULE);
        this.importedNamespaces = object.modinfo().all("import_ns");
        this.checksVersions = kernel.profile().hasModversions();
        this.versions = object.versions().orElse(null);
    }

    /** {@code resolve_symbol_wait}: while the symbol's module is being loaded, waits and tries again. */
    @Override
    public long resolve(int name, int length, int symbol, boolean weak) {
        int known = info.importedExport(symbol);
        while (true) {
            // a loaded module may export what the profile does not know
            int found = known < 0 ? exports.find(file, name, length) : exports.exported(known);
            if (found == Exports.NOT_FOUND || (exports.isGplOnly(found) && !gplOk)) {
                return unknown(symbol, weak, found);
            }
            if (exports.isGplOnly(found)) {
                module.usesGplOnlySymbols = true;
            }
            if (!inheritTaint(found, weak)) {
                return weak ? object.symbols().value(symbol) : 0;
            }
            if (!hasVersion(found, name, length) || !importsNamespace(found)) {
                return standIn();
            }
            KernelModule owner = exports.owner(found);
            if (owner == null || use(owner, found)) {
                return exports.value(found);
            }
            if (owner.state() == ModuleState.GOING || findings.isCheck()) {
                return standIn();
            }
            if (!kernel.awaitNotComing(owner, WAIT_NANOS)) {
                log.print(
                        KernelLog.WARNING,
                        module.name() + ": gave up waiting for init of module " + owner.name() + ".");
                fail(
                        Kind.OWNER_COMING,
                        Errno.EBUSY,
                        exports.name(found),
                        owner.name() + " exports the symbol, and its init does not come to an end",
                        "wait for " + owner.name());
                return standIn();
            }
        }
    }

    /** An address for what has none, so that a check can go on and relocate. */
    private long standIn() {
        return findings.isCheck() ? kernel.memory().image().start() : 0;
    }

    private long unknown(int symbol, boolean weak, int found) {
        String name = object.symbols().name(symbol);
        if (weak || kernel.profile().architecture().ignoresUndefined(name)) {
            return object.symbols().value(symbol);
        }
        if (found != Exports.NOT_FOUND) {
            fail(
                    Kind.UNKNOWN_SYMBOL,
                    Errno.ENOENT,
                    name,
                    "the symbol is exported for modules under a GPL-compatible licence only",
                    "do without it, or put the module under such a licence");
            return standIn();
        }
        ModuleSymvers rows = kernel.profile().exports();
        int row = rows.names().find(name);
        if (row >= 0 && !rows.owner(row).equals(Kernel.VMLINUX)) {
            notLoaded(name, moduleName(rows.owner(row)));
        } else {
            fail(
                    Kind.UNKNOWN_SYMBOL,
                    Errno.ENOENT,
                    name,
                    "neither the kernel nor a loaded module exports the symbol",
                    rows.names().nearest(name, 1).stream()
                            .findFirst()
                            .map(n -> "the nearest name that is exported is " + n)
                            .orElse("build the module against this kernel"));
        }
        return standIn();
    }

    /** A module that exports the symbol is known. A verdict says so once of each, in the place of the last symbol: that decides. */
    private void notLoaded(String symbol, String provider) {
        int symbols = missing.merge(provider, 1, Integer::sum);
        String remedy = "load " + provider + " first";
        if (findings.isCheck()) {
            problems.removeIf(problem ->
                    problem.kind() == Kind.UNKNOWN_SYMBOL && problem.remedy().equals(remedy));
        }
        String others = symbols == 2 ? " and another symbol" : " and " + (symbols - 1) + " other symbols";
        fail(
                Kind.UNKNOWN_SYMBOL,
                Errno.ENOENT,
                symbol,
                provider + " exports the symbol" + (symbols == 1 ? "" : others)
                        + " that the module needs, and is not loaded",
                remedy);
    }

    /** Module.symvers names modules by the paths of their objects: {@code fs/fat/fat}. */
    private static String moduleName(String owner) {
        return owner.substring(owner.lastIndexOf('/') + 1).replace('-', '_');
    }

    /** {@code inherit_taint}: whoever uses a proprietary module's symbols is proprietary. */
    private boolean inheritTaint(int found, boolean weak) {
        KernelModule owner = exports.owner(found);
        if (owner == null || !owner.taints().contains(Taint.PROPRIETARY_MODULE)) {
            return true;
        }
        String name = exports.name(found);
        if (module.usesGplOnlySymbols) {
            log.print(
                    KernelLog.ERR,
                    module.name() + ": module using GPL-only symbols uses symbols " + name + " from proprietary module "
                            + owner.name() + ".");
            if (!weak) {
                fail(
                        Kind.UNKNOWN_SYMBOL,
                        Errno.ENOENT,
                        name,
                        "a module that uses GPL-only symbols may not use a proprietary module's",
                        "do without one of them");
            }
            return false;
        }
        if (!module.taints().contains(Taint.PROPRIETARY_MODULE)) {
            log.print(
                    KernelLog.WARNING,
                    module.name() + ": module uses symbols " + name + " from proprietary module " + owner.name()
                            + ", inheriting taint.");
            module.taint(Taint.PROPRIETARY_MODULE);
            gplOk = false;
        }
        return true;
    }

    /** {@code check_version}. */
    private boolean hasVersion(int found, int name, int length) {
        if (!checksVersions || !exports.hasCrc(found)) {
            return true;
        }
        if (versions == null) {
            String symbol = exports.name(found);
            if (taints.forceLoad(module.name(), symbol, module::taint)) {
                return true;
            }
            fail(
                    Kind.SYMBOL_VERSION,
                    Errno.EINVAL,
                    symbol,
                    "the module has no symbol versions, and this kernel cannot be forced (CONFIG_MODULE_FORCE_LOAD)",
                    "build the module against this kernel");
            return false;
        }
        int entry = versions.find(file, name, length, nextVersion);
        if (entry >= 0 && versions.crc(entry) == exports.crc(found)) {
            nextVersion = entry + 1;
            return true;
        }
        String symbol = exports.name(found);
        if (entry < 0 && versions.isExtended()) {
            taints.sayNoExtendedVersion(info.name(), symbol);
            return true;
        }
        String message = ModuleChecks.versionMessage(info.name(), symbol, entry < 0);
        log.print(KernelLog.WARNING, message);
        fail(
                message,
                Kind.SYMBOL_VERSION,
                Errno.EINVAL,
                symbol,
                entry < 0
                        ? "the module does not say which version of the symbol it was built against"
                        : String.format(
                                "the symbol's type has changed: CRC 0x%08x in the kernel, 0x%08x in the module",
                                exports.crc(found), versions.crc(entry)),
                "build the module against this kernel");
        return false;
    }

    /** {@code verify_namespace_is_imported}. */
    private boolean importsNamespace(int found) {
        String namespace = exports.namespace(found);
        if (namespace.isEmpty()
                || importedNamespaces.contains(namespace)
                || (kernel.profile().generation().hasModuleNamespaces()
                        && ModuleNamespace.admits(namespace, module.name()))) {
            return true;
        }
        String name = exports.name(found);
        boolean allowed = kernel.profile()
                .config("MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS")
                .equals(Optional.of("y"));
        String message = module.name() + ": module uses symbol (" + name + ") from namespace " + namespace
                + ", but does not import it.";
        log.print(allowed ? KernelLog.WARNING : KernelLog.ERR, message);
        if (allowed) {
            findings.note(new Problem(
                    Kind.NAMESPACE,
                    Optional.empty(),
                    message,
                    "the symbol is in namespace " + namespace
                            + ", which the module does not import; this kernel lets it pass",
                    "add MODULE_IMPORT_NS(\"" + namespace + "\")"));
            return true;
        }
        fail(
                message,
                Kind.NAMESPACE,
                Errno.EINVAL,
                name,
                "the symbol is in namespace " + namespace + ", which the module does not import",
                "add MODULE_IMPORT_NS(\"" + namespace + "\")");
        return false;
    }

    /** {@code ref_module}: returns whether the owner lets itself be used, which it does once it is live. */
    private boolean use(KernelModule owner, int found) {
        for (ModuleUse use : module.uses()) {
            if (use.target() == owner) {
                return true;
            }
        }
        if (owner.state() == ModuleState.COMING) {
            if (findings.isCheck()) {
                fail(
                        Kind.OWNER_COMING,
                        Errno.EBUSY,
                        exports.name(found),
                        owner.name()
                                + " exports the symbol and is still being loaded: the kernel would wait for 30 seconds",
                        "load the module once " + owner.name() + " is live");
            }
            return false;
        }
        boolean usable = findings.isCheck() ? owner.state() != ModuleState.GOING : owner.tryGet();
        if (!usable) {
            fail(
                    Kind.UNKNOWN_SYMBOL,
                    Errno.ENOENT,
                    exports.name(found),
                    owner.name() + ", which exports the symbol, is being unloaded",
                    "load " + owner.name() + " again");
            return false;
        }
        ModuleUse use = new ModuleUse(module, owner);
        module.addUse(use);
        if (!findings.isCheck()) {
            owner.addUser(use);
        }
        return true;
    }

    @Override
    public void invalid(int symbol, int sectionIndex) {
        String name = object.symbols().name(symbol);
        boolean common = sectionIndex == SHN_COMMON;
        String message = common
                ? module.name() + ": please compile with -fno-common"
                : module.name() + ": Symbol " + name + " has an invalid section index " + sectionIndex + " (max "
                        + (object.elf().sectionCount() - 1) + ")";
        log.print(common ? KernelLog.WARNING : KernelLog.ERR, message);
        problems.add(new Problem(
                Kind.INVALID_SYMBOL,
                Errno.ENOEXEC,
                message,
                common ? "a symbol is in a common block" : "a symbol is in a section that does not exist",
                "build the module with the kernel's own compiler flags"));
    }

    /** {@code simplify_symbols}: what it says of a symbol that is not resolved. */
    private void fail(Kind kind, Errno errno, String symbol, String meaning, String remedy) {
        fail("", kind, errno, symbol, meaning, remedy);
    }

    /** As above, of a symbol that the kernel has said more of before. */
    private void fail(String said, Kind kind, Errno errno, String symbol, String meaning, String remedy) {
        String message = module.name() + ": Unknown symbol " + symbol + " (err " + -errno.number() + ")";
        log.print(KernelLog.WARNING, message);
        problems.add(new Problem(kind, errno, said.isEmpty() ? message : said, meaning, remedy));
    }

    void throwIfFailed() {
        if (!problems.isEmpty()) {
            throw LoadProblem.printed(problems);
        }
    }
}
