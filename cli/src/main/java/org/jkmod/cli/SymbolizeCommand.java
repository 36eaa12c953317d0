package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Serial;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jkmod.core.KernelAddresses;
import org.jkmod.core.KernelOffset;
import org.jkmod.core.SymbolAt;
import org.jkmod.core.TraceSymbolizer;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.KernelSymbolFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod symbolize}. */
@Command(
        name = "symbolize",
        mixinStandardHelpOptions = true,
        header = "Put names for the addresses in oopses, stack traces and perf's output.",
        description = {
            "Prints the symbol of each ADDRESS, as the kernel would: name+0xoffset/0xsize [module], or the address if it has none. Without"
                    + " ADDRESS, copies standard input and puts symbols for the raw kernel addresses in it: 16 digits, with or without 0x, also in"
                    + " [<...>]. Left as they are: addresses whose symbol stands behind them, the values of registers other than RIP, pc, lr, epc"
                    + " and ra, ends of ranges, and all that is no address of the kernel or a known module. Of a line of perf script, [unknown]"
                    + " becomes name+0xoffset, and ([kernel.kallsyms]) the module.",
            "Between <TASK> and </TASK>, addresses are those to return to: the symbol is that of the byte before, as the kernel prints it.",
            "A kernel with KASLR is elsewhere in every boot, and so are its modules, each by itself."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dmesg | jkmod symbolize --kallsyms /proc/kallsyms",
            "  jkmod symbolize --image /boot/vmlinuz-6.12.107+deb13-amd64 --module fat.ko@sections.txt <oops.txt",
            "  jkmod symbolize --kallsyms saved.symbols 0xffffffffc0a1b2c4",
            "  perf script -F +symoff | jkmod symbolize --kallsyms kallsyms.txt --module fat.ko@/sys/module/fat/sections"
        })
final class SymbolizeCommand implements Callable<Integer> {
    /** Where the symbols are. */
    private static final class Source {
        @Option(
                names = "--kallsyms",
                required = true,
                paramLabel = "FILE",
                description =
                        "The kernel's symbols, and its modules', at their addresses in the same boot: /proc/kallsyms, or what"
                                + " 'jkmod symbols --save' made of it.")
        private @Nullable Path kallsyms;

        @Option(
                names = "--image",
                required = true,
                paramLabel = "FILE",
                description = "The kernel (vmlinuz, vmlinux, Image), its System.map, or its symbols in another boot.")
        private @Nullable Path image;
    }

    private final Environment environment;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Source source;

    @Option(
            names = "--module",
            paramLabel = "FILE.ko@SECTIONS",
            description = {
                "A module, and where its sections are: a file with lines MODULE SECTION 0xADDRESS, a folder as /sys/module/NAME/sections, or"
                        + " .text=0xADDRESS,.data=0xADDRESS and so on. Of each memory that it has (code, data, ...) one section suffices.",
                "May be given more than once; --image knows no other modules."
            })
    private List<String> modules = new ArrayList<>();

    @Option(
            names = "--kaslr-offset",
            paramLabel = "HEX",
            description = {
                "How much further up the kernel is than FILE has it, or auto: then standard input must show it, by the line 'Kernel Offset:' of"
                        + " a panic, or by an address of the kernel beside its symbol, as in perf script's lines.",
                "Default: auto for --image and standard input, else 0."
            })
    private @Nullable String offset;

    @Option(
            names = "--known",
            paramLabel = "SYMBOL=ADDRESS",
            description = "Where one of the kernel's symbols is, which tells the offset.")
    private List<String> known = new ArrayList<>();

    @Option(names = "--registers", description = "Put symbols for the values of all registers, too.")
    private boolean registers;

    @Option(
            names = "--return",
            description = "Take each ADDRESS for one to return to: show the symbol of the byte before.")
    private boolean returns;

    @Option(
            names = "--json",
            description =
                    "Print an object a line instead, for each ADDRESS, or each address in the text that has a symbol: line, address,"
                            + " name, offset, size, module (empty for the kernel itself).")
    private boolean json;

    @Parameters(arity = "0..*", paramLabel = "ADDRESS", description = "Addresses, hexadecimal, with or without 0x.")
    private List<String> given = new ArrayList<>();

    SymbolizeCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        List<Long> wanted = given.stream().map(a -> hex(a, "ADDRESS")).toList();
        if (returns && wanted.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--return is for ADDRESS: a text shows which are");
        }
        try {
            KernelAddresses linked = addresses();
            OptionalLong distance = distance(linked, !wanted.isEmpty());
            KernelAddresses addresses = linked.movedBy(distance.orElse(0));
            if (wanted.isEmpty()) {
                symbolize(addresses, distance.isEmpty());
            } else {
                wanted.forEach(address -> print(addresses, address));
            }
        } catch (IllegalArgumentException e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
        return Main.OK;
    }

    private KernelAddresses addresses() throws IOException, Failure {
        Path file = source.kallsyms != null ? source.kallsyms : Objects.requireNonNull(source.image);
        KernelAddresses kernel = KernelSymbolFile.read(file).addresses();
        ModuleOptions placed = new ModuleOptions(kernel);
        for (String module : modules) {
            placed.add(module);
        }
        return kernel.with(placed.modules());
    }

    /** How far the kernel is from where the file has it; empty if the text shall tell. */
    private OptionalLong distance(KernelAddresses linked, boolean isWithoutText) {
        KernelOffset found = new KernelOffset(linked);
        boolean isAuto = offset == null ? source.image != null && !isWithoutText : offset.equals("auto");
        if (offset != null && !isAuto) {
            found.distance(hex(offset, "--kaslr-offset"));
        }
        for (String symbol : known) {
            int sign = symbol.lastIndexOf('=');
            if (sign <= 0) {
                throw new ParameterException(spec.commandLine(), "--known: '" + symbol + "' is not SYMBOL=ADDRESS");
            }
            found.symbol(ByteStrings.of(symbol.substring(0, sign)), hex(symbol.substring(sign + 1), "--known"));
        }
        if (found.distance().isPresent() || (known.isEmpty() && isAuto && !isWithoutText)) {
            return found.distance();
        }
        if (!known.isEmpty()) {
            throw new IllegalArgumentException("several symbols have the name, and more than one fits: " + known);
        }
        if (isAuto) {
            throw new ParameterException(spec.commandLine(), "--kaslr-offset auto needs a text");
        }
        return OptionalLong.of(0);
    }

    private void symbolize(KernelAddresses addresses, boolean findOffset) throws IOException, Failure {
        TraceSymbolizer.Scope scope = registers ? TraceSymbolizer.Scope.REGISTERS : TraceSymbolizer.Scope.CODE;
        TraceSymbolizer symbolizer =
                findOffset ? TraceSymbolizer.findingOffset(addresses, scope) : TraceSymbolizer.of(addresses, scope);
        String name = "standard input";
        long left = 0;
        try {
            left = json
                    ? list(symbolizer, name)
                    : symbolizer.copy(environment.in(), name, new Reader(environment.out()));
        } catch (ReaderGoneException e) {
            // Main says what there is to say of standard output.
            environment.out().flush();
        }
        if (left > 0) {
            throw new Failure(name + ": no line shows where the kernel is: " + left
                    + (left == 1 ? " address is" : " addresses are") + " left (see --kaslr-offset, --known)");
        }
    }

    private long list(TraceSymbolizer symbolizer, String name) throws IOException {
        JsonLines lines = new JsonLines(environment.out());
        try {
            return symbolizer.forEach(environment.in(), name, lines);
        } finally {
            lines.flush();
        }
    }

    /** An object a line, written many at a time: to see whether anybody reads it costs a write. */
    private static final class JsonLines implements TraceSymbolizer.Listener {
        private static final int MANY = 1 << 16;

        private final PrintStream to;
        private final StringBuilder lines = new StringBuilder();

        JsonLines(PrintStream to) {
            this.to = to;
        }

        @Override
        public void found(long line, long address, SymbolAt symbol) throws IOException {
            lines.append(toJson(OptionalLong.of(line), address, Optional.of(symbol)))
                    .append('\n');
            if (lines.length() >= MANY) {
                flush();
            }
        }

        @Override
        public void flush() throws IOException {
            to.print(lines.toString());
            lines.setLength(0);
            if (to.checkError()) {
                throw new ReaderGoneException();
            }
        }
    }

    /** A PrintStream does not say that nobody reads it any more, and what comes on standard input may have no end. */
    private static final class Reader extends FilterOutputStream {
        private final PrintStream to;

        Reader(PrintStream to) {
            super(to);
            this.to = to;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            to.write(bytes, from, length);
            if (to.checkError()) {
                throw new ReaderGoneException();
            }
        }
    }

    private static final class ReaderGoneException extends IOException {
        @Serial
        private static final long serialVersionUID = 1L;
    }

    private void print(KernelAddresses addresses, long address) {
        Optional<SymbolAt> symbol = returns ? addresses.returnSymbolAt(address) : addresses.symbolAt(address);
        if (json) {
            environment.out().println(toJson(OptionalLong.empty(), address, symbol));
        } else {
            String text = symbol.map(SymbolAt::toString).orElse("0x" + Long.toHexString(address));
            environment.out().println(PrintableText.of(text));
        }
    }

    private static String toJson(OptionalLong line, long address, Optional<SymbolAt> symbol) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            if (line.isPresent()) {
                json.name("line").value(line.getAsLong());
            }
            json.name("address").value(Json.address(address));
            if (symbol.isPresent()) {
                SymbolAt at = symbol.get();
                json.name("name").value(at.name());
                json.name("offset").value(at.offset());
                json.name("size").value(at.size());
                json.name("module").value(at.module().orElse(""));
            }
            json.endObject();
        } catch (IOException e) {
            throw new IllegalStateException(e); // It writes to memory.
        }
        return text.toString();
    }

    private long hex(String text, String what) {
        try {
            return Long.parseUnsignedLong(text.startsWith("0x") ? text.substring(2) : text, 16);
        } catch (NumberFormatException e) {
            throw new ParameterException(
                    spec.commandLine(), what + ": '" + text + "' is not a hexadecimal number of 64 bits", e);
        }
    }
}
