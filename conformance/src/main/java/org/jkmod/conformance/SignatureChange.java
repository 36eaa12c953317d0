package org.jkmod.conformance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Changes of a module's signature. It is behind the object: a PKCS#7 message, then {@code struct module_signature} (algorithm, hash, kind,
 * length of the signer's name, length of the key's identifier, three unused bytes, and the message's length as a big-endian word), then
 * a marker (include/linux/module_signature.h).
 */
final class SignatureChange {
    private static final byte[] MARKER = "~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII);
    private static final int INFO = 12;
    private static final int LENGTH = 8;

    static final int ALGORITHM = 0;
    static final int HASH = 1;
    static final int KIND = 2;
    static final int SIGNER_LENGTH = 3;
    static final int KEY_LENGTH = 4;
    static final int UNUSED = 5;

    private SignatureChange() {}

    /** Whether a module has one. */
    static boolean isSigned(byte[] module) {
        int from = module.length - MARKER.length;
        return from >= INFO && Arrays.equals(module, from, module.length, MARKER, 0, MARKER.length);
    }

    private static int infoOf(byte[] module) {
        if (!isSigned(module)) {
            throw new IllegalArgumentException("the module has no signature");
        }
        return module.length - MARKER.length - INFO;
    }

    private static int startOf(byte[] module) {
        int info = infoOf(module);
        return info - ByteBuffer.wrap(module).getInt(info + LENGTH);
    }

    /** Takes it away, if there is one. */
    static byte[] strip(byte[] module) {
        return isSigned(module) ? Arrays.copyOf(module, startOf(module)) : module;
    }

    /** Changes a byte of {@code struct module_signature}. */
    static Change info(int index, int value) {
        return Change.bytes(module -> {
            byte[] changed = module.clone();
            changed[infoOf(module) + index] = (byte) value;
            return changed;
        });
    }

    /** Changes the message's length as it is told. */
    static Change length(Change.Value value) {
        return Change.bytes(module -> {
            byte[] changed = module.clone();
            int at = infoOf(module) + LENGTH;
            int old = ByteBuffer.wrap(module).getInt(at);
            ByteBuffer.wrap(changed).putInt(at, (int) value.of(old, module.length));
            return changed;
        });
    }

    /** Turns a bit of the message: so many bytes from its start. */
    static Change turn(int offset) {
        return Change.bytes(module -> turned(module, startOf(module) + offset));
    }

    /** Turns a bit of the message: so many bytes from its end. */
    static Change turnAtEnd(int offset) {
        return Change.bytes(module -> turned(module, infoOf(module) - offset));
    }

    /** Turns a bit of what is signed. */
    static Change turnSigned(int offset) {
        return Change.bytes(module -> turned(module, offset));
    }

    private static byte[] turned(byte[] module, int at) {
        byte[] changed = module.clone();
        changed[at] ^= 1;
        return changed;
    }

    /** Puts bytes behind everything. */
    static Change appended(byte... more) {
        return Change.bytes(module -> {
            byte[] changed = Arrays.copyOf(module, module.length + more.length);
            System.arraycopy(more, 0, changed, module.length, more.length);
            return changed;
        });
    }

    /** Puts a marker behind everything. */
    static Change marker() {
        return appended(MARKER);
    }

    /** Nothing but a marker. */
    static Change onlyMarker() {
        return Change.bytes(module -> MARKER.clone());
    }

    /** Takes away the message but not what tells of it. */
    static Change noMessage() {
        return Change.bytes(module -> {
            int info = infoOf(module);
            byte[] changed = Arrays.copyOf(module, startOf(module) + INFO + MARKER.length);
            System.arraycopy(module, info, changed, startOf(module), INFO + MARKER.length);
            return changed;
        });
    }
}
