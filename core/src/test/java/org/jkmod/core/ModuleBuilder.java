package org.jkmod.core;

import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHN_UNDEF;
import static org.jkmod.elf.Elf.SHT_NOBITS;
import static org.jkmod.elf.Elf.SHT_PROGBITS;
import static org.jkmod.elf.Elf.STB_GLOBAL;
import static org.jkmod.elf.Elf.STB_LOCAL;
import static org.jkmod.elf.Elf.STB_WEAK;
import static org.jkmod.elf.Elf.STT_FUNC;
import static org.jkmod.elf.Elf.STT_NOTYPE;
import static org.jkmod.elf.Elf.stInfo;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jkmod.elf.ElfClass;
import org.jkmod.elf.ElfWriter;

/**
 * Makes small modules as the kernel's build would: {@code .text}, {@code .modinfo}, {@code struct module}, imports, exports, checksums.
 * Relocation types 1 (64 bits, S + A) and 2 (32 bits, S + A - P) are what x86-64 and {@link ToyArchitecture} mean by them.
 */
public final class ModuleBuilder {
    /** The size of {@code struct module} in these modules. */
    public static final int THIS_MODULE_SIZE = 192;

    /** The version magic of these modules. */
    public static final String VERMAGIC = "6.12.0-toy SMP mod_unload modversions ";

    private static final int TEXT_SIZE = 256;
    private static final int NAME_AT = 24;
    private static final int INIT_AT = 96;
    private static final int EXIT_AT = 104;
    private static final int PARAM_SIZE = 40;
    private static final int PARAM_OPS_AT = 16;
    private static final int PARAM_ARG_AT = 32;

    private record Export(String name, boolean gplOnly, String namespace, int crc) {}

    private record Import(String name, boolean weak) {}

    private record Extra(String name, int type, long flags, long align, long size) {}

    private record Parameter(String name, String ops, int flags) {}

    private record Symbol(String name, String section, long value, int info) {}

    private final String name;
    private final int machine;
    private final List<String> modinfo = new ArrayList<>();
    private final List<Import> imports = new ArrayList<>();
    private final List<Export> exports = new ArrayList<>();
    private final Map<String, Integer> versions = new LinkedHashMap<>();
    private final List<Extra> extras = new ArrayList<>();
    private final List<Symbol> symbols = new ArrayList<>();
    private final List<Parameter> parameters = new ArrayList<>();
    private boolean init = true;
    private boolean exit = true;
    private boolean flagTable;
    private int textSize = TEXT_SIZE;

    private ModuleBuilder(String name, int machine) {
        this.name = name;
        this.machine = machine;
        modinfo.add("license=GPL");
        modinfo.add("name=" + name);
        modinfo.add("intree=Y");
        modinfo.add("retpoline=Y");
        modinfo.add("vermagic=" + VERMAGIC);
    }

    /** Begins a module for the toy architecture: licence GPL, of the kernel's tree, with init and exit. */
    public static ModuleBuilder module(String name) {
        return new ModuleBuilder(name, ToyArchitecture.MACHINE);
    }

    /** Begins a module for a machine. */
    public static ModuleBuilder module(String name, int machine) {
        return new ModuleBuilder(name, machine);
    }

    /** Adds an entry to {@code .modinfo}, in place of the ones with that tag. */
    public ModuleBuilder with(String tag, String value) {
        without(tag);
        modinfo.add(tag + "=" + value);
        return this;
    }

    /** Adds an entry to {@code .modinfo}. */
    public ModuleBuilder and(String tag, String value) {
        modinfo.add(tag + "=" + value);
        return this;
    }

    /** Takes the entries of a tag out of {@code .modinfo}. */
    public ModuleBuilder without(String tag) {
        modinfo.removeIf(entry -> entry.startsWith(tag + "="));
        return this;
    }

    /** Adds imports, each with a relocation in {@code .text}. */
    public ModuleBuilder imports(String... names) {
        Arrays.stream(names).forEach(n -> imports.add(new Import(n, false)));
        return this;
    }

    /** Adds weak imports. */
    public ModuleBuilder importsWeakly(String... names) {
        Arrays.stream(names).forEach(n -> imports.add(new Import(n, true)));
        return this;
    }

    /** Adds an export for everybody. */
    public ModuleBuilder exports(String... names) {
        Arrays.stream(names).forEach(n -> exports.add(new Export(n, false, "", crcOf(n))));
        return this;
    }

    /** Adds an export for GPL-compatible modules, in a namespace or in none. */
    public ModuleBuilder exportsGpl(String symbol, String namespace) {
        exports.add(new Export(symbol, true, namespace, crcOf(symbol)));
        return this;
    }

    /** The checksum that these modules, and {@link #symvers}, give a symbol. */
    public static int crcOf(String symbol) {
        return symbol.hashCode() | 1;
    }

    /** Adds an entry of {@code __versions}. */
    public ModuleBuilder version(String symbol, int crc) {
        versions.put(symbol, crc);
        return this;
    }

    /** Adds the right entries of {@code __versions}. */
    public ModuleBuilder versions(String... symbols) {
        Arrays.stream(symbols).forEach(s -> versions.put(s, crcOf(s)));
        return this;
    }

    /** Adds a section, filled with its name's first letter. */
    public ModuleBuilder section(String section, long flags, long align, long size) {
        extras.add(new Extra(section, SHT_PROGBITS, flags, align, size));
        return this;
    }

    /** Adds a section without content in the file. */
    public ModuleBuilder noBits(String section, long flags, long align, long size) {
        extras.add(new Extra(section, SHT_NOBITS, flags, align, size));
        return this;
    }

    /** Adds a local symbol in a section added before. */
    public ModuleBuilder symbol(String symbol, String section, long value) {
        symbols.add(new Symbol(symbol, section, value, stInfo(STB_LOCAL, STT_NOTYPE)));
        return this;
    }

    /** Adds a symbol in a section added before; local ones first. */
    public ModuleBuilder symbol(String symbol, String section, long value, int info) {
        symbols.add(new Symbol(symbol, section, value, info));
        return this;
    }

    /**
     * Adds a parameter with a variable of eight bytes: a row of {@code __param}.
     *
     * @param ops a symbol that the kernel exports, as {@code param_ops_int}
     * @param flags {@code KERNEL_PARAM_FL_*}: 1 for unsafe
     */
    public ModuleBuilder parameter(String parameter, String ops, int flags) {
        parameters.add(new Parameter(parameter, ops, flags));
        return this;
    }

    /** Sets the size of {@code .text}. */
    public ModuleBuilder textSize(int size) {
        textSize = size;
        return this;
    }

    /** The module has no exit: it is permanent. */
    public ModuleBuilder withoutExit() {
        exit = false;
        return this;
    }

    /** The module has neither init nor exit. */
    public ModuleBuilder withoutInit() {
        init = false;
        exit = false;
        return this;
    }

    /** All exports are in one table, with flags beside it (Linux 7.1). */
    public ModuleBuilder withFlagTable() {
        flagTable = true;
        return this;
    }

    /** The file. */
    public byte[] bytes() {
        ElfWriter elf = new ElfWriter(ElfClass.ELFCLASS64, ByteOrder.LITTLE_ENDIAN, machine);
        Map<String, Integer> sections = new LinkedHashMap<>();
        int text = elf.addSection(".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 16, new byte[textSize]);
        sections.put(".text", text);
        elf.addSection(".modinfo", SHT_PROGBITS, SHF_ALLOC, 1, strings(modinfo));
        byte[] module = new byte[THIS_MODULE_SIZE];
        System.arraycopy(latin1(name), 0, module, NAME_AT, name.length());
        int thisModule = elf.addSection(".gnu.linkonce.this_module", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 64, module);
        sections.put(".gnu.linkonce.this_module", thisModule);
        if (!versions.isEmpty()) {
            elf.addSection("__versions", SHT_PROGBITS, SHF_ALLOC, 32, versionBytes());
        }
        for (Extra extra : extras) {
            if (extra.type() == SHT_NOBITS) {
                sections.put(extra.name(), elf.addNoBits(extra.name(), extra.flags(), extra.align(), extra.size()));
            } else {
                byte[] content = new byte[(int) extra.size()];
                Arrays.fill(content, (byte) (extra.name().replace(".", "") + "?").charAt(0));
                sections.put(
                        extra.name(),
                        elf.addSection(extra.name(), extra.type(), extra.flags(), extra.align(), content));
            }
        }
        List<Table> tables = tables();
        byte[] names = exportStrings();
        int strings = names.length == 0 ? 0 : elf.addSection("__ksymtab_strings", SHT_PROGBITS, SHF_ALLOC, 1, names);
        for (Table table : tables) {
            table.add(elf);
        }
        byte[] parameterNames = strings(parameters.stream().map(Parameter::name).toList());
        int rows = 0;
        int rowNames = 0;
        int variables = 0;
        if (!parameters.isEmpty()) {
            rows = elf.addSection("__param", SHT_PROGBITS, SHF_ALLOC, 8, parameterRows());
            rowNames = elf.addSectionSymbol(
                    elf.addSection(".rodata.parameters", SHT_PROGBITS, SHF_ALLOC, 1, parameterNames));
            variables = elf.addSectionSymbol(elf.addSection(
                    ".data.parameters", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, new byte[8 * parameters.size()]));
        }
        int stringsSymbol = strings == 0 ? 0 : elf.addSectionSymbol(strings);
        for (Symbol s : symbols) {
            elf.addSymbol(s.name(), s.value(), 0, s.info(), sections.get(s.section()));
        }
        int function = stInfo(STB_GLOBAL, STT_FUNC);
        int initSymbol = init ? elf.addSymbol("init_module", 0, 16, function, text) : 0;
        int exitSymbol = exit ? elf.addSymbol("cleanup_module", 16, 16, function, text) : 0;
        int moduleRelocations = elf.addRelocations(thisModule);
        if (init) {
            elf.addRelocation(moduleRelocations, INIT_AT, 1, initSymbol, 0);
        }
        if (exit) {
            elf.addRelocation(moduleRelocations, EXIT_AT, 1, exitSymbol, 0);
        }
        int textRelocations = elf.addRelocations(text);
        int place = 32;
        for (Import i : imports) {
            int symbol = elf.addSymbol(i.name(), 0, 0, stInfo(i.weak() ? STB_WEAK : STB_GLOBAL, STT_NOTYPE), SHN_UNDEF);
            elf.addRelocation(textRelocations, place, 1, symbol, 0);
            place += 8;
        }
        for (Table table : tables) {
            table.relocate(elf, text, names, stringsSymbol);
        }
        if (!parameters.isEmpty()) {
            int rowRelocations = elf.addRelocations(rows);
            int at = 0;
            for (int i = 0; i < parameters.size(); i++) {
                int ops = elf.addSymbol(parameters.get(i).ops(), 0, 0, stInfo(STB_GLOBAL, STT_NOTYPE), SHN_UNDEF);
                elf.addRelocation(rowRelocations, (long) PARAM_SIZE * i, 1, rowNames, at);
                elf.addRelocation(rowRelocations, (long) PARAM_SIZE * i + PARAM_OPS_AT, 1, ops, 0);
                elf.addRelocation(rowRelocations, (long) PARAM_SIZE * i + PARAM_ARG_AT, 1, variables, 8L * i);
                at += parameters.get(i).name().length() + 1;
            }
        }
        return elf.toBytes();
    }

    /** {@code struct kernel_param}: name, mod, ops, perm, level, flags, arg. */
    private byte[] parameterRows() {
        ByteBuffer table = ByteBuffer.allocate(PARAM_SIZE * parameters.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < parameters.size(); i++) {
            table.putShort(PARAM_SIZE * i + 24, (short) 0444).put(PARAM_SIZE * i + 26, (byte) -1);
            table.put(PARAM_SIZE * i + 27, (byte) parameters.get(i).flags());
        }
        return table.array();
    }

    /** A table of exports in the making. */
    private static final class Table {
        private final String suffix;
        private final List<Export> exports;
        private final boolean flags;
        private int section;

        Table(String suffix, List<Export> exports, boolean flags) {
            this.suffix = suffix;
            this.exports = exports;
            this.flags = flags;
        }

        void add(ElfWriter elf) {
            section = elf.addSection("__ksymtab" + suffix, SHT_PROGBITS, SHF_ALLOC, 4, new byte[12 * exports.size()]);
            ByteBuffer crcs = ByteBuffer.allocate(4 * exports.size()).order(ByteOrder.LITTLE_ENDIAN);
            exports.forEach(e -> crcs.putInt(e.crc()));
            elf.addSection("__kcrctab" + suffix, SHT_PROGBITS, SHF_ALLOC, 4, crcs.array());
            if (flags) {
                byte[] bytes = new byte[exports.size()];
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) (exports.get(i).gplOnly() ? 1 : 0);
                }
                elf.addSection("__kflagstab", SHT_PROGBITS, SHF_ALLOC, 1, bytes);
            }
        }

        void relocate(ElfWriter elf, int text, byte[] names, int strings) {
            int relocations = elf.addRelocations(section);
            for (int i = 0; i < exports.size(); i++) {
                Export export = exports.get(i);
                int symbol = elf.addSymbol(export.name(), 16L * (i + 2), 16, stInfo(STB_GLOBAL, STT_FUNC), text);
                elf.addRelocation(relocations, 12L * i, 2, symbol, 0);
                elf.addRelocation(relocations, 12L * i + 4, 2, strings, offset(names, export.name()));
                elf.addRelocation(relocations, 12L * i + 8, 2, strings, offset(names, export.namespace()));
            }
        }
    }

    private List<Table> tables() {
        if (exports.isEmpty()) {
            return List.of();
        }
        if (flagTable) {
            return List.of(new Table("", exports, true));
        }
        List<Table> tables = new ArrayList<>();
        for (boolean gpl : new boolean[] {false, true}) {
            List<Export> some = exports.stream().filter(e -> e.gplOnly() == gpl).toList();
            if (!some.isEmpty()) {
                tables.add(new Table(gpl ? "_gpl" : "", some, false));
            }
        }
        return tables;
    }

    private byte[] exportStrings() {
        if (exports.isEmpty()) {
            return new byte[0];
        }
        List<String> all = new ArrayList<>(List.of(""));
        exports.forEach(e -> all.addAll(List.of(e.name(), e.namespace())));
        return strings(all);
    }

    /** Where a string of a table begins. */
    private static int offset(byte[] strings, String string) {
        if (string.isEmpty()) {
            return 0;
        }
        return new String(strings, StandardCharsets.ISO_8859_1).indexOf("\0" + string + "\0") + 1;
    }

    private byte[] versionBytes() {
        ByteBuffer table = ByteBuffer.allocate(64 * versions.size()).order(ByteOrder.LITTLE_ENDIAN);
        versions.forEach((symbol, crc) -> {
            int at = table.position();
            table.putLong(Integer.toUnsignedLong(crc)).put(latin1(symbol));
            table.position(at + 64);
        });
        return table.array();
    }

    private static byte[] strings(List<String> strings) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String s : strings) {
            out.writeBytes(latin1(s));
            out.write(0);
        }
        return out.toByteArray();
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The module. */
    public KernelObject build() {
        return KernelObject.parse(bytes(), name + ".ko");
    }

    /**
     * The text of a Module.symvers.
     *
     * @param rows {@code NAME}, or {@code NAME OWNER}, or {@code NAME OWNER gpl}, or {@code NAME OWNER gpl NAMESPACE}
     */
    public static byte[] symvers(String... rows) {
        StringBuilder text = new StringBuilder();
        for (String row : rows) {
            String[] words = row.split(" ", -1);
            text.append(String.format("0x%08x\t%s\t", crcOf(words[0]), words[0]))
                    .append(words.length > 1 ? words[1] : "vmlinux")
                    .append(words.length > 2 ? "\tEXPORT_SYMBOL_GPL\t" : "\tEXPORT_SYMBOL\t")
                    .append(words.length > 3 ? words[3] : "")
                    .append('\n');
        }
        return latin1(text.toString());
    }
}
