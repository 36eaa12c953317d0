package org.jkmod.core;

import com.google.common.base.Suppliers;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A signature and what it was made of ({@code struct public_key_signature}), and its verification ({@code
 * public_key_verify_signature}): RSA of RFC 8017, section 8.2 (PKCS#1 v1.5), ECDSA of X9.62, and ML-DSA of FIPS 204 where Java
 * has it, or one of {@link CryptoProviders}.
 */
final class PublicKeySignature {
    /** What stands before a digest that RSA signs: DigestInfo up to the digest itself (RFC 8017, section 9.2). */
    private static final Map<String, String> DIGEST_INFO = Map.of(
            "md5", "3020300c06082a864886f70d020505000410",
            "sha1", "3021300906052b0e03021a05000414",
            "sha224", "302d300d06096086480165030402040500041c",
            "sha256", "3031300d060960864801650304020105000420",
            "sha384", "3041300d060960864801650304020205000430",
            "sha512", "3051300d060960864801650304020305000440",
            "sha3-256", "3031300d060960864801650304020805000420",
            "sha3-384", "3041300d060960864801650304020905000430",
            "sha3-512", "3051300d060960864801650304020a05000440");

    private static final Set<String> ECDSA_HASHES =
            Set.of("sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512");

    private static final Set<Integer> RSA_BITS = Set.of(512, 1024, 1536, 2048, 3072, 4096);
    /** RSA pads with at least so many bytes FF. */
    private static final int MIN_PADDING = 8;

    private static final int WORD = Long.BYTES;

    /** A kind of ML-DSA: the last number of its object identifier, 2.16.840.1.101.3.4.3.N, and the size of a key in bytes. */
    private record MlDsa(byte number, int keySize) {}

    private static final Map<String, MlDsa> ML_DSA = Map.of(
            "mldsa44", new MlDsa((byte) 17, 1312),
            "mldsa65", new MlDsa((byte) 18, 1952),
            "mldsa87", new MlDsa((byte) 19, 2592));

    private final String algorithm;
    private final String hash;
    private final byte[] value;
    private final Supplier<byte[]> message;

    /**
     * A signature.
     *
     * @param algorithm the kernel's name: {@code rsa}, {@code ecdsa}, {@code mldsa65}
     * @param hash the kernel's name, {@code none} for none
     * @param value the signature
     * @param message the digest, or all data if the algorithm takes it; asked for only if there is a key to verify with
     */
    PublicKeySignature(String algorithm, String hash, byte[] value, Supplier<byte[]> message) {
        this.algorithm = algorithm;
        this.hash = hash;
        this.value = value;
        this.message = Suppliers.memoize(message::get);
    }

    /**
     * Verifies.
     *
     * @param keyAlgorithm the key's algorithm, which names the curve: {@code ecdsa-nist-p384}
     * @param key the key, as the certificate has it
     * @throws SignatureFault if the signature is not one of that key, with the kernel's errno
     */
    void verify(String keyAlgorithm, byte[] key, KernelCrypto crypto) {
        if (!keyAlgorithm.equals(algorithm) && !(keyAlgorithm.startsWith("ecdsa-") && algorithm.equals("ecdsa"))) {
            throw SignatureFault.of(Errno.EKEYREJECTED);
        }
        if (keyAlgorithm.equals("rsa")) {
            verifyRsa(key);
        } else if (keyAlgorithm.startsWith("ecdsa-")) {
            if (!ECDSA_HASHES.contains(hash)) {
                throw SignatureFault.of(Errno.EINVAL);
            }
            crypto.requireKey(keyAlgorithm);
            verifyEcdsa(keyAlgorithm.substring("ecdsa-nist-p".length()), key);
        } else {
            crypto.requireKey(keyAlgorithm);
            MlDsa kind = ML_DSA.get(keyAlgorithm);
            if (kind != null) {
                verifyMlDsa(kind, key);
                return;
            }
            throw SignatureFault.unknown("a signature of type " + keyAlgorithm + ", which this library cannot verify");
        }
    }

    private void verifyRsa(byte[] key) {
        String info = DIGEST_INFO.get(hash);
        if (info == null) {
            throw SignatureFault.of(Errno.ENOENT);
        }
        DerReader reader = new DerReader(key);
        reader.match(DerReader.SEQUENCE);
        reader.match(DerReader.INTEGER);
        byte[] modulus = reader.content();
        reader.match(DerReader.INTEGER);
        byte[] exponent = reader.content();
        reader.leave();
        if (modulus.length == 0 || exponent.length == 0 || exponent.length > modulus.length) {
            throw SignatureFault.of(Errno.EINVAL);
        }
        BigInteger n = new BigInteger(1, modulus);
        int size = (n.bitLength() + Long.SIZE - 1) / Long.SIZE * WORD;
        BigInteger m = new BigInteger(1, value);
        if (!RSA_BITS.contains(size * Byte.SIZE)
                || message.get().length == 0
                || value.length != size
                || m.compareTo(BigInteger.ONE) <= 0
                || m.compareTo(n.subtract(BigInteger.ONE)) >= 0) {
            throw SignatureFault.of(Errno.EINVAL);
        }
        byte[] encoded = m.modPow(new BigInteger(1, exponent), n).toByteArray();
        // EM = 00 01 FF.. 00 DigestInfo; a BigInteger has no zeros at its beginning.
        if (encoded.length != size - 1) {
            throw SignatureFault.of(encoded.length < size - 1 ? Errno.EBADMSG : Errno.EINVAL);
        }
        byte[] prefix = HexFormat.of().parseHex(info);
        int at = 1;
        while (at < encoded.length && encoded[at] == (byte) 0xff) {
            at++;
        }
        if (encoded[0] != 1 || at <= MIN_PADDING || at == encoded.length || encoded[at] != 0) {
            throw DerReader.bad();
        }
        at++;
        if (prefix.length > encoded.length - at
                || !Arrays.equals(prefix, Arrays.copyOfRange(encoded, at, at + prefix.length))) {
            throw DerReader.bad();
        }
        if (!Arrays.equals(message.get(), Arrays.copyOfRange(encoded, at + prefix.length, encoded.length))) {
            throw SignatureFault.of(Errno.EKEYREJECTED);
        }
    }

    private void verifyEcdsa(String bits, byte[] key) {
        int size = (Integer.parseInt(bits) + Long.SIZE - 1) / Long.SIZE * WORD;
        int coordinate = (key.length - 1) / 2;
        if (key.length % 2 == 0 || key[0] != 4 || (coordinate + WORD - 1) / WORD * WORD != size) {
            throw SignatureFault.of(Errno.EINVAL);
        }
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp" + bits + "r1"));
            ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
            ECPoint point = new ECPoint(
                    new BigInteger(1, Arrays.copyOfRange(key, 1, 1 + coordinate)),
                    new BigInteger(1, Arrays.copyOfRange(key, 1 + coordinate, key.length)));
            requireOn(curve, point);
            DerReader reader = new DerReader(value);
            reader.match(DerReader.SEQUENCE);
            byte[] r = number(reader, size);
            byte[] s = number(reader, size);
            reader.leave();
            requireInRange(r, curve.getOrder());
            requireInRange(s, curve.getOrder());
            Signature verifier = Signature.getInstance("NONEwithECDSAinP1363Format");
            verifier.initVerify(KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, curve)));
            verifier.update(message.get());
            // P1363: r and s, each as long as the order
            int length = (curve.getOrder().bitLength() + Byte.SIZE - 1) / Byte.SIZE;
            byte[] both = new byte[2 * length];
            copyRight(r, both, length);
            copyRight(s, both, 2 * length);
            if (!verifier.verify(both)) {
                throw SignatureFault.of(Errno.EKEYREJECTED);
            }
        } catch (GeneralSecurityException e) {
            throw SignatureFault.unknown("a signature of type ecdsa-nist-p" + bits + ", which this Java cannot verify");
        }
    }

    /** An r or s: unsigned, whatever its first bit says. */
    private static byte[] number(DerReader reader, int size) {
        reader.match(DerReader.INTEGER);
        byte[] content = reader.content();
        if (content.length == 0 || content.length > size + 1 || (content.length > size && content[0] != 0)) {
            throw SignatureFault.of(Errno.EINVAL);
        }
        return content;
    }

    private static void requireInRange(byte[] number, BigInteger order) {
        BigInteger n = new BigInteger(1, number);
        if (n.signum() == 0 || n.compareTo(order) >= 0) {
            throw DerReader.bad();
        }
    }

    /** Copies a number, smaller than the order, so that it ends somewhere. */
    private static void copyRight(byte[] number, byte[] target, int end) {
        byte[] n = new BigInteger(1, number).toByteArray();
        int skip = n[0] == 0 ? 1 : 0;
        System.arraycopy(n, skip, target, end - (n.length - skip), n.length - skip);
    }

    private static void requireOn(ECParameterSpec curve, ECPoint point) {
        BigInteger p = ((ECFieldFp) curve.getCurve().getField()).getP();
        BigInteger x = point.getAffineX();
        BigInteger y = point.getAffineY();
        BigInteger right = x.pow(3)
                .add(curve.getCurve().getA().multiply(x))
                .add(curve.getCurve().getB());
        if (x.compareTo(p) >= 0
                || y.compareTo(p) >= 0
                || y.multiply(y).subtract(right).mod(p).signum() != 0) {
            throw SignatureFault.of(Errno.EINVAL);
        }
    }

    private void verifyMlDsa(MlDsa kind, byte[] key) {
        if (key.length != kind.keySize) {
            throw SignatureFault.of(Errno.EINVAL);
        }
        // SubjectPublicKeyInfo (RFC 5280, section 4.1) of a key of that size
        byte[] head = HexFormat.of()
                .parseHex("3082" + hex16(key.length + 18) + "300b06096086480165030403"
                        + HexFormat.of().toHexDigits(kind.number) + "0382" + hex16(key.length + 1) + "00");
        byte[] info = Arrays.copyOf(head, head.length + key.length);
        System.arraycopy(key, 0, info, head.length, key.length);
        try {
            Provider provider = CryptoProviders.of("Signature", "ML-DSA");
            PublicKey publicKey =
                    KeyFactory.getInstance("ML-DSA", provider).generatePublic(new X509EncodedKeySpec(info));
            Signature verifier = Signature.getInstance("ML-DSA", provider);
            verifier.initVerify(publicKey);
            verifier.update(message.get());
            if (!verifier.verify(value)) {
                throw SignatureFault.of(Errno.EKEYREJECTED);
            }
        } catch (SignatureException e) {
            throw SignatureFault.of(Errno.EBADMSG);
        } catch (GeneralSecurityException e) {
            throw SignatureFault.unknown("a signature of type " + algorithm + ", which this Java cannot verify");
        }
    }

    private static String hex16(int number) {
        return HexFormat.of().toHexDigits((short) number);
    }
}
