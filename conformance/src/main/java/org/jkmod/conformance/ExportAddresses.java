package org.jkmod.conformance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Where a running kernel has what it exports, read from its memory: an entry of {@code __ksymtab} is three distances of 32 bits, to the
 * symbol, to its name and to the name of its namespace, each from the place where it stands (CONFIG_HAVE_ARCH_PREL32_RELOCATIONS). For
 * kernels without CONFIG_KALLSYMS_ALL, whose {@code /proc/kallsyms} has no variables.
 */
final class ExportAddresses {
    private ExportAddresses() {}

    /**
     * Looks for exports.
     *
     * @param memory a part of the kernel with the tables and their strings
     * @param address where it was
     * @param names what to look for
     * @return addresses by name; what is not found, or at more than one place, is left out
     */
    static Map<String, Long> find(ByteBuffer memory, long address, Set<String> names) {
        Map<Integer, String> strings = strings(memory, names);
        Map<String, Long> found = new HashMap<>();
        Set<String> ambiguous = new HashSet<>();
        for (int at = 4; at + 8 <= memory.limit(); at += 4) {
            String name = strings.get(at + memory.getInt(at));
            if (name != null && isString(memory, at + 4L + memory.getInt(at + 4))) {
                long value = address + at - 4 + memory.getInt(at - 4);
                Long other = found.putIfAbsent(name, value);
                if (other != null && other != value) {
                    ambiguous.add(name);
                }
            }
        }
        found.keySet().removeAll(ambiguous);
        return found;
    }

    /** Where names stand that are whole strings. */
    private static Map<Integer, String> strings(ByteBuffer memory, Set<String> names) {
        Map<Integer, String> strings = new HashMap<>();
        int start = 0;
        for (int at = 0; at < memory.limit(); at++) {
            if (memory.get(at) != 0) {
                continue;
            }
            if (at > start && at - start < 512) {
                byte[] bytes = new byte[at - start];
                memory.get(start, bytes);
                String name = new String(bytes, StandardCharsets.ISO_8859_1);
                if (names.contains(name)) {
                    strings.put(start, name);
                }
            }
            start = at + 1;
        }
        return strings;
    }

    /** Whether a namespace may be there: a visible character, or none at all. */
    private static boolean isString(ByteBuffer memory, long at) {
        return at >= 0 && at < memory.limit() && (memory.get((int) at) == 0 || memory.get((int) at) > ' ');
    }
}
