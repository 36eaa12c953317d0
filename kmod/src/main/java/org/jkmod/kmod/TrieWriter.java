package org.jkmod.kmod;

import java.util.Arrays;
import org.jkmod.elf.MalformedInputException;

/**
 * Writes a binary index. What kmod inserts key by key into a Patricia trie follows from the set of keys alone; so here the keys are
 * collected, and a most-significant-byte radix sort walks the trie that they are, writing its nodes as it goes: no node is an object.
 */
final class TrieWriter {
    /** An offset's flags: its node has a prefix, values, children. */
    static final int PREFIX = 0x8000_0000;

    static final int VALUES = 0x4000_0000;
    static final int CHILDREN = 0x2000_0000;
    /** The bits of an offset that are one. */
    static final int OFFSET = 0x0fff_ffff;

    static final int MAGIC = 0xb007_f457;
    static final int VERSION = 0x0002_0001;
    /** Magic number, version, root. */
    static final int HEADER_SIZE = 12;
    /** The longest key: what limits the depth of a trie. The longest of a Debian kernel has 200 bytes; a path can't be as long. */
    static final int MAX_KEY = 1 << 14;

    private static final int RADIX = 0x80;

    /** What a frame of the stack has: the rows of a node, the depths of its first and last byte, where its own values end... */
    private static final int FROM = 0;

    private static final int TO = 1;
    private static final int DEPTH = 2;
    private static final int END = 3;
    private static final int SPLIT = 4;
    /** ... the row of the child that is next, the bytes of the first and last edge, and where the children's offsets are. */
    private static final int NEXT = 5;

    private static final int FIRST = 6;
    private static final int LAST = 7;
    private static final int POINTERS = 8;
    private static final int FRAME = 9;

    /** Keys and values, one behind the other. */
    private byte[] text = new byte[1 << 12];

    private int textSize;

    /** A row for an entry: where its key and its value are, their lengths, and its priority. */
    private int[] rows = new int[5 << 8];

    private int count;

    /** Row numbers, sorted as far as the walk has come. */
    private int[] order = {};

    private int[] sorted = {};
    private byte[] out = {};
    private int size;
    private boolean childrenFirst;
    private int[] stack = new int[64 * FRAME];
    private int top;
    /** Offsets of the children of the nodes on the stack, where children are written first. */
    private int[] slots = new int[64 * RADIX];

    private int slotsTop;

    /**
     * Takes an entry, of bytes somewhere.
     *
     * @return false if the index can't hold it: a byte that is 0 or above 7 bits, or a key longer than {@link #MAX_KEY}
     */
    boolean add(byte[] keys, int key, int keyLength, byte[] values, int value, int valueLength, int priority) {
        if (keyLength > MAX_KEY || !isText(keys, key, keyLength) || !isText(values, value, valueLength)) {
            return false;
        }
        if ((count + 1) * 5 > rows.length) {
            rows = Arrays.copyOf(rows, rows.length * 2);
        }
        int row = count++ * 5;
        rows[row] = append(keys, key, keyLength);
        rows[row + 1] = keyLength;
        rows[row + 2] = append(values, value, valueLength);
        rows[row + 3] = valueLength;
        rows[row + 4] = priority;
        return true;
    }

    private static boolean isText(byte[] bytes, int from, int length) {
        for (int i = from; i < from + length; i++) {
            if (bytes[i] <= 0) {
                return false;
            }
        }
        return true;
    }

    private int append(byte[] bytes, int from, int length) {
        int at = textSize;
        if (length > text.length - at) {
            if (length > OFFSET - at) {
                throw tooLarge();
            }
            text = Arrays.copyOf(text, Math.max(text.length * 2, at + length));
        }
        System.arraycopy(bytes, from, text, at, length);
        textSize = at + length;
        return at;
    }

    private static MalformedInputException tooLarge() {
        return new MalformedInputException(
                "index", "size", 0, "more than " + OFFSET + " bytes", "keys and values that an index can hold");
    }

    /** The index's bytes. */
    byte[] build(Compat compat) {
        childrenFirst = compat == Compat.KMOD_30;
        order = new int[count];
        // Backwards, so that of equal priorities the one that came last is the first.
        for (int i = 0; i < count; i++) {
            order[i] = (count - 1 - i) * 5;
        }
        sorted = new int[count];
        out = new byte[Math.max(1 << 10, textSize)];
        size = 0;
        top = 0;
        slotsTop = 0;
        word(MAGIC);
        word(VERSION);
        word(0);
        patch(8, count == 0 ? HEADER_SIZE : walk());
        byte[] result = Arrays.copyOf(out, size);
        out = new byte[0];
        return result;
    }

    /** Writes all nodes; returns the root's offset, with flags. Its stack is its own: a trie is as deep as its longest key. */
    private int walk() {
        push(0, count, 0);
        int root = childrenFirst ? 0 : write(0);
        while (true) {
            int frame = top - FRAME;
            int next = stack[frame + NEXT];
            if (next < stack[frame + TO]) {
                int end = group(next, stack[frame + TO], stack[frame + END]);
                stack[frame + NEXT] = end;
                push(next, end, stack[frame + END] + 1);
                if (!childrenFirst) {
                    patch(stack[frame + POINTERS] + 4 * child(frame, next), write(frame + FRAME));
                }
                continue;
            }
            top = frame;
            if (childrenFirst) {
                root = write(frame);
                slotsTop = stack[frame + POINTERS];
                if (frame != 0) {
                    int parent = frame - FRAME;
                    slots[stack[parent + POINTERS] + child(parent, stack[frame + FROM])] = root;
                }
            }
            if (frame == 0) {
                return root;
            }
        }
    }

    /** Which of a node's children the row is below. */
    private int child(int frame, int i) {
        return edge(i, stack[frame + END]) - stack[frame + FIRST];
    }

    /** Begins the node of the rows from one to another, whose keys are the same up to a depth. */
    private void push(int from, int to, int depth) {
        if (top + FRAME > stack.length) {
            stack = Arrays.copyOf(stack, stack.length * 2);
        }
        // The root never has a prefix.
        int end = top == 0 ? 0 : common(from, to, depth);
        int split = split(from, to, end);
        int first = split < to ? edge(split, end) : 0;
        int last = split < to ? edge(to - 1, end) : -1;
        stack[top + FROM] = from;
        stack[top + TO] = to;
        stack[top + DEPTH] = depth;
        stack[top + END] = end;
        stack[top + SPLIT] = split;
        stack[top + NEXT] = split;
        stack[top + FIRST] = first;
        stack[top + LAST] = last;
        if (childrenFirst) {
            stack[top + POINTERS] = slotsTop;
            slotsTop += last - first + 1;
            if (slotsTop > slots.length) {
                slots = Arrays.copyOf(slots, slots.length * 2);
            }
            Arrays.fill(slots, stack[top + POINTERS], slotsTop, 0);
        }
        top += FRAME;
    }

    /** Writes a node; returns its offset, with flags. */
    private int write(int frame) {
        int at = size;
        if (at > OFFSET) {
            throw tooLarge();
        }
        int from = stack[frame + FROM];
        int split = stack[frame + SPLIT];
        int prefix = stack[frame + END] - stack[frame + DEPTH];
        int pointer = at;
        if (prefix > 0) {
            pointer |= PREFIX;
            bytes(rows[order[from]] + stack[frame + DEPTH], prefix);
        }
        if (split < stack[frame + TO]) {
            pointer |= CHILDREN;
            int children = stack[frame + LAST] - stack[frame + FIRST] + 1;
            room(2);
            out[size++] = (byte) stack[frame + FIRST];
            out[size++] = (byte) stack[frame + LAST];
            if (childrenFirst) {
                for (int i = 0; i < children; i++) {
                    word(slots[stack[frame + POINTERS] + i]);
                }
            } else {
                stack[frame + POINTERS] = size;
                room(4 * children);
                size += 4 * children;
            }
        }
        if (split > from) {
            pointer |= VALUES;
            word(split - from);
            for (int i = from; i < split; i++) {
                word(rows[order[i] + 4]);
                bytes(rows[order[i] + 2], rows[order[i] + 3]);
            }
        }
        return pointer;
    }

    /** Up to where the keys of some rows are the same. */
    private int common(int from, int to, int depth) {
        int key = rows[order[from]];
        int end = rows[order[from] + 1];
        for (int i = from + 1; i < to && end > depth; i++) {
            int other = rows[order[i]];
            int limit = Math.min(end, rows[order[i] + 1]);
            int different = Arrays.mismatch(text, key + depth, key + limit, text, other + depth, other + limit);
            end = different < 0 ? limit : depth + different;
        }
        return end;
    }

    /** Sorts rows by the byte at a depth; first those whose key ends there, by priority. Returns where these end. */
    private int split(int from, int to, int depth) {
        if (to - from == 1) {
            return rows[order[from] + 1] == depth ? to : from;
        }
        int[] ends = new int[RADIX + 1];
        for (int i = from; i < to; i++) {
            ends[1 + bucket(order[i], depth)]++;
        }
        int ending = ends[1];
        for (int i = 1, sum = from; i <= RADIX; i++) {
            int n = ends[i];
            ends[i] = sum;
            sum += n;
        }
        for (int i = from; i < to; i++) {
            int bucket = bucket(order[i], depth);
            sorted[ends[bucket + 1]++] = order[i];
        }
        System.arraycopy(sorted, from, order, from, to - from);
        for (int i = from + 1; i < from + ending; i++) {
            int row = order[i];
            int at = i;
            while (at > from && Integer.compareUnsigned(rows[order[at - 1] + 4], rows[row + 4]) > 0) {
                order[at] = order[--at];
            }
            order[at] = row;
        }
        return from + ending;
    }

    private int bucket(int row, int depth) {
        return depth == rows[row + 1] ? 0 : text[rows[row] + depth];
    }

    private int edge(int i, int depth) {
        return text[rows[order[i]] + depth];
    }

    /** Where the rows of one edge end. */
    private int group(int from, int to, int depth) {
        int edge = edge(from, depth);
        int end = from + 1;
        while (end < to && edge(end, depth) == edge) {
            end++;
        }
        return end;
    }

    private void bytes(int from, int length) {
        room(length + 1);
        System.arraycopy(text, from, out, size, length);
        size += length;
        out[size++] = 0;
    }

    private void word(int value) {
        room(4);
        size += 4;
        patch(size - 4, value);
    }

    private void patch(int at, int value) {
        out[at] = (byte) (value >>> 24);
        out[at + 1] = (byte) (value >>> 16);
        out[at + 2] = (byte) (value >>> 8);
        out[at + 3] = (byte) value;
    }

    private void room(int bytes) {
        if (bytes > out.length - size) {
            if (size > OFFSET) {
                throw tooLarge();
            }
            out = Arrays.copyOf(out, Math.max(out.length * 2, size + bytes));
        }
    }
}
