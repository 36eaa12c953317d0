package org.jkmod.core;

import java.util.List;

/**
 * Whether modules are signed with some keys: what a kernel that trusts these, and no others, finds when it loads them. It is the same
 * check that a load makes, of a kernel that has all algorithms. Immutable, and safe for threads.
 */
public final class SignatureCheck {
    /** What a check finds. */
    public enum Outcome {
        /** Signed with one of the keys. */
        GOOD("good"),
        /** Nothing is appended that says it is a signature. */
        NO_SIGNATURE("no signature"),
        /** Signed with another key. */
        UNKNOWN_KEY("unknown key"),
        /** Not what was signed, or signed in a way that kernels refuse. */
        REJECTED("rejected"),
        /** What is appended cannot be read. */
        MALFORMED("malformed"),
        /** Kernels, or this Java, do not know how to verify it. */
        UNKNOWN_ALGORITHM("unknown algorithm");

        private final String text;

        Outcome(String text) {
            this.text = text;
        }

        /** As a person reads it: {@code unknown key}. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * What is found of a module.
     *
     * @param outcome what is found
     * @param reason why it is not good, for a person; empty if it is
     */
    public record Finding(Outcome outcome, String reason) {}

    private final ModuleSignature signature;

    private SignatureCheck(ModuleSignature signature) {
        this.signature = signature;
    }

    /** A check with these keys. Those that no kernel could use are passed over, as a kernel does. */
    public static SignatureCheck with(TrustedKeys keys) {
        return new SignatureCheck(new ModuleSignature(keys));
    }

    /**
     * Checks a module.
     *
     * @param module its file, decompressed, whole
     */
    public Finding check(byte[] module) {
        ModuleSignature.Check check = signature.check(module, false);
        if (check.result() instanceof ModuleSignature.Valid) {
            return new Finding(Outcome.GOOD, "");
        } else if (check.result() instanceof ModuleSignature.Unknown unknown) {
            return new Finding(Outcome.UNKNOWN_ALGORITHM, unknown.what());
        } else if (check.result() instanceof ModuleSignature.Invalid invalid) {
            return finding(invalid.errno(), check.messages());
        }
        throw new IllegalStateException(check.toString());
    }

    private static Finding finding(Errno errno, List<ModuleSignature.Message> messages) {
        String message =
                messages.isEmpty() ? "" : messages.get(messages.size() - 1).text();
        return switch (errno) {
            case ENODATA -> new Finding(Outcome.NO_SIGNATURE, "the module is not signed");
            case ENOKEY -> new Finding(Outcome.UNKNOWN_KEY, "no key of the keyring made the signature");
            case ENOPKG ->
                new Finding(
                        Outcome.UNKNOWN_ALGORITHM,
                        message.isEmpty() ? "an algorithm that kernels do not know" : message);
            case EKEYREJECTED ->
                new Finding(Outcome.REJECTED, message.isEmpty() ? "the module is not what was signed" : message);
            default ->
                new Finding(
                        Outcome.MALFORMED,
                        message.isEmpty() ? "the signature cannot be read (" + errno.description() + ")" : message);
        };
    }
}
