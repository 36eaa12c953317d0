package org.jkmod.symtab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import org.jkmod.elf.MalformedInputException;

/** Breaks a good file in random ways. A reader may read what comes out, or call it malformed, and nothing else. */
final class Fuzzer {
    private static final String INTERESTING = "\n\n\t\t  []0x9afgGT?-\r\0\u0001\u000b\u007f\u00ff";

    private Fuzzer() {}

    /** For readers of lines: some broken files must be malformed, and the message says in which line. */
    static void fuzz(byte[] good, int rounds, Consumer<byte[]> reader) {
        int malformed = malformed(good, rounds, bytes -> {
            try {
                reader.accept(bytes);
            } catch (MalformedInputException e) {
                assertThat(e.offset()).isPositive();
                throw e;
            }
        });
        assertThat(malformed).as("malformed of %s rounds", rounds).isBetween(1, rounds - 1);
    }

    /** How many broken files the reader calls malformed. */
    static int malformed(byte[] good, int rounds, Consumer<byte[]> reader) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        return assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            int malformed = 0;
            for (int round = 0; round < rounds; round++) {
                byte[] bytes = mutate(good, random);
                try {
                    reader.accept(bytes);
                } catch (MalformedInputException e) {
                    malformed++;
                    assertThat(e.getMessage()).hasSizeLessThan(2_000);
                } catch (Throwable e) {
                    throw new AssertionError(
                            "seed " + seed + ", round " + round + ": " + new String(bytes, StandardCharsets.ISO_8859_1),
                            e);
                }
            }
            return malformed;
        });
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] bytes = good;
        for (int edits = 1 + random.nextInt(3); edits > 0 && bytes.length > 0; edits--) {
            int at = random.nextInt(bytes.length);
            int length = random.nextInt(Math.min(40, bytes.length - at) + 1);
            byte b = random.nextBoolean()
                    ? (byte) random.nextInt()
                    : (byte) INTERESTING.charAt(random.nextInt(INTERESTING.length()));
            switch (random.nextInt(5)) {
                case 0 -> {
                    bytes = bytes.clone();
                    bytes[at] = b;
                }
                case 1 -> bytes = splice(bytes, at, at, new byte[] {b});
                case 2 -> bytes = splice(bytes, at, at + length, new byte[0]);
                case 3 -> bytes = splice(bytes, at, at, Arrays.copyOfRange(bytes, at, at + length));
                default -> bytes = Arrays.copyOf(bytes, random.nextInt(20) == 0 ? at : bytes.length);
            }
        }
        return bytes;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] middle) {
        byte[] spliced = new byte[bytes.length - (to - from) + middle.length];
        System.arraycopy(bytes, 0, spliced, 0, from);
        System.arraycopy(middle, 0, spliced, from, middle.length);
        System.arraycopy(bytes, to, spliced, from + middle.length, bytes.length - to);
        return spliced;
    }
}
