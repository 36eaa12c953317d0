package org.jkmod.arch.x86_64;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jkmod.core.KernelProfile;
import org.jkmod.symtab.ModuleSymvers;

/** The kernel that {@code examples/modules} were built for, and was recorded with them. */
final class Examples {
    static final String RELEASE = "6.12.107+deb13-amd64";

    private Examples() {}

    /** What that kernel exports to the example modules: from its Module.symvers. */
    static ModuleSymvers symvers() {
        return ModuleSymvers.parse(resource("recorded-" + RELEASE + ".symvers"), "recorded.symvers");
    }

    /** The kernel without addresses. */
    static KernelProfile.Builder profile() {
        return KernelProfile.builder(RELEASE)
                .exports(symvers())
                .vermagicOf(RecordedModule.RING.object())
                .config("MODULE_SIG", "y")
                .config("MODVERSIONS", "y");
    }

    static byte[] resource(String name) {
        try (InputStream in = Objects.requireNonNull(Examples.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
