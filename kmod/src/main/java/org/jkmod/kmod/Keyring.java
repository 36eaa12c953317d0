package org.jkmod.kmod;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.TrustedKeys;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/**
 * Files that hold the certificates of keys which modules may be signed with:
 *
 * <ul>
 *   <li>X.509 certificates in DER, one or several one behind the other;
 *   <li>X.509 certificates in PEM (RFC 7468), among other text;
 *   <li>a kernel's image ({@code vmlinuz}), which has its own built in;
 *   <li>a kernel's profile;
 *   <li>a folder of such certificates: files that end with {@code .der}, {@code .cer}, {@code .crt}, {@code .pem} or {@code .x509}.
 * </ul>
 */
public final class Keyring {
    private static final List<String> ENDINGS = List.of(".der", ".cer", ".crt", ".pem", ".x509");

    private static final String PEM_BEGIN = "-----BEGIN CERTIFICATE-----";
    private static final String PEM_END = "-----END CERTIFICATE-----";

    /** The largest file of certificates, in bytes: all of the world's authorities take a quarter of a million. */
    private static final int MAX_CERTIFICATES = 1 << 24;
    /** More certificates than that are none of a keyring. */
    private static final int MAX_COUNT = 1 << 14;

    private static final byte[] PROFILE = "jkmod-profile ".getBytes(StandardCharsets.US_ASCII);

    private Keyring() {}

    /**
     * The certificates of some files and folders together.
     *
     * @throws IOException if one cannot be read
     * @throws MalformedInputException if one holds no certificate, or a damaged one
     */
    public static TrustedKeys read(List<Path> files) throws IOException {
        List<byte[]> certificates = new ArrayList<>();
        for (Path file : files) {
            certificates.addAll(read(file).certificates());
        }
        return TrustedKeys.of(certificates, "keyring");
    }

    /**
     * The certificates of a file or a folder.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it holds no certificate, or a damaged one
     */
    public static TrustedKeys read(Path file) throws IOException {
        List<byte[]> certificates = new ArrayList<>();
        if (Files.isDirectory(file)) {
            for (Path inside : certificateFiles(file)) {
                byte[] bytes = InputFile.read(inside, MAX_CERTIFICATES, "certificates of at most so many");
                certificates.addAll(certificates(bytes, inside.toString()));
            }
            return nonEmpty(certificates, file);
        }
        byte[] bytes = InputFile.read(file, KernelImage.MAX_SIZE, "certificates or a kernel of at most so many");
        if (isProfile(bytes)) {
            return KernelProfile.read(new ByteArrayInputStream(bytes), file.toString())
                    .trustedKeys()
                    .orElseThrow(() -> none(file));
        }
        if (bytes.length <= MAX_CERTIFICATES && (isDer(bytes) || text(bytes).contains(PEM_BEGIN))) {
            return nonEmpty(certificates(bytes, file.toString()), file);
        }
        return KernelImage.parse(bytes, file.toString()).certificates().orElseThrow(() -> none(file));
    }

    private static TrustedKeys nonEmpty(List<byte[]> certificates, Path file) {
        if (certificates.isEmpty()) {
            throw none(file);
        }
        return TrustedKeys.of(certificates, file.toString());
    }

    private static MalformedInputException none(Path file) {
        return new MalformedInputException(
                file.toString(),
                "certificates",
                0,
                "none",
                "X.509 certificates in DER or PEM, or a kernel that has some");
    }

    private static List<Path> certificateFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Keyring::isCertificateFile).sorted().toList();
        }
    }

    private static boolean isCertificateFile(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return Files.isRegularFile(file) && ENDINGS.stream().anyMatch(name::endsWith);
    }

    private static boolean isProfile(byte[] bytes) {
        if (!ModuleFile.isCompressed(bytes, "GZIP")) {
            return false;
        }
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return Arrays.equals(in.readNBytes(PROFILE.length), PROFILE);
        } catch (IOException e) {
            return false;
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** A SEQUENCE with a length of two bytes, which every certificate has that a kernel takes. */
    private static boolean isDer(byte[] bytes) {
        return bytes.length > 4 && bytes[0] == 0x30 && bytes[1] == (byte) 0x82;
    }

    private static List<byte[]> certificates(byte[] bytes, String name) {
        return isDer(bytes) ? ders(bytes, name) : pems(text(bytes), name);
    }

    private static List<byte[]> ders(byte[] bytes, String name) {
        List<byte[]> certificates = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            byte[] rest = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 4));
            int size = 4 + (isHeader(rest) ? ((rest[2] & 0xff) << Byte.SIZE) | (rest[3] & 0xff) : bytes.length);
            if (size > bytes.length - at || certificates.size() == MAX_COUNT) {
                throw new MalformedInputException(
                        name, "certificate", at, "bytes that are none", "a whole X.509 certificate in DER");
            }
            certificates.add(Arrays.copyOfRange(bytes, at, at + size));
            at += size;
        }
        return certificates;
    }

    private static boolean isHeader(byte[] bytes) {
        return bytes.length == 4 && bytes[0] == 0x30 && bytes[1] == (byte) 0x82;
    }

    private static List<byte[]> pems(String text, String name) {
        List<byte[]> certificates = new ArrayList<>();
        int begin = text.indexOf(PEM_BEGIN);
        while (begin >= 0) {
            int from = begin + PEM_BEGIN.length();
            int end = text.indexOf(PEM_END, from);
            if (end < 0 || certificates.size() == MAX_COUNT) {
                throw new MalformedInputException(name, "certificate", begin, "one without an end", PEM_END);
            }
            try {
                certificates.add(Base64.getMimeDecoder().decode(text.substring(from, end)));
            } catch (IllegalArgumentException e) {
                throw new MalformedInputException(name, "certificate", begin, "other text", "Base64");
            }
            begin = text.indexOf(PEM_BEGIN, end);
        }
        return certificates;
    }
}
