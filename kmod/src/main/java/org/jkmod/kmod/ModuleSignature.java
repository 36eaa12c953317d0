package org.jkmod.kmod;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * The signature at a module's end, as it says of itself; whether it is good is another question ({@link
 * org.jkmod.core.SignatureCheck}). Immutable.
 *
 * <p>A signed module ends with the marker {@code ~Module signature appended~} and a newline; before that come 12 bytes:
 * algorithm, hash, kind, length of the signer's name, length of the key's identifier, three unused, and the signature's length as a
 * big-endian word. A signature of kind 2 is a PKCS#7 message which has all the rest; kernels before 4.3 wrote kinds 0 and 1, of which
 * name, identifier and signature lie one behind the other (include/linux/module_signature.h).
 */
public final class ModuleSignature {
    /** {@code ~Module signature appended~} and a newline. */
    private static final byte[] MARKER = {
        '~', 'M', 'o', 'd', 'u', 'l', 'e', ' ', 's', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', ' ', 'a', 'p', 'p', 'e',
        'n', 'd', 'e', 'd', '~', '\n'
    };

    private static final int INFO = 12;
    private static final int PKCS7 = 2;
    private static final String[] KINDS = {"PGP", "X509", "PKCS#7"};
    /** DSA and RSA. */
    private static final int ALGORITHMS = 2;
    /** By their numbers, with their kernel's names. */
    private static final String[] HASHES = {
        "md4", "md5", "sha1", "rmd160", "sha256", "sha384", "sha512", "sha224", "sm3"
    };

    private final String kind;
    private final String signer;
    private final byte[] key;
    private final String hash;
    private final byte[] value;

    /** A signature; the arrays are not copied. */
    ModuleSignature(String kind, String signer, byte[] key, String hash, byte[] value) {
        this.kind = kind;
        this.signer = signer;
        this.key = key;
        this.hash = hash;
        this.value = value;
    }

    /**
     * Reads the signature of a module.
     *
     * @return empty if it has none, or none that can be read
     */
    static Optional<ModuleSignature> of(ModuleBytes file) throws IOException {
        long end = file.size() - MARKER.length - INFO;
        if (end < 0) {
            return Optional.empty();
        }
        byte[] tail = file.copy(end, INFO + MARKER.length, "signature");
        if (!Arrays.equals(tail, INFO, tail.length, MARKER, 0, MARKER.length)) {
            return Optional.empty();
        }
        int signerLength = tail[3] & 0xff;
        int keyLength = tail[4] & 0xff;
        long length = Integer.toUnsignedLong(ByteBuffer.wrap(tail).getInt(INFO - Integer.BYTES));
        long all = length + signerLength + keyLength;
        int kind = tail[2] & 0xff;
        int hash = tail[1] & 0xff;
        if (length == 0
                || all > end
                || length > ModuleBytes.MAX_PART
                || (tail[0] & 0xff) >= ALGORITHMS
                || hash >= HASHES.length
                || kind >= KINDS.length) {
            return Optional.empty();
        }
        byte[] value = file.copy(end - length, length, "signature");
        if (kind == PKCS7) {
            return Pkcs7Fields.read(value);
        }
        byte[] key = file.copy(end - length - keyLength, keyLength, "signature");
        byte[] signer = file.copy(end - all, signerLength, "signature");
        return Optional.of(new ModuleSignature(KINDS[kind], Pkcs7Fields.text(signer), key, HASHES[hash], value));
    }

    /** What kind it is: {@code PKCS#7}, {@code X509}, {@code PGP}. */
    public String kind() {
        return kind;
    }

    /** The name of who signed, a byte in each character: of PKCS#7 the issuer's common name, or else the last part of its name. */
    public String signer() {
        return signer;
    }

    /** The key's identifier, of PKCS#7 the serial number of its certificate without leading zeros; a copy. */
    public byte[] key() {
        return key.clone();
    }

    /** The hash algorithm, as OpenSSL calls it: {@code sha256}; one that has no name by its object identifier. */
    public String hash() {
        return hash;
    }

    /** The signature itself; a copy. */
    public byte[] value() {
        return value.clone();
    }

    byte[] keyBytes() {
        return key;
    }

    byte[] valueBytes() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ModuleSignature that
                && kind.equals(that.kind)
                && signer.equals(that.signer)
                && hash.equals(that.hash)
                && Arrays.equals(key, that.key)
                && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, signer, hash, Arrays.hashCode(key), Arrays.hashCode(value));
    }

    @Override
    public String toString() {
        return kind + " " + hash + " by " + signer;
    }
}
