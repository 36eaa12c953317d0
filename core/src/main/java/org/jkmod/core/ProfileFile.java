package org.jkmod.core;

import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;

/**
 * The file form of a profile: gzip around lines of text, so that zcat(1) shows it. First {@code jkmod-profile 1}, or 2 if it has
 * lines that version 1 does not know ({@code sysfs_module}), then lines
 * {@code KEY VALUE}, then {@code exports} with rows as in Module.symvers, then, if addresses are known, {@code addresses} with rows as
 * in /proc/kallsyms.
 */
final class ProfileFile {
    private static final String MAGIC = "jkmod-profile 1";

    /** With {@code sysfs_module}. */
    private static final String MAGIC_2 = "jkmod-profile 2";

    /** More than any kernel has; a compressed file can claim to be anything. */
    private static final int MAX_SIZE = 256 << 20;

    private final String file;
    private final byte[] bytes;
    private int at;
    private int line;

    private ProfileFile(String file, byte[] bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    static void write(KernelProfile profile, OutputStream to) throws IOException {
        try (BufferedOutputStream out = new BufferedOutputStream(new GZIPOutputStream(to))) {
            line(out, profile.sysfsModules().isEmpty() ? MAGIC : MAGIC_2);
            line(out, "release " + profile.release());
            line(out, "architecture " + profile.architecture().name());
            if (profile.vermagic().isPresent()) {
                line(out, "vermagic " + profile.vermagic().get());
            }
            if (profile.thisModuleSize().isPresent()) {
                line(out, "this_module_size " + profile.thisModuleSize().getAsLong());
            }
            for (var entry : new TreeMap<>(profile.config()).entrySet()) {
                line(out, "config " + entry.getKey() + "=" + entry.getValue());
            }
            if (profile.trustedKeys().isPresent()) {
                line(out, "trusted_keys");
                for (String certificate : profile.trustedKeys().get().base64()) {
                    line(out, "certificate " + certificate);
                }
            }
            for (String name : profile.sysfsModules()) {
                line(out, "sysfs_module " + name);
            }
            line(out, "exports");
            ModuleSymvers exports = profile.exports();
            for (int i = 0; i < exports.size(); i++) {
                line(
                        out,
                        String.format("0x%08x", exports.crc(i)) + "\t" + exports.name(i) + "\t" + exports.owner(i)
                                + "\t" + (exports.gplOnly(i) ? "EXPORT_SYMBOL_GPL" : "EXPORT_SYMBOL") + "\t"
                                + exports.namespace(i));
            }
            if (profile.addresses().isPresent()) {
                line(out, "addresses");
                Kallsyms symbols = profile.addresses().get();
                for (int i = 0; i < symbols.size(); i++) {
                    String module = symbols.module(i).isEmpty() ? "" : "\t[" + symbols.module(i) + "]";
                    line(
                            out,
                            String.format("%016x", symbols.address(i)) + " " + symbols.type(i) + " " + symbols.name(i)
                                    + module);
                }
            }
        }
    }

    private static void line(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.write('\n');
    }

    static KernelProfile read(InputStream in, String file) throws IOException {
        byte[] bytes;
        try (GZIPInputStream unzipped = new GZIPInputStream(in)) {
            bytes = unzipped.readNBytes(MAX_SIZE + 1);
        } catch (ZipException | EOFException e) {
            throw new MalformedInputException(file, "compression", 0, String.valueOf(e.getMessage()), "a gzip file");
        }
        if (bytes.length > MAX_SIZE) {
            throw new MalformedInputException(file, "size", 0, "more than " + MAX_SIZE + " bytes", "a kernel profile");
        }
        return new ProfileFile(file, bytes).parse();
    }

    private KernelProfile parse() {
        String magic = next().orElse("");
        if (!magic.equals(MAGIC) && !magic.equals(MAGIC_2)) {
            throw fault("'" + (magic.length() > 40 ? magic.substring(0, 40) : magic) + "'", MAGIC + " or 2");
        }
        String release = value("release");
        KernelProfile.Builder builder;
        try {
            builder = KernelProfile.builder(release);
        } catch (IllegalArgumentException e) {
            throw fault(release, "a kernel release");
        }
        String architecture = value("architecture");
        builder.architecture(Architecture.named(architecture)
                .orElseThrow(() -> fault(architecture, "an architecture whose artifact is on the class path")));
        List<byte[]> certificates = new ArrayList<>();
        boolean keysAreKnown = false;
        for (Optional<String> text = next(); text.isPresent(); text = next()) {
            String[] pair = text.get().split(" ", 2);
            String value = pair.length == 2 ? pair[1] : "";
            switch (pair[0]) {
                case "vermagic" -> builder.vermagic(value);
                case "this_module_size" -> builder.thisModuleSize(number(value));
                case "config" -> {
                    int equals = value.indexOf('=');
                    if (equals < 0) {
                        throw fault(value, "SYMBOL=VALUE");
                    }
                    builder.config(value.substring(0, equals), value.substring(equals + 1));
                }
                case "sysfs_module" -> sysfsModule(magic, value, builder);
                case "trusted_keys" -> keysAreKnown = true;
                case "certificate" -> certificates.add(base64(value));
                case "exports" -> builder.exports(rows("addresses", block -> ModuleSymvers.parse(block, file)));
                case "addresses" -> builder.addresses(rows("\0", block -> Kallsyms.parse(block, file)));
                default -> throw fault(pair[0], "a key that this version knows");
            }
        }
        if (keysAreKnown) {
            builder.trustedKeys(TrustedKeys.of(certificates, file));
        }
        return builder.build();
    }

    private void sysfsModule(String magic, String name, KernelProfile.Builder to) {
        if (!magic.equals(MAGIC_2)) {
            throw fault("sysfs_module", "a key that this version knows");
        }
        try {
            to.sysfsModule(name);
        } catch (IllegalArgumentException e) {
            throw fault("'" + name + "'", "the name of a module");
        }
    }

    private byte[] base64(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw fault(text.length() > 40 ? text.substring(0, 40) : text, "Base64");
        }
    }

    private long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw fault(text, "a number");
        }
    }

    private String value(String key) {
        String text = next().orElse("");
        if (!text.startsWith(key + " ")) {
            throw fault("'" + text + "'", key + " VALUE");
        }
        return text.substring(key.length() + 1);
    }

    private Optional<String> next() {
        if (at >= bytes.length) {
            return Optional.empty();
        }
        int end = at;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        String text = new String(bytes, at, end - at, StandardCharsets.ISO_8859_1);
        at = end + 1;
        line++;
        return Optional.of(text);
    }

    /** What the lines up to one that is this word say; a fault in them is told by its line in this file. */
    private <T> T rows(String until, Function<byte[], T> parser) {
        int before = line;
        try {
            return parser.apply(block(until));
        } catch (MalformedInputException e) {
            throw new MalformedInputException(e.file(), e.place(), before + e.offset(), e.found(), e.expected());
        }
    }

    /** The lines up to one that is this word, or to the end. */
    private byte[] block(String until) {
        int from = at;
        byte[] word = (until + "\n").getBytes(StandardCharsets.ISO_8859_1);
        while (at < bytes.length && !startsLine(word)) {
            while (at < bytes.length && bytes[at++] != '\n') {
                // to the next line
            }
            line++;
        }
        return Arrays.copyOfRange(bytes, from, at);
    }

    private boolean startsLine(byte[] word) {
        return bytes.length - at >= word.length && Arrays.equals(bytes, at, at + word.length, word, 0, word.length);
    }

    private MalformedInputException fault(String found, String expected) {
        return new MalformedInputException(file, "line", line, found, expected);
    }
}
