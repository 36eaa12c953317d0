package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jkmod.conformance.Verdicts.Comparison;
import org.jkmod.core.KernelProfile;
import org.jkmod.kmod.RootProfile;
import org.junit.jupiter.api.Test;

/**
 * The answers of real kernels against ours. The recordings are beside the project, not in it: where they are not, this test skips, and says
 * so. A folder other than {@code ../shared/verdicts} is named by the property {@code jkmod.verdicts}.
 */
class VerdictsTest {
    private static Path folder() {
        String named = System.getProperty("jkmod.verdicts", "");
        return named.isEmpty() ? Path.of("..", "..", "shared", "verdicts") : Path.of(named);
    }

    /** Where conformance/fetch-kernel puts kernels. */
    private static Path cache() {
        String named = System.getenv("JKMOD_CACHE");
        return named != null ? Path.of(named) : Path.of(System.getProperty("user.home"), ".cache", "jkmod");
    }

    /**
     * What the recordings' README tells of all of their kernels; and if conformance/fetch-kernel has brought the kernel itself, the keys
     * that it trusts and how it checks signatures.
     */
    private static KernelProfile.Builder known(String release, KernelProfile.Builder builder) {
        for (String option : List.of(
                "MODULE_FORCE_LOAD",
                "MODULE_FORCE_UNLOAD",
                "MODULE_SIG",
                "MODULE_UNLOAD",
                "SECURITY_LOCKDOWN_LSM",
                "STRICT_MODULE_RWX")) {
            builder.config(option, "y");
        }
        KernelProfile installed = INSTALLED.computeIfAbsent(release, VerdictsTest::installed);
        for (String option : List.of(
                "CRYPTO_ECDSA",
                "CRYPTO_SHA1",
                "CRYPTO_SHA256",
                "CRYPTO_SHA3",
                "CRYPTO_SHA512",
                "INTEGRITY_PLATFORM_KEYRING",
                "LIVEPATCH")) {
            installed.config(option).ifPresent(value -> builder.config(option, value));
        }
        installed.trustedKeys().ifPresent(builder::trustedKeys);
        return builder;
    }

    private static final Map<String, KernelProfile> INSTALLED = new HashMap<>();

    /** What there is to know of a kernel that fetch-kernel has brought; nothing, if it has not. */
    private static KernelProfile installed(String release) {
        Path root = cache().resolve(release);
        try {
            return Files.isDirectory(root)
                    ? RootProfile.of(root, release, Optional.empty())
                    : KernelProfile.builder(release).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everyAnswer_thatARuleDecides_isTheRecordedOne() throws IOException {
        Path folder = folder();
        assumeTrue(Files.isDirectory(folder), "SKIPPED: no recorded verdicts at " + folder.toAbsolutePath());
        List<Comparison> all;
        try (Verdicts verdicts = new Verdicts(folder, VerdictsTest::known)) {
            all = verdicts.compare();
        }
        TreeMap<String, int[]> score = new TreeMap<>();
        List<String> wrong = new ArrayList<>();
        for (Comparison c : all) {
            int[] counts = score.computeIfAbsent(c.group(), g -> new int[4]);
            counts[0]++;
            if (c.differences().isEmpty()) {
                counts[1]++;
            } else if (c.unchecked()) {
                counts[2]++;
            } else if (isDecidedElsewhere(c)) {
                counts[3]++;
            } else {
                wrong.add(c.kernel() + " " + c.boot() + " " + c.name() + ": " + c.differences());
            }
        }
        score.forEach((group, counts) -> System.out.printf(
                "VerdictsTest %-8s %4d of %4d equal%s%s%n",
                group,
                counts[1],
                counts[0],
                said(counts[2], "unchecked by the kernel"),
                said(counts[3], "decided by hardware or memory")));
        assertThat(all).hasSizeGreaterThan(1000);
        assertThat(wrong).isEmpty();
    }

    private static String said(int count, String what) {
        return count == 0 ? "" : ", " + count + " " + what;
    }

    /**
     * What no rule of the loader's decides: the inits of real drivers look for their hardware, and take references on other modules; and a
     * module of another kernel, whose struct module has the same size and its exit elsewhere, meets what the kernel has written there.
     */
    private static boolean isDecidedElsewhere(Comparison c) {
        return c.name().startsWith("init-real-")
                || (c.name().equals("cross-6.12-vermagic") && c.kernel().equals("7.2.13+deb14-amd64"));
    }
}
