package org.jkmod.elf;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** The assembled objects in {@code src/test/resources}, and what readelf said of each. Their {@code generate} made both. */
enum Fixture {
    X86_64,
    I386,
    POWERPC,
    S390X,
    AARCH64,
    LINKED;

    String fileName() {
        return name().toLowerCase(Locale.ROOT) + ".o";
    }

    byte[] bytes() {
        return resource(fileName());
    }

    ElfFile parse() {
        return ElfFile.parse(bytes(), fileName());
    }

    List<String> readelf() {
        String text = new String(resource(fileName().replace(".o", ".txt")), StandardCharsets.UTF_8);
        return text.lines().toList();
    }

    private static byte[] resource(String name) {
        try (InputStream in = Objects.requireNonNull(Fixture.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
