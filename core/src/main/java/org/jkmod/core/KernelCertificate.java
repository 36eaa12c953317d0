package org.jkmod.core;

import com.google.common.base.Splitter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * An X.509 certificate (RFC 5280, section 4.1) as the kernel reads it (crypto/asymmetric_keys/x509_cert_parser.c): which keys it may
 * be known by, its public key, and who signed it. Validity and usage are not checked: the kernel does not check them either.
 *
 * <p>A key is known by two identifiers: serial number and issuer's name, one after the other without their headers; and the
 * subjectKeyIdentifier, if it has one.
 */
final class KernelCertificate {
    private static final int MIN_KEY_USAGE = 4;

    private final KernelCrypto crypto;
    private final List<ModuleSignature.Message> log;

    private String identifier = ObjectIdentifiers.UNKNOWN;
    private String signatureIdentifier = "";
    private byte[] serial = {};
    private byte[] issuer = {};
    private byte[] subject = {};
    private boolean hasSubject;
    private String commonName = "";
    private byte[] signed = {};
    private byte[] parameters = {};
    private boolean hasKey;
    private String keyAlgorithm = "";
    private byte[] key = {};
    private String signatureAlgorithm = "";
    private String hash = "";
    private byte[] signatureValue = {};
    private Optional<byte[]> subjectKey = Optional.empty();
    private Optional<byte[]> authorityExtension = Optional.empty();
    private Optional<byte[]> authorityIssuer = Optional.empty();
    private Optional<byte[]> authority = Optional.empty();
    private Optional<byte[]> authorityKey = Optional.empty();
    private boolean hashed;
    private PublicKeySignature signature = new PublicKeySignature("", "", new byte[0], () -> new byte[0]);
    private boolean selfSigned;

    private KernelCertificate(KernelCrypto crypto, List<ModuleSignature.Message> log) {
        this.crypto = crypto;
        this.log = log;
    }

    /**
     * Reads a certificate; what follows it is not looked at.
     *
     * @param log takes what the kernel prints
     * @throws SignatureFault if the kernel refuses it
     */
    static KernelCertificate parse(
            byte[] data, int from, int size, KernelCrypto crypto, List<ModuleSignature.Message> log) {
        KernelCertificate certificate = new KernelCertificate(crypto, log);
        certificate.read(new DerReader(data, from, size));
        if (certificate.authorityExtension.isPresent()) {
            try {
                certificate.readAuthority(new DerReader(certificate.authorityExtension.get()));
            } catch (SignatureFault e) {
                certificate.warn("Couldn't decode AuthKeyIdentifier");
                throw e;
            }
        }
        return certificate;
    }

    private void warn(String text) {
        log.add(new ModuleSignature.Message(KernelLog.WARNING, "X.509: " + text));
    }

    private void read(DerReader r) {
        r.match(DerReader.SEQUENCE);
        r.match(DerReader.SEQUENCE);
        if (r.matchIfThere(DerReader.contextConstructed(0))) {
            r.match(DerReader.INTEGER);
            r.leave();
        }
        r.match(DerReader.INTEGER);
        serial = r.content();
        readAlgorithm(r);
        signatureIdentifier = identifier;
        List<String> names = Splitter.on(' ').splitToList(crypto.certificateSignature(identifier));
        signatureAlgorithm = names.get(0);
        hash = names.get(1);
        readName(r);
        issuer = r.content();
        r.match(DerReader.SEQUENCE);
        r.choose(DerReader.UTC_TIME, DerReader.GENERALIZED_TIME);
        SignatureTime.check(r.lastTag(), r.content());
        r.choose(DerReader.UTC_TIME, DerReader.GENERALIZED_TIME);
        SignatureTime.check(r.lastTag(), r.content());
        r.leave();
        commonName = "";
        readName(r);
        subject = r.content();
        hasSubject = true;
        r.match(DerReader.SEQUENCE);
        readAlgorithm(r);
        r.match(DerReader.BIT_STRING);
        readKey(r.content());
        r.leave();
        r.matchIfThere(DerReader.context(1));
        r.matchIfThere(DerReader.context(2));
        if (r.matchIfThere(DerReader.contextConstructed(3))) {
            readExtensions(r);
        }
        r.leave();
        signed = r.element();
        readAlgorithm(r);
        r.match(DerReader.BIT_STRING);
        readSignature(r.content());
        r.leave();
    }

    private void readAlgorithm(DerReader r) {
        r.match(DerReader.SEQUENCE);
        note(r);
        if (r.anyIfThere() && hasSubject && !hasKey) {
            parameters = r.element();
        }
        r.leave();
    }

    private void note(DerReader r) {
        r.match(DerReader.OBJECT_IDENTIFIER);
        identifier = crypto.identifiers().find(r.content());
    }

    private void readName(DerReader r) {
        r.match(DerReader.SEQUENCE);
        do {
            r.match(DerReader.SET);
            do {
                r.match(DerReader.SEQUENCE);
                note(r);
                r.any();
                if (identifier.equals(ObjectIdentifiers.COMMON_NAME)) {
                    commonName = new String(r.content(), StandardCharsets.UTF_8);
                }
                r.leave();
            } while (r.more());
        } while (r.more());
    }

    private void readKey(byte[] bits) {
        if (identifier.equals(ObjectIdentifiers.EC_PUBLIC_KEY)) {
            // parse_OID wants the short form of the length
            if (parameters.length < 3
                    || parameters[0] != DerReader.OBJECT_IDENTIFIER
                    || (parameters[1] & 0xff) != parameters.length - 2) {
                throw DerReader.bad();
            }
            keyAlgorithm =
                    crypto.curve(crypto.identifiers().find(Arrays.copyOfRange(parameters, 2, parameters.length)));
        } else {
            keyAlgorithm = crypto.certificateKey(identifier);
        }
        key = withoutUnusedBits(bits);
        hasKey = true;
    }

    /** The content of a BIT STRING of whole bytes. */
    private static byte[] withoutUnusedBits(byte[] bits) {
        if (bits.length < 1 || bits[0] != 0) {
            throw DerReader.bad();
        }
        return Arrays.copyOfRange(bits, 1, bits.length);
    }

    private void readExtensions(DerReader r) {
        r.match(DerReader.SEQUENCE);
        do {
            r.match(DerReader.SEQUENCE);
            note(r);
            r.matchIfThere(DerReader.BOOLEAN);
            r.match(DerReader.OCTET_STRING);
            extension(r.content());
            r.leave();
        } while (r.more());
        r.leave();
    }

    private void extension(byte[] v) {
        switch (identifier) {
            case ObjectIdentifiers.SUBJECT_KEY_IDENTIFIER -> {
                if (subjectKey.isPresent()
                        || v.length < 3
                        || v[0] != DerReader.OCTET_STRING
                        || (v[1] & 0xff) != v.length - 2) {
                    throw DerReader.bad();
                }
                subjectKey = Optional.of(Arrays.copyOfRange(v, 2, v.length));
            }
            case ObjectIdentifiers.AUTHORITY_KEY_IDENTIFIER -> authorityExtension = Optional.of(v);
            case ObjectIdentifiers.KEY_USAGE -> {
                if (crypto.readsKeyUsage()
                        && (v.length < MIN_KEY_USAGE || v[0] != DerReader.BIT_STRING || (v[2] & 0xff) >= Byte.SIZE)) {
                    throw DerReader.bad();
                }
            }
            case ObjectIdentifiers.BASIC_CONSTRAINTS -> {
                if (crypto.readsKeyUsage() && !isBasicConstraints(v)) {
                    throw DerReader.bad();
                }
            }
            default -> {
                // of no interest to the kernel
            }
        }
    }

    /** Nothing, which means no CA, or first of all that it is a CA. */
    private static boolean isBasicConstraints(byte[] v) {
        return v.length >= 2
                && v[0] == DerReader.SEQUENCE
                && (v[1] & 0xff) == v.length - 2
                && (v.length == 2 || (v.length >= 5 && v[2] == DerReader.BOOLEAN && v[3] == 1 && v[4] == (byte) 0xff));
    }

    private void readSignature(byte[] bits) {
        if (!identifier.equals(signatureIdentifier)) {
            warn("signatureAlgorithm (" + crypto.identifiers().number(identifier)
                    + ") differs from tbsCertificate.signature ("
                    + crypto.identifiers().number(signatureIdentifier) + ")");
            throw SignatureFault.of(Errno.EINVAL);
        }
        signatureValue = withoutUnusedBits(bits);
    }

    /** AuthorityKeyIdentifier (RFC 5280, section 4.2.1.1). */
    private void readAuthority(DerReader r) {
        r.match(DerReader.SEQUENCE);
        if (r.matchIfThere(DerReader.context(0))) {
            authorityKey = Optional.of(r.content());
        }
        if (r.matchIfThere(DerReader.contextConstructed(1))) {
            do {
                readGeneralName(r);
            } while (r.more());
        }
        if (r.matchIfThere(DerReader.context(2)) && authorityIssuer.isPresent()) {
            authority = Optional.of(join(r.content(), authorityIssuer.get()));
        }
        r.leave();
    }

    private void readGeneralName(DerReader r) {
        int form = r.choose(
                DerReader.contextConstructed(0),
                DerReader.context(1),
                DerReader.context(2),
                DerReader.contextConstructed(3),
                DerReader.contextConstructed(4),
                DerReader.contextConstructed(5),
                DerReader.context(6),
                DerReader.context(7),
                DerReader.context(8));
        switch (form) {
            case 0 -> {
                r.match(DerReader.OBJECT_IDENTIFIER);
                readWrapped(r, 0);
                r.leave();
            }
            case 3 -> {
                r.any();
                r.leave();
            }
            case 4 -> {
                String own = commonName;
                readName(r);
                commonName = own;
                authorityIssuer = Optional.of(r.content());
                r.leave();
            }
            case 5 -> {
                if (r.matchIfThere(DerReader.contextConstructed(0))) {
                    r.any();
                    r.leave();
                }
                readWrapped(r, 1);
                r.leave();
            }
            default -> {
                // a string, or nothing
            }
        }
    }

    private static void readWrapped(DerReader r, int number) {
        r.match(DerReader.contextConstructed(number));
        r.any();
        r.leave();
    }

    static byte[] join(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    /**
     * What /proc/keys calls a certificate: the subject's common name and the subjectKeyIdentifier, or the serial number.
     *
     * @throws SignatureFault if it is none
     */
    static String describe(byte[] certificate) {
        DerReader whole = new DerReader(certificate);
        whole.any();
        if (whole.header() + whole.length() != certificate.length) {
            throw DerReader.bad();
        }
        KernelCertificate parsed = parse(certificate, 0, certificate.length, KernelCrypto.any(), new ArrayList<>());
        return parsed.commonName + ": " + HexFormat.of().formatHex(parsed.subjectKey.orElse(parsed.serial));
    }

    /**
     * Hashes what was signed, and verifies the signature if it was made with the certificate's own key ({@code x509_get_sig_params},
     * {@code x509_check_for_self_signed}).
     *
     * @throws SignatureFault if the kernel refuses the certificate
     */
    void prepare() {
        Optional<Supplier<byte[]>> message = KernelCrypto.takesData(signatureAlgorithm)
                ? Optional.of(() -> signed)
                : crypto.hash(hash, signed, 0, signed.length);
        hashed = message.isPresent();
        signature = new PublicKeySignature(signatureAlgorithm, hash, signatureValue, message.orElse(() -> new byte[0]));
        if (!Arrays.equals(subject, issuer)) {
            return;
        }
        if (authority.isPresent() || authorityKey.isPresent()) {
            boolean sameKey = same(subjectKey, authorityKey);
            boolean sameName = same(Optional.of(id()), authority);
            if (!sameKey && !sameName) {
                return;
            }
            if (sameKey != sameName && authority.isPresent() && authorityKey.isPresent()) {
                throw SignatureFault.of(Errno.EKEYREJECTED);
            }
        }
        if (hashed) {
            signature.verify(keyAlgorithm, key, crypto);
            selfSigned = true;
        }
    }

    /** {@code asymmetric_key_id_same}: what is not there is not the same. */
    static boolean same(Optional<byte[]> a, Optional<byte[]> b) {
        return a.isPresent() && b.isPresent() && Arrays.equals(a.get(), b.get());
    }

    /** Its serial number and its issuer's name. */
    byte[] id() {
        return join(serial, issuer);
    }

    /** Its subjectKeyIdentifier. */
    Optional<byte[]> subjectKey() {
        return subjectKey;
    }

    /** The serial number and the issuer's name of the certificate that it was signed with. */
    Optional<byte[]> authority() {
        return authority;
    }

    /** The subjectKeyIdentifier of the certificate that it was signed with. */
    Optional<byte[]> authorityKey() {
        return authorityKey;
    }

    /** Its signature; over nothing, if it is of a kind that the kernel cannot hash. */
    PublicKeySignature signature() {
        return signature;
    }

    boolean isSelfSigned() {
        return selfSigned;
    }

    /** Whether a lookup by some identifier finds it. */
    boolean isKnownBy(byte[] wanted) {
        return Arrays.equals(wanted, id()) || same(Optional.of(wanted), subjectKey);
    }

    /** Verifies a signature with its key. */
    void verify(PublicKeySignature other) {
        other.verify(keyAlgorithm, key, crypto);
    }
}
