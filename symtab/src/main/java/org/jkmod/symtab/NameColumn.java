package org.jkmod.symtab;

import java.util.Arrays;

/**
 * Numbers the values of a column that has few distinct ones, often the same in rows that follow each other: modules,
 * namespaces.
 */
final class NameColumn {
    private final NameTable table = new NameTable();
    private int lastStart;
    private int lastLength = -1;
    private int lastId;

    /** The number of a value; {@code bytes} is the same array in all calls. */
    int intern(byte[] bytes, int offset, int length) {
        if (length != lastLength
                || !Arrays.equals(bytes, offset, offset + length, bytes, lastStart, lastStart + length)) {
            lastId = table.intern(bytes, offset, length);
            lastStart = offset;
            lastLength = length;
        }
        return lastId;
    }

    /** The values by number. */
    String[] names() {
        String[] names = new String[table.size()];
        Arrays.setAll(names, table::name);
        return names;
    }
}
