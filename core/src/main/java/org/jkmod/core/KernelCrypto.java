package org.jkmod.core;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The cryptography of a kernel: which algorithms it knows by name (crypto/asymmetric_keys), and which of them it has (crypto). Those
 * built as modules count only once they are loaded: nobody answers this kernel's request_module, and the kernel's documentation wants
 * the algorithms that signatures need built in.
 */
final class KernelCrypto {
    /** Whether something is there. */
    private enum Presence {
        YES,
        NO,
        UNKNOWN
    }

    /** A way to hash: Java's name, the symbol of the configuration, the module if it is one. */
    private record Hash(String java, String symbol, String module) {}

    private static final Map<String, Hash> HASHES = Map.ofEntries(
            Map.entry("md4", new Hash("MD4", "CRYPTO_MD4", "md4")),
            Map.entry("md5", new Hash("MD5", "CRYPTO_MD5", "md5")),
            Map.entry("sha1", new Hash("SHA-1", "CRYPTO_SHA1", "sha1")),
            Map.entry("sha224", new Hash("SHA-224", "CRYPTO_SHA256", "sha256")),
            Map.entry("sha256", new Hash("SHA-256", "CRYPTO_SHA256", "sha256")),
            Map.entry("sha384", new Hash("SHA-384", "CRYPTO_SHA512", "sha512")),
            Map.entry("sha512", new Hash("SHA-512", "CRYPTO_SHA512", "sha512")),
            Map.entry("sha3-256", new Hash("SHA3-256", "CRYPTO_SHA3", "sha3")),
            Map.entry("sha3-384", new Hash("SHA3-384", "CRYPTO_SHA3", "sha3")),
            Map.entry("sha3-512", new Hash("SHA3-512", "CRYPTO_SHA3", "sha3")),
            Map.entry("sm3", new Hash("SM3", "CRYPTO_SM3_GENERIC", "sm3")),
            Map.entry("streebog256", new Hash("STREEBOG-256", "CRYPTO_STREEBOG", "streebog")),
            Map.entry("streebog512", new Hash("STREEBOG-512", "CRYPTO_STREEBOG", "streebog")));

    private static final String WAIVER = "PKCS7_WAIVE_AUTHATTRS_REJECTION_FOR_MLDSA";

    private final KernelRelease release;
    private final Function<String, Optional<String>> config;
    private final boolean takesAll;
    private final Predicate<String> isLoaded;
    private final ObjectIdentifiers identifiers;
    private final Map<String, String> digests;
    private final Map<String, String> keys;
    private final Map<String, String> certificateSignatures;
    private final Map<String, String> certificateKeys;
    private final Map<String, String> curves;

    /**
     * That of a kernel.
     *
     * @param isLoaded whether a module of some name is loaded
     */
    KernelCrypto(KernelProfile profile, Predicate<String> isLoaded) {
        this(profile.release(), profile::config, isLoaded, false);
    }

    private KernelCrypto(
            KernelRelease release,
            Function<String, Optional<String>> config,
            Predicate<String> isLoaded,
            boolean takesAll) {
        this.release = release;
        this.config = config;
        this.isLoaded = isLoaded;
        this.takesAll = takesAll;
        identifiers = ObjectIdentifiers.of(release);
        digests = ObjectIdentifiers.table(
                release,
                "-1.2.840.113549.2.4 md4",
                "-1.2.840.113549.2.5 md5",
                "1.3.14.3.2.26 sha1",
                "2.16.840.1.101.3.4.2.1 sha256",
                "2.16.840.1.101.3.4.2.2 sha384",
                "2.16.840.1.101.3.4.2.3 sha512",
                "2.16.840.1.101.3.4.2.4 sha224",
                "1.2.156.10197.1.401 sm3",
                "1.2.643.7.1.1.2.2 streebog256",
                "1.2.643.7.1.1.2.3 streebog512",
                "+2.16.840.1.101.3.4.2.8 sha3-256",
                "+2.16.840.1.101.3.4.2.9 sha3-384",
                "+2.16.840.1.101.3.4.2.10 sha3-512");
        keys = ObjectIdentifiers.table(
                release,
                ObjectIdentifiers.RSA_ENCRYPTION + " rsa",
                "1.2.840.10045.4.1 ecdsa",
                "1.2.840.10045.4.3.1 ecdsa",
                "1.2.840.10045.4.3.2 ecdsa",
                "1.2.840.10045.4.3.3 ecdsa",
                "1.2.840.10045.4.3.4 ecdsa",
                "+2.16.840.1.101.3.4.3.10 ecdsa",
                "+2.16.840.1.101.3.4.3.11 ecdsa",
                "+2.16.840.1.101.3.4.3.12 ecdsa",
                "-1.2.156.10197.1.501 sm2",
                "1.2.643.7.1.1.1.1 ecrdsa",
                "1.2.643.7.1.1.1.2 ecrdsa",
                "*2.16.840.1.101.3.4.3.17 mldsa44",
                "*2.16.840.1.101.3.4.3.18 mldsa65",
                "*2.16.840.1.101.3.4.3.19 mldsa87");
        certificateSignatures = ObjectIdentifiers.table(
                release,
                "-1.2.840.113549.1.1.3 rsa md4",
                "1.2.840.113549.1.1.5 rsa sha1",
                "1.2.840.113549.1.1.11 rsa sha256",
                "1.2.840.113549.1.1.12 rsa sha384",
                "1.2.840.113549.1.1.13 rsa sha512",
                "1.2.840.113549.1.1.14 rsa sha224",
                "+2.16.840.1.101.3.4.3.14 rsa sha3-256",
                "+2.16.840.1.101.3.4.3.15 rsa sha3-384",
                "+2.16.840.1.101.3.4.3.16 rsa sha3-512",
                "1.2.840.10045.4.1 ecdsa sha1",
                "1.2.840.10045.4.3.1 ecdsa sha224",
                "1.2.840.10045.4.3.2 ecdsa sha256",
                "1.2.840.10045.4.3.3 ecdsa sha384",
                "1.2.840.10045.4.3.4 ecdsa sha512",
                "+2.16.840.1.101.3.4.3.10 ecdsa sha3-256",
                "+2.16.840.1.101.3.4.3.11 ecdsa sha3-384",
                "+2.16.840.1.101.3.4.3.12 ecdsa sha3-512",
                "1.2.643.7.1.1.3.2 ecrdsa streebog256",
                "1.2.643.7.1.1.3.3 ecrdsa streebog512",
                "-1.2.156.10197.1.501 sm2 sm3",
                "*2.16.840.1.101.3.4.3.17 mldsa44 none",
                "*2.16.840.1.101.3.4.3.18 mldsa65 none",
                "*2.16.840.1.101.3.4.3.19 mldsa87 none");
        certificateKeys = ObjectIdentifiers.table(
                release,
                ObjectIdentifiers.RSA_ENCRYPTION + " rsa",
                "1.2.643.7.1.1.1.1 ecrdsa",
                "1.2.643.7.1.1.1.2 ecrdsa",
                "-1.2.156.10197.1.301 sm2",
                "*2.16.840.1.101.3.4.3.17 mldsa44",
                "*2.16.840.1.101.3.4.3.18 mldsa65",
                "*2.16.840.1.101.3.4.3.19 mldsa87");
        curves = ObjectIdentifiers.table(
                release,
                "1.2.840.10045.3.1.1 ecdsa-nist-p192",
                "1.2.840.10045.3.1.7 ecdsa-nist-p256",
                "1.3.132.0.34 ecdsa-nist-p384",
                "+1.3.132.0.35 ecdsa-nist-p521",
                "-1.2.156.10197.1.301 sm2");
    }

    /** That of a kernel of the newest generation into which everything is built. */
    static KernelCrypto all() {
        return new KernelCrypto(
                KernelRelease.parse("7.2"),
                symbol -> Optional.of(symbol.equals(WAIVER) ? "n" : "y"),
                module -> false,
                false);
    }

    /** That of no kernel: knows algorithms only by sight, and has none. */
    static KernelCrypto any() {
        return new KernelCrypto(KernelRelease.parse("7.2"), symbol -> Optional.empty(), module -> false, true);
    }

    ObjectIdentifiers identifiers() {
        return identifiers;
    }

    /** The hash that a message's digestAlgorithm names. */
    String digest(String identifier) {
        return named(digests, identifier);
    }

    /** The algorithm that a message's signatureAlgorithm names. */
    String key(String identifier) {
        return named(keys, identifier);
    }

    /** The algorithm and the hash that a certificate's signatureAlgorithm names, a blank between them. */
    String certificateSignature(String identifier) {
        return named(certificateSignatures, identifier);
    }

    /** The algorithm of a certificate's key. */
    String certificateKey(String identifier) {
        return named(certificateKeys, identifier);
    }

    /** The algorithm of a certificate's key that is a point of a curve. */
    String curve(String identifier) {
        return named(curves, identifier);
    }

    private String named(Map<String, String> table, String identifier) {
        String name = table.get(identifier);
        if (name == null) {
            if (takesAll) {
                return "unknown none";
            }
            throw SignatureFault.of(Errno.ENOPKG);
        }
        return name;
    }

    /** Whether it looks into the extensions keyUsage and basicConstraints of a certificate, and refuses ill-formed ones (6.4). */
    boolean readsKeyUsage() {
        return release.isAtLeast(6, 4);
    }

    /** Whether signatures of attributes are let pass if they are of type ML-DSA. */
    boolean mayWaiveAttributes() {
        return config.apply(WAIVER).map("y"::equals).orElse(false);
    }

    /** Whether a signature is made over the data, not over a hash of it ({@code algo_takes_data}). */
    static boolean takesData(String algorithm) {
        return algorithm.startsWith("mldsa");
    }

    /**
     * Hashes, once somebody wants to know.
     *
     * @return empty if this kernel has not that hash
     * @throws SignatureFault if it is not known whether it has, or Java has it not
     */
    Optional<Supplier<byte[]>> hash(String name, byte[] data, int from, int size) {
        Hash hash = HASHES.get(name);
        if (hash == null) {
            throw new IllegalStateException(name);
        }
        Presence presence = presence(hash.symbol, hash.module);
        // Without SHA-256 a kernel up to 6.12 refuses all signed modules (mod_is_hash_blacklisted).
        if (presence == Presence.UNKNOWN && name.equals("sha256")) {
            presence = Presence.YES;
        }
        if (presence == Presence.UNKNOWN) {
            throw SignatureFault.unknown("whether the kernel has " + name + " (CONFIG_" + hash.symbol + ")");
        }
        if (presence == Presence.NO) {
            return Optional.empty();
        }
        try {
            MessageDigest digest = MessageDigest.getInstance(hash.java, CryptoProviders.of("MessageDigest", hash.java));
            return Optional.of(() -> {
                digest.update(data, from, size);
                return digest.digest();
            });
        } catch (NoSuchAlgorithmException e) {
            throw SignatureFault.unknown("a digest of type " + name + ", which this Java cannot make");
        }
    }

    /**
     * Makes sure that this kernel can verify with keys of an algorithm.
     *
     * @throws SignatureFault ENOENT if it cannot, or if it is not known whether
     */
    void requireKey(String algorithm) {
        String name = algorithm.startsWith("ecdsa") ? "ecdsa" : algorithm.startsWith("mldsa") ? "mldsa" : algorithm;
        // CONFIG_SYSTEM_DATA_VERIFICATION selects RSA.
        if (name.equals("rsa")) {
            return;
        }
        String symbol = "CRYPTO_" + name.toUpperCase(Locale.ROOT);
        switch (presence(symbol, name)) {
            case NO -> throw SignatureFault.of(Errno.ENOENT);
            case UNKNOWN -> throw SignatureFault.unknown("whether the kernel has " + name + " (CONFIG_" + symbol + ")");
            default -> {
                // it has
            }
        }
    }

    /** Whether a line of the configuration is y, or m and its module is loaded. */
    private Presence presence(String symbol, String module) {
        String value = config.apply(symbol).orElse("");
        return switch (value) {
            case "y" -> Presence.YES;
            case "m" -> isLoaded.test(module) || isLoaded.test(module + "_generic") ? Presence.YES : Presence.NO;
            case "" -> Presence.UNKNOWN;
            default -> Presence.NO;
        };
    }
}
