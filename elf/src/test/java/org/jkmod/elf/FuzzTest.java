package org.jkmod.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Fixtures broken at random: whatever is asked of them, only {@link MalformedInputException} comes out. */
class FuzzTest {
    private static final int ROUNDS = Integer.getInteger("jkmod.fuzz.rounds", 2_000);
    private static final long SEED = Long.getLong("jkmod.fuzz.seed", 0x6a6b6d6f64L);
    private static final long[] ODD = {
        0,
        1,
        -1,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xff00,
        0xffff,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0xffffffffL,
        0x1_0000_0000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -8,
        -24,
        0x7ffffff8,
        0x7fffffffffffff00L
    };

    @ParameterizedTest
    @EnumSource
    @Timeout(60)
    void everyAccessor_ofBrokenFixture_throwsMalformedInputOnly(Fixture fixture) {
        byte[] good = fixture.bytes();
        long refused = 0;
        long faults = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long seed = SEED + ((long) fixture.fileName().hashCode() << 32) + round;
            byte[] bad = broken(good, new SplittableRandom(seed));
            try {
                List<MalformedInputException> found = Walk.everything(ElfFile.parse(bad, "fuzz.o"));
                faults += found.size();
                assertThat(found)
                        .allMatch(e -> e.getMessage().startsWith("fuzz.o: ")
                                && e.getMessage().length() < 1000);
            } catch (MalformedInputException e) {
                refused++;
            } catch (RuntimeException | Error e) {
                fail("%s, seed %#x: %s", fixture, seed, HexFormat.of().formatHex(bad), e);
            }
        }
        System.out.printf(
                "FuzzTest %s, seed %#x: %d rounds, %d refused, %d faults%n", fixture, SEED, ROUNDS, refused, faults);
        // The mutations reach both the header and what lies behind it.
        assertThat(refused).isBetween(ROUNDS / 100L, ROUNDS * 9L / 10);
        assertThat(faults).isGreaterThan(ROUNDS / 10L);
    }

    private static byte[] broken(byte[] good, SplittableRandom random) {
        byte[] bytes = good.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            switch (random.nextInt(4)) {
                case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                default -> {
                    // A field's worth of an odd value, where fields are: the header, or the headers at the file's end.
                    int width = 2 << random.nextInt(3);
                    int at = random.nextInt(5) == 0
                            ? random.nextInt(64 / width) * width
                            : (good.length / 2 + random.nextInt(good.length / 2 - 8)) / width * width;
                    boolean big = random.nextBoolean();
                    long value = ODD[random.nextInt(ODD.length)];
                    for (int b = 0; b < width; b++) {
                        bytes[at + b] = (byte) (value >>> (8 * (big ? width - 1 - b : b)));
                    }
                }
            }
        }
        return random.nextInt(8) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
    }
}
