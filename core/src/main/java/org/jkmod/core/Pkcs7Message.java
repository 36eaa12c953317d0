package org.jkmod.core;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * A PKCS#7 or CMS message of type SignedData (RFC 2315, RFC 5652) as the kernel reads it (crypto/asymmetric_keys/pkcs7_parser.c). A
 * module's signature has no data of its own, usually no certificates, and one SignerInfo without authenticated attributes.
 */
final class Pkcs7Message {
    /** What one signer says. */
    static final class SignerInfo {
        private byte[] keyId = {};
        private boolean bySubjectKey;
        private String algorithm = "";
        private String hash = "";
        private byte[] value = {};
        private boolean hasAttributes;
        private final Set<String> attributes = new HashSet<>();

        /** What the signer's key is known by: serial number and issuer's name, or subjectKeyIdentifier. */
        byte[] keyId() {
            return keyId;
        }

        /** The kernel's name of the algorithm. */
        String algorithm() {
            return algorithm;
        }

        /** The kernel's name of the hash; of no meaning if the algorithm takes the data itself. */
        String hash() {
            return hash;
        }

        /** The signature. */
        byte[] value() {
            return value;
        }

        /** The signer as a person may want to know it. */
        String description() {
            return (bySubjectKey ? "subject key identifier " : "serial number and issuer ")
                    + HexFormat.of().formatHex(keyId);
        }
    }

    private final KernelCrypto crypto;
    private final ObjectIdentifiers identifiers;
    private final byte[] data;
    private final List<ModuleSignature.Message> log;

    private String identifier = ObjectIdentifiers.UNKNOWN;
    private int version;
    private String dataType = ObjectIdentifiers.UNKNOWN;
    private boolean hasData;
    private List<KernelCertificate> parsed = new ArrayList<>();
    private final List<KernelCertificate> certificates = new ArrayList<>();
    private final List<SignerInfo> signers = new ArrayList<>();
    private SignerInfo signer = new SignerInfo();
    private boolean expectsSubjectKey;
    // These outlive a SignerInfo: one that lacks them has those of the one before.
    private byte[] serial = {};
    private byte[] issuer = {};
    private byte[] subjectKey = {};

    private Pkcs7Message(byte[] data, KernelCrypto crypto, List<ModuleSignature.Message> log) {
        this.data = data;
        this.crypto = crypto;
        this.identifiers = crypto.identifiers();
        this.log = log;
    }

    /**
     * Reads a message; what follows it is not looked at.
     *
     * @param log takes what the kernel prints
     * @throws SignatureFault if the kernel refuses it
     */
    static Pkcs7Message parse(byte[] data, int from, int size, KernelCrypto crypto, List<ModuleSignature.Message> log) {
        Pkcs7Message message = new Pkcs7Message(data, crypto, log);
        message.read(new DerReader(data, from, size));
        message.checkAttributes();
        return message;
    }

    private SignatureFault refuse(String warning, Errno errno) {
        log.add(new ModuleSignature.Message(KernelLog.WARNING, warning));
        return SignatureFault.of(errno);
    }

    private void read(DerReader r) {
        r.match(DerReader.SEQUENCE);
        note(r);
        if (!identifier.equals(ObjectIdentifiers.SIGNED_DATA)) {
            throw refuse("PKCS7: Only support pkcs7_signedData type", Errno.EINVAL);
        }
        if (r.matchIfThere(DerReader.contextConstructed(0))) {
            readSignedData(r);
            r.leave();
        }
        r.leave();
    }

    private void note(DerReader r) {
        r.match(DerReader.OBJECT_IDENTIFIER);
        noteCurrent(r);
    }

    private void noteCurrent(DerReader r) {
        byte[] content = r.content();
        identifier = identifiers.find(content);
        if (identifier.equals(ObjectIdentifiers.UNKNOWN)) {
            log.add(new ModuleSignature.Message(
                    KernelLog.WARNING, "PKCS7: Unknown OID: [" + r.offset() + "] " + ObjectIdentifiers.print(content)));
        }
    }

    private void readSignedData(DerReader r) {
        r.match(DerReader.SEQUENCE);
        r.match(DerReader.INTEGER);
        version = version(r, "SignedData");
        if (r.choose(DerReader.SET, DerReader.SEQUENCE) >= 0) {
            do {
                readAlgorithm(r);
            } while (r.more());
        }
        readContentInfo(r);
        switch (r.chooseIfThere(DerReader.contextConstructed(0), DerReader.contextConstructed(2))) {
            case 0 -> {
                do {
                    if (r.anyIfThere()) {
                        readCertificate(r);
                    }
                } while (r.more());
            }
            case 1 -> readCertificates(r);
            default -> {
                // none
            }
        }
        certificates.addAll(parsed);
        parsed = new ArrayList<>();
        if (r.chooseIfThere(DerReader.contextConstructed(1), DerReader.contextConstructed(3)) >= 0) {
            do {
                r.match(DerReader.SEQUENCE);
                readCertificates(r);
            } while (r.more());
        }
        if (r.choose(DerReader.SET, DerReader.SEQUENCE) >= 0) {
            do {
                readSignerInfo(r);
            } while (r.more());
        }
        r.leave();
    }

    /** A version, of which there are 1 (PKCS#7, and CMS with issuerAndSerialNumber) and 3 (CMS with subjectKeyIdentifier). */
    private int version(DerReader r, String of) {
        int found = r.length() == 1 ? r.content()[0] : 0;
        if (found != 1 && found != 3) {
            throw refuse("PKCS7: Unsupported " + of + " version", Errno.EINVAL);
        }
        return found;
    }

    private void readAlgorithm(DerReader r) {
        r.match(DerReader.SEQUENCE);
        note(r);
        r.anyIfThere();
        r.leave();
    }

    private void readContentInfo(DerReader r) {
        r.match(DerReader.SEQUENCE);
        note(r);
        // The kernel's grammar notes it twice.
        noteCurrent(r);
        if (r.matchIfThere(DerReader.contextConstructed(0))) {
            r.any();
            hasData = true;
            r.leave();
        }
        r.leaveInline();
        if (!identifier.equals(ObjectIdentifiers.DATA) && !identifier.equals(ObjectIdentifiers.MS_INDIRECT_DATA)) {
            throw refuse("PKCS7: Unsupported data type " + identifiers.number(identifier), Errno.EINVAL);
        }
        dataType = identifier;
    }

    private void readCertificates(DerReader r) {
        do {
            r.any();
            readCertificate(r);
        } while (r.more());
    }

    private void readCertificate(DerReader r) {
        if (r.lastTag() != DerReader.SEQUENCE) {
            throw DerReader.bad();
        }
        KernelCertificate certificate =
                KernelCertificate.parse(data, r.start() - r.header(), r.header() + r.length(), crypto, log);
        certificate.prepare();
        parsed.add(certificate);
    }

    private void readSignerInfo(DerReader r) {
        r.match(DerReader.SEQUENCE);
        r.match(DerReader.INTEGER);
        int own = version(r, "SignerInfo");
        if (own == 1 ? version != 1 : version == 1) {
            throw refuse("PKCS7: SignedData-SignerInfo version mismatch", Errno.EBADMSG);
        }
        expectsSubjectKey = own != 1;
        switch (r.choose(DerReader.SEQUENCE, DerReader.context(0))) {
            case 0 -> {
                readName(r);
                issuer = r.content();
                r.match(DerReader.INTEGER);
                serial = r.content();
                r.leave();
            }
            case 1 -> subjectKey = r.content();
            default -> {
                // cannot be: more must follow
            }
        }
        readAlgorithm(r);
        try {
            signer.hash = crypto.digest(identifier);
        } catch (SignatureFault e) {
            throw refuse("Unsupported digest algo: " + identifiers.number(identifier), e.errno());
        }
        readAttributes(r);
        readAlgorithm(r);
        try {
            signer.algorithm = crypto.key(identifier);
        } catch (SignatureFault e) {
            throw refuse("Unsupported pkey algo: " + identifiers.number(identifier), e.errno());
        }
        r.match(DerReader.OCTET_STRING);
        signer.value = r.content();
        skipAttributes(r);
        r.leave();
        if (dataType.equals(ObjectIdentifiers.MS_INDIRECT_DATA) && !signer.hasAttributes) {
            throw refuse("PKCS7: Authenticode requires AuthAttrs", Errno.EBADMSG);
        }
        signer.bySubjectKey = expectsSubjectKey;
        signer.keyId = expectsSubjectKey ? subjectKey : KernelCertificate.join(serial, issuer);
        signers.add(signer);
        signer = new SignerInfo();
    }

    private void readName(DerReader r) {
        r.match(DerReader.SEQUENCE);
        do {
            r.match(DerReader.SET);
            do {
                r.match(DerReader.SEQUENCE);
                note(r);
                r.any();
                r.leave();
            } while (r.more());
        } while (r.more());
    }

    private void readAttributes(DerReader r) {
        switch (r.chooseIfThere(DerReader.contextConstructed(0), DerReader.contextConstructed(2))) {
            case 0 -> {
                do {
                    readAttribute(r);
                } while (r.more());
                noteAttributes();
            }
            case 1 -> {
                r.match(DerReader.SEQUENCE);
                do {
                    readAttribute(r);
                } while (r.more());
                r.leave();
            }
            default -> {
                // none
            }
        }
    }

    private void readAttribute(DerReader r) {
        r.match(DerReader.SEQUENCE);
        note(r);
        r.match(DerReader.SET);
        do {
            r.any();
            attribute(r);
        } while (r.more());
        r.leave();
    }

    private void attribute(DerReader r) {
        switch (identifier) {
            case ObjectIdentifiers.CONTENT_TYPE -> {
                once();
                String type = identifiers.find(r.content());
                if (!type.equals(dataType)) {
                    throw refuse(
                            "PKCS7: Mismatch between global data type (" + identifiers.number(dataType)
                                    + ") and sinfo 0 (" + identifiers.number(type) + ")",
                            Errno.EBADMSG);
                }
            }
            case ObjectIdentifiers.SIGNING_TIME -> {
                once();
                SignatureTime.check(r.lastTag(), r.content());
            }
            case ObjectIdentifiers.MESSAGE_DIGEST -> {
                once();
                if (r.lastTag() != DerReader.OCTET_STRING) {
                    throw DerReader.bad();
                }
            }
            case ObjectIdentifiers.SMIME_CAPABILITIES -> {
                once();
                requireAuthenticode("S/MIME Caps");
            }
            case ObjectIdentifiers.MS_SP_OPUS_INFO, ObjectIdentifiers.MS_STATEMENT_TYPE -> {
                once();
                requireAuthenticode("Authenticode AuthAttrs");
            }
            default -> {
                // of no interest to the kernel
            }
        }
    }

    private void once() {
        if (!signer.attributes.add(identifier)) {
            throw refuse("PKCS7: Repeated/multivalue AuthAttrs not permitted", Errno.EKEYREJECTED);
        }
    }

    private void requireAuthenticode(String what) {
        if (!dataType.equals(ObjectIdentifiers.MS_INDIRECT_DATA)) {
            throw refuse("PKCS7: " + what + " only allowed with Authenticode", Errno.EKEYREJECTED);
        }
    }

    private void noteAttributes() {
        if (!signer.attributes.contains(ObjectIdentifiers.CONTENT_TYPE)
                || !signer.attributes.contains(ObjectIdentifiers.MESSAGE_DIGEST)) {
            throw refuse("PKCS7: Missing required AuthAttr", Errno.EBADMSG);
        }
        signer.hasAttributes = true;
    }

    private static void skipAttributes(DerReader r) {
        if (r.chooseIfThere(DerReader.contextConstructed(1), DerReader.contextConstructed(3)) >= 0) {
            do {
                r.match(DerReader.SEQUENCE);
                r.match(DerReader.OBJECT_IDENTIFIER);
                r.match(DerReader.SET);
                do {
                    r.any();
                } while (r.more());
                r.leave();
            } while (r.more());
        }
    }

    /** All signers have authenticated attributes, or none has; and there is one. */
    private void checkAttributes() {
        if (signers.isEmpty()
                || signers.stream().map(s -> s.hasAttributes).distinct().count() != 1) {
            throw refuse("PKCS7: Inconsistently supplied authAttrs", Errno.EINVAL);
        }
    }

    /** Whether the message has data of its own. */
    boolean hasData() {
        return hasData;
    }

    /** Whether the type of what is signed is plain data. */
    boolean isPlainData() {
        return dataType.equals(ObjectIdentifiers.DATA);
    }

    /** Whether the signers sign attributes rather than the data. */
    boolean hasAttributes() {
        return signers.get(0).hasAttributes;
    }

    List<KernelCertificate> certificates() {
        return certificates;
    }

    List<SignerInfo> signers() {
        return signers;
    }
}
