package org.jkmod.symtab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class SymbolTableTest {
    private static final String SMALL = """
            0000000000000000 A fixed_percpu_data
            ffffffff81000000 T _stext
            ffffffff81000000 T _text
            ffffffff81000040 t init
            ffffffff81000100 t __pfx_tcp_v4_connect
            ffffffff81000110 T tcp_v4_connect
            ffffffff81000200 t init
            ffffffffc0201000 t ftrace_trampoline\t[__builtin__ftrace]
            ffffffffc0100000 t fat_cache_add\t[fat]
            ffffffffc0100080 T fat_attach\t[fat]
            ffffffffc0090000 t init\t[vfat]
            """;

    private static Kallsyms kallsyms(String text) {
        return Kallsyms.parse(text.getBytes(StandardCharsets.ISO_8859_1), "kallsyms");
    }

    private static final SymbolTable TABLE = SymbolTable.of(kallsyms(SMALL));

    private static String line(SymbolTable table, int position) {
        String module = table.module(position);
        return String.format(
                "%016x %c %s%s",
                table.address(position),
                table.type(position),
                table.name(position),
                module.isEmpty() ? "" : "\t[" + module + "]");
    }

    private static List<String> lines(SymbolTable table) {
        List<String> lines = new ArrayList<>();
        for (int position = 0; position < table.size(); position++) {
            lines.add(line(table, position));
        }
        return lines;
    }

    @Test
    void of_kallsyms_hasTheirLinesByAddress() {
        // sorted() is stable, and these addresses have equal lengths: their text sorts as they do
        List<String> expected = SMALL.lines()
                .sorted((a, b) -> a.substring(0, 16).compareTo(b.substring(0, 16)))
                .toList();
        assertThat(lines(TABLE)).isEqualTo(expected);
    }

    @Test
    void symbolAt_aliases_isTheFirstOfThem() {
        assertThat(TABLE.name(TABLE.symbolAt(0xffffffff8100003fL))).isEqualTo("_stext");
        assertThat(TABLE.distanceToNext(TABLE.symbolAt(0xffffffff81000000L))).isEqualTo(0x40);
        assertThat(TABLE.name(TABLE.symbolAt(-1))).isEqualTo("ftrace_trampoline");
        assertThat(TABLE.distanceToNext(TABLE.symbolAt(-1))).isZero();
        assertThat(TABLE.symbolAt(0)).isZero();
        assertThat(SymbolTable.of(kallsyms("")).symbolAt(0)).isEqualTo(-1);
    }

    @Test
    void find_nameOfSeveral_leadsToEach() {
        int first = TABLE.find("init");
        assertThat(line(TABLE, first)).isEqualTo("ffffffff81000040 t init");
        int second = TABLE.next(first);
        assertThat(line(TABLE, second)).isEqualTo("ffffffff81000200 t init");
        int third = TABLE.next(second);
        assertThat(line(TABLE, third)).isEqualTo("ffffffffc0090000 t init\t[vfat]");
        assertThat(TABLE.next(third)).isEqualTo(-1);
        assertThat(TABLE.find("ini")).isEqualTo(-1);
        assertThat(TABLE.find("initx")).isEqualTo(-1);
        assertThat(TABLE.find("")).isEqualTo(-1);
    }

    /** Neither a stack nor a time that the file decides. */
    @Test
    @Timeout(20)
    void of_longAndEqualNames_endsSoon() {
        String longName = "x".repeat(1_000_000);
        StringBuilder text =
                new StringBuilder("ffffffff81000000 T " + longName + "a\nffffffff81000000 T " + longName + "b\n");
        text.append("ffffffff81000010 t init\n".repeat(200_000));
        SymbolTable table = SymbolTable.of(kallsyms(text.toString()));
        int found = 0;
        for (int position = table.find("init"); position >= 0; position = table.next(position)) {
            found++;
        }
        assertThat(found).isEqualTo(200_000);
        assertThat(table.find(longName + "b")).isEqualTo(1);
        assertThat(table.find(longName)).isEqualTo(-1);
    }

    @Test
    void forEachWithPrefix_names_areInOrder() {
        List<String> found = new ArrayList<>();
        TABLE.forEachWithPrefix("f", position -> found.add(TABLE.name(position)));
        assertThat(found).containsExactly("fat_attach", "fat_cache_add", "fixed_percpu_data", "ftrace_trampoline");
        found.clear();
        TABLE.forEachWithPrefix("", position -> found.add(TABLE.name(position)));
        assertThat(found).hasSize(11).isSorted();
        TABLE.forEachWithPrefix("zz", position -> found.add("none"));
        TABLE.forEachWithPrefix("tcp_v4_connect_", position -> found.add("none"));
        assertThat(found).doesNotContain("none");
    }

    @Test
    void forEachMatch_globs_areInTheOrderOfNamesThenAddresses() {
        assertThat(matching("*init*"))
                .containsExactly(
                        "ffffffff81000040 t init", "ffffffff81000200 t init", "ffffffffc0090000 t init\t[vfat]");
        assertThat(matching("f[a-e]t_*"))
                .containsExactly("ffffffffc0100080 T fat_attach\t[fat]", "ffffffffc0100000 t fat_cache_add\t[fat]");
        assertThat(matching("*tcp_v4_connect"))
                .extracting(line -> line.substring(19))
                .containsExactly("__pfx_tcp_v4_connect", "tcp_v4_connect");
        assertThat(matching("*")).hasSize(11);
        assertThat(matching("zz*")).isEmpty();
        assertThat(matching("_")).isEmpty();
    }

    private static List<String> matching(String glob) {
        List<String> found = new ArrayList<>();
        TABLE.forEachMatch(Glob.of(glob), position -> found.add(line(TABLE, position)));
        return found;
    }

    /** Each name by itself and one after the other, from every rank on, of enough names for several blocks. */
    @Test
    void forEachWithPrefix_randomNames_agreesWithSorting() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        TreeSet<String> names = new TreeSet<>();
        for (int i = 0; i < 500; i++) {
            String name = Integer.toString(random.nextInt(2_000), 3).replace('0', '\u00fe');
            names.add(name);
            text.append(String.format("%016x t %s%n", i, name));
        }
        SymbolTable table = SymbolTable.of(kallsyms(text.toString()));
        for (String prefix : names) {
            List<String> found = new ArrayList<>();
            table.forEachWithPrefix(prefix, position -> found.add(table.name(position)));
            assertThat(new ArrayList<>(new LinkedHashSet<>(found)))
                    .as("%s, seed %s", prefix, seed)
                    .isEqualTo(names.stream()
                            .filter(name -> name.startsWith(prefix))
                            .toList());
            List<Integer> same = new ArrayList<>();
            for (int position = table.find(prefix); position >= 0; position = table.next(position)) {
                same.add(position);
                assertThat(table.name(position)).isEqualTo(prefix);
            }
            assertThat(same).isSorted().hasSize((int)
                    found.stream().filter(prefix::equals).count());
        }
    }

    @Test
    void read_savedTable_isTheSame(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("kernel.symbols");
        TABLE.write(file);
        TABLE.write(file);
        assertThat(lines(SymbolTable.read(file))).isEqualTo(lines(TABLE));
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
        SymbolTable.of(kallsyms("")).write(file);
        assertThat(SymbolTable.read(file).size()).isZero();
    }

    @Test
    void write_throughALink_keepsTheLinkAndTheRightsOfOthers(@TempDir Path folder) throws IOException {
        SymbolTable table = new SymbolTableBuilder().add(1, 'T', "one", "").build();
        Path file = Files.createFile(folder.resolve("file"));
        Set<PosixFilePermission> usual = Files.getPosixFilePermissions(file);
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
        table.write(link);
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(SymbolTable.read(file).name(0)).isEqualTo("one");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(usual);
        assertThat(folder).isDirectoryContaining("glob:**link").isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void write_byManyAtOnce_leavesAWholeTable(@TempDir Path folder) {
        SymbolTable table = new SymbolTableBuilder().add(1, 'T', "one", "").build();
        Path file = folder.resolve("table");
        IntStream.range(0, 64).parallel().forEach(i -> {
            try {
                table.write(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(folder).isDirectoryContaining("glob:**table").isDirectoryNotContaining("glob:**.tmp");
        assertThat(assertDoesNotThrow(() -> SymbolTable.read(file)).name(0)).isEqualTo("one");
    }

    @Test
    void write_whereNoFileCanBe_saysWhereInTheCallersWords(@TempDir Path folder) {
        SymbolTable table = new SymbolTableBuilder().add(1, 'T', "one", "").build();
        assertThatThrownBy(() -> table.write(folder))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(folder + ": Not a regular file");
        Path nowhere = folder.resolve("no/such");
        assertThatThrownBy(() -> table.write(nowhere))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(nowhere.toString());
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void read_otherFiles_areMalformed(@TempDir Path folder) throws IOException {
        byte[] good = SymbolTableFile.bytes(TABLE);
        good[8] = 1;
        Path file = folder.resolve("x");
        assertMalformed(file, good, "version at 0xc: found version 1, expected version 2");
        good[8] = 2;
        good[40]++;
        assertMalformed(file, good, "checksum at 0x10: found another checksum, expected an undamaged file");
        assertMalformed(file, new byte[100], "magic at 0x8: found no saved symbol table, expected jkmodsym");
        assertMalformed(file, new byte[0], "magic at 0x0: found the end of the file, expected 8 times 1 bytes");
    }

    private static void assertMalformed(Path file, byte[] bytes, String message) throws IOException {
        Files.write(file, bytes);
        assertThatThrownBy(() -> SymbolTable.read(file))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining(message);
    }

    /** As of a kernel: several blocks of names, aliases, names of several symbols, bytes that are no characters. */
    private static SymbolTable large() {
        SymbolTableBuilder builder = new SymbolTableBuilder();
        for (int i = 0; i < 1_000; i++) {
            String name = "__pfx_tcp_" + Integer.toString(i * 7919 % 700, 5).repeat(1 + i % 3)
                    + (i % 50 == 0 ? "\u00ff" : "");
            builder.add(0xffffffff81000000L + i / 2 * 0x40L, i % 4 == 0 ? 'T' : 't', name, i < 900 ? "" : "m" + i / 50);
        }
        return builder.build();
    }

    @Test
    void parse_everyPartOfAFile_isMalformed() {
        byte[] good = SymbolTableFile.bytes(large());
        assertThat(lines(SymbolTableFile.parse(good, "good"))).isEqualTo(lines(large()));
        for (int length = 0; length < good.length; length += length < 200 ? 1 : 7) {
            byte[] part = Arrays.copyOf(good, length);
            if (length >= 16) {
                SymbolTableFile.sign(part);
            }
            assertThatThrownBy(() -> SymbolTableFile.parse(part, "part"))
                    .as("%s bytes", length)
                    .isInstanceOf(MalformedInputException.class);
        }
    }

    /** What is broken is often a number: each by itself, as large as can be. */
    @Test
    void parse_countsOutOfProportion_areMalformed() {
        for (int count = 0; count < 6; count++) {
            for (int value : new int[] {-1, Integer.MAX_VALUE, 1 << 29, 1 << 24, (1 << 24) - 1, 0}) {
                byte[] bytes = SymbolTableFile.bytes(large());
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(16 + 4 * count, value);
                SymbolTableFile.sign(bytes);
                assertThatThrownBy(() -> SymbolTableFile.parse(bytes, "counts"))
                        .as("count %s is %s", count, value)
                        .isInstanceOf(MalformedInputException.class);
            }
        }
    }

    /** Without a checksum that is right, nothing else is looked at. */
    @Test
    void parse_anyBitTurned_isMalformed() {
        byte[] good = SymbolTableFile.bytes(TABLE);
        for (int bit = 0; bit < good.length * Byte.SIZE; bit++) {
            byte[] bytes = good.clone();
            bytes[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
            assertThatThrownBy(() -> SymbolTableFile.parse(bytes, "bit")).isInstanceOf(MalformedInputException.class);
        }
    }

    /** With a checksum that is right: what it guards against must not be all that there is. */
    @Test
    void parse_brokenTables_areMalformedOrUsable() {
        for (SymbolTable whole : List.of(TABLE, large())) {
            byte[] good = SymbolTableFile.bytes(whole);
            int malformed = Fuzzer.malformed(good, 4_000, SymbolTableTest::useSigned);
            assertThat(malformed).isBetween(500, 3_999);
        }
    }

    private static void useSigned(byte[] bytes) {
        if (bytes.length >= 16) {
            SymbolTableFile.sign(bytes);
        }
        SymbolTable table = SymbolTableFile.parse(bytes, "fuzz");
        byte[] name = new byte[2 * bytes.length + 256];
        for (int position = 0; position < table.size(); position++) {
            int length = table.copyName(position, name, 0);
            table.find(name, 0, length);
            table.symbolAt(table.address(position) - 1);
            table.distanceToNext(position);
            table.module(position);
            table.name(position);
            assertThat(table.next(position)).isNotEqualTo(position);
        }
        table.symbolAt(-1);
        table.forEachWithPrefix("", position -> table.type(position));
    }
}
