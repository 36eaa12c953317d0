package org.jkmod.kmod;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.util.Date;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.SignerInfoGeneratorBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** A key and its certificate, and modules signed with it: as {@code scripts/sign-file} of the kernel does, but by Bouncy Castle. */
final class SignedModule {
    private static final Provider BC = new BouncyCastleProvider();

    private final String algorithm;
    private final PrivateKey key;
    private final X509CertificateHolder certificate;

    private SignedModule(String algorithm, PrivateKey key, X509CertificateHolder certificate) {
        this.algorithm = algorithm;
        this.key = key;
        this.certificate = certificate;
    }

    /**
     * A signer with a new key.
     *
     * @param keys the algorithm of the key: RSA, EC, ML-DSA-65
     * @param bits its size, or of its curve; 0 for none
     * @param algorithm of signatures, as Java calls it
     */
    @SuppressWarnings("JavaUtilDate") // It is Bouncy Castle's.
    static SignedModule signer(String keys, int bits, String algorithm) throws Exception {
        // Java's own finds RSA keys several times as fast.
        KeyPairGenerator generator =
                keys.equals("RSA") ? KeyPairGenerator.getInstance(keys) : KeyPairGenerator.getInstance(keys, BC);
        if (bits != 0) {
            generator.initialize(bits);
        }
        KeyPair pair = generator.generateKeyPair();
        X500Name name = new X500Name(
                "CN=Signer " + keys + " " + bits + ",O=" + pair.getPublic().hashCode());
        X509CertificateHolder certificate = new JcaX509v3CertificateBuilder(
                        name,
                        new BigInteger("8000000000000001", 16),
                        new Date(0),
                        new Date(4_000_000_000_000L),
                        name,
                        pair.getPublic())
                .build(new JcaContentSignerBuilder(algorithm).setProvider(BC).build(pair.getPrivate()));
        return new SignedModule(algorithm, pair.getPrivate(), certificate);
    }

    byte[] certificate() throws Exception {
        return certificate.getEncoded();
    }

    byte[] sign(byte[] module, boolean withCertificate) throws Exception {
        ContentSigner signer =
                new JcaContentSignerBuilder(algorithm).setProvider(BC).build(key);
        DigestCalculatorProvider digests =
                new JcaDigestCalculatorProviderBuilder().setProvider(BC).build();
        SignerInfoGenerator info = new SignerInfoGeneratorBuilder(digests, SignedModule::encryption)
                .setDirectSignature(true)
                .build(signer, certificate);
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(info);
        if (withCertificate) {
            generator.addCertificate(certificate);
        }
        byte[] message = generator
                .generate(new CMSProcessableByteArray(CMSObjectIdentifiers.data, module), false)
                .toASN1Structure()
                .getEncoded("DER");
        return append(module, message);
    }

    /** The kernel wants the key's algorithm here, and for RSA that is not the signature's. */
    private static AlgorithmIdentifier encryption(AlgorithmIdentifier signature) {
        return signature.getAlgorithm().on(PKCSObjectIdentifiers.pkcs_1)
                ? new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE)
                : signature;
    }

    static byte[] append(byte[] module, byte[] message) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(module);
        out.writeBytes(message);
        out.writeBytes(ByteBuffer.allocate(12)
                .put(2, (byte) 2)
                .putInt(8, message.length)
                .array());
        out.writeBytes("~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }
}
