package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jkmod.core.RelocationFailure.Reason;
import org.jkmod.core.RelocationRow.Check;
import org.jkmod.core.RelocationRow.Expression;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What holds for every row of every architecture's table, and for both of the engine's programs. An architecture's artifact extends
 * this class for its own. Expected bytes are computed here, a bit at a time and with {@link BigInteger}, not with the engine's help.
 */
public abstract class ArchitectureContractTest {
    private static final int RELA = 24;
    private static final int SYMBOL = 1;
    private static final long ADDRESS = 0x7000_0000_1000L;
    private static final int RANDOM_CASES = Integer.getInteger("jkmod.cases", 10_000);
    private static final int BATCHES = 900;
    private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

    private final Architecture architecture;
    private final long seed = Long.getLong("jkmod.seed", System.nanoTime());

    /** For the rows of this architecture. */
    protected ArchitectureContractTest(Architecture architecture) {
        this.architecture = architecture;
    }

    /** The architecture under test. */
    protected Architecture architecture() {
        return architecture;
    }

    /** A relocation: what is read of an {@code Elf64_Rela}. */
    private record Rela(long offset, int type, int symbol, long addend) {}

    /** A program with its name. */
    private record Program(String name, RelocationPolicy policy, RelocationProgram code) {
        @Override
        public String toString() {
            return name + " " + policy;
        }
    }

    private List<Program> programs() {
        return Stream.of(RelocationPolicy.values())
                .flatMap(policy -> Stream.of(
                        new Program("interpreted", policy, RelocationProgram.interpreted(architecture, policy)),
                        new Program("compiled", policy, RelocationProgram.compiled(architecture, policy))))
                .toList();
    }

    private List<? extends RelocationType> applied() {
        return architecture.relocationTypes().stream()
                .filter(t -> t.row().refusal().isEmpty())
                .toList();
    }

    private List<? extends RelocationType> written() {
        return applied().stream().filter(t -> t.row().field().size() > 0).toList();
    }

    private static byte[] bytes(Rela... relas) {
        ByteBuffer table = ByteBuffer.allocate(relas.length * RELA).order(ByteOrder.LITTLE_ENDIAN);
        for (Rela rela : relas) {
            table.putLong(rela.offset())
                    .putInt(rela.type())
                    .putInt(rela.symbol())
                    .putLong(rela.addend());
        }
        return table.array();
    }

    // What the table itself must be.

    @Test
    void relocationTypes_ofTheTable_haveDistinctNumbersAndNames() {
        List<? extends RelocationType> types = architecture.relocationTypes();
        assertThat(types).isNotEmpty();
        assertThat(types).extracting(t -> t.row().number()).doesNotHaveDuplicates();
        assertThat(types).extracting(RelocationType::name).doesNotHaveDuplicates();
        assertThat(types)
                .extracting(t -> t.row().number())
                .allSatisfy(n -> assertThat(n).isNotNegative());
    }

    @Test
    void refusedTypes_ofTheTable_sayWhy() {
        assertThat(architecture.relocationTypes())
                .filteredOn(t -> t.row().refusal().isPresent())
                .allSatisfy(t ->
                        assertThat(t.row().refusal().orElseThrow()).as(t.name()).isNotBlank());
    }

    @Test
    void appliedTypes_ofTheTable_haveAFieldIfAndOnlyIfTheyHaveAValue() {
        assertThat(applied())
                .allSatisfy(t -> assertThat(t.row().field().size() == 0)
                        .as(t.name())
                        .isEqualTo(t.row().expression() == Expression.NONE));
    }

    // One relocation.

    /** The expression's value, in the psABI's words. */
    private static long value(RelocationRow row, long s, long a, long p) {
        return switch (row.expression()) {
            case NONE -> 0;
            case S_PLUS_A -> s + a;
            case S_PLUS_A_MINUS_P -> s + a - p;
            case PAGE_DELTA -> Math.floorDiv(s + a, 4096) * 4096 - Math.floorDiv(p, 4096) * 4096;
        };
    }

    /** The addend that makes an expression have a value. */
    private static long addendFor(RelocationRow row, long value, long s, long p) {
        return switch (row.expression()) {
            case NONE -> 0;
            case S_PLUS_A -> value - s;
            case S_PLUS_A_MINUS_P -> value - s + p;
            case PAGE_DELTA -> value - s + Math.floorDiv(p, 4096) * 4096;
        };
    }

    private static boolean fits(Check check, long value, int bits) {
        BigInteger v = BigInteger.valueOf(value);
        return switch (check) {
            case NONE -> true;
            case SIGNED -> v.bitLength() < bits;
            case UNSIGNED -> v.mod(TWO_64).bitLength() <= bits;
            case SIGNED_OR_UNSIGNED -> v.bitLength() < bits || v.mod(TWO_64).bitLength() <= bits;
            case SIGNED_PAIR ->
                BigInteger.valueOf(v.add(BigInteger.valueOf(0x800)).longValue()).bitLength() < bits;
        };
    }

    /** The word after a value was put in, a bit at a time. */
    private static BigInteger inserted(Field field, BigInteger word, long value) {
        BigInteger result = word.andNot(BigInteger.valueOf(field.cleared()).mod(TWO_64));
        long bits = value;
        if (field.form() == Field.Form.MOVZ_OR_MOVN) {
            // MOVZ has 10 in bits 30 and 29, MOVN 00 and the inverted value (Arm ARM, C6.2).
            result = value < 0
                    ? result.clearBit(30).clearBit(29)
                    : result.setBit(30).clearBit(29);
            bits = value < 0 ? ~value : value;
        }
        for (Field.Piece piece : field.pieces()) {
            for (int i = 0; i < piece.width(); i++) {
                boolean bit = ((bits + piece.bias()) >>> (piece.from() + i) & 1) != 0;
                result = bit ? result.setBit(piece.to() + i) : result.clearBit(piece.to() + i);
            }
        }
        return result;
    }

    private static BigInteger word(byte[] image, int at, int size) {
        byte[] bigEndian = new byte[size];
        for (int i = 0; i < size; i++) {
            bigEndian[i] = image[at + size - 1 - i];
        }
        return new BigInteger(1, bigEndian);
    }

    private static void put(byte[] image, int at, int size, BigInteger word) {
        for (int i = 0; i < size; i++) {
            image[at + i] = word.shiftRight(8 * i).byteValue();
        }
    }

    /** Whether a relocation that could be applied is left to the linkage. */
    private static boolean isDeferred(RelocationRow row, RelocationPolicy policy, long value, long p) {
        return switch (row.kind()) {
            case GOT -> true;
            case ADRP -> Math.floorMod(p, 4096) >= 0xff8;
            case STUB -> !fits(check(row, policy), value, row.field().valueBits());
            default -> false;
        };
    }

    private static Check check(RelocationRow row, RelocationPolicy policy) {
        return policy == RelocationPolicy.KERNEL ? row.kernelCheck() : row.check();
    }

    /** What a place holds that several relocations can make, after this one alone; nothing if it does not fit into the section. */
    private static Optional<byte[]> accumulated(
            RelocationRow row, RelocationPolicy policy, byte[] image, int at, int end, long value) {
        byte[] result = image.clone();
        if (row.field().form() == Field.Form.ULEB128) {
            long number = row.kind() == RelocationRow.Kind.SUBTRACT ? -value : value;
            int length = 0;
            for (BigInteger rest = BigInteger.valueOf(number).mod(TWO_64);
                    rest.signum() != 0;
                    rest = rest.shiftRight(7)) {
                if (at + length >= end) {
                    return Optional.empty();
                }
                boolean more = rest.bitLength() > 7;
                result[at + length++] = (byte) ((rest.intValue() & 0x7f) | (more ? 0x80 : 0));
            }
            return Optional.of(result);
        }
        int bits = row.field().valueBits();
        int size = row.field().size();
        BigInteger word = word(image, at, size);
        BigInteger mask = BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
        BigInteger begin = policy == RelocationPolicy.KERNEL ? BigInteger.ZERO : word.and(mask);
        BigInteger v = BigInteger.valueOf(value);
        BigInteger made = switch (row.kind()) {
            case SET -> v;
            case ADD -> begin.add(v);
            default -> begin.subtract(v);
        };
        put(result, at, size, word.andNot(mask).or(made.and(mask)));
        return Optional.of(result);
    }

    /** What must come of one relocation: the image after it, or nothing if it must be refused. */
    private static Optional<byte[]> expected(
            RelocationRow row,
            RelocationPolicy policy,
            Rela rela,
            long[] symbols,
            byte[] image,
            int base,
            int size,
            long address) {
        Field field = row.field();
        if (rela.symbol() < 0
                || rela.symbol() >= symbols.length
                || row.refusal().isPresent()) {
            return Optional.empty();
        }
        byte[] result = image.clone();
        if (field.size() == 0) {
            return Optional.of(result);
        }
        if (rela.offset() < 0 || rela.offset() > size - field.size()) {
            return Optional.empty();
        }
        long value = value(row, symbols[rela.symbol()], rela.addend(), address + rela.offset());
        int at = base + (int) rela.offset();
        switch (row.kind()) {
            case SET, ADD, SUBTRACT -> {
                return accumulated(row, policy, image, at, base + size, value);
            }
            case LOWER_HALF -> {
                // alone, it has no upper half
                return Optional.empty();
            }
            default -> {
                if (isDeferred(row, policy, value, address + rela.offset())) {
                    return Optional.of(result);
                }
            }
        }
        if (policy == RelocationPolicy.PSABI && Math.floorMod(value, (long) field.alignment()) != 0) {
            return Optional.empty();
        }
        BigInteger word = word(image, at, field.size());
        boolean zeroWanted = policy == RelocationPolicy.KERNEL && row.place() == RelocationRow.Place.ZERO;
        if (!fits(check(row, policy), value, field.valueBits()) || (zeroWanted && word.signum() != 0)) {
            return Optional.empty();
        }
        put(result, at, field.size(), inserted(field, word, value));
        return Optional.of(result);
    }

    /** Runs one relocation, in a section that lies in the middle of an image, and checks what comes of it. */
    private void check(RelocationType type, Program program, Rela rela, long s, byte[] section) {
        byte[] image = new byte[section.length + 16];
        Arrays.fill(image, (byte) 0x5a);
        System.arraycopy(section, 0, image, 8, section.length);
        long[] symbols = {0, s};
        Optional<byte[]> expected =
                expected(type.row(), program.policy(), rela, symbols, image, 8, section.length, ADDRESS);
        byte[] before = image.clone();
        List<Integer> deferred = new ArrayList<>();
        int applied =
                program.code().apply(bytes(rela), 0, 1, symbols, image, 8, section.length, ADDRESS, deferred::add);
        String what =
                String.format("%s, %s, %s, S=%x, section %s, seed %d", type, program, rela, s, hex(section), seed);
        boolean left = expected.isPresent()
                && type.row().field().size() > 0
                && isDeferred(
                        type.row(),
                        program.policy(),
                        value(type.row(), s * rela.symbol(), rela.addend(), ADDRESS + rela.offset()),
                        ADDRESS + rela.offset());
        assertThat(deferred).as(what).isEqualTo(left ? List.of(0) : List.of());
        assertThat(applied).as(what).isEqualTo(expected.isPresent() ? 1 : 0);
        assertThat(image).as(what).isEqualTo(expected.orElse(before));
    }

    private static String hex(byte[] bytes) {
        return new BigInteger(1, bytes).toString(16);
    }

    @TestFactory
    Stream<DynamicTest> bytesOutsideTheField_overZerosOnesAndRandomWords_stay() {
        Random random = new Random(seed);
        return perRow(type -> {
            int size = type.row().field().size();
            List<IntFunction<byte[]>> around =
                    List.of(byte[]::new, ArchitectureContractTest::ones, n -> random(random, n));
            for (Program program : programs()) {
                for (IntFunction<byte[]> filler : around) {
                    for (long value : new long[] {0, 1, -1, 0x5555_5555_5555_5555L, random.nextLong()}) {
                        byte[] section = filler.apply(3 * size);
                        if (type.row().wantsZero(program.policy())) {
                            Arrays.fill(section, size, 2 * size, (byte) 0);
                        }
                        long fitting = clip(type.row(), program.policy(), value);
                        long s = random.nextLong();
                        long a = addendFor(type.row(), fitting, s, ADDRESS + size);
                        check(type, program, new Rela(size, type.row().number(), SYMBOL, a), s, section);
                    }
                }
            }
        });
    }

    /** The value with its high bits made to fit. */
    private static long clip(RelocationRow row, RelocationPolicy policy, long value) {
        int bits = row.field().valueBits();
        long fitting = switch (check(row, policy)) {
            case NONE -> value;
            case SIGNED, SIGNED_OR_UNSIGNED ->
                BigInteger.valueOf(value).shiftRight(64 - bits).longValue();
            case SIGNED_PAIR -> BigInteger.valueOf(value).shiftRight(64 - bits).longValue() - 0x800;
            case UNSIGNED ->
                BigInteger.valueOf(value).mod(TWO_64).shiftRight(64 - bits).longValue();
        };
        return fitting - Math.floorMod(fitting, (long) row.field().alignment());
    }

    @TestFactory
    Stream<DynamicTest> value_atTheEdgesOfItsCheck_lastIsAcceptedAndFirstRefused() {
        return perRow(type -> {
            RelocationRow row = type.row();
            int bits = row.field().valueBits();
            for (Program program : programs()) {
                Check check = check(row, program.policy());
                if (row.kind().accumulates() || row.kind() == RelocationRow.Kind.LOWER_HALF) {
                    continue; // They have no edges; random cases and the architecture's own tests look at them.
                }
                int step =
                        program.policy() == RelocationPolicy.PSABI ? row.field().alignment() : 1;
                if (row.expression() == Expression.PAGE_DELTA) {
                    step = 4096;
                }
                if (bits == 64 || check == Check.NONE) {
                    for (long any : new long[] {Long.MIN_VALUE, -step, 0, 1L << 32, -step & Long.MAX_VALUE}) {
                        assertEdge(type, program, any, true);
                    }
                    continue;
                }
                long low = switch (check) {
                    case UNSIGNED -> 0;
                    case SIGNED_PAIR -> -(1L << (bits - 1)) - 0x800;
                    default -> -(1L << (bits - 1));
                };
                long end = switch (check) {
                    case UNSIGNED, SIGNED_OR_UNSIGNED -> 1L << bits;
                    case SIGNED_PAIR -> (1L << (bits - 1)) - 0x800;
                    default -> 1L << (bits - 1);
                };
                assertEdge(type, program, low, true);
                assertEdge(type, program, low - step, false);
                assertEdge(type, program, end - step, true);
                assertEdge(type, program, end, false);
                if (step > 1 && row.expression() != Expression.PAGE_DELTA) {
                    assertThat(applied(
                                    type, program, low + 1, new byte[row.field().size()], new ArrayList<>()))
                            .as("%s, %s: misaligned", type, program)
                            .isZero();
                }
                // One bit above the field, alone: what a check of the low word lets through.
                assertEdge(type, program, 1L << bits, false);
                assertEdge(type, program, 1L << 63, false);
            }
        });
    }

    private static int applied(RelocationType type, Program program, long value, byte[] image, List<Integer> deferred) {
        long s = 0x1234_5678_9abcL;
        long a = addendFor(type.row(), value, s, ADDRESS);
        byte[] rela = bytes(new Rela(0, type.row().number(), SYMBOL, a));
        return program.code().apply(rela, 0, 1, new long[] {0, s}, image, 0, image.length, ADDRESS, deferred::add);
    }

    /** A value that does not fit is refused, or, where the row has stubs, left to the linkage. */
    private static void assertEdge(RelocationType type, Program program, long value, boolean accepted) {
        RelocationRow row = type.row();
        int size = row.field().size();
        byte[] image = new byte[size];
        List<Integer> deferred = new ArrayList<>();
        int applied = applied(type, program, value, image, deferred);
        String what = String.format("%s, %s, value %x", type, program, value);
        boolean got = row.kind() == RelocationRow.Kind.GOT;
        boolean left = got || (!accepted && row.kind() == RelocationRow.Kind.STUB);
        assertThat(applied).as(what).isEqualTo(accepted || left ? 1 : 0);
        assertThat(deferred).as(what).isEqualTo(left ? List.of(0) : List.of());
        BigInteger word = accepted && !left ? inserted(row.field(), BigInteger.ZERO, value) : BigInteger.ZERO;
        assertThat(word(image, 0, size)).as(what).isEqualTo(word);
    }

    @TestFactory
    Stream<DynamicTest> place_hangingOverTheEndOfItsSection_isRefusedAndNothingChanges() {
        return perRow(type -> {
            int n = type.row().field().size();
            for (Program program : programs()) {
                for (int size : new int[] {0, n - 1, n, n + 1, 4 * n}) {
                    byte[] section = new byte[size];
                    for (long offset : new long[] {
                        size - n + 1L,
                        size,
                        size + 1L,
                        -1,
                        -n,
                        Integer.MAX_VALUE,
                        1L << 31,
                        (1L << 32),
                        (1L << 32) + size - n,
                        Long.MAX_VALUE,
                        Long.MAX_VALUE - n + 1,
                        Long.MIN_VALUE
                    }) {
                        long a = addendFor(type.row(), 0, 0, ADDRESS + offset);
                        check(type, program, new Rela(offset, type.row().number(), SYMBOL, a), 0, section);
                    }
                    if (size >= n) {
                        // and the last place that does not
                        long a = addendFor(type.row(), 1, 0, ADDRESS + size - n);
                        check(type, program, new Rela(size - n, type.row().number(), SYMBOL, a), 0, section);
                    }
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> placeThatIsNotZero_eachBitOfIt_isRefusedWhereTheKernelWantsZeros() {
        return perRow(type -> {
            int n = type.row().field().size();
            for (Program program : programs()) {
                for (int bit = 0; bit < 8 * n; bit++) {
                    byte[] section = new byte[n + 2];
                    put(section, 1, n, BigInteger.ONE.shiftLeft(bit));
                    long a = addendFor(type.row(), 0, 0, ADDRESS + 1);
                    check(type, program, new Rela(1, type.row().number(), SYMBOL, a), 0, section);
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> symbol_thatIsNotThere_isRefusedAndNothingChanges() {
        return applied().stream()
                .map(type -> DynamicTest.dynamicTest(type.name(), () -> {
                    for (Program program : programs()) {
                        for (int symbol : new int[] {2, 3, 0x7fff_ffff, -1, Integer.MIN_VALUE}) {
                            check(type, program, new Rela(0, type.row().number(), symbol, 0), 0, new byte[8]);
                        }
                    }
                }));
    }

    @Test
    void types_withoutARowOrRefused_stopTheProgramAndNothingChanges() {
        Set<Integer> known = new HashSet<>();
        applied().forEach(t -> known.add(t.row().number()));
        int[] numbers = IntStream.concat(
                        IntStream.range(0, 1024), IntStream.of(0x12345, 0x7fff_ffff, -1, Integer.MIN_VALUE))
                .filter(n -> !known.contains(n))
                .toArray();
        assertThat(numbers.length).isGreaterThan(500);
        RelocationType any = applied().get(0);
        for (Program program : programs()) {
            for (int number : numbers) {
                byte[] image = ones(16);
                byte[] rela = bytes(
                        new Rela(0, number, SYMBOL, 0), new Rela(0, any.row().number(), SYMBOL, 0));
                int applied = program.code().apply(rela, 0, 2, new long[2], image, 0, 16, ADDRESS, index -> {});
                assertThat(applied).as("type %d, %s", number, program).isZero();
                assertThat(image).as("type %d, %s", number, program).isEqualTo(ones(16));
            }
        }
    }

    // Many.

    private static byte[] ones(int n) {
        byte[] bytes = new byte[n];
        Arrays.fill(bytes, (byte) 0xff);
        return bytes;
    }

    private static byte[] random(Random random, int n) {
        byte[] bytes = new byte[n];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Values, addresses and addends that are near to something. */
    private static long interesting(Random random) {
        long base = switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> 1L << random.nextInt(64);
            case 2 -> -(1L << random.nextInt(64));
            case 3 -> 0xffff_ffff_c000_0000L;
            case 4 -> random.nextInt();
            default -> random.nextLong();
        };
        return base + random.nextInt(5) - 2;
    }

    private static byte[] section(Random random, int size) {
        return switch (random.nextInt(4)) {
            case 0 -> random(random, size);
            case 1 -> ones(size);
            default -> new byte[size];
        };
    }

    private static Rela rela(Random random, int type, int sectionSize, int symbols) {
        long offset = random.nextInt(10) == 0 ? interesting(random) : random.nextInt(Math.max(1, sectionSize));
        int symbol = random.nextInt(50) == 0 ? random.nextInt() : random.nextInt(symbols);
        return new Rela(offset, type, symbol, interesting(random));
    }

    @TestFactory
    Stream<DynamicTest> programs_ofRandomRelocations_doWhatTheRowSays() {
        return applied().stream()
                .map(type -> DynamicTest.dynamicTest(type.name(), () -> {
                    Random random = new Random(seed);
                    List<Program> programs = programs();
                    for (int i = 0; i < RANDOM_CASES; i++) {
                        byte[] section = section(random, random.nextInt(24));
                        Rela rela = rela(random, type.row().number(), section.length, 2);
                        long s = interesting(random);
                        for (Program program : programs) {
                            check(type, program, rela, s, section);
                        }
                    }
                }));
    }

    /** A batch of relocations, and what it is applied to. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Batch(Rela[] relas, long[] symbols, byte[] section, long address) {}

    /** Places side by side, zeros in them, values that fit: all of it can be applied. */
    private Batch goodBatch(Random random, RelocationPolicy policy) {
        // But for lower halves, which need an upper one, and numbers that may be longer than a place here.
        List<? extends RelocationType> types = written().stream()
                .filter(t -> t.row().kind() != RelocationRow.Kind.LOWER_HALF)
                .filter(t -> t.row().field().form() != Field.Form.ULEB128)
                .toList();
        Rela[] relas = new Rela[random.nextInt(200)];
        long[] symbols = random.longs(1 + random.nextInt(20)).toArray();
        long address = interesting(random);
        for (int r = 0; r < relas.length; r++) {
            RelocationRow row = types.get(random.nextInt(types.size())).row();
            int symbol = random.nextInt(symbols.length);
            long value = clip(row, policy, random.nextLong());
            relas[r] = new Rela(8L * r, row.number(), symbol, addendFor(row, value, symbols[symbol], address + 8L * r));
        }
        return new Batch(relas, symbols, new byte[8 * relas.length + random.nextInt(8)], address);
    }

    /** Anything, the types that are refused included. */
    private Batch anyBatch(Random random) {
        List<? extends RelocationType> types = architecture.relocationTypes();
        Rela[] relas = new Rela[random.nextInt(200)];
        long[] symbols = random.longs(1 + random.nextInt(20))
                .map(s -> s >> random.nextInt(64))
                .toArray();
        byte[] section = section(random, random.nextInt(4096));
        for (int r = 0; r < relas.length; r++) {
            int type = types.get(random.nextInt(types.size())).row().number();
            relas[r] = rela(random, type, section.length, symbols.length);
        }
        return new Batch(relas, symbols, section, interesting(random));
    }

    /** A few types at a few places, to which the symbols point, in order or not: halves meet, and so do values made by several. */
    private Batch crowdedBatch(Random random) {
        List<? extends RelocationType> types = written();
        int[] numbers = random.ints(1 + random.nextInt(6), 0, types.size())
                .map(t -> types.get(t).row().number())
                .toArray();
        long address = 0x1000;
        long[] symbols = new long[16];
        for (int s = 0; s < symbols.length; s++) {
            symbols[s] = address + 4L * s;
        }
        symbols[random.nextInt(symbols.length)] = address + (random.nextBoolean() ? -1 : Long.MAX_VALUE);
        Rela[] relas = new Rela[random.nextInt(60)];
        for (int r = 0; r < relas.length; r++) {
            relas[r] = new Rela(
                    4L * random.nextInt(symbols.length - 1),
                    numbers[random.nextInt(numbers.length)],
                    random.nextInt(symbols.length),
                    4L * random.nextInt(32));
        }
        if (random.nextInt(3) > 0) {
            Arrays.sort(relas, Comparator.comparingLong(Rela::offset));
        }
        return new Batch(relas, symbols, section(random, 4 * symbols.length), address);
    }

    @TestFactory
    Stream<DynamicTest> compiledProgram_ofRandomBatches_stopsWhereTheInterpreterDoes() {
        return Stream.of(RelocationPolicy.values())
                .map(policy -> DynamicTest.dynamicTest(policy.name(), () -> {
                    Random random = new Random(seed);
                    for (int i = 0; i < BATCHES; i++) {
                        boolean good = i % 3 == 0;
                        Batch batch =
                                good ? goodBatch(random, policy) : i % 3 == 1 ? anyBatch(random) : crowdedBatch(random);
                        int count = batch.relas().length;
                        int size = batch.section().length;
                        int from = random.nextInt(100);
                        int base = random.nextInt(100);
                        byte[] table = new byte[from + count * RELA];
                        System.arraycopy(bytes(batch.relas()), 0, table, from, count * RELA);
                        byte[] first = random(random, base + size + 10);
                        System.arraycopy(batch.section(), 0, first, base, size);
                        byte[] second = first.clone();
                        List<Integer> firstLeft = new ArrayList<>();
                        List<Integer> secondLeft = new ArrayList<>();
                        long[] symbols = batch.symbols();
                        long address = batch.address();
                        int interpreted = RelocationProgram.interpreted(architecture, policy)
                                .apply(table, from, count, symbols, first, base, size, address, firstLeft::add);
                        int compiled = RelocationProgram.compiled(architecture, policy)
                                .apply(table, from, count, symbols, second, base, size, address, secondLeft::add);
                        String what = "batch " + i + ", seed " + seed;
                        assertThat(compiled).as(what).isEqualTo(interpreted);
                        assertThat(secondLeft).as(what).isEqualTo(firstLeft);
                        assertThat(second).as(what).isEqualTo(first);
                        if (good) {
                            assertThat(interpreted).as(what).isEqualTo(count);
                        }
                    }
                }));
    }

    // Failures.

    @TestFactory
    Stream<DynamicTest> messages_ofEachFailure_areOneLineEachAndNameNothingUnknown() {
        return Stream.of(Reason.values())
                .map(reason -> DynamicTest.dynamicTest(reason.name(), () -> {
                    for (Generation generation : Generation.values()) {
                        for (RelocationType type : architecture.relocationTypes()) {
                            RelocationFailure failure = new RelocationFailure(
                                    reason, 4, 2, type.row().number(), 1, ADDRESS, -1, 0);
                            assertThat(architecture.messages(failure, "some_module", generation))
                                    .as("%s, %s", type, generation)
                                    .allSatisfy(line -> assertThat(line)
                                            .isNotBlank()
                                            .doesNotContain("\n")
                                            .doesNotContain("null"));
                        }
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> explanation_ofEachWayToFail_namesIt() {
        return perRow(type -> {
            RelocationRow row = type.row();
            int n = row.field().size();
            RelocationInterpreter interpreter = new RelocationInterpreter(architecture, RelocationPolicy.KERNEL);
            long[] symbols = {0, 0};
            Rela good = new Rela(0, row.number(), SYMBOL, addendFor(row, 0, 0, ADDRESS));
            byte[] table = bytes(
                    good,
                    new Rela(n, row.number(), SYMBOL, 0),
                    new Rela(0, row.number(), 7, 0),
                    new Rela(0, 0x12345, SYMBOL, 0));
            assertThat(reason(interpreter, table, 1, symbols, n)).isEqualTo(Reason.PLACE_OUTSIDE_SECTION);
            assertThat(reason(interpreter, table, 2, symbols, n)).isEqualTo(Reason.NO_SUCH_SYMBOL);
            assertThat(reason(interpreter, table, 3, symbols, n)).isEqualTo(Reason.UNKNOWN_TYPE);
            boolean refuses = row.kind() == RelocationRow.Kind.WRITE || row.kind() == RelocationRow.Kind.UPPER_HALF;
            if (refuses && row.kernelCheck() != Check.NONE && row.field().valueBits() < 64) {
                long tooMuch = 1L << row.field().valueBits();
                byte[] overflowing = bytes(new Rela(0, row.number(), SYMBOL, addendFor(row, tooMuch, 0, ADDRESS)));
                RelocationFailure failure =
                        interpreter.explain(9, 0, overflowing, 0, 1, symbols, new byte[n], 0, n, ADDRESS);
                assertThat(failure)
                        .isEqualTo(new RelocationFailure(
                                Reason.OVERFLOW,
                                9,
                                0,
                                row.number(),
                                SYMBOL,
                                ADDRESS,
                                tooMuch,
                                addendFor(row, tooMuch, 0, ADDRESS)));
            }
            if (row.place() == RelocationRow.Place.ZERO) {
                RelocationFailure failure = interpreter.explain(9, 0, table, 0, 4, symbols, ones(n), 0, n, ADDRESS);
                assertThat(failure)
                        .isEqualTo(new RelocationFailure(
                                Reason.NONZERO_PLACE,
                                9,
                                0,
                                row.number(),
                                SYMBOL,
                                ADDRESS,
                                0,
                                addendFor(row, 0, 0, ADDRESS)));
            }
        });
    }

    private static Reason reason(RelocationInterpreter interpreter, byte[] table, int index, long[] symbols, int n) {
        return interpreter
                .explain(1, index, table, 0, 4, symbols, new byte[n], 0, n, ADDRESS)
                .reason();
    }

    /** Something that a row's test does. */
    private interface RowTest {
        void run(RelocationType type);
    }

    /** A test a row that writes. */
    private Stream<DynamicTest> perRow(RowTest test) {
        return written().stream().map(type -> DynamicTest.dynamicTest(type.name(), () -> test.run(type)));
    }
}
