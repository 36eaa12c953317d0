package org.jkmod.core;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Whether the signatures of a message are those of some bytes ({@code pkcs7_verify}), and whether somebody trusted made one of them
 * ({@code pkcs7_validate_trust}). A certificate that the message brings along must be good for the first, and have been signed by a
 * trusted key, or be one, for the second. The kernel's lists of revoked keys are taken to be empty.
 */
final class Pkcs7Verification {
    private final Pkcs7Message message;
    private final KernelCrypto crypto;
    private final List<ModuleSignature.Message> log;
    /** The certificate of each signer, if the message has it. */
    private final Map<Pkcs7Message.SignerInfo, KernelCertificate> signers = new HashMap<>();

    private final Map<Pkcs7Message.SignerInfo, PublicKeySignature> signatures = new HashMap<>();
    /** The certificate that each was signed with, if the message has it. */
    private final Map<KernelCertificate, KernelCertificate> issuers = new HashMap<>();

    private Pkcs7Verification(Pkcs7Message message, KernelCrypto crypto, List<ModuleSignature.Message> log) {
        this.message = message;
        this.crypto = crypto;
        this.log = log;
    }

    /**
     * Verifies.
     *
     * @param trusted the keys that are trusted; empty if that is not known
     * @throws SignatureFault if the kernel refuses it
     */
    static void verify(
            Pkcs7Message message,
            byte[] data,
            int size,
            Optional<List<KernelCertificate>> trusted,
            KernelCrypto crypto,
            List<ModuleSignature.Message> log) {
        Pkcs7Verification verification = new Pkcs7Verification(message, crypto, log);
        verification.verifyAll(data, size);
        verification.validate(trusted);
    }

    private SignatureFault refuse(String warning, Errno errno) {
        warn(warning);
        return SignatureFault.of(errno);
    }

    private void warn(String text) {
        log.add(new ModuleSignature.Message(KernelLog.WARNING, "PKCS7: " + text));
    }

    private void verifyAll(byte[] data, int size) {
        if (message.hasData()) {
            warn("Data already supplied");
            log.add(new ModuleSignature.Message(KernelLog.ERR, "PKCS#7 signature with non-detached data"));
            throw DerReader.bad();
        }
        if (!message.isPlainData()) {
            throw refuse("Invalid module sig (not pkcs7-data)", Errno.EKEYREJECTED);
        }
        if (message.hasAttributes()) {
            if (crypto.mayWaiveAttributes()
                    && KernelCrypto.takesData(message.signers().get(0).algorithm())) {
                throw SignatureFault.unknown("an ML-DSA signature of attributes");
            }
            throw refuse("Invalid module sig (has authattrs)", Errno.EKEYREJECTED);
        }
        int number = 0;
        for (Pkcs7Message.SignerInfo signer : message.signers()) {
            number++;
            Optional<Supplier<byte[]>> digest = KernelCrypto.takesData(signer.algorithm())
                    ? Optional.of(() -> Arrays.copyOf(data, size))
                    : crypto.hash(signer.hash(), data, 0, size);
            if (digest.isEmpty()) {
                continue;
            }
            PublicKeySignature signature =
                    new PublicKeySignature(signer.algorithm(), signer.hash(), signer.value(), digest.get());
            try {
                verifyOne(signer, signature, number);
                signatures.put(signer, signature);
            } catch (SignatureFault e) {
                if (e.isUnknown() || e.errno() != Errno.ENOPKG) {
                    throw e;
                }
            }
        }
        if (signatures.isEmpty()) {
            throw SignatureFault.of(Errno.ENOPKG);
        }
    }

    private void verifyOne(Pkcs7Message.SignerInfo signer, PublicKeySignature signature, int number) {
        for (KernelCertificate certificate : message.certificates()) {
            if (Arrays.equals(certificate.id(), signer.keyId())) {
                certificate.verify(signature);
                signers.put(signer, certificate);
                verifyChain(certificate, number);
                return;
            }
        }
    }

    private void verifyChain(KernelCertificate first, int number) {
        Set<KernelCertificate> seen = new HashSet<>();
        KernelCertificate certificate = first;
        while (true) {
            seen.add(certificate);
            if (certificate.isSelfSigned()) {
                issuers.put(certificate, certificate);
                return;
            }
            Optional<KernelCertificate> found = issuer(certificate, number);
            if (found.isEmpty()) {
                return;
            }
            KernelCertificate issuer = found.get();
            if (seen.contains(issuer)) {
                warn("Sig " + number + ": X.509 chain contains loop");
                return;
            }
            issuer.verify(certificate.signature());
            issuers.put(certificate, issuer);
            certificate = issuer;
        }
    }

    private Optional<KernelCertificate> issuer(KernelCertificate certificate, int number) {
        List<KernelCertificate> all = message.certificates();
        if (certificate.authority().isPresent()) {
            for (KernelCertificate other : all) {
                if (KernelCertificate.same(Optional.of(other.id()), certificate.authority())) {
                    if (certificate.authorityKey().isPresent()
                            && !KernelCertificate.same(other.subjectKey(), certificate.authorityKey())) {
                        throw refuse(
                                "Sig " + number + ": X.509 chain contains auth-skid nonmatch ("
                                        + (all.indexOf(certificate) + 1) + "->" + (all.indexOf(other) + 1) + ")",
                                Errno.EKEYREJECTED);
                    }
                    return Optional.of(other);
                }
            }
            return Optional.empty();
        }
        return all.stream()
                .filter(other -> KernelCertificate.same(other.subjectKey(), certificate.authorityKey()))
                .findFirst();
    }

    private void validate(Optional<List<KernelCertificate>> trusted) {
        if (trusted.isEmpty()) {
            throw SignatureFault.unknown("whether the kernel has the key of the signer: "
                    + signatures.keySet().stream()
                            .map(Pkcs7Message.SignerInfo::description)
                            .sorted()
                            .findFirst()
                            .orElse(""));
        }
        Set<KernelCertificate> seen = new HashSet<>();
        Set<KernelCertificate> verified = new HashSet<>();
        Errno result = Errno.ENOKEY;
        boolean good = false;
        for (Pkcs7Message.SignerInfo signer : message.signers()) {
            PublicKeySignature signature = signatures.get(signer);
            if (signature == null) {
                result = Errno.ENOPKG;
                continue;
            }
            good |= isTrusted(signer, signature, trusted.get(), seen, verified);
        }
        if (!good) {
            throw SignatureFault.of(result);
        }
    }

    private boolean isTrusted(
            Pkcs7Message.SignerInfo signer,
            PublicKeySignature own,
            List<KernelCertificate> trusted,
            Set<KernelCertificate> seen,
            Set<KernelCertificate> verified) {
        KernelCertificate last = null;
        PublicKeySignature signature = own;
        KernelCertificate certificate = signers.get(signer);
        while (certificate != null) {
            if (!seen.add(certificate)) {
                return verified.contains(certificate);
            }
            Optional<KernelCertificate> key = find(trusted, certificate.id());
            if (key.isPresent()
                    && (certificate.subjectKey().isEmpty()
                            || KernelCertificate.same(
                                    certificate.subjectKey(), key.get().subjectKey()))) {
                verifyTrusted(key.get(), signature);
                markVerified(signer, certificate, verified);
                return true;
            }
            KernelCertificate issuer = issuers.get(certificate);
            if (issuer == certificate) {
                return false;
            }
            last = certificate;
            signature = certificate.signature();
            certificate = issuer;
        }
        if (last != null) {
            Optional<KernelCertificate> key = signerOf(last, trusted);
            if (key.isPresent()) {
                verifyTrusted(key.get(), signature);
                markVerified(signer, last, verified);
                return true;
            }
        }
        if (signer.keyId().length == 0) {
            throw SignatureFault.of(Errno.EINVAL);
        }
        Optional<KernelCertificate> key = find(trusted, signer.keyId());
        key.ifPresent(k -> verifyTrusted(k, own));
        return key.isPresent();
    }

    private void markVerified(
            Pkcs7Message.SignerInfo signer, KernelCertificate until, Set<KernelCertificate> verified) {
        KernelCertificate certificate = signers.get(signer);
        while (certificate != null && certificate != until) {
            verified.add(certificate);
            certificate = issuers.get(certificate);
        }
        verified.add(until);
    }

    /** The trusted key that a certificate says it was signed with. */
    private static Optional<KernelCertificate> signerOf(
            KernelCertificate certificate, List<KernelCertificate> trusted) {
        Optional<byte[]> wanted =
                certificate.authority().isPresent() ? certificate.authority() : certificate.authorityKey();
        Optional<KernelCertificate> key = wanted.flatMap(id -> find(trusted, id));
        if (key.isPresent()
                && certificate.authority().isPresent()
                && certificate.authorityKey().isPresent()
                && !KernelCertificate.same(certificate.authorityKey(), key.get().subjectKey())) {
            throw SignatureFault.of(Errno.EKEYREJECTED);
        }
        return key;
    }

    private static Optional<KernelCertificate> find(List<KernelCertificate> keys, byte[] id) {
        return keys.stream().filter(key -> key.isKnownBy(id)).findFirst();
    }

    /** Whatever is wrong with a signature by a trusted key, the kernel says that the key was rejected. */
    private static void verifyTrusted(KernelCertificate key, PublicKeySignature signature) {
        try {
            key.verify(signature);
        } catch (SignatureFault e) {
            throw e.isUnknown() ? e : SignatureFault.of(Errno.EKEYREJECTED);
        }
    }
}
