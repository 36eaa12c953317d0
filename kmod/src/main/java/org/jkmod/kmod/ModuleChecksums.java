package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jkmod.core.KernelObject;
import org.jkmod.core.SymbolVersions;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;

/** The checksums of symbols in a module's file, as {@code modprobe --show-modversions} and {@code --show-exports} show them. */
public final class ModuleChecksums {
    /** {@code SHN_ABS}. */
    private static final int ABSOLUTE = 0xfff1;

    private static final String VERSIONS = "__versions";
    private static final String CRC = "__crc_";

    /** {@code sizeof(struct modversion_info)}. */
    private static final int ENTRY = 64;

    private ModuleChecksums() {}

    /**
     * A symbol's checksum.
     *
     * @param name of the symbol
     * @param crc unsigned; 0 if there is none
     */
    public record Checksum(String name, long crc) {
        /** The line that modprobe prints. */
        public String line() {
            return String.format("0x%08x\t%s", crc, name);
        }
    }

    /**
     * What the module was built against: {@code __versions}, or, in a module that has only these, {@code __version_ext_names} and
     * {@code __version_ext_crcs}, which no kmod reads.
     *
     * @return in the file's order; empty if it has no such section
     * @throws MalformedInputException if the file is damaged
     */
    public static Optional<List<Checksum>> versions(KernelObject object) {
        Optional<Section> versions = object.elf().section(VERSIONS);
        return versions.isPresent()
                ? versions.map(ModuleChecksums::entries)
                : object.versions().map(ModuleChecksums::extended);
    }

    private static List<Checksum> entries(Section section) {
        ImmutableList.Builder<Checksum> found = ImmutableList.builder();
        if (section.isEmptyInFile()) {
            return List.of();
        }
        ByteBuffer bytes = section.bytes();
        int word = section.file().elfClass().addressSize();
        for (int at = 0; at + ENTRY <= bytes.limit(); at += ENTRY) {
            long crc = word == Long.BYTES ? bytes.getLong(at) : Integer.toUnsignedLong(bytes.getInt(at));
            byte[] name = new byte[ENTRY - word];
            bytes.get(at + word, name);
            int length = 0;
            while (length < name.length && name[length] != 0) {
                length++;
            }
            found.add(new Checksum(withoutPoint(new String(name, 0, length, StandardCharsets.ISO_8859_1)), crc));
        }
        return found.build();
    }

    /** Functions of some architectures have one more name, with a point before it. */
    private static String withoutPoint(String name) {
        return name.startsWith(".") ? name.substring(1) : name;
    }

    private static List<Checksum> extended(SymbolVersions versions) {
        ImmutableList.Builder<Checksum> found = ImmutableList.builder();
        for (int i = 0; i < versions.size(); i++) {
            found.add(new Checksum(versions.name(i), Integer.toUnsignedLong(versions.crc(i))));
        }
        return found.build();
    }

    /**
     * What the module exports: the symbols {@code __crc_NAME}; in a module without these, the names in {@code __ksymtab_strings}, whose
     * checksums are 0.
     *
     * @return in the file's order
     * @throws MalformedInputException if the file is damaged
     */
    public static List<Checksum> exports(KernelObject object) {
        List<Checksum> found = new ArrayList<>();
        SymbolTable symbols = object.symbols();
        for (int i = 1; i < symbols.count(); i++) {
            String name = symbols.name(i);
            if (name.startsWith(CRC)) {
                found.add(new Checksum(name.substring(CRC.length()), crc(object.elf(), symbols, i)));
            }
        }
        if (found.isEmpty()) {
            object.elf()
                    .section("__ksymtab_strings")
                    .filter(s -> !s.isEmptyInFile())
                    .ifPresent(section -> names(section.bytes(), found));
        }
        return List.copyOf(found);
    }

    /** The value of the symbol, or, where that only says where in a section, what is there. */
    private static long crc(ElfFile elf, SymbolTable symbols, int symbol) {
        int index = symbols.rawSectionIndex(symbol);
        long value = symbols.value(symbol);
        if (index == ABSOLUTE || index == 0) {
            return value;
        }
        int in = symbols.sectionIndex(symbol);
        Optional<ByteBuffer> bytes =
                in <= 0 || in >= elf.sectionCount() || elf.section(in).isEmptyInFile()
                        ? Optional.empty()
                        : Optional.of(elf.section(in).bytes());
        if (bytes.isEmpty() || value < 0 || value > bytes.get().limit() - Integer.BYTES) {
            throw new MalformedInputException(
                    elf.name(),
                    "symbol " + symbol + " st_value",
                    value,
                    "no checksum there",
                    "the place of one in a section of the file");
        }
        return Integer.toUnsignedLong(bytes.get().getInt((int) value));
    }

    private static void names(ByteBuffer strings, List<Checksum> to) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < strings.limit(); i++) {
            char c = (char) (strings.get(i) & 0xff);
            if (c != 0) {
                name.append(c);
            } else if (name.length() > 0) {
                to.add(new Checksum(name.toString(), 0));
                name.setLength(0);
            }
        }
    }
}
