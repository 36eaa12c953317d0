package org.jkmod.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jkmod.core.Architecture;
import org.jkmod.core.KernelProfile;
import org.jkmod.symtab.ModuleSymvers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadTwoModulesTest {
    private static final Path MODULES = Path.of("modules", "x86_64");

    @TempDir
    Path temporary;

    @Test
    void run_twoExampleModules_secondUsesFirst() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LoadTwoModules.run(
                "6.12.107+deb13-amd64",
                symvers(),
                MODULES.resolve("jkmod_ring.ko"),
                MODULES.resolve("jkmod_echo.ko"),
                new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
                .contains("[jkmod_echo -> jkmod_ring]", "EAGAIN: Module jkmod_ring is in use by: jkmod_echo")
                .anyMatch(line -> line.matches("jkmod_ring \\d+ 1 jkmod_echo, Live 0xffffffffc[0-9a-f]{7} \\(O\\)"));
    }

    /** The Module.symvers of the kernel that the example modules are for, as the embedded profile has it. */
    private Path symvers() throws IOException {
        ModuleSymvers exports = KernelProfile.embedded(
                        Architecture.named("x86_64").orElseThrow())
                .exports();
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < exports.size(); i++) {
            rows.append(String.format(
                    "0x%08x\t%s\t%s\t%s\t%s%n",
                    exports.crc(i),
                    exports.name(i),
                    exports.owner(i),
                    exports.gplOnly(i) ? "EXPORT_SYMBOL_GPL" : "EXPORT_SYMBOL",
                    exports.namespace(i)));
        }
        return Files.writeString(temporary.resolve("Module.symvers"), rows);
    }
}
