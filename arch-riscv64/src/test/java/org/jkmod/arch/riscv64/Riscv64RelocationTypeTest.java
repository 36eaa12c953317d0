package org.jkmod.arch.riscv64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.arch.riscv64.Riscv64RelocationType.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.jkmod.core.Architecture;
import org.jkmod.core.RelocationPolicy;
import org.jkmod.core.RelocationProgram;
import org.junit.jupiter.api.Test;

/** What several relocations make together. Symbols are 1: the section's address + 16, 2: 0x1234, 3: 0x1000, 4: the section's + 8. */
class Riscv64RelocationTypeTest {
    private static final long ADDRESS = 0xffffffff02000000L;
    private static final long[] SYMBOLS = {0, ADDRESS + 16, 0x1234, 0x1000, ADDRESS + 8};
    private static final Architecture ARCHITECTURE = new Riscv64Architecture();

    private record Rela(long offset, Riscv64RelocationType type, int symbol, long addend) {}

    private static byte[] table(Rela... relas) {
        ByteBuffer table = ByteBuffer.allocate(relas.length * 24).order(ByteOrder.LITTLE_ENDIAN);
        for (Rela rela : relas) {
            table.putLong(rela.offset())
                    .putInt(rela.type().row().number())
                    .putInt(rela.symbol())
                    .putLong(rela.addend());
        }
        return table.array();
    }

    /** The section's bytes and how many relocations were applied; both engines must agree. */
    private static String apply(RelocationPolicy policy, String image, Rela... relas) {
        byte[] compiled = HexFormat.of().parseHex(image);
        byte[] interpreted = compiled.clone();
        int done = RelocationProgram.compiled(ARCHITECTURE, policy)
                .apply(table(relas), 0, relas.length, SYMBOLS, compiled, 0, compiled.length, ADDRESS, i -> {});
        int same = RelocationProgram.interpreted(ARCHITECTURE, policy)
                .apply(table(relas), 0, relas.length, SYMBOLS, interpreted, 0, interpreted.length, ADDRESS, i -> {});
        assertThat(done).isEqualTo(same);
        if (done == relas.length) {
            assertThat(compiled).isEqualTo(interpreted);
        }
        return done == relas.length ? HexFormat.of().formatHex(compiled) : "stopped at " + done;
    }

    private static String kernel(String image, Rela... relas) {
        return apply(RelocationPolicy.KERNEL, image, relas);
    }

    private static String psabi(String image, Rela... relas) {
        return apply(RelocationPolicy.PSABI, image, relas);
    }

    @Test
    void addition_atAPlaceThatHoldsSomething_beginsWithZeroInTheKernelOnly() {
        Rela add = new Rela(0, R_RISCV_ADD32, 2, 0);
        assertThat(kernel("01000000", add)).isEqualTo("34120000");
        assertThat(psabi("01000000", add)).isEqualTo("35120000");
    }

    @Test
    void differences_ofSeveralRelocations_areWrittenOnceModuloTheirSize() {
        assertThat(kernel("ffff", new Rela(0, R_RISCV_SET8, 2, 0), new Rela(0, R_RISCV_SUB8, 3, 0)))
                .isEqualTo("34ff");
        assertThat(kernel("c0", new Rela(0, R_RISCV_SET6, 2, 0), new Rela(0, R_RISCV_SUB6, 3, 8)))
                .isEqualTo("ec");
        assertThat(kernel(
                        "00000000",
                        new Rela(0, R_RISCV_ADD32, 2, 0),
                        new Rela(0, R_RISCV_ADD32, 2, 1),
                        new Rela(0, R_RISCV_SUB32, 3, 0)))
                .isEqualTo("69140000");
    }

    @Test
    void uleb128_ofADifference_isAsShortAsItGetsInTheKernel() {
        Rela set = new Rela(0, R_RISCV_SET_ULEB128, 2, 0);
        Rela sub = new Rela(0, R_RISCV_SUB_ULEB128, 3, 0);
        assertThat(kernel("80808000", set, sub)).isEqualTo("b4048000");
        assertThat(kernel("8000", set, new Rela(0, R_RISCV_SUB_ULEB128, 2, 0))).isEqualTo("8000");
        assertThat(kernel("00", set, sub)).startsWith("stopped at ");
    }

    @Test
    void lowerHalf_withoutUpperHalf_stops() {
        Rela low = new Rela(0, R_RISCV_PCREL_LO12_I, 4, 0);
        assertThat(kernel("13050500" + "00".repeat(12), low)).isEqualTo("stopped at 0");
        assertThat(kernel("13050500" + "00".repeat(12), low, new Rela(8, R_RISCV_CALL, 1, 0)))
                .isEqualTo("stopped at 0");
    }

    @Test
    void lowerHalf_beforeItsUpperHalf_getsItsLowerPart() {
        // The upper half is at + 8, and its symbol at + 16 + 0x7fc: 0x804 from there
        assertThat(kernel(
                        "13050500" + "00000000" + "17050000",
                        new Rela(0, R_RISCV_PCREL_LO12_I, 4, 0),
                        new Rela(8, R_RISCV_PCREL_HI20, 1, 0x7fc)))
                .isEqualTo("13054580" + "00000000" + "17150000");
    }

    @Test
    void lowerHalf_ofSeveralUpperHalvesAtAPlace_belongsToTheFirst() {
        Rela first = new Rela(8, R_RISCV_PCREL_HI20, 1, 0x7fc);
        Rela second = new Rela(8, R_RISCV_PCREL_HI20, 1, 0);
        Rela other = new Rela(0, R_RISCV_PCREL_HI20, 1, 0);
        Rela low = new Rela(12, R_RISCV_PCREL_LO12_I, 4, 0);
        String image = "17050000" + "00000000" + "17050000" + "13050500";
        String expected = "17050000" + "00000000" + "17050000" + "13054580";
        assertThat(kernel(image, first, second, low)).isEqualTo(expected);
        assertThat(kernel(image, other, first, second, low)).isEqualTo(expected);
        assertThat(kernel(image, first, other, second, low)).isEqualTo(expected);
        assertThat(kernel(image, low, first, other, second)).isEqualTo(expected);
        assertThat(kernel(image, second, other, first, low))
                .isEqualTo("17050000" + "00000000" + "17150000" + "13058500");
    }

    @Test
    void table_thatIsNotSorted_givesTheSame() {
        Rela high = new Rela(8, R_RISCV_PCREL_HI20, 1, 0x7fc);
        Rela low = new Rela(0, R_RISCV_PCREL_LO12_I, 4, 0);
        Rela add = new Rela(4, R_RISCV_ADD16, 2, 0);
        Rela sub = new Rela(4, R_RISCV_SUB16, 3, 0);
        String image = "13050500" + "00000000" + "17050000";
        String sorted = kernel(image, low, add, sub, high);
        assertThat(sorted).isEqualTo("13054580" + "34020000" + "17150000");
        assertThat(kernel(image, high, add, low, sub)).isEqualTo(sorted);
        assertThat(kernel(image, sub, high, add, low)).isEqualTo(sorted);
    }

    @Test
    void relax_ofAnything_hasNoEffect() {
        assertThat(kernel("", new Rela(-1, R_RISCV_RELAX, 0, -1))).isEmpty();
    }
}
