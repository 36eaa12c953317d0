package org.jkmod.kmod;

import com.google.common.base.Suppliers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;
import org.jkmod.core.TrustedKeys;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.symtab.KernelSymbols;

/**
 * What the image of a kernel shows of it. An image is one of
 *
 * <ul>
 *   <li>bzImage (x86): a boot sector, whose header says where the compressed kernel is (Documentation/arch/x86/boot.rst);
 *   <li>EFI zboot (aarch64, riscv64): an EFI program around a compressed kernel (drivers/firmware/efi/libstub/zboot-header.S);
 *   <li>Image (aarch64, riscv64), or vmlinux, an ELF file; either may be compressed as a whole.
 * </ul>
 *
 * <p>Nothing in an image says where things are, so what is looked for is known by its form ({@link #symbols} too):
 *
 * <ul>
 *   <li>the banner begins with {@code Linux version} and a digit;
 *   <li>the certificates ({@code system_certificate_list}, certs/system_certificates.S) begin at a multiple of 8 bytes and follow one
 *       another; at the next multiple of 8 behind the last stands the size of them all, and behind that the size of those that came from
 *       the key which signed the modules. There may be room for a certificate that is put in later, before the sizes;
 *   <li>the configuration (CONFIG_IKCONFIG, kernel/configs.c) is packed with gzip between {@code IKCFG_ST} and {@code IKCFG_ED}.
 * </ul>
 */
public final class KernelImage {
    /** The largest image that is read, and the largest kernel that one may hold, in bytes. */
    public static final int MAX_SIZE = 1 << 29;

    /** A compressed kernel may be this small a part of the kernel... */
    private static final int MAX_RATIO = 32;
    /** ... or make up to this many bytes, in any case. */
    private static final int MIN_LIMIT = 64 << 20;

    /** How often a kernel may be wrapped: a bzImage in gzip, a vmlinux in it. */
    private static final int MAX_DEPTH = 4;

    private static final byte[] BANNER = "Linux version ".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_BANNER = 1024;
    private static final String UNNUMBERED = " # ";

    private static final byte[] CONFIG_START = "IKCFG_ST".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CONFIG_END = "IKCFG_ED".getBytes(StandardCharsets.US_ASCII);
    /** Debian's have a quarter of a million bytes. */
    private static final int MAX_CONFIG = 1 << 24;

    /** What stands before every certificate: SEQUENCE, and that two bytes of length follow. */
    private static final byte[] CERTIFICATE = {0x30, (byte) 0x82};

    private static final int CERTIFICATE_HEADER = 4;
    /** The kernel itself takes smaller ones for damage. */
    private static final int MIN_CERTIFICATE = 256;

    /** More than any kernel has, in bytes: Debian's have less than two thousand. */
    private static final int MAX_LIST = 1 << 20;
    /** How many places are looked at that begin like a certificate; Debian's kernels have some dozens. */
    private static final int MAX_CANDIDATES = 1 << 12;

    private static final int ALIGNMENT = 8;
    /** How much room there may be for a certificate that is put in later ({@code CONFIG_SYSTEM_EXTRA_CERTIFICATE_SIZE}). */
    private static final int MAX_EXTRA = 1 << 16;

    private final String banner;
    private final Optional<TrustedKeys> certificates;
    private final Optional<String> configuration;
    private final Supplier<KernelSymbols> symbols;

    private KernelImage(byte[] kernel, String name) {
        banner = banner(kernel, name);
        certificates = certificates(kernel, name);
        configuration = configuration(kernel, name);
        symbols = Suppliers.memoize(() -> KernelSymbols.parse(kernel, name));
    }

    /**
     * Reads an image: vmlinuz, vmlinux, Image.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is damaged, compressed in a way that is not known, larger than {@link #MAX_SIZE}, or no
     *     kernel
     */
    public static KernelImage read(Path file) throws IOException {
        InputFile.requireReadable(file);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_SIZE + 1);
            if (bytes.length > MAX_SIZE) {
                throw tooLarge(file.toString(), MAX_SIZE);
            }
            return parse(bytes, file.toString());
        }
    }

    /**
     * Reads an image in memory.
     *
     * @param name what to call it in messages
     * @throws MalformedInputException as above
     */
    public static KernelImage parse(byte[] bytes, String name) {
        return new KernelImage(unwrap(bytes, name), name);
    }

    /** What the kernel prints first, {@code Linux version 6.12.107+deb13-amd64 (debian-kernel@...) (...) #1 SMP ...}. */
    public String banner() {
        return banner;
    }

    /** The kernel's release, as {@code uname -r} prints it. */
    public String release() {
        int end = banner.indexOf(' ', BANNER.length);
        return banner.substring(BANNER.length, end < 0 ? banner.length() : end);
    }

    /**
     * The certificates that are built into the kernel: it trusts them, and, unless more are added while it boots (by the firmware: {@code
     * .platform}, {@code .machine}), no others.
     *
     * @return empty if none were found
     */
    public Optional<TrustedKeys> certificates() {
        return certificates;
    }

    /**
     * The configuration that the kernel was built with, as {@code /proc/config.gz} shows it.
     *
     * @return empty if it is not built in; Debian's kernels have theirs in a file
     */
    public Optional<String> configuration() {
        return configuration;
    }

    /**
     * The kernel's own symbols, and what it exports. Looked for when first asked for, some tenths of a second; the image keeps the
     * decompressed kernel until then.
     *
     * @throws MalformedInputException if their tables are damaged
     */
    public KernelSymbols symbols() {
        return symbols.get();
    }

    private static byte[] unwrap(byte[] image, String name) {
        byte[] bytes = image;
        for (int depth = 0; depth < MAX_DEPTH; depth++) {
            Optional<byte[]> payload = payload(bytes, name);
            byte[] packed = payload.orElse(bytes);
            Optional<KernelCompression> compression = KernelCompression.of(packed);
            if (compression.isEmpty()) {
                if (payload.isPresent()) {
                    return packed;
                }
                return bytes;
            }
            int limit = (int) Math.min(MAX_SIZE, Math.max(MIN_LIMIT, (long) MAX_RATIO * packed.length));
            try (InputStream in = compression.get().open(packed)) {
                bytes = in.readNBytes(limit + 1);
            } catch (IOException e) {
                // The bytes are in memory: only the decompressor can fail.
                throw new MalformedInputException(
                        name,
                        compression.get() + " stream",
                        0,
                        e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(),
                        "an undamaged kernel");
            }
            if (bytes.length > limit) {
                throw tooLarge(name, limit);
            }
        }
        throw new MalformedInputException(name, "compression", 0, "more than " + MAX_DEPTH + " times", "a kernel");
    }

    /** The compressed kernel in an image that has a program around it. */
    private static Optional<byte[]> payload(byte[] bytes, String name) {
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length > 0x250 && b.getInt(0x202) == 0x53726448 /* HdrS */ && b.getShort(0x1fe) == (short) 0xaa55) {
            // payload_offset and payload_length came with version 2.08 of the boot protocol
            if (Short.toUnsignedInt(b.getShort(0x206)) < 0x208) {
                throw new MalformedInputException(
                        name, "setup header", 0x206, "an older version", "version 2.08 of the boot protocol, or newer");
            }
            int sectors = bytes[0x1f1] == 0 ? 4 : bytes[0x1f1] & 0xff;
            return Optional.of(slice(bytes, name, (sectors + 1L) * 512 + u32(b, 0x248), u32(b, 0x24c), 0x248));
        }
        if (bytes.length > 0x40 && b.getShort(0) == 0x5a4d /* MZ */ && b.getInt(4) == 0x676d697a /* zimg */) {
            return Optional.of(slice(bytes, name, u32(b, 8), u32(b, 12), 8));
        }
        return Optional.empty();
    }

    private static long u32(ByteBuffer b, int at) {
        return Integer.toUnsignedLong(b.getInt(at));
    }

    private static byte[] slice(byte[] bytes, String name, long from, long size, int place) {
        if (from > bytes.length || size > bytes.length - from) {
            throw new MalformedInputException(
                    name,
                    "payload",
                    place,
                    size + " bytes at " + from,
                    "less than the file's " + bytes.length + " bytes");
        }
        return Arrays.copyOfRange(bytes, (int) from, (int) (from + size));
    }

    /** The first that has a number of the build: a kernel may have one without, which was made before that number was known. */
    private static String banner(byte[] kernel, String name) {
        String unnumbered = "";
        for (int i = 0; i < kernel.length - BANNER.length; i++) {
            int digit = i + BANNER.length;
            if (kernel[i] == BANNER[0]
                    && kernel[digit] >= '0'
                    && kernel[digit] <= '9'
                    && Arrays.equals(kernel, i, digit, BANNER, 0, BANNER.length)) {
                int end = digit;
                while (end < kernel.length && end - i < MAX_BANNER && kernel[end] != '\n' && kernel[end] != 0) {
                    end++;
                }
                String found = new String(kernel, i, end - i, StandardCharsets.ISO_8859_1);
                if (!found.contains(UNNUMBERED)) {
                    return found;
                }
                unnumbered = unnumbered.isEmpty() ? found : unnumbered;
            }
        }
        if (!unnumbered.isEmpty()) {
            return unnumbered;
        }
        throw new MalformedInputException(name, "image", 0, "nothing that begins with 'Linux version'", "a kernel");
    }

    private static Optional<TrustedKeys> certificates(byte[] kernel, String name) {
        int candidates = 0;
        int at = 0;
        while (candidates < MAX_CANDIDATES && at <= kernel.length - MIN_CERTIFICATE) {
            List<byte[]> list = kernel[at] == CERTIFICATE[0] ? listAt(kernel, at) : List.of();
            if (!list.isEmpty()) {
                candidates++;
                int end = at + list.stream().mapToInt(c -> c.length).sum();
                Optional<TrustedKeys> keys =
                        hasSizesBehind(kernel, at, end, list) ? keys(list, name) : Optional.empty();
                if (keys.isPresent()) {
                    return keys;
                }
            }
            at += ALIGNMENT;
        }
        return Optional.empty();
    }

    /** What looks like certificates, one behind the other. */
    private static List<byte[]> listAt(byte[] kernel, int from) {
        List<byte[]> list = new ArrayList<>();
        int at = from;
        while (at <= kernel.length - MIN_CERTIFICATE
                && at - from < MAX_LIST
                && Arrays.equals(kernel, at, at + CERTIFICATE.length, CERTIFICATE, 0, CERTIFICATE.length)) {
            int size = CERTIFICATE_HEADER + (((kernel[at + 2] & 0xff) << Byte.SIZE) | (kernel[at + 3] & 0xff));
            if (size < MIN_CERTIFICATE || size > kernel.length - at) {
                break;
            }
            list.add(Arrays.copyOfRange(kernel, at, at + size));
            at += size;
        }
        return list;
    }

    private static boolean hasSizesBehind(byte[] kernel, int from, int end, List<byte[]> list) {
        Set<Integer> sizesOfSigner = new HashSet<>(Set.of(0));
        int sum = 0;
        for (byte[] certificate : list) {
            sum += certificate.length;
            sizesOfSigner.add(sum);
        }
        ByteBuffer b = ByteBuffer.wrap(kernel).order(ByteOrder.LITTLE_ENDIAN);
        int at = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        int last = Math.min(at + MAX_EXTRA, kernel.length - 2 * ALIGNMENT);
        while (at <= last) {
            if (b.getInt(at) == end - from && sizesOfSigner.contains(b.getInt(at + ALIGNMENT))) {
                return true;
            }
            at += ALIGNMENT;
        }
        return false;
    }

    private static Optional<TrustedKeys> keys(List<byte[]> certificates, String name) {
        try {
            return Optional.of(TrustedKeys.of(certificates, name));
        } catch (MalformedInputException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> configuration(byte[] kernel, String name) {
        for (int start = indexOf(kernel, CONFIG_START, 0);
                start >= 0;
                start = indexOf(kernel, CONFIG_START, start + 1)) {
            int from = start + CONFIG_START.length;
            // what only speaks of it has no gzip behind it
            if (kernel.length - from > 2 && kernel[from] == 0x1f && kernel[from + 1] == (byte) 0x8b) {
                int end = indexOf(kernel, CONFIG_END, from);
                if (end < 0) {
                    throw badConfiguration(name, start, "no end", "IKCFG_ED");
                }
                return Optional.of(configuration(kernel, from, end, name));
            }
        }
        return Optional.empty();
    }

    private static String configuration(byte[] kernel, int from, int end, String name) {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(kernel, from, end - from))) {
            byte[] text = in.readNBytes(MAX_CONFIG + 1);
            if (text.length > MAX_CONFIG) {
                throw badConfiguration(name, from, "more than " + MAX_CONFIG + " bytes", "at most so many");
            }
            return new String(text, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw badConfiguration(name, from, String.valueOf(e.getMessage()), "undamaged gzip");
        }
    }

    private static MalformedInputException badConfiguration(String name, int at, String found, String expected) {
        return new MalformedInputException(name, "configuration", at, found, expected);
    }

    private static int indexOf(byte[] bytes, byte[] wanted, int from) {
        for (int at = from; at <= bytes.length - wanted.length; at++) {
            if (bytes[at] == wanted[0] && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }

    private static MalformedInputException tooLarge(String name, int limit) {
        return new MalformedInputException(
                name, "size", 0, "more than " + limit + " bytes", "a kernel of at most so many");
    }
}
