package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.KernelImage;
import org.jkmod.kmod.KernelSymbolFile;
import org.jkmod.kmod.SymbolListing;
import org.jkmod.symtab.Glob;
import org.jkmod.symtab.ModuleSymvers;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod symbols}. */
@Command(
        name = "symbols",
        mixinStandardHelpOptions = true,
        header = "Show the symbols of a kernel, from its image or any other file that has them.",
        description = {
            "FILE may be a kernel as distributions ship it (vmlinuz, vmlinux, Image; no System.map, debug package or root is needed), a copy of"
                    + " /proc/kallsyms, a System.map, a Module.symvers, or what --save wrote; its content tells. Texts may be compressed.",
            "Symbols are printed as in /proc/kallsyms, with the addresses of the link if FILE is an image, exports as in Module.symvers."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod symbols /boot/vmlinuz-6.12.107+deb13-amd64 --grep 'tcp_*'",
            "  jkmod symbols /boot/vmlinuz-6.12.107+deb13-amd64 --exports >Module.symvers",
            "  jkmod symbols /proc/kallsyms --save running.symbols"
        })
final class SymbolsCommand implements Callable<Integer> {
    /** What of the file is shown. */
    private static final class Rows {
        @Option(names = "--kallsyms", description = "Show the symbols; this is what is shown, if FILE has any.")
        private boolean kallsyms;

        @Option(
                names = "--exports",
                description = "Show what the kernel exports to modules: CRC, name, owner, export type, namespace.")
        private boolean exports;

        @Option(
                names = "--save",
                paramLabel = "TABLE",
                description = "Save the symbols to a file that is small and quickly opened, and print none.")
        private @Nullable Path save;
    }

    private final Environment environment;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(arity = "1", paramLabel = "FILE", description = "The kernel, or the list of its symbols.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path file;

    @ArgGroup
    private Rows rows = new Rows();

    @Option(
            names = "--grep",
            paramLabel = "GLOB",
            converter = PatternConverter.class,
            description = "Show names that match: * and ? stand for anything, [a-z] for one of those.")
    private @Nullable String pattern;

    @Option(
            names = "--json",
            description =
                    "Print an object: kind, of an image release and banner, and symbols (address, type, name, module) or exports (crc,"
                            + " name, owner, gplOnly, namespace).")
    private boolean json;

    SymbolsCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        if (rows.save != null) {
            if (pattern != null || json) {
                throw new ParameterException(spec.commandLine(), "--save prints nothing, and saves all symbols");
            }
            KernelSymbolFile.read(file).toTable().write(rows.save);
            return Main.OK;
        }
        KernelSymbolFile symbols = KernelSymbolFile.read(file);
        boolean exports = rows.exports || (!rows.kallsyms && !symbols.hasSymbols());
        if (exports ? symbols.exports().isEmpty() : !symbols.hasSymbols()) {
            throw new Failure(file + ": a " + symbols.kind().shown() + " without "
                    + (exports ? "exports" : "symbols that have addresses"));
        }
        SymbolListing listing =
                new SymbolListing(symbols, Optional.ofNullable(pattern).map(Glob::of));
        if (json) {
            printJson(symbols, listing, exports);
        } else if (exports) {
            listing.forEachExport((all, export) -> print(line(all, export)));
        } else {
            listing.forEachSymbol((address, type, name, module) -> print(line(address, type, name, module)));
        }
        return Main.OK;
    }

    private static String line(long address, char type, String name, String module) {
        return hex(address, 16) + " " + type + " " + name + (module.isEmpty() ? "" : "\t[" + module + "]");
    }

    private static String line(ModuleSymvers exports, int export) {
        return "0x" + hex(exports.crc(export) & 0xffff_ffffL, 8) + "\t" + exports.name(export) + "\t"
                + exports.owner(export) + "\tEXPORT_SYMBOL" + (exports.gplOnly(export) ? "_GPL" : "") + "\t"
                + exports.namespace(export);
    }

    private static String hex(long value, int digits) {
        String hex = Long.toHexString(value);
        return "0".repeat(digits - hex.length()) + hex;
    }

    /** Names are bytes, and what reads them from a file or a pipe gets these; not so a terminal. */
    private void print(String line) {
        if (Boolean.getBoolean("jkmod.terminal.out")) {
            environment.out().println(line.indexOf('\t') < 0 ? PrintableText.of(line) : printable(line));
        } else {
            ByteStrings.print(environment.out(), line + "\n");
        }
    }

    private static String printable(String line) {
        String[] fields = line.split("\t", -1);
        for (int i = 0; i < fields.length; i++) {
            fields[i] = PrintableText.of(fields[i]);
        }
        return String.join("\t", fields);
    }

    private void printJson(KernelSymbolFile symbols, SymbolListing listing, boolean exports) throws IOException {
        // An array of all symbols of a kernel would be a text of 100 MB.
        JsonWriter to =
                new JsonWriter(new BufferedWriter(new OutputStreamWriter(environment.out(), StandardCharsets.UTF_8)));
        to.setIndent("  ");
        to.beginObject();
        to.name("kind").value(symbols.kind().name().toLowerCase(Locale.ROOT));
        if (symbols.image().isPresent()) {
            KernelImage image = symbols.image().get();
            to.name("release").value(image.release());
            to.name("banner").value(image.banner());
        }
        to.name(exports ? "exports" : "symbols").beginArray();
        if (exports) {
            listing.forEachExport((all, export) -> write(to, all, export));
        } else {
            listing.forEachSymbol((address, type, name, module) -> write(to, address, type, name, module));
        }
        to.endArray();
        to.endObject();
        to.flush();
        environment.out().println();
    }

    private static void write(JsonWriter to, long address, char type, String name, String module) throws IOException {
        to.beginObject();
        to.name("address").value("0x" + hex(address, 16));
        to.name("type").value(String.valueOf(type));
        to.name("name").value(name);
        to.name("module").value(module);
        to.endObject();
    }

    private static void write(JsonWriter to, ModuleSymvers exports, int export) throws IOException {
        to.beginObject();
        to.name("crc").value("0x" + hex(exports.crc(export) & 0xffff_ffffL, 8));
        to.name("name").value(exports.name(export));
        to.name("owner").value(exports.owner(export));
        to.name("gplOnly").value(exports.gplOnly(export));
        to.name("namespace").value(exports.namespace(export));
        to.endObject();
    }
}
