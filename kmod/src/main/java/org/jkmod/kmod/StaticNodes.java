package org.jkmod.kmod;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jkmod.elf.InputFile;

/**
 * {@code modules.devname}: device nodes that there should be before their modules are loaded, for to open one loads its module. What
 * kmod's {@code static-nodes} prints of it, to the byte (measured on 30 and 34.2, which do the same). Texts have a character a byte
 * (ISO 8859-1). Immutable.
 *
 * @param nodes in the order of the file
 * @param invalid lines that are neither of the form {@code MODULE NODE cMAJOR:MINOR} nor comments
 */
public record StaticNodes(List<Node> nodes, List<String> invalid) {
    /** Debian's file has 18 lines. */
    private static final int MAX_SIZE = 1 << 24;

    /** kmod reads with fgets(3), and takes the rest of a longer line for the next one. */
    private static final int MAX_LINE = 4095;

    /** As sscanf(3) reads {@code %s %s %c%u:%u}: what one conversion has taken, it does not give back. */
    private static final Pattern LINE = Pattern.compile(
            "[_]*+([^_]++)[_]++([^_]++)[_]*+([cb])[_]*+([-+]?[0-9]++):[_]*+([-+]?[0-9]++).*"
                    .replace("_", " \\t\\n\\x0b\\f\\r"),
            Pattern.DOTALL);

    private static final BigInteger ULONG_MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    /**
     * A device node.
     *
     * @param module the module that serves it
     * @param device its path below {@code /dev}
     * @param isBlock whether it is a block device; or else it is a character device
     * @param major its major number, up to 2<sup>32</sup> - 1
     * @param minor its minor number, up to 2<sup>32</sup> - 1
     */
    public record Node(String module, String device, boolean isBlock, long major, long minor) {
        private char letter() {
            return isBlock ? 'b' : 'c';
        }
    }

    /** How nodes are printed. */
    public enum Format {
        /** For people. */
        HUMAN {
            @Override
            String text(Node node) {
                return "Module: " + node.module() + "\n\tDevice node: /dev/" + node.device() + "\n\t\tType: "
                        + (node.isBlock() ? "block" : "character") + " device\n\t\tMajor: " + node.major()
                        + "\n\t\tMinor: " + node.minor() + "\n";
            }
        },
        /** For systemd-tmpfiles(8), which makes the nodes and the folders that they lie in: tmpfiles.d(5). */
        TMPFILES {
            @Override
            String text(Node node) {
                int slash = node.device().lastIndexOf('/');
                return (slash < 0 ? "" : "d /dev/" + node.device().substring(0, slash) + " 0755 - - -\n")
                        + node.letter() + "! /dev/" + node.device() + " 0600 - - - " + node.major() + ":" + node.minor()
                        + "\n";
            }
        },
        /** As in the file. */
        DEVNAME {
            @Override
            String text(Node node) {
                return node.module() + " " + node.device() + " " + node.letter() + node.major() + ":" + node.minor()
                        + "\n";
            }
        };

        abstract String text(Node node);
    }

    /** Copies the lists. */
    public StaticNodes {
        nodes = List.copyOf(nodes);
        invalid = List.copyOf(invalid);
    }

    /**
     * Reads a file.
     *
     * @throws IOException if it cannot be read
     * @throws org.jkmod.elf.MalformedInputException if it is too large
     */
    public static StaticNodes read(Path file) throws IOException {
        return parse(InputFile.read(file, MAX_SIZE, "a modules.devname"));
    }

    /** Reads the bytes of a file. */
    public static StaticNodes parse(byte[] bytes) {
        List<Node> nodes = new ArrayList<>();
        List<String> invalid = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            int end = at;
            while (end < bytes.length && end - at < MAX_LINE && bytes[end] != '\n') {
                end++;
            }
            String line = new String(bytes, at, end - at, StandardCharsets.ISO_8859_1);
            int nul = line.indexOf('\0');
            line = nul < 0 ? line : line.substring(0, nul);
            if (!line.startsWith("#")) {
                Optional<Node> node = node(line);
                node.ifPresent(nodes::add);
                if (node.isEmpty()) {
                    invalid.add(line);
                }
            }
            at = end < bytes.length && bytes[end] == '\n' && end - at < MAX_LINE ? end + 1 : end;
        }
        return new StaticNodes(nodes, invalid);
    }

    private static Optional<Node> node(String line) {
        Matcher matcher = LINE.matcher(line);
        return matcher.matches()
                ? Optional.of(new Node(
                        matcher.group(1),
                        matcher.group(2),
                        matcher.group(3).equals("b"),
                        unsigned(matcher.group(4)),
                        unsigned(matcher.group(5))))
                : Optional.empty();
    }

    /** {@code %u}: strtoul(3), cut to 32 bits. */
    private static long unsigned(String digits) {
        BigInteger value = new BigInteger(digits);
        if (value.abs().compareTo(ULONG_MAX) > 0) {
            value = ULONG_MAX;
        }
        return value.longValue() & 0xffff_ffffL;
    }

    /** All nodes in a format. */
    public byte[] text(Format format) {
        StringBuilder text = new StringBuilder();
        nodes.forEach(node -> text.append(format.text(node)));
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
