package org.jkmod.core;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/**
 * Where a running kernel has the sections of its modules: what {@code /sys/module/MODULE/sections/SECTION} says, as lines
 * {@code MODULE SECTION 0xADDRESS}; further columns are passed over. Immutable.
 */
public final class SectionAddresses {
    /** Of the largest file that is read, in bytes: the sections of all modules of a kernel are some megabytes. */
    private static final int MAX_SIZE = 1 << 26;

    /** Of a file with one address: sysfs says that it is a page, but has less in it. */
    private static final int MAX_ADDRESS = 1 << 12;

    private static final String OTHER_THAN_0 = "0xADDRESS, other than 0";

    private static final Splitter COMMAS = Splitter.on(',');
    private static final Splitter WORDS = Splitter.on(CharMatcher.whitespace()).omitEmptyStrings();

    private final Map<String, Map<String, Long>> byModule;

    private SectionAddresses(Map<String, Map<String, Long>> byModule) {
        this.byModule = byModule;
    }

    /**
     * Reads such lines from a file.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if a line is none, if all addresses are 0, as they are without the privilege to see them, or if it is
     *     larger than 64 MiB
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
                Optional<Long> address = words.size() < 3 ? Optional.empty() : address(words.get(2));
                if (address.isEmpty()) {
                    throw fault(file, number, line);
                }
                byModule.computeIfAbsent(words.get(0), m -> new HashMap<>()).putIfAbsent(words.get(1), address.get());
            }
        }
        if (byModule.values().stream().allMatch(SectionAddresses::isHidden) && !byModule.isEmpty()) {
            throw new MalformedInputException(file.toString(), "line", 1, "0x0 for all sections", OTHER_THAN_0);
        }
        return new SectionAddresses(byModule);
    }

    /** Whether it is what one sees without privilege; a section alone may be at 0, if it is empty or a copy per CPU. */
    private static boolean isHidden(Map<String, Long> sections) {
        return sections.values().stream().allMatch(address -> address == 0);
    }

    /**
     * Reads a module's folder {@code sections} in sysfs, or a copy of it: a file a section.
     *
     * @return the sections' addresses by name
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if a file has no address, or 0, as all have without the privilege to see them
     */
    public static Map<String, Long> readFolder(Path folder) throws IOException {
        Map<String, Long> sections = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String text = new String(
                                InputFile.read(file, MAX_ADDRESS, "the address of a section"),
                                StandardCharsets.ISO_8859_1)
                        .strip();
                String found = text.length() > 80 ? text.substring(0, 80) + "..." : text;
                long address = address(text)
                        .filter(a -> a != 0)
                        .orElseThrow(() -> new MalformedInputException(
                                file.toString(), "address", 0, "'" + found + "'", OTHER_THAN_0));
                sections.put(String.valueOf(file.getFileName()), address);
            }
        }
        return Collections.unmodifiableMap(sections);
    }

    /**
     * Reads addresses that are written down as {@code .text=0xffffffffc0523000,.data=0xffffffffc0525000}.
     *
     * @return the sections' addresses by name
     * @throws IllegalArgumentException if they are not, or all are 0
     */
    public static Map<String, Long> parse(String text) {
        Map<String, Long> sections = new TreeMap<>();
        for (String part : COMMAS.split(text)) {
            int sign = part.lastIndexOf('=');
            Optional<Long> address = sign <= 0 ? Optional.empty() : address(part.substring(sign + 1));
            if (address.isEmpty()) {
                throw new IllegalArgumentException("'" + part + "' is not SECTION=0xADDRESS");
            }
            sections.put(part.substring(0, sign), address.get());
        }
        if (isHidden(sections)) {
            throw new IllegalArgumentException("found '" + text + "', expected " + OTHER_THAN_0);
        }
        return Collections.unmodifiableMap(sections);
    }

    private static Optional<Long> address(String text) {
        if (!text.startsWith("0x")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Long.parseUnsignedLong(text.substring(2), 16));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
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
