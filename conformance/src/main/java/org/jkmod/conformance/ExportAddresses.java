package org.jkmod.conformance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Where a running kernel has what it exports, read from its memory: an entry of {@code __ksymtab} is three distances of 32 bits, to the
 * symbol, to its name and to the name of its namespace, each from the place where it stands (CONFIG_HAVE_ARCH_PREL32_RELOCATIONS).
 * Entries are in the order of names, so that one has a lesser before it and a greater behind it, but at the ends of a table. For
 * kernels without CONFIG_KALLSYMS_ALL, whose {@code /proc/kallsyms} has no variables.
 */
final class ExportAddresses {
    private static final int ENTRY = 12;
    private static final int MAX_NAME = 512;

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
        Map<String, Set<Long>> amidst = new HashMap<>();
        Map<String, Set<Long>> atAnEnd = new HashMap<>();
        for (int at = 4; at + 4 <= memory.limit(); at += 4) {
            String name = strings.get(at + memory.getInt(at));
            if (name == null) {
                continue;
            }
            String before = nameAt(memory, at - ENTRY);
            String after = nameAt(memory, at + ENTRY);
            boolean follows = !before.isEmpty() && before.compareTo(name) < 0;
            boolean precedes = after.compareTo(name) > 0;
            if (follows || precedes) {
                (follows && precedes ? amidst : atAnEnd)
                        .computeIfAbsent(name, n -> new HashSet<>())
                        .add(address + at - 4 + memory.getInt(at - 4));
            }
        }
        Map<String, Long> found = new HashMap<>();
        for (String name : names) {
            Set<Long> values = amidst.getOrDefault(name, atAnEnd.getOrDefault(name, Set.of()));
            if (values.size() == 1) {
                found.put(name, values.iterator().next());
            }
        }
        return found;
    }

    /** Where names stand. The linker lets a string be the end of another one. */
    private static Map<Integer, String> strings(ByteBuffer memory, Set<String> names) {
        int[] lengths = names.stream().mapToInt(String::length).distinct().toArray();
        Map<Integer, String> strings = new HashMap<>();
        int start = 0;
        for (int end = 0; end < memory.limit(); end++) {
            if (memory.get(end) != 0) {
                continue;
            }
            for (int length : lengths) {
                if (length <= end - start) {
                    byte[] bytes = new byte[length];
                    memory.get(end - length, bytes);
                    String name = new String(bytes, StandardCharsets.ISO_8859_1);
                    if (names.contains(name)) {
                        strings.put(end - length, name);
                    }
                }
            }
            start = end + 1;
        }
        return strings;
    }

    /** The name that a distance at a place leads to; empty if to none. */
    private static String nameAt(ByteBuffer memory, int at) {
        long start = at < 0 || at + 4 > memory.limit() ? -1 : (long) at + memory.getInt(at);
        StringBuilder name = new StringBuilder();
        for (long i = start; i >= 0 && i < memory.limit() && memory.get((int) i) != 0; i++) {
            int c = memory.get((int) i);
            if (name.length() > MAX_NAME || !(Character.isLetterOrDigit(c) || c == '_')) {
                return "";
            }
            name.append((char) c);
        }
        return name.toString();
    }
}
