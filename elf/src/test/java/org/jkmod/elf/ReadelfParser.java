package org.jkmod.elf;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jkmod.elf.ElfText.GroupRow;
import org.jkmod.elf.ElfText.Header;
import org.jkmod.elf.ElfText.NoteRow;
import org.jkmod.elf.ElfText.RelocationRow;
import org.jkmod.elf.ElfText.SectionRow;
import org.jkmod.elf.ElfText.SymbolRow;

/** Reads what {@code readelf -W -h -S -s -r -n -g} of GNU binutils prints. */
final class ReadelfParser {
    /** What to do with a line of a form; the first form that fits is taken. */
    private record Rule(Pattern form, Consumer<Matcher> action) {}

    private static final Pattern FIELD = Pattern.compile("^  ([A-Z][A-Za-z ]+): +(.*)$");
    private static final Pattern SECTION = Pattern.compile("^  \\[ *(\\d+)] (.*?) +([A-Z0-9_]+(?: SECTION INDICES)?) +"
            + "([0-9a-f]{8}|[0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) +([A-Za-z]*) +(\\d+) +(\\d+) +(\\d+)$");
    private static final Pattern SYMBOL = Pattern.compile(
            "^ +(\\d+): ([0-9a-f]+) +(\\S+) (\\S+) +(\\S+) +(\\S+)(?: +\\[.*])? +(\\w+(?:\\[0x\\w+])?) (.*)$");
    private static final Pattern TABLE = Pattern.compile("^Symbol table '(.*)' contains \\d+ entr.*$");
    private static final Pattern RELOCATIONS = Pattern.compile("^Relocation section '.*' at offset 0x([0-9a-f]+) .*$");
    private static final Pattern RELOCATION =
            Pattern.compile("^([0-9a-f]{8,16}) +([0-9a-f]{8,16}) \\S+ +(?:([0-9a-f]{8,16}) +)?(.*)$");
    private static final Pattern ADDEND = Pattern.compile("^(.*?) ?([+-]) ([0-9a-f]+)$");
    private static final Pattern NOTES = Pattern.compile("^Displaying notes found in: (.*)$");
    private static final Pattern NOTE = Pattern.compile("^  (\\S+) +0x([0-9a-f]{8})\t(.*)$");
    private static final Pattern NOTE_TYPE = Pattern.compile("Unknown note type: \\(0x([0-9a-f]+)\\)");
    private static final Pattern NOTE_BYTES = Pattern.compile("(?:description data: |Build ID: )([0-9a-f ]+)$");
    private static final Pattern GROUP =
            Pattern.compile("^(COMDAT )?group section \\[ *(\\d+)] `.*' \\[(.*)] contains \\d+ sections?:$");
    private static final Pattern MEMBER = Pattern.compile("^   \\[ *\\d+] {3}(.*)$");

    private final Map<String, String> fields = new TreeMap<>();
    private final List<SectionRow> sections = new ArrayList<>();
    private final List<SymbolRow> symbols = new ArrayList<>();
    private final Map<Long, List<RelocationRow>> relocations = new TreeMap<>();
    private final Map<String, List<NoteRow>> notes = new TreeMap<>();
    private final List<GroupRow> groups = new ArrayList<>();

    // Where the rows of the table that is being read go.
    private List<SymbolRow> symbolTable = new ArrayList<>();
    private List<RelocationRow> relocationTable = new ArrayList<>();
    private List<NoteRow> noteSection = new ArrayList<>();
    private List<String> members = new ArrayList<>();

    private final List<Rule> rules = List.of(
            new Rule(SECTION, m -> sections.add(sectionRow(m))),
            new Rule(TABLE, m -> symbolTable = m.group(1).equals(".symtab") ? symbols : new ArrayList<>()),
            new Rule(SYMBOL, m -> symbolTable.add(symbolRow(m))),
            new Rule(RELOCATIONS, m -> {
                relocationTable = new ArrayList<>();
                relocations.put(Long.parseLong(m.group(1), 16), relocationTable);
            }),
            new Rule(NOTES, m -> noteSection = notes.computeIfAbsent(m.group(1), key -> new ArrayList<>())),
            new Rule(NOTE, m -> noteSection.add(noteRow(m))),
            new Rule(GROUP, m -> {
                members = new ArrayList<>();
                String flags = m.group(1) == null ? "" : "COMDAT";
                groups.add(new GroupRow(Integer.parseInt(m.group(2)), flags, m.group(3), members));
            }),
            new Rule(MEMBER, m -> members.add(m.group(1))),
            new Rule(RELOCATION, m -> relocationTable.add(relocationRow(m))),
            new Rule(FIELD, m -> fields.put(m.group(1), m.group(2))));

    private ReadelfParser() {}

    static ElfText parse(List<String> lines) {
        ReadelfParser parser = new ReadelfParser();
        lines.forEach(parser::line);
        return new ElfText(
                header(parser.fields),
                parser.sections,
                parser.symbols,
                parser.relocations,
                parser.notes,
                parser.groups);
    }

    private void line(String line) {
        for (Rule rule : rules) {
            Matcher matcher = rule.form().matcher(line);
            if (matcher.matches()) {
                rule.action().accept(matcher);
                return;
            }
        }
    }

    private static Header header(Map<String, String> fields) {
        return new Header(
                Integer.parseInt(fields.get("Class").substring("ELF".length())),
                fields.get("Data"),
                fields.get("Type").split(" ", 2)[0],
                fields.get("Machine"),
                hex(fields.get("Entry point address")),
                (int) hex(fields.get("Flags").split(",", 2)[0]),
                extended(fields.get("Number of section headers")),
                extended(fields.get("Section header string table index")));
    }

    /** {@code 0 (65308)}: the field, and in parentheses what is meant. */
    private static int extended(String number) {
        int open = number.indexOf('(');
        return Integer.parseInt(open < 0 ? number : number.substring(open + 1, number.indexOf(')')));
    }

    private static long hex(String number) {
        return Long.parseUnsignedLong(number.startsWith("0x") ? number.substring(2) : number, 16);
    }

    private static SectionRow sectionRow(Matcher m) {
        return new SectionRow(
                Integer.parseInt(m.group(1)),
                m.group(2).strip(),
                m.group(3),
                hex(m.group(4)),
                hex(m.group(5)),
                hex(m.group(6)),
                hex(m.group(7)),
                m.group(8),
                Integer.parseInt(m.group(9)),
                Integer.parseInt(m.group(10)),
                Long.parseLong(m.group(11)));
    }

    private static SymbolRow symbolRow(Matcher m) {
        String size = m.group(3);
        return new SymbolRow(
                Integer.parseInt(m.group(1)),
                m.group(8),
                hex(m.group(2)),
                size.startsWith("0x") ? hex(size) : Long.parseLong(size),
                m.group(4),
                m.group(5),
                m.group(6),
                m.group(7));
    }

    private static RelocationRow relocationRow(Matcher m) {
        long info = hex(m.group(2));
        boolean wide = m.group(2).length() == 16;
        String name = m.group(4);
        long addend = 0;
        Matcher sum = ADDEND.matcher(name);
        if (sum.matches()) {
            name = sum.group(1);
            addend = sum.group(2).equals("-") ? -hex(sum.group(3)) : hex(sum.group(3));
        } else if (m.group(3) == null && !name.isEmpty()) {
            // Without a symbol there is only the addend.
            addend = name.startsWith("-") ? -hex(name.substring(1)) : hex(name);
            name = "";
        }
        return new RelocationRow(
                hex(m.group(1)),
                (int) (wide ? info & 0xffffffffL : info & 0xff),
                (int) (wide ? info >>> 32 : info >>> 8),
                name,
                addend);
    }

    private static NoteRow noteRow(Matcher m) {
        String text = m.group(3);
        Matcher unknown = NOTE_TYPE.matcher(text);
        int type =
                unknown.find() ? Integer.parseInt(unknown.group(1), 16) : text.startsWith("NT_GNU_BUILD_ID") ? 3 : -1;
        Matcher bytes = NOTE_BYTES.matcher(text);
        String descriptor = bytes.find() ? bytes.group(1).replace(" ", "") : "";
        return new NoteRow(m.group(1), type, Integer.parseInt(m.group(2), 16), descriptor);
    }
}
