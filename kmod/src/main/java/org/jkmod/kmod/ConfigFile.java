package org.jkmod.kmod;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/** The configuration that a kernel was built with: lines {@code CONFIG_SYMBOL=VALUE}, or the same compressed, as /proc/config.gz. */
final class ConfigFile {
    /**
     * The symbols that say how the kernel loads modules: whoever asks a profile for another one adds it here. A configuration is
     * complete: a symbol that it does not have cannot be set.
     */
    static final List<String> SYMBOLS = List.of(
            "ARM64_16K_PAGES",
            "ARM64_64K_PAGES",
            "CRYPTO_ECDSA",
            "CRYPTO_ECRDSA",
            "CRYPTO_MD4",
            "CRYPTO_MD5",
            "CRYPTO_MLDSA",
            "CRYPTO_SHA1",
            "CRYPTO_SHA256",
            "CRYPTO_SHA3",
            "CRYPTO_SHA512",
            "CRYPTO_SM2",
            "CRYPTO_SM3_GENERIC",
            "CRYPTO_STREEBOG",
            "DYNAMIC_DEBUG",
            "INTEGRITY_PLATFORM_KEYRING",
            "KALLSYMS",
            "KALLSYMS_ALL",
            "LIVEPATCH",
            "MEM_ALLOC_PROFILING",
            "MITIGATION_RETPOLINE",
            "MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS",
            "MODULE_COMPRESS_GZIP",
            "MODULE_COMPRESS_XZ",
            "MODULE_COMPRESS_ZSTD",
            "MODULE_DECOMPRESS",
            "MODULE_FORCE_LOAD",
            "MODULE_FORCE_UNLOAD",
            "MODULE_SECTIONS",
            "MODULE_SIG",
            "MODULE_SIG_FORCE",
            "MODULE_UNLOAD",
            "MODVERSIONS",
            "PKCS7_WAIVE_AUTHATTRS_REJECTION_FOR_MLDSA",
            "PRINTK_CALLER",
            "RETPOLINE",
            "SECURITY_LOCKDOWN_LSM",
            "SMP",
            "STRICT_MODULE_RWX",
            "TRIM_UNUSED_KSYMS");

    /** Those whose value is a number or a text, and that not every kernel has: without a line nothing is known. */
    private static final List<String> VALUES = List.of("PAGE_SHIFT");

    /** Debian's have 300,000 bytes. */
    private static final int MAX_SIZE = 1 << 24;

    private static final String PREFIX = "CONFIG_";

    private ConfigFile() {}

    /** All symbols that may be read. */
    static List<String> symbols() {
        return Stream.concat(SYMBOLS.stream(), VALUES.stream()).toList();
    }

    /**
     * Reads what matters of a configuration: names without {@code CONFIG_}, and values.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is none
     */
    static Map<String, String> read(Path file) throws IOException {
        String expected = "a kernel's configuration";
        byte[] bytes = ModuleFile.decompress(InputFile.read(file, MAX_SIZE, expected), file.toString());
        Map<String, String> found = new TreeMap<>();
        SYMBOLS.forEach(symbol -> found.put(symbol, "n"));
        boolean any = false;
        BufferedReader lines = new BufferedReader(new StringReader(new String(bytes, StandardCharsets.ISO_8859_1)));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            int equals = line.indexOf('=');
            if (equals > 0 && line.startsWith(PREFIX)) {
                any = true;
                String symbol = line.substring(PREFIX.length(), equals);
                if (VALUES.contains(symbol)) {
                    found.put(symbol, line.substring(equals + 1));
                }
                found.replace(symbol, line.substring(equals + 1));
            }
        }
        if (!any) {
            throw new MalformedInputException(file.toString(), "line", 1, "no CONFIG_SYMBOL=VALUE", expected);
        }
        return found;
    }
}
