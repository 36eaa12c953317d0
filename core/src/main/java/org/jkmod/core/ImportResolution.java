package org.jkmod.core;

import static org.jkmod.elf.Elf.SHN_COMMON;

import java.util.ArrayList;
import java.util.List;
import org.jkmod.core.Problem.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Resolves a module's imports against what the kernel and its modules export ({@code resolve_symbol}): licence, version, namespace,
 * and the use that comes of it. As in the kernel every symbol is tried, and the last one that fails decides what the load returns.
 */
final class ImportResolution implements SymbolResolution.Imports {
    private final Kernel kernel;
    private final KernelModule module;
    private final KernelObject object;
    private final Exports exports;
    private final byte[] file;
    /** Until the module inherits the taint of a proprietary one. */
    private boolean gplOk;

    private final List<String> importedNamespaces;
    private final @Nullable SymbolVersions versions;
    private final boolean checksVersions;
    private int nextVersion;
    private final List<Problem> problems = new ArrayList<>();

    ImportResolution(Kernel kernel, KernelModule module, KernelObject object, LoadOptions options) {
        this.kernel = kernel;
        this.module = module;
        this.object = object;
        this.exports = kernel.exports();
        this.file = object.elf().array();
        this.gplOk = !module.taints().contains(Taint.PROPRIETARY_MODULE);
        this.importedNamespaces = object.modinfo().all("import_ns");
        this.checksVersions = kernel.profile().hasModversions();
        this.versions = options.ignoreModversions() ? null : object.versions().orElse(null);
    }

    @Override
    public long resolve(int name, int length, int symbol, boolean weak) {
        int found = exports.find(file, name, length);
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
            return 0;
        }
        KernelModule owner = exports.owner(found);
        if (owner != null) {
            use(owner);
        }
        return exports.value(found);
    }

    private long unknown(int symbol, boolean weak, int found) {
        String name = object.symbols().name(symbol);
        if (weak || kernel.profile().architecture().ignoresUndefined(name)) {
            return object.symbols().value(symbol);
        }
        boolean refused = found != Exports.NOT_FOUND;
        KernelProfile profile = kernel.profile();
        String remedy;
        String meaning;
        if (refused) {
            meaning = "the symbol is exported for modules under a GPL-compatible licence only";
            remedy = "do without it, or put the module under such a licence";
        } else {
            meaning = "neither the kernel nor a loaded module exports the symbol";
            int row = profile.exports().names().find(name);
            remedy = row >= 0 && !profile.exports().owner(row).equals("vmlinux")
                    ? "load " + profile.exports().owner(row) + " first"
                    : profile.exports().names().nearest(name, 1).stream()
                            .findFirst()
                            .map(n -> "the nearest name that is exported is " + n)
                            .orElse("build the module against this kernel");
        }
        fail(Kind.UNKNOWN_SYMBOL, Errno.ENOENT, name, meaning, remedy);
        return 0;
    }

    /** {@code inherit_taint}: whoever uses a proprietary module's symbols is proprietary. */
    private boolean inheritTaint(int found, boolean weak) {
        KernelModule owner = exports.owner(found);
        if (owner == null || !owner.taints().contains(Taint.PROPRIETARY_MODULE)) {
            return true;
        }
        String name = exports.name(found);
        if (module.usesGplOnlySymbols) {
            kernel.log()
                    .print(
                            KernelLog.ERR,
                            module.name() + ": module using GPL-only symbols uses symbols " + name
                                    + " from proprietary module " + owner.name() + ".");
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
            kernel.log()
                    .print(
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
            kernel.tainting().forceLoad(module.name(), exports.name(found));
            module.taint(Taint.FORCED_MODULE);
            return true;
        }
        int entry = versions.find(file, name, length, nextVersion);
        if (entry >= 0 && versions.crc(entry) == exports.crc(found)) {
            nextVersion = entry + 1;
            return true;
        }
        String symbol = exports.name(found);
        kernel.log().print(KernelLog.WARNING, Kernel.versionMessage(module.name(), symbol, entry < 0));
        fail(
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
                || ModuleNamespace.admits(namespace, module.name())) {
            return true;
        }
        String name = exports.name(found);
        kernel.log()
                .print(
                        KernelLog.ERR,
                        module.name() + ": module uses symbol (" + name + ") from namespace " + namespace
                                + ", but does not import it.");
        fail(
                Kind.NAMESPACE,
                Errno.EINVAL,
                name,
                "the symbol is in namespace " + namespace + ", which the module does not import",
                "add MODULE_IMPORT_NS(\"" + namespace + "\")");
        return false;
    }

    /** {@code ref_module}. */
    private void use(KernelModule owner) {
        for (ModuleUse use : module.uses()) {
            if (use.target() == owner) {
                return;
            }
        }
        kernel.awaitLive(owner);
        ModuleUse use = new ModuleUse(module, owner);
        module.addUse(use);
        owner.addUser(use);
        owner.reference(1);
    }

    @Override
    public void invalid(int symbol, int sectionIndex) {
        String name = object.symbols().name(symbol);
        boolean common = sectionIndex == SHN_COMMON;
        String message = common
                ? module.name() + ": please compile with -fno-common"
                : module.name() + ": Symbol " + name + " has an invalid section index " + sectionIndex + " (max "
                        + (object.elf().sectionCount() - 1) + ")";
        kernel.log().print(common ? KernelLog.WARNING : KernelLog.ERR, message);
        problems.add(new Problem(
                Kind.INVALID_SYMBOL,
                Errno.ENOEXEC,
                message,
                common ? "a symbol is in a common block" : "a symbol is in a section that does not exist",
                "build the module with the kernel's own compiler flags"));
    }

    private void fail(Kind kind, Errno errno, String symbol, String meaning, String remedy) {
        String message = module.name() + ": Unknown symbol " + symbol + " (err " + -errno.number() + ")";
        kernel.log().print(KernelLog.WARNING, message);
        problems.add(new Problem(kind, errno, message, meaning, remedy));
    }

    void throwIfFailed() {
        if (!problems.isEmpty()) {
            throw LoadProblem.printed(problems);
        }
    }
}
