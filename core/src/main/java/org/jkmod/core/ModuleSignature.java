package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The first thing that a load looks at ({@code module_sig_check}, kernel/module/signing.c). A signed module is
 *
 * <pre>
 * the object | a PKCS#7 message | struct module_signature, 12 bytes, the last 4 of which are the message's size | a marker
 * </pre>
 *
 * <p>Made once for a kernel; safe for threads.
 */
final class ModuleSignature {
    /** What ends a signed module (include/linux/module_signature.h). */
    private static final byte[] MARKER = "~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII);
    /** {@code sizeof(struct module_signature)}. */
    private static final int INFO = 12;
    /** Where in it the kind of signature stands; and which kind is PKCS#7. */
    private static final int ID_TYPE = 2;

    private static final int PKCS7 = 2;

    private static final String UNSIGNED = "unsigned module";

    /**
     * Something printed.
     *
     * @param level as in {@link KernelLog}
     * @param text without the newline
     */
    record Message(int level, String text) {}

    /** What the kernel finds. */
    sealed interface Result {}

    /** The kernel checks no signatures ({@code CONFIG_MODULE_SIG} is not set). */
    record NotChecked() implements Result {}

    /** Signed by a key that the kernel trusts. */
    record Valid() implements Result {}

    /**
     * Not.
     *
     * @param errno of {@code mod_verify_sig}; ENODATA if there is no signature, or it is not looked at
     */
    record Invalid(Errno errno) implements Result {}

    /**
     * What is known of the kernel does not tell.
     *
     * @param what is not known, for a person: {@code whether the kernel has the key of the signer: ...}
     */
    record Unknown(String what) implements Result {}

    /**
     * What the kernel finds in a file.
     *
     * @param length how much of the file is read as an object from here on
     * @param result whether it is signed
     * @param messages what the kernel prints meanwhile
     */
    record Check(int length, Result result, List<Message> messages) {
        /**
         * What the kernel makes of it.
         *
         * @param enforces whether modules must be signed: {@code module.sig_enforce}, {@code CONFIG_MODULE_SIG_FORCE}
         * @param lockdown how far the kernel is locked down
         * @param process the name of the process that loads the module
         */
        Decision decide(boolean enforces, Lockdown lockdown, String process) {
            if (result instanceof Unknown unknown) {
                return new Decision(Optional.empty(), false, Optional.of(unknown.what()), messages);
            }
            if (!(result instanceof Invalid invalid)) {
                return new Decision(Optional.empty(), result instanceof Valid, Optional.empty(), messages);
            }
            String reason;
            switch (invalid.errno()) {
                case ENODATA -> reason = UNSIGNED;
                case ENOPKG -> reason = "module with unsupported crypto";
                case ENOKEY -> reason = "module with unavailable key";
                default -> {
                    return new Decision(Optional.of(invalid.errno()), false, Optional.empty(), messages);
                }
            }
            if (enforces) {
                return refused(Errno.EKEYREJECTED, "Loading of " + reason + " is rejected");
            }
            if (lockdown != Lockdown.NONE) {
                return refused(
                        Errno.EPERM,
                        "Lockdown: " + process + ": unsigned module loading is restricted; see man kernel_lockdown.7");
            }
            return new Decision(Optional.empty(), false, Optional.empty(), messages);
        }

        private Decision refused(Errno errno, String text) {
            List<Message> all = ImmutableList.<Message>builder()
                    .addAll(messages)
                    .add(new Message(KernelLog.NOTICE, text))
                    .build();
            return new Decision(Optional.of(errno), false, Optional.empty(), all);
        }
    }

    /**
     * What the kernel makes of a signature.
     *
     * @param errno why the load ends here; empty if it goes on, or if that is not known
     * @param valid whether the module is validly signed; if it is not, and the load goes on, it taints a kernel that checks signatures
     * @param unknown what would have to be known to tell
     * @param messages what the kernel prints
     */
    record Decision(Optional<Errno> errno, boolean valid, Optional<String> unknown, List<Message> messages) {}

    private final boolean checks;
    private final KernelCrypto crypto;
    private final Optional<List<KernelCertificate>> trusted;
    /** Whether there is a second keyring, of the firmware's keys, to ask. */
    private final boolean asksTwice;

    /**
     * That of a kernel.
     *
     * @param isLoaded whether a module of some name is loaded: it may be the one with a signature's algorithm
     */
    ModuleSignature(KernelProfile profile, Predicate<String> isLoaded) {
        this.checks = profile.checksSignatures();
        this.crypto = new KernelCrypto(profile, isLoaded);
        this.trusted = profile.trustedKeys().map(keys -> keys.usableBy(new KernelCrypto(profile, module -> false)));
        this.asksTwice =
                profile.config("INTEGRITY_PLATFORM_KEYRING").map("y"::equals).orElse(true);
    }

    /** That of no kernel in particular: one that has all algorithms, and these keys in its only keyring. */
    ModuleSignature(TrustedKeys keys) {
        this.checks = true;
        this.crypto = KernelCrypto.all();
        this.trusted = Optional.of(keys.usableBy(crypto));
        this.asksTwice = false;
    }

    /** Looks at the signature of a file that fills an array. */
    Check check(byte[] file, boolean forced) {
        return check(file, file.length, forced);
    }

    /**
     * Looks at a file's signature.
     *
     * @param file what begins with the whole of it
     * @param fileSize its length in bytes
     * @param forced whether the load ignores version magic or symbol versions: the module is not the one that was signed, then
     */
    Check check(byte[] file, int fileSize, boolean forced) {
        if (!checks) {
            return new Check(fileSize, new NotChecked(), List.of());
        }
        int length = fileSize - MARKER.length;
        if (forced || length <= 0 || !Arrays.equals(file, length, fileSize, MARKER, 0, MARKER.length)) {
            return new Check(fileSize, new Invalid(Errno.ENODATA), List.of());
        }
        List<Message> messages = new ArrayList<>();
        Optional<Errno> fault = checkInfo(file, length, messages);
        if (fault.isPresent()) {
            return new Check(length, new Invalid(fault.get()), ImmutableList.copyOf(messages));
        }
        int size = sizeField(file, length);
        int content = length - INFO - size;
        Result result = verify(file, content, size, messages);
        return new Check(content, result, ImmutableList.copyOf(messages));
    }

    /** {@code mod_check_sig}. */
    private static Optional<Errno> checkInfo(byte[] file, int length, List<Message> messages) {
        int info = length - INFO;
        if (info <= 0) {
            return Optional.of(Errno.EBADMSG);
        }
        if (Integer.compareUnsigned(sizeField(file, length), info) >= 0) {
            return Optional.of(Errno.EBADMSG);
        }
        if (file[info + ID_TYPE] != PKCS7) {
            messages.add(new Message(KernelLog.ERR, "module: not signed with expected PKCS#7 message"));
            return Optional.of(Errno.ENOPKG);
        }
        for (int i = info; i < length - Integer.BYTES; i++) {
            if (i != info + ID_TYPE && file[i] != 0) {
                messages.add(
                        new Message(KernelLog.ERR, "module: PKCS#7 signature info has unexpected non-zero params"));
                return Optional.of(Errno.EBADMSG);
            }
        }
        return Optional.empty();
    }

    /** The last field, sig_len, is big-endian whatever the machine. */
    private static int sizeField(byte[] file, int length) {
        return ByteBuffer.wrap(file).getInt(length - Integer.BYTES);
    }

    private Result verify(byte[] file, int content, int size, List<Message> messages) {
        try {
            Pkcs7Message message = Pkcs7Message.parse(file, content, size, crypto, messages);
            Pkcs7Verification.verify(message, file, content, trusted, crypto, messages);
            return new Valid();
        } catch (SignatureFault e) {
            if (e.isUnknown()) {
                return new Unknown(e.what());
            }
            // Having asked the one keyring in vain, it begins anew with the other, and prints all again.
            if (e.errno() == Errno.ENOKEY && asksTwice) {
                messages.addAll(List.copyOf(messages));
            }
            return new Invalid(e.errno());
        }
    }
}
