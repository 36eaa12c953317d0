package org.jkmod.kmod;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.ASN1UTF8String;
import org.bouncycastle.asn1.cms.Attributes;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.CertificateList;

/**
 * What modinfo shows of a PKCS#7 message (RFC 2315): of its first signer, and only if that is known by issuer and serial number.
 *
 * <p>All modules of a kernel are signed with one key: their messages differ in nothing but the signature, which is their end. So what
 * was found in a message is remembered, and said again of one that begins with the same bytes and is as long.
 */
final class Pkcs7Fields {
    private static final int REMEMBERED = 16;
    private static final int MAX_REMEMBERED = 1 << 14;

    /** What was found in a message whose last bytes, from some place on, are the signature. */
    private static final class Known {
        private final byte[] message;
        private final int valueAt;
        private final ModuleSignature signature;

        Known(byte[] message, int valueAt, ModuleSignature signature) {
            this.message = message;
            this.valueAt = valueAt;
            this.signature = signature;
        }
    }

    private static final AtomicReferenceArray<Known> KNOWN = new AtomicReferenceArray<>(REMEMBERED);

    /** OpenSSL's names of digests, and of what may stand in their place. */
    private static final Map<String, String> HASHES = Map.ofEntries(
            Map.entry("1.2.840.113549.2.2", "md2"),
            Map.entry("1.2.840.113549.2.4", "md4"),
            Map.entry("1.2.840.113549.2.5", "md5"),
            Map.entry("1.3.14.3.2.26", "sha1"),
            Map.entry("1.3.36.3.2.1", "ripemd160"),
            Map.entry("2.16.840.1.101.3.4.2.1", "sha256"),
            Map.entry("2.16.840.1.101.3.4.2.2", "sha384"),
            Map.entry("2.16.840.1.101.3.4.2.3", "sha512"),
            Map.entry("2.16.840.1.101.3.4.2.4", "sha224"),
            Map.entry("2.16.840.1.101.3.4.2.5", "sha512-224"),
            Map.entry("2.16.840.1.101.3.4.2.6", "sha512-256"),
            Map.entry("2.16.840.1.101.3.4.2.7", "sha3-224"),
            Map.entry("2.16.840.1.101.3.4.2.8", "sha3-256"),
            Map.entry("2.16.840.1.101.3.4.2.9", "sha3-384"),
            Map.entry("2.16.840.1.101.3.4.2.10", "sha3-512"),
            Map.entry("2.16.840.1.101.3.4.2.11", "shake128"),
            Map.entry("2.16.840.1.101.3.4.2.12", "shake256"),
            Map.entry("1.2.156.10197.1.401", "sm3"),
            Map.entry("1.2.643.7.1.1.2.2", "GOST R 34.11-2012 with 256 bit hash"),
            Map.entry("1.2.643.7.1.1.2.3", "GOST R 34.11-2012 with 512 bit hash"),
            Map.entry("1.0.10118.3.0.55", "whirlpool"),
            Map.entry("1.3.6.1.4.1.1722.12.2.1.16", "blake2b512"),
            Map.entry("1.3.6.1.4.1.1722.12.2.2.8", "blake2s256"),
            Map.entry("1.2.840.113549.1.1.1", "rsaEncryption"),
            Map.entry("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
            Map.entry("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
            Map.entry("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
            Map.entry("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
            Map.entry("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
            Map.entry("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
            Map.entry("2.16.840.1.101.3.4.3.19", "ML-DSA-87"));

    private Pkcs7Fields() {}

    /**
     * Reads a message; what follows it is not looked at.
     *
     * @return empty if it is none, or has no such signer
     */
    static Optional<ModuleSignature> read(byte[] message) {
        Known known = KNOWN.get(message.length % REMEMBERED);
        if (known != null
                && known.message.length == message.length
                && Arrays.equals(known.message, 0, known.valueAt, message, 0, known.valueAt)) {
            ModuleSignature s = known.signature;
            byte[] value = Arrays.copyOfRange(message, known.valueAt, message.length);
            return Optional.of(new ModuleSignature(s.kind(), s.signer(), s.keyBytes(), s.hash(), value));
        }
        try {
            return Optional.of(parse(message));
        } catch (IOException | RuntimeException e) {
            // Bouncy Castle refuses what it reads with exceptions of many kinds, and later than it reads it.
            return Optional.empty();
        } catch (StackOverflowError e) {
            // A message may be nested as deep as it is long.
            return Optional.empty();
        }
    }

    private static ModuleSignature parse(byte[] message) throws IOException {
        ByteArrayInputStream rest = new ByteArrayInputStream(message);
        ASN1InputStream in = new ASN1InputStream(rest, message.length);
        ContentInfo content = ContentInfo.getInstance(in.readObject());
        require(CMSObjectIdentifiers.signedData.equals(content.getContentType()));
        SignedData data = SignedData.getInstance(content.getContent());
        for (ASN1Encodable algorithm : data.getDigestAlgorithms()) {
            AlgorithmIdentifier.getInstance(algorithm);
        }
        checkCertificates(data);
        ASN1Set signers = data.getSignerInfos();
        SignerInfo first = SignerInfo.getInstance(signers.getObjectAt(0));
        for (ASN1Encodable signer : signers) {
            check(SignerInfo.getInstance(signer));
        }
        IssuerAndSerialNumber id =
                IssuerAndSerialNumber.getInstance(first.getSID().getId());
        ASN1ObjectIdentifier digest = first.getDigestAlgorithm().getAlgorithm();
        byte[] value = first.getEncryptedDigest().getOctets();
        ModuleSignature signature = new ModuleSignature(
                "PKCS#7",
                signer(id.getName()),
                magnitude(id),
                HASHES.getOrDefault(digest.getId(), digest.getId()),
                value);
        boolean isLast = signers.size() == 1 && first.getUnauthenticatedAttributes() == null && rest.available() == 0;
        if (isLast && message.length <= MAX_REMEMBERED) {
            remember(message, first.getEncryptedDigest().getEncoded(ASN1Encoding.DER), signature);
        }
        return signature;
    }

    private static void require(boolean condition) throws IOException {
        if (!condition) {
            throw new IOException();
        }
    }

    /** OpenSSL reads them with the rest, so that bad ones make the message a bad one. */
    private static void checkCertificates(SignedData data) {
        if (data.getCertificates() != null) {
            for (ASN1Encodable certificate : data.getCertificates()) {
                Certificate.getInstance(certificate);
            }
        }
        if (data.getCRLs() != null) {
            for (ASN1Encodable list : data.getCRLs()) {
                CertificateList.getInstance(list);
            }
        }
    }

    private static void check(SignerInfo signer) throws IOException {
        require(!(signer.getSID().getId() instanceof ASN1TaggedObject));
        IssuerAndSerialNumber.getInstance(signer.getSID().getId());
        for (ASN1Set attributes :
                new ASN1Set[] {signer.getAuthenticatedAttributes(), signer.getUnauthenticatedAttributes()}) {
            if (attributes != null) {
                Attributes.getInstance(attributes).getAttributes();
            }
        }
    }

    private static void remember(byte[] message, byte[] element, ModuleSignature signature) {
        int at = message.length - element.length;
        if (at > 0 && Arrays.equals(message, at, message.length, element, 0, element.length)) {
            int valueAt = message.length - signature.valueBytes().length;
            KNOWN.set(message.length % REMEMBERED, new Known(message, valueAt, signature));
        }
    }

    /** The first common name; a name that has none gives its last part. */
    private static String signer(X500Name name) throws IOException {
        String last = "";
        for (RDN rdn : name.getRDNs()) {
            for (AttributeTypeAndValue part : rdn.getTypesAndValues()) {
                last = text(content(part.getValue()));
                if (BCStyle.CN.equals(part.getType())) {
                    return last;
                }
            }
        }
        return last;
    }

    /** The bytes of a string, whatever they mean. */
    private static byte[] content(ASN1Encodable value) throws IOException {
        ASN1Primitive primitive = value.toASN1Primitive();
        if (primitive instanceof ASN1UTF8String utf8) {
            return requireUtf8(contentOf(utf8));
        }
        if (primitive instanceof ASN1BitString bits) {
            return bits.getOctets();
        }
        if (primitive instanceof ASN1Sequence) {
            return primitive.getEncoded();
        }
        require(primitive instanceof ASN1String);
        return contentOf(primitive);
    }

    private static byte[] contentOf(ASN1Primitive primitive) throws IOException {
        byte[] encoded = primitive.getEncoded(ASN1Encoding.DER);
        int lengthBytes = encoded[1] >= 0 ? 0 : encoded[1] & 0x7f;
        return Arrays.copyOfRange(encoded, 2 + lengthBytes, encoded.length);
    }

    private static byte[] requireUtf8(byte[] bytes) throws CharacterCodingException {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
        return bytes;
    }

    /** A number's bytes, without its sign and without zeros before them; of 0, none. */
    private static byte[] magnitude(IssuerAndSerialNumber id) {
        byte[] bytes = id.getSerialNumber().getValue().abs().toByteArray();
        return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    }

    /** As the language C ends it: before the first NUL. */
    static String text(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
    }
}
