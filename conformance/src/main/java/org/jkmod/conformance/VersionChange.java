package org.jkmod.conformance;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jkmod.elf.Elf;

/** Changes of what a module imports, and of the checksums in its {@code __versions}: 64 bytes each, a word and a name. */
final class VersionChange {
    static final String VERSIONS = "__versions";
    private static final int ENTRY = 64;
    private static final int WORD = 8;

    private VersionChange() {}

    /** Makes a symbol's checksum another one. */
    static Change wrong(String symbol) {
        return Change.edit(e -> {
            ByteBuffer bytes = e.section(VERSIONS).bytes();
            for (int at = 0; at + ENTRY <= bytes.capacity(); at += ENTRY) {
                if (symbol.isEmpty() || name(bytes, at).equals(symbol)) {
                    bytes.putInt(at, bytes.getInt(at) ^ 0x5a5a);
                }
            }
        });
    }

    /** Makes all checksums others. */
    static Change allWrong() {
        return wrong("");
    }

    /** Takes a symbol's checksum away. */
    static Change missing(String symbol) {
        return Change.edit(e -> {
            ByteBuffer bytes = e.section(VERSIONS).bytes();
            ByteArrayOutputStream kept = new ByteArrayOutputStream();
            for (int at = 0; at + ENTRY <= bytes.capacity(); at += ENTRY) {
                if (!name(bytes, at).equals(symbol)) {
                    for (int i = 0; i < ENTRY; i++) {
                        kept.write(bytes.get(at + i));
                    }
                }
            }
            e.section(VERSIONS).content = kept.toByteArray();
        });
    }

    /** Lets the module import a symbol, with the kernel's checksum of it. */
    static Change imported(String symbol) {
        return (module, target) ->
                undefined(symbol, Elf.STB_GLOBAL).and(version(symbol)).of(module, target);
    }

    /** Lets the module import a symbol, without a checksum. */
    static Change undefined(String symbol, int binding) {
        return Change.edit(e -> e.addSymbol(symbol, Elf.stInfo(binding, Elf.STT_NOTYPE), Elf.SHN_UNDEF, 0, 0));
    }

    private static Change version(String symbol) {
        return (module, target) -> {
            ModuleEditor editor = ModuleEditor.of(module);
            if (!target.hasModversions() || !editor.hasSection(VERSIONS)) {
                return module;
            }
            editor.section(VERSIONS).append(entry(symbol, target.crc(symbol)));
            return editor.toBytes();
        };
    }

    /** An entry, whose name is cut if it is too long. */
    static byte[] entry(String symbol, int crc) {
        byte[] name = Arrays.copyOf(symbol.getBytes(StandardCharsets.ISO_8859_1), ENTRY - WORD);
        return ByteBuffer.allocate(ENTRY)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(Integer.toUnsignedLong(crc))
                .put(name)
                .array();
    }

    private static String name(ByteBuffer versions, int at) {
        StringBuilder name = new StringBuilder();
        for (int i = WORD; i < ENTRY && versions.get(at + i) != 0; i++) {
            name.append((char) versions.get(at + i));
        }
        return name.toString();
    }
}
