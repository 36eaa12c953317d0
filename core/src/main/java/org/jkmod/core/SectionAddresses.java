package org.jkmod.core;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/**
 * Where a running kernel has the sections of its modules: what {@code /sys/module/MODULE/sections/SECTION} says, as lines
 * {@code MODULE SECTION 0xADDRESS}; further columns are passed over. Immutable.
 */
public final class SectionAddresses {
    /** Of the largest file that is read, in bytes: the sections of all modules of a kernel are some megabytes. */
    private static final int MAX_SIZE = 1 << 26;

    private static final Splitter WORDS = Splitter.on(CharMatcher.whitespace()).omitEmptyStrings();

    private final Map<String, Map<String, Long>> byModule;

    private SectionAddresses(Map<String, Map<String, Long>> byModule) {
        this.byModule = byModule;
    }

    /**
     * Reads such lines from a file.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if a line is none, or if it is larger than 64 MiB
     */
    public static SectionAddresses read(Path file) throws IOException {
        Map<String, Map<String, Long>> byModule = new HashMap<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new ByteArrayInputStream(InputFile.read(file, MAX_SIZE, "sections")), StandardCharsets.ISO_8859_1))) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                List<String> words = WORDS.splitToList(line);
                if (words.isEmpty()) {
                    continue;
                }
                if (words.size() < 3 || !words.get(2).startsWith("0x")) {
                    throw fault(file, number, line);
                }
                long address;
                try {
                    address = Long.parseUnsignedLong(words.get(2).substring(2), 16);
                } catch (NumberFormatException e) {
                    throw fault(file, number, line);
                }
                byModule.computeIfAbsent(words.get(0), m -> new HashMap<>()).putIfAbsent(words.get(1), address);
            }
        }
        return new SectionAddresses(byModule);
    }

    private static MalformedInputException fault(Path file, int number, String line) {
        String shown = line.length() > 80 ? line.substring(0, 80) + "..." : line;
        return new MalformedInputException(
                file.toString(), "line", number, "'" + shown + "'", "MODULE SECTION 0xADDRESS");
    }

    /**
     * The addresses of a module's sections by name.
     *
     * @param module its name, with underscores
     */
    public Map<String, Long> of(String module) {
        return Collections.unmodifiableMap(byModule.getOrDefault(module, Map.of()));
    }
}
