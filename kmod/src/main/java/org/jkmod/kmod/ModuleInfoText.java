package org.jkmod.kmod;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jkmod.core.Modinfo;
import org.jkmod.core.SignatureCheck;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.elf.PrintableText;
import org.jspecify.annotations.Nullable;

/**
 * The text that kmod's modinfo writes of modules, to the byte: the file's name, the fields in their order, the signature's, and the
 * parameters from the last that is mentioned to the first. Bytes go through as they are. For one thread.
 */
public final class ModuleInfoText {
    /**
     * How to write.
     *
     * @param compat whose text it is
     * @param nul whether a NUL ends each entry, not a newline
     * @param field the one field of which only the values are wanted
     * @param buildId whether to write the field {@code build-id}, which kmod has only in what comes after its release 34.2
     */
    public record Style(Compat compat, boolean nul, Optional<String> field, boolean buildId) {}

    /** What stands for a file's name if there is none. */
    private static final String BUILTIN = "(builtin)";

    /** How wide a key and its colon are, with blanks behind them. */
    private static final int COLUMN = 16;
    /** Bytes of a key or signature on a line. */
    private static final int HEX_LINE = 20;

    private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

    /** The hashes that kmod 30 has a name for; it keeps silent about signatures with others. */
    private static final String HASHES_30 = " md4 md5 sha1 rmd160 sha256 sha384 sha512 sha224 sm3 ";

    private final Style style;
    private final @Nullable String field;
    private final byte[] fieldBytes;
    private final byte end;

    /** Enough for a batch of most modules. */
    private byte[] text = new byte[1 << 16];

    private int length;
    private final List<String> complaints = new ArrayList<>();

    /** Text in a style, of nothing yet. */
    public ModuleInfoText(Style style) {
        this.style = style;
        this.field = style.field().orElse(null);
        this.fieldBytes = style.field().orElse("").getBytes(StandardCharsets.UTF_8);
        this.end = (byte) (style.nul() ? 0 : '\n');
    }

    /** Writes what is written before a module's file is opened: its name, if that is wanted. */
    public void addFile(String path) {
        if (field == null || field.equals("filename")) {
            special("filename", path.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Whether {@link #addFile} writes all that is wanted, so that nobody needs to open the file. */
    public boolean isFileAll() {
        return "filename".equals(field);
    }

    /** Writes what a module says. */
    public void add(ModuleInfo module) {
        if (module.isBuiltin()) {
            if (field == null || field.equals("name")) {
                special("name", module.name().getBytes(StandardCharsets.UTF_8));
            }
            addFile(BUILTIN);
            if (field != null && (field.equals("name") || isFileAll())) {
                return;
            }
        }
        if (field == null) {
            addAll(module);
        } else if (field.equals("parm")) {
            addParameters(module);
        } else {
            addValues(module);
        }
    }

    /** Writes whether a module is well signed, as the field {@code verified}. */
    public void addFinding(SignatureCheck.Finding finding) {
        if (field == null || field.equals("verified")) {
            String reason = finding.reason().isEmpty() ? "" : ": " + PrintableText.of(finding.reason());
            if (field == null) {
                key("verified");
            }
            byte[] value = (finding.outcome() + reason).getBytes(StandardCharsets.UTF_8);
            bytes(value, 0, value.length);
            put(end);
        }
    }

    /** Adds to {@link #complaints}. */
    void complain(String text) {
        complaints.add(text);
    }

    private void addAll(ModuleInfo module) {
        for (int i = 0; i < module.size(); i++) {
            if (!module.isParameter(i)) {
                int begin = module.begin(i);
                key(module.bytes(), begin, module.keyEnd(i) - begin);
                bytes(module.bytes(), module.valueBegin(i), module.end(i));
                put(end);
            }
        }
        if (style.buildId() && module.buildId().isPresent()) {
            key("build-id");
            hex(module.buildId().get());
            put(end);
        }
        ModuleSignature signature = shown(module);
        if (signature != null) {
            entry("sig_id", signature.kind());
            entry("signer", signature.signer());
            key("sig_key");
            hex(signature.keyBytes());
            put(end);
            entry("sig_hashalgo", hash(signature));
            key("signature");
            hex(signature.valueBytes());
            put(end);
        }
        addParameters(module);
    }

    private void addParameters(ModuleInfo module) {
        boolean any = false;
        for (int i = 0; i < module.size() && !any; i++) {
            any = module.isParameter(i);
        }
        if (!any) {
            return;
        }
        complainOfParameters(module);
        List<ModuleInfo.Parameter> parameters = module.parameters();
        for (int i = parameters.size() - 1; i >= 0; i--) {
            ModuleInfo.Parameter parameter = parameters.get(i);
            String described = parameter.description().orElse("");
            String value;
            if (parameter.type().isEmpty()) {
                value = parameter.name() + ":" + described;
            } else if (parameter.description().isEmpty() && field == null) {
                value = parameter.name() + ":" + parameter.type().get();
            } else {
                value = parameter.name() + ":" + described + " ("
                        + parameter.type().get() + ")";
            }
            special("parm", value.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private void complainOfParameters(ModuleInfo module) {
        for (int i = 0; i < module.size(); i++) {
            if (module.isParameter(i) && module.value(i).indexOf(':') < 0) {
                String string = module.key(i) + "=" + module.value(i);
                complain("ERROR: Found invalid \"" + Modinfo.text(string) + "\": missing ':'");
            }
        }
    }

    private void addValues(ModuleInfo module) {
        for (int i = 0; i < module.size(); i++) {
            if (module.hasKey(i, fieldBytes)) {
                bytes(module.bytes(), module.valueBegin(i), module.end(i));
                put(end);
            }
        }
        if (style.buildId() && "build-id".equals(field) && module.buildId().isPresent()) {
            hex(module.buildId().get());
            put(end);
        }
        ModuleSignature signature = shown(module);
        if (signature == null || field == null) {
            return;
        }
        switch (field) {
            case "sig_id" -> value(signature.kind());
            case "signer" -> value(signature.signer());
            case "sig_hashalgo" -> value(hash(signature));
            case "sig_key" -> {
                hex(signature.keyBytes());
                put(end);
            }
            case "signature" -> {
                hex(signature.valueBytes());
                put(end);
            }
            default -> {
                // not one of a signature
            }
        }
    }

    private @Nullable ModuleSignature shown(ModuleInfo module) {
        ModuleSignature signature = module.signature().orElse(null);
        return signature == null
                        || (style.compat() == Compat.KMOD_30 && !HASHES_30.contains(" " + hash(signature) + " "))
                ? null
                : signature;
    }

    private String hash(ModuleSignature signature) {
        return style.compat() == Compat.KMOD_30 && signature.hash().equals("ripemd160") ? "rmd160" : signature.hash();
    }

    /** An entry that -0 leaves as it is. */
    private void special(String key, byte[] value) {
        if (field == null) {
            paddedKey(key.getBytes(StandardCharsets.US_ASCII), 0, key.length());
        }
        bytes(value, 0, value.length);
        put(end);
    }

    private void entry(String key, String value) {
        key(key);
        value(value);
    }

    private void value(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
        bytes(bytes, 0, bytes.length);
        put(end);
    }

    private void key(String key) {
        key(key.getBytes(StandardCharsets.US_ASCII), 0, key.length());
    }

    private void key(byte[] bytes, int from, int size) {
        if (style.nul()) {
            bytes(bytes, from, from + size);
            put((byte) '=');
        } else {
            paddedKey(bytes, from, size);
        }
    }

    private void paddedKey(byte[] bytes, int from, int size) {
        bytes(bytes, from, from + size);
        put((byte) ':');
        int blanks = COLUMN - 1 - size;
        // A negative width means one to the left for printf(3), which is how kmod 30 pads long keys.
        if (blanks < 0) {
            blanks = style.compat() == Compat.KMOD_30 ? -blanks : 0;
        }
        room(blanks);
        Arrays.fill(text, length, length + blanks, (byte) ' ');
        length += blanks;
    }

    private void hex(byte[] bytes) {
        room(bytes.length * 3 + bytes.length / HEX_LINE * 3);
        byte[] to = text;
        int at = length;
        for (int i = 0; i < bytes.length; i++) {
            if (i > 0) {
                to[at++] = ':';
                if (i % HEX_LINE == 0) {
                    to[at++] = '\n';
                    to[at++] = '\t';
                    to[at++] = '\t';
                }
            }
            to[at++] = HEX[(bytes[i] >> 4) & 0xf];
            to[at++] = HEX[bytes[i] & 0xf];
        }
        length = at;
    }

    private void bytes(byte[] bytes, int from, int to) {
        room(to - from);
        System.arraycopy(bytes, from, text, length, to - from);
        length += to - from;
    }

    private void put(byte b) {
        room(1);
        text[length++] = b;
    }

    private void room(int more) {
        if (text.length - length < more) {
            text = Arrays.copyOf(text, Math.max(2 * text.length, length + more));
        }
    }

    /** What is written so far; a copy. */
    public byte[] toBytes() {
        return Arrays.copyOf(text, length);
    }

    /** Writes what is written so far to a stream. */
    void writeTo(OutputStream out) throws IOException {
        out.write(text, 0, length);
    }

    /** What modinfo complains of meanwhile, in its words. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** What modinfo complains of a file that it cannot open or read. */
    static String complaint(String module, IOException e) {
        String reason = "Input/output error";
        if (e instanceof NoSuchFileException) {
            reason = "No such file or directory";
        } else if (e instanceof AccessDeniedException) {
            reason = "Permission denied";
        }
        return "ERROR: could not get modinfo from '" + module + "': " + reason;
    }

    /** What modinfo complains of a file that it can make nothing of. */
    static String complaint(String module, MalformedInputException e, Compat compat) {
        String place = e.place();
        String reason = switch (place) {
            case ModinfoSection.MAGIC -> "Exec format error";
            case ModinfoSection.NAME -> compat == Compat.KMOD_30 ? "No such file or directory" : "No data available";
            // kmod has no such limit, and no words for it.
            default ->
                place.startsWith(ModuleBytes.TOO_LARGE)
                        ? place + ": found " + e.found() + ", expected " + e.expected()
                        : "Invalid argument";
        };
        return "ERROR: could not get modinfo from '" + module + "': " + reason;
    }
}
