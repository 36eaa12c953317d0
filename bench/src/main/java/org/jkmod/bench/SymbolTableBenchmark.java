package org.jkmod.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.SymbolTable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Time to have the symbols of a whole kernel: from a saved table, and from the text of /proc/kallsyms. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SymbolTableBenchmark {
    private final LookupData data = new LookupData(Environment.lookupData());
    private byte[] text = new byte[0];

    /** Reads the text. */
    @Setup
    public void setUp() {
        text = data.kallsyms();
    }

    /** Opens a saved table, its checksum included. */
    @Benchmark
    public SymbolTable open() throws IOException {
        return SymbolTable.read(data.symbolTable());
    }

    /** The same, and looks for a name, for which some of the table is made. */
    @Benchmark
    public int openAndFind() throws IOException {
        return SymbolTable.read(data.symbolTable()).find("vfs_read");
    }

    /** Reads the text, and makes the indexes over names and addresses. */
    @Benchmark
    public Kallsyms parse() {
        Kallsyms symbols = Kallsyms.parse(text, "kallsyms");
        symbols.addressIndex();
        return symbols;
    }

    /** Reads the text, and makes the table that is small and can be saved. */
    @Benchmark
    public SymbolTable build() {
        return SymbolTable.of(Kallsyms.parse(text, "kallsyms"));
    }
}
