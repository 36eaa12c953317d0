package org.jkmod.kmod;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/**
 * A binary index, as depmod writes beside each of its text files: {@code modules.dep.bin}, {@code modules.alias.bin},
 * {@code modules.symbols.bin}, {@code modules.builtin.bin}, {@code modules.builtin.alias.bin}. From text of seven bits to values with
 * priorities; immutable, and safe for threads.
 *
 * <p>All integers are big-endian words. The file begins with the magic number b007f457, the version (its upper half is 2) and the
 * root's offset. An offset is 28 bits below three flags; its node has, in this order and each only if its flag is set: a prefix and a
 * NUL; the first and the last byte that an edge to a child has, and so many offsets, 0 where there is none; the number of values, and
 * of each its priority, its text and a NUL. A key is the prefixes on the way and the edges between them.
 *
 * <p>A node is read when a search comes to it, and that is when a damaged one is found: any method may throw
 * {@link MalformedInputException}. No search reads much more than the file has, so that a node which leads back to itself is an error
 * too.
 */
public final class ModuleIndex {
    /** The largest index that is read, in bytes: what offsets can reach. Debian's have two million at most. */
    public static final int MAX_SIZE = TrieWriter.OFFSET;

    private static final String WILD = "*?[";

    /**
     * What a key stands for.
     *
     * @param priority unsigned; what comes first in the order of modules has a lower one
     * @param value a module's name, or (of modules.dep.bin) a line of modules.dep
     */
    public record Value(int priority, String value) {}

    private final String name;
    private final byte[] bytes;
    private final int root;

    private ModuleIndex(String name, byte[] bytes, int root) {
        this.name = name;
        this.bytes = bytes;
        this.root = root;
    }

    /**
     * Reads an index. A file without a byte is one without a key: depmod writes it where it has nothing to read.
     *
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is no index
     */
    public static ModuleIndex read(Path file) throws IOException {
        return parse(InputFile.read(file, MAX_SIZE, "an index of at most so many"), file.toString());
    }

    /**
     * Reads an index from memory; the bytes must not change any more.
     *
     * @param name what to call it in messages
     * @throws MalformedInputException if it is no index
     */
    public static ModuleIndex parse(byte[] bytes, String name) {
        if (bytes.length == 0) {
            return new ModuleIndex(name, bytes, 0);
        }
        if (bytes.length < TrieWriter.HEADER_SIZE) {
            throw new MalformedInputException(name, "size", 0, bytes.length + " bytes", "at least 12, of the header");
        }
        Node header = new Node(name, bytes);
        int magic = header.word("magic number");
        if (magic != TrieWriter.MAGIC) {
            throw new MalformedInputException(name, "magic number", 0, hex(magic), hex(TrieWriter.MAGIC));
        }
        int version = header.word("version");
        if (version >>> 16 != TrieWriter.VERSION >>> 16) {
            throw new MalformedInputException(name, "version", 4, hex(version), "0x0002 in its upper half");
        }
        return new ModuleIndex(name, bytes, header.word("root"));
    }

    private static String hex(int word) {
        return String.format("0x%08x", word);
    }

    /** The values of a key, the lowest priority first; none if there is no such key. */
    public List<Value> find(String key) {
        Node node = root();
        for (int i = 0; ; i++) {
            for (int p = 0; p < node.prefixLength; p++, i++) {
                if (i == key.length() || key.charAt(i) != node.prefix(p)) {
                    return List.of();
                }
            }
            if (i == key.length()) {
                return node.values();
            }
            if (!node.enter(key.charAt(i))) {
                return List.of();
            }
        }
    }

    /** The first value of a key. */
    public Optional<Value> first(String key) {
        List<Value> values = find(key);
        return values.isEmpty() ? Optional.empty() : Optional.of(values.get(0));
    }

    /**
     * The values of all keys that match a text, as patterns of fnmatch(3) without flags: the lowest priority first; of equal ones, what
     * is found last. Each as often as it has a key that matches.
     */
    public List<Value> matching(String query) {
        List<Value> found = new ArrayList<>();
        match(query, found);
        Collections.reverse(found);
        // Stable: of equal priorities, the one that was found last stays first.
        found.sort((a, b) -> Integer.compareUnsigned(a.priority(), b.priority()));
        return List.copyOf(found);
    }

    private void match(String query, List<Value> found) {
        Node node = root();
        for (int i = 0; ; i++) {
            for (int p = 0; p < node.prefixLength; p++, i++) {
                if (WILD.indexOf(node.prefix(p)) >= 0) {
                    patterns(node, p, query.substring(i), found);
                    return;
                }
                if (i == query.length() || query.charAt(i) != node.prefix(p)) {
                    return;
                }
            }
            for (int w = 0; w < WILD.length(); w++) {
                Node wild = new Node(node);
                if (wild.enter(WILD.charAt(w))) {
                    wild.edge = WILD.charAt(w);
                    patterns(wild, 0, query.substring(i), found);
                }
            }
            if (i == query.length()) {
                found.addAll(node.values());
                return;
            }
            // What a wildcard in the text would lead to has been looked at.
            if (!node.enter(query.charAt(i))) {
                return;
            }
        }
    }

    /** Adds the values of all patterns at a node and below it which match what is left of the text. */
    private static void patterns(Node node, int prefixFrom, String rest, List<Value> found) {
        StringBuilder pattern = new StringBuilder();
        if (node.edge != 0) {
            pattern.append((char) node.edge);
        }
        node.appendPrefix(prefixFrom, pattern);
        List<Node> path = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        path.add(node);
        lengths.add(0);
        while (!path.isEmpty()) {
            Node at = path.get(path.size() - 1);
            Node child = new Node(at);
            if (at.nextChild(child)) {
                path.add(child);
                lengths.add(pattern.length());
                child.appendEdgeAndPrefix(pattern);
            } else {
                if (at.hasValues() && AliasPattern.matches(pattern.toString(), rest)) {
                    found.addAll(at.values());
                }
                path.remove(path.size() - 1);
                pattern.setLength(lengths.remove(lengths.size() - 1));
            }
        }
    }

    /** Gives all keys with their values: a key before those that begin with it, and else in the order of their bytes. */
    public void forEach(BiConsumer<String, Value> to) {
        StringBuilder key = new StringBuilder();
        List<Node> path = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        Node root = root();
        root.appendPrefix(0, key);
        emit(root, key, to);
        path.add(root);
        lengths.add(0);
        while (!path.isEmpty()) {
            Node at = path.get(path.size() - 1);
            Node child = new Node(at);
            if (at.nextChild(child)) {
                path.add(child);
                lengths.add(key.length());
                child.appendEdgeAndPrefix(key);
                emit(child, key, to);
            } else {
                path.remove(path.size() - 1);
                key.setLength(lengths.remove(lengths.size() - 1));
            }
        }
    }

    private static void emit(Node node, StringBuilder key, BiConsumer<String, Value> to) {
        if (node.hasValues()) {
            String text = key.toString();
            node.values().forEach(value -> to.accept(text, value));
        }
    }

    /** Whether it has no key. */
    public boolean isEmpty() {
        return (root & (TrieWriter.CHILDREN | TrieWriter.VALUES)) == 0;
    }

    @Override
    public String toString() {
        return name;
    }

    private Node root() {
        Node node = new Node(name, bytes);
        node.read(root);
        return node;
    }

    /** A builder without an entry. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects entries, and writes the index that kmod would. Not safe for threads. */
    public static final class Builder {
        private final TrieWriter writer = new TrieWriter();

        private Builder() {}

        /**
         * Adds an entry; one more of the same key does not replace it. Of equal priorities, the one that is added last comes first.
         *
         * @param priority unsigned
         * @throws IllegalArgumentException if the key or the value has a character that is not of ASCII, or NUL, or the key is longer
         *     than 16384
         */
        public Builder add(String key, String value, int priority) {
            byte[] k = key.getBytes(StandardCharsets.UTF_8);
            byte[] v = value.getBytes(StandardCharsets.UTF_8);
            if (!writer.add(k, 0, k.length, v, 0, v.length, priority)) {
                throw new IllegalArgumentException("key '" + key + "', value '" + value
                        + "': an index holds characters from 1 to 127, and keys of at most " + TrieWriter.MAX_KEY);
            }
            return this;
        }

        /** The bytes of the index; empty of entries, it is 12 bytes long. */
        public byte[] build(Compat compat) {
            return writer.build(compat);
        }
    }

    /** A place in the trie: a cursor, moved from node to node. */
    private static final class Node {
        private final String name;
        private final byte[] bytes;
        /** How many bytes this search has read: shared by all its cursors. */
        private final long[] spent;

        private int offset;
        private int prefixLength;
        private int prefixAt;
        private int edge;
        private int first;
        private int childCount;
        private int childrenAt;
        private int nextChild;
        private int valuesAt;
        /** Where the next part of the file is read. */
        private int at;

        Node(String name, byte[] bytes) {
            this.name = name;
            this.bytes = bytes;
            this.spent = new long[1];
        }

        /** At the same place, of the same search. */
        Node(Node other) {
            this.name = other.name;
            this.bytes = other.bytes;
            this.spent = other.spent;
            this.first = other.first;
            this.childCount = other.childCount;
            this.childrenAt = other.childrenAt;
        }

        void read(int pointer) {
            offset = pointer & TrieWriter.OFFSET;
            at = offset;
            prefixLength = 0;
            childCount = 0;
            nextChild = 0;
            valuesAt = 0;
            if ((pointer & TrieWriter.PREFIX) != 0) {
                prefixAt = at;
                prefixLength = skipText("prefix");
            }
            if ((pointer & TrieWriter.CHILDREN) != 0) {
                require(2, "first and last child");
                first = bytes[at];
                int last = bytes[at + 1];
                if (first < 0 || last < first) {
                    throw malformed("first and last child", first + " and " + last, "two from 0 to 127 in their order");
                }
                at += 2;
                childCount = last - first + 1;
                childrenAt = at;
                require(4 * childCount, "offsets of children");
                at += 4 * childCount;
            }
            if ((pointer & TrieWriter.VALUES) != 0) {
                valuesAt = at;
            }
            spend(at - offset + 1);
        }

        /** A tree is read once; a wildcard in what is looked for, twice. */
        private void spend(int size) {
            spent[0] += size;
            if (spent[0] > 4L * bytes.length + 4) {
                throw malformed("node", "one that is read again and again", "a tree");
            }
        }

        boolean hasValues() {
            return valuesAt != 0;
        }

        /** Goes to the child of an edge; false, and nowhere, if there is none. */
        boolean enter(int edge) {
            int child = edge < first || edge - first >= childCount ? 0 : pointer(edge - first);
            if (child == 0) {
                return false;
            }
            read(child);
            return true;
        }

        /** Moves another cursor to the next child of this one. */
        boolean nextChild(Node child) {
            while (nextChild < childCount) {
                int pointer = pointer(nextChild++);
                if (pointer != 0) {
                    child.edge = first + nextChild - 1;
                    child.read(pointer);
                    return true;
                }
            }
            return false;
        }

        private int pointer(int i) {
            at = childrenAt + 4 * i;
            int pointer = word("offset of a child");
            return (pointer & TrieWriter.OFFSET) == 0 ? 0 : pointer;
        }

        int prefix(int i) {
            return bytes[prefixAt + i];
        }

        void appendEdgeAndPrefix(StringBuilder to) {
            to.append((char) edge);
            appendPrefix(0, to);
        }

        void appendPrefix(int from, StringBuilder to) {
            if (to.length() + prefixLength > TrieWriter.MAX_KEY + 1) {
                throw malformed("prefix", "a key of more than " + TrieWriter.MAX_KEY + " bytes", "at most so many");
            }
            for (int i = from; i < prefixLength; i++) {
                to.append((char) prefix(i));
            }
        }

        List<Value> values() {
            if (valuesAt == 0) {
                return List.of();
            }
            at = valuesAt;
            int count = word("number of values");
            // Each has a priority and a NUL.
            if (count < 0 || count > (bytes.length - at) / 5) {
                throw malformed(
                        "number of values", Integer.toUnsignedString(count), "as many as the file has room for");
            }
            List<Value> values = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                int priority = word("priority");
                int from = at;
                int length = skipText("value");
                values.add(new Value(priority, new String(bytes, from, length, StandardCharsets.US_ASCII)));
            }
            spend(at - valuesAt);
            return values;
        }

        int word(String what) {
            require(4, what);
            at += 4;
            return bytes[at - 4] << 24
                    | (bytes[at - 3] & 0xff) << 16
                    | (bytes[at - 2] & 0xff) << 8
                    | (bytes[at - 1] & 0xff);
        }

        /** Goes behind text and its NUL, and returns how long it is without. */
        private int skipText(String what) {
            int from = at;
            while (at < bytes.length && bytes[at] > 0) {
                at++;
            }
            if (at >= bytes.length || bytes[at] != 0) {
                throw malformed(
                        what,
                        at >= bytes.length ? "the end of the file" : "byte 0x" + Integer.toHexString(bytes[at] & 0xff),
                        "text of 7 bits that ends with NUL");
            }
            at++;
            return at - 1 - from;
        }

        private void require(int size, String what) {
            if (at < 0 || size > bytes.length - at) {
                throw malformed(what, "the end of the file", size + " bytes");
            }
        }

        private MalformedInputException malformed(String what, String found, String expected) {
            return new MalformedInputException(name, what, at, found, expected);
        }
    }
}
