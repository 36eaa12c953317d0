package org.jkmod.kmod;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/**
 * What a module says of itself: the strings of its section {@code .modinfo}, its build identifier, its signature. Immutable.
 *
 * <p>Nobody says in which encoding the strings are, so they have a byte in each character (ISO 8859-1); {@link
 * org.jkmod.core.Modinfo#text} makes UTF-8 of one.
 */
public final class ModuleInfo {
    /**
     * A string of the section.
     *
     * @param key what stands before the first {@code =}; all of it if there is none
     * @param value what stands behind it
     */
    public record Field(String key, String value) {}

    /**
     * A parameter of the module, of its fields {@code parm} and {@code parmtype}, of which the last ones count.
     *
     * @param name its name
     * @param description what it does, if the module says so
     * @param type the C type, as {@code int}, {@code array of charp}; whatever the module says
     */
    public record Parameter(String name, Optional<String> description, Optional<String> type) {}

    private static final byte[] PARM = {'p', 'a', 'r', 'm'};
    private static final byte[] PARM_TYPE = {'p', 'a', 'r', 'm', 't', 'y', 'p', 'e'};

    private static final int PLACES = 4;

    /** A parameter while its fields are read. */
    private static final class Found {
        private @Nullable String description;
        private @Nullable String type;
    }

    private final String name;
    private final boolean isBuiltin;
    private final byte[] bytes;
    /** Of each string where it begins, where its key ends, where its value begins, and where it ends. */
    private final int[] places;

    private final byte[] buildId;
    private final @Nullable ModuleSignature signature;

    private ModuleInfo(
            String name,
            boolean isBuiltin,
            byte[] bytes,
            int[] places,
            byte[] buildId,
            @Nullable ModuleSignature signature) {
        this.name = name;
        this.isBuiltin = isBuiltin;
        this.bytes = bytes;
        this.places = places;
        this.buildId = buildId;
        this.signature = signature;
    }

    /**
     * Reads a module's file, plain or compressed. Of a plain one only the parts that are needed.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is no ELF file with a section {@code .modinfo}, or a damaged compressed one
     */
    public static ModuleInfo read(Path file) throws IOException {
        return read(file, new ModuleBytes.Scratch());
    }

    /** As above, one file after the other. */
    static ModuleInfo read(Path file, ModuleBytes.Scratch scratch) throws IOException {
        try (ModuleBytes module = ModuleBytes.open(file, scratch)) {
            return read(module, String.valueOf(file.getFileName()));
        }
    }

    /**
     * Reads a module in memory, plain or compressed.
     *
     * @param name what to call the file in messages; its last part gives the module's name
     * @throws MalformedInputException as above
     */
    public static ModuleInfo parse(byte[] bytes, String name) {
        try (ModuleBytes module = ModuleBytes.of(bytes, name)) {
            return read(module, name);
        } catch (IOException e) {
            throw new IllegalStateException(e); // It reads memory.
        }
    }

    private static ModuleInfo read(ModuleBytes module, String fileName) throws IOException {
        ModinfoSection sections = ModinfoSection.of(module);
        byte[] modinfo = sections.modinfo();
        return new ModuleInfo(
                ModuleTree.moduleName(fileName),
                false,
                modinfo,
                places(modinfo),
                sections.buildId().orElse(new byte[0]),
                ModuleSignature.of(module).orElse(null));
    }

    /**
     * That of a module which is built into the kernel.
     *
     * @param strings the fields, a NUL behind each
     */
    static ModuleInfo builtin(String name, byte[] strings) {
        return new ModuleInfo(name, true, strings, places(strings), new byte[0], null);
    }

    /** The same of a module that has a file too. */
    ModuleInfo withFile() {
        return new ModuleInfo(name, false, bytes, places, buildId, signature);
    }

    /** Strings that are of one byte only count unless they are the last thing there is. */
    private static int[] places(byte[] bytes) {
        int[] places = new int[48];
        int used = 0;
        int at = 0;
        while (at < bytes.length) {
            int end = at;
            int value = -1;
            while (end < bytes.length && bytes[end] != 0) {
                if (value < 0 && bytes[end] == '=') {
                    value = end + 1;
                }
                end++;
            }
            if (end > at && (used > 0 || bytes.length - at > 1)) {
                if (used == places.length) {
                    places = Arrays.copyOf(places, 2 * used);
                }
                places[used++] = at;
                places[used++] = value < 0 ? end : value - 1;
                places[used++] = value < 0 ? end : value;
                places[used++] = end;
            }
            at = end + 1;
        }
        return Arrays.copyOf(places, used);
    }

    /** The module's name: that of its file up to the first point, with underscores for dashes. */
    public String name() {
        return name;
    }

    /** Whether the module is built into the kernel, so that there is no file of it. */
    public boolean isBuiltin() {
        return isBuiltin;
    }

    /** All strings in their order, those of parameters included. */
    public List<Field> fields() {
        List<Field> fields = new ArrayList<>(size());
        for (int i = 0; i < size(); i++) {
            fields.add(new Field(key(i), value(i)));
        }
        return Collections.unmodifiableList(fields);
    }

    /** The values of a key in their order. */
    public List<String> values(String key) {
        byte[] wanted = key.getBytes(StandardCharsets.ISO_8859_1);
        List<String> values = new ArrayList<>();
        for (int i = 0; i < size(); i++) {
            if (hasKey(i, wanted)) {
                values.add(value(i));
            }
        }
        return Collections.unmodifiableList(values);
    }

    /** The parameters in the order in which they are first mentioned; a field that names none is passed over. */
    public List<Parameter> parameters() {
        Map<String, Found> found = new LinkedHashMap<>();
        for (int i = 0; i < size(); i++) {
            boolean isType = hasKey(i, PARM_TYPE);
            if (isType || hasKey(i, PARM)) {
                String value = value(i);
                int colon = value.indexOf(':');
                if (colon >= 0) {
                    Found parameter = found.get(value.substring(0, colon));
                    if (parameter == null) {
                        parameter = new Found();
                        found.put(value.substring(0, colon), parameter);
                    }
                    if (isType) {
                        parameter.type = value.substring(colon + 1);
                    } else {
                        parameter.description = value.substring(colon + 1);
                    }
                }
            }
        }
        List<Parameter> parameters = new ArrayList<>(found.size());
        for (Map.Entry<String, Found> entry : found.entrySet()) {
            Found parameter = entry.getValue();
            parameters.add(new Parameter(
                    entry.getKey(), Optional.ofNullable(parameter.description), Optional.ofNullable(parameter.type)));
        }
        return Collections.unmodifiableList(parameters);
    }

    /** What the linker made of the module's content ({@code .note.gnu.build-id}), usually 20 bytes; a copy. */
    public Optional<byte[]> buildId() {
        return buildId.length == 0 ? Optional.empty() : Optional.of(buildId.clone());
    }

    /** The signature that is appended to the module; empty too if it cannot be read. */
    public Optional<ModuleSignature> signature() {
        return Optional.ofNullable(signature);
    }

    /** Whether it is built in, and the kernel says nothing of it. */
    boolean isEmptyBuiltin() {
        return isBuiltin && places.length == 0;
    }

    /** How many strings there are. */
    int size() {
        return places.length / PLACES;
    }

    /** The bytes that the strings are in. */
    byte[] bytes() {
        return bytes;
    }

    /** Where a string begins. */
    int begin(int index) {
        return places[PLACES * index];
    }

    /** Where its value begins: behind the {@code =}, or where the string ends. */
    int valueBegin(int index) {
        return places[PLACES * index + 2];
    }

    /** Where it ends. */
    int end(int index) {
        return places[PLACES * index + 3];
    }

    /** Where its key ends. */
    int keyEnd(int index) {
        return places[PLACES * index + 1];
    }

    boolean hasKey(int index, byte[] key) {
        int begin = begin(index);
        return keyEnd(index) - begin == key.length
                && Arrays.equals(bytes, begin, begin + key.length, key, 0, key.length);
    }

    /** Whether it is one of a parameter. */
    boolean isParameter(int index) {
        return hasKey(index, PARM) || hasKey(index, PARM_TYPE);
    }

    String key(int index) {
        return latin1(begin(index), keyEnd(index));
    }

    String value(int index) {
        return latin1(valueBegin(index), end(index));
    }

    private String latin1(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return name + (isBuiltin ? " (builtin)" : "");
    }
}
