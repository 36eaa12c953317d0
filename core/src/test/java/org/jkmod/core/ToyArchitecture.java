package org.jkmod.core;

import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;
import org.jkmod.core.Field.Piece;
import org.jkmod.core.RelocationRow.Check;
import org.jkmod.core.RelocationRow.Expression;
import org.jkmod.core.RelocationRow.Place;
import org.jkmod.elf.ElfClass;

/**
 * An architecture that no machine has, for tests of core: fields of every size and shape, and a module region of any size. Types 1 and
 * 2 are what they are on x86-64, so that its modules are easy to make.
 */
public class ToyArchitecture implements Architecture {
    /** {@code e_machine}: none that is given to anybody. */
    static final int MACHINE = 0xfe00;

    private static final AddressRange REGION = new AddressRange(0xffff_8000_0000_0000L, 64 << 20);

    private final AddressRange region;

    /** Made by {@link java.util.ServiceLoader}. */
    public ToyArchitecture() {
        this(REGION);
    }

    ToyArchitecture(AddressRange region) {
        this.region = region;
    }

    enum Type implements RelocationType {
        TOY_NONE(RelocationRow.applied(0, Expression.NONE, Field.NOTHING, Check.NONE, Place.ANY)),
        TOY_64(RelocationRow.applied(1, Expression.S_PLUS_A, Field.word(64), Check.NONE, Place.ANY)),
        TOY_PC32(RelocationRow.applied(2, Expression.S_PLUS_A_MINUS_P, Field.word(32), Check.SIGNED, Place.ANY)),
        TOY_8(RelocationRow.applied(3, Expression.S_PLUS_A, Field.word(8), Check.UNSIGNED, Place.ANY)),
        TOY_PC8(RelocationRow.applied(4, Expression.S_PLUS_A_MINUS_P, Field.word(8), Check.SIGNED, Place.ZERO)),
        TOY_16(RelocationRow.applied(5, Expression.S_PLUS_A, Field.word(16), Check.SIGNED, Place.ANY)
                .withKernelCheck(Check.UNSIGNED)),
        TOY_32(RelocationRow.applied(6, Expression.S_PLUS_A, Field.word(32), Check.UNSIGNED, Place.ZERO)
                .withKernelCheck(Check.NONE)),
        TOY_64_SIGNED(RelocationRow.applied(7, Expression.S_PLUS_A, Field.word(64), Check.SIGNED, Place.ZERO)),
        /** As RISC-V's B-type: the value's bits are scattered, and its lowest is not there. */
        TOY_BRANCH(RelocationRow.applied(
                20,
                Expression.S_PLUS_A_MINUS_P,
                Field.of(4, 13, new Piece(11, 1, 7), new Piece(1, 4, 8), new Piece(5, 6, 25), new Piece(12, 1, 31)),
                Check.SIGNED,
                Place.ANY)),
        /** Refused, in the middle of the numbers. */
        TOY_GOT(RelocationRow.refused(21, "the toy has no global offset table")),
        /** As AArch64's ADR: high bits of the value in the middle, low ones near the top. */
        TOY_ADR(RelocationRow.applied(
                22,
                Expression.S_PLUS_A,
                Field.of(4, 21, new Piece(2, 19, 5), new Piece(0, 2, 29)),
                Check.SIGNED,
                Place.ANY)),
        TOY_NIBBLE(RelocationRow.applied(
                23, Expression.S_PLUS_A, Field.of(1, 4, new Piece(0, 4, 2)), Check.UNSIGNED, Place.ZERO)),
        TOY_TOP_HALF(RelocationRow.applied(
                24, Expression.S_PLUS_A, Field.of(8, 64, new Piece(32, 32, 16)), Check.NONE, Place.ANY)),
        TOY_HALFWORD(RelocationRow.applied(
                40, Expression.S_PLUS_A_MINUS_P, Field.of(2, 12, new Piece(1, 11, 3)), Check.SIGNED, Place.ANY));

        private final RelocationRow row;

        Type(RelocationRow row) {
            this.row = row;
        }

        @Override
        public RelocationRow row() {
            return row;
        }
    }

    @Override
    public ArchitectureFacts facts() {
        return new ArchitectureFacts(
                "toy",
                Set.of("plaything"),
                MACHINE,
                ElfClass.ELFCLASS64,
                ByteOrder.LITTLE_ENDIAN,
                List.of(MemoryMap.fixed(
                        Generation.LINUX_6_1,
                        new AddressRange(0xffff_8001_0000_0000L, 1 << 24),
                        new MemoryMap.Bound(MemoryMap.Anchor.ZERO, 0x1_0000L),
                        MemoryMap.ModuleRegion.of(region))),
                true,
                Errno.ENOEXEC);
    }

    @Override
    public List<? extends RelocationType> relocationTypes() {
        return List.of(Type.values());
    }

    @Override
    public List<String> messages(RelocationFailure failure, String module, Generation generation) {
        return List.of("module: " + module + ": " + failure.reason() + " of type " + failure.type());
    }
}
