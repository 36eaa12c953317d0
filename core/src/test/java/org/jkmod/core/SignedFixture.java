package org.jkmod.core;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Certificates and signatures that OpenSSL made (see {@code signatures/make.sh}), and modules signed with them. */
final class SignedFixture {
    static final byte[] MARKER = "~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII);

    private SignedFixture() {}

    static byte[] read(String name) {
        try (InputStream in = SignedFixture.class.getResourceAsStream("signatures/" + name)) {
            if (in == null) {
                throw new IllegalStateException(name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The module that a signature is for, with the signature behind it. */
    static byte[] signed(String signature) {
        byte[] message = read(signature + ".p7");
        return module(read("body"), message, info(2, message.length));
    }

    /** {@code struct module_signature}. */
    static byte[] info(int idType, int size) {
        return ByteBuffer.allocate(12).put(2, (byte) idType).putInt(8, size).array();
    }

    static byte[] module(byte[]... pieces) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            out.writeBytes(piece);
        }
        out.writeBytes(MARKER);
        return out.toByteArray();
    }

    static TrustedKeys keys(String... certificates) {
        return TrustedKeys.of(certificates(certificates), "fixtures");
    }

    static List<byte[]> certificates(String... names) {
        return Arrays.stream(names).map(name -> read(name + ".der")).toList();
    }
}
