package org.jkmod.core;

import java.util.List;
import org.jkmod.core.Problem.Kind;

/** What a load makes of a module's signature: what {@link ModuleSignature} has found is told when its turn comes. */
final class SignatureJudgement {
    private final ModuleSignature.Check check;
    private boolean bad;

    SignatureJudgement(ModuleSignature.Check check) {
        this.check = check;
    }

    /** Length of the module without its signature, in bytes. */
    int length() {
        return check.length();
    }

    /** Whether there is no good signature; one of which nobody knows the key is taken for good. */
    boolean isBad() {
        return bad;
    }

    /**
     * {@code module_sig_check}.
     *
     * @param ignored whether force makes the kernel ignore a signature
     * @throws LoadProblem if the kernel does not take the module
     */
    void judge(Kernel kernel, KernelLog log, LoadFindings findings, boolean ignored) {
        ModuleSignature.Decision decision = check.decide(kernel.sigEnforced(), kernel.lockdown(), "init");
        decision.messages().forEach(message -> log.print(message.level(), message.text()));
        decision.unknown().ifPresent(what -> findings.unknown(what + ": the signature is taken for good"));
        bad = !decision.valid() && decision.unknown().isEmpty();
        decision.errno().ifPresent(errno -> {
            throw LoadProblem.printed(List.of(problem(errno, decision.messages(), ignored)));
        });
    }

    private static Problem problem(Errno errno, List<ModuleSignature.Message> messages, boolean ignored) {
        String message =
                messages.isEmpty() ? "" : messages.get(messages.size() - 1).text();
        if (ignored) {
            return new Problem(
                    Kind.SIGNATURE,
                    errno,
                    message,
                    "the kernel takes only signed modules, and of one that is loaded by force it ignores the signature",
                    "load it without force, and signed");
        }
        return switch (errno) {
            case EBADMSG ->
                new Problem(
                        Kind.SIGNATURE,
                        errno,
                        message,
                        "what is appended to the module is no signature that the kernel can read",
                        "sign the module again, or cut the signature off (strip --strip-debug)");
            case EPERM ->
                new Problem(
                        Kind.SIGNATURE,
                        errno,
                        message,
                        "the kernel is locked down and takes only modules that are signed by a key it trusts",
                        "sign the module with a key of the kernel's, or enrol its key");
            default ->
                new Problem(
                        Kind.SIGNATURE,
                        errno,
                        message,
                        message.isEmpty()
                                ? "the signature is by a key that the kernel trusts, and the module is not what was signed"
                                : "the kernel takes only modules that are signed by a key it trusts",
                        "sign the module with a key of the kernel's, or enrol its key");
        };
    }
}
