package org.jkmod.core;

import java.util.Optional;

/**
 * What there is to say of a relocation type. With S the symbol's value, A the addend and P the place: compute the expression, check
 * that it fits, write it to the field.
 *
 * @param number the type's number in {@code r_info}
 * @param kind how the value comes to the field
 * @param expression what is computed
 * @param field where it goes
 * @param check when it does not fit, as the processor supplement says
 * @param kernelCheck when it does not fit, as the kernel's loader sees it; it often looks less closely
 * @param place what the kernel wants to find at the place
 * @param refusal why the kernel's loader knows no such type; empty for those that it applies
 */
public record RelocationRow(
        int number,
        Kind kind,
        Expression expression,
        Field field,
        Check check,
        Check kernelCheck,
        Place place,
        Optional<String> refusal) {

    /** How a value comes to its field. */
    public enum Kind {
        /** It is written. */
        WRITE,
        /** It is written, and is the upper half of a pair whose lower half another relocation writes (RISC-V's PCREL_HI20). */
        UPPER_HALF,
        /** It is written; if it does not fit, a stub is made that reaches the symbol, and the distance to that is written. */
        STUB,
        /** An entry of the global offset table is made, and the distance to that is written. */
        GOT,
        /**
         * It is the lower half of another relocation's value: of the one whose place the symbol names (RISC-V's PCREL_LO12, whose upper
         * half PCREL_HI20 or GOT_HI20 wrote).
         */
        LOWER_HALF,
        /** As {@link #WRITE}, but where an ADRP instruction must not stand with erratum 843419 of the Cortex-A53, it may become another. */
        ADRP,
        /** It becomes the value at the place; others may be added and subtracted before it is written. */
        SET,
        /** It is added to the value at the place. */
        ADD,
        /** It is subtracted from the value at the place. */
        SUBTRACT;

        /** Whether several relocations of one place make one value. */
        public boolean accumulates() {
            return this == SET || this == ADD || this == SUBTRACT;
        }
    }

    /** What is computed. */
    public enum Expression {
        /** Nothing: the relocation has no effect. */
        NONE("none"),
        /** The symbol's address. */
        S_PLUS_A("S + A"),
        /** The distance from the place to the symbol. */
        S_PLUS_A_MINUS_P("S + A - P"),
        /** The distance from the place's page of 4 KiB to the symbol's. */
        PAGE_DELTA("Page(S + A) - Page(P)");

        private final String formula;

        Expression(String formula) {
            this.formula = formula;
        }

        /** The expression as processor supplements write it. */
        public String formula() {
            return formula;
        }

        /** The expression's value, modulo 2^64. */
        long evaluate(long s, long a, long p) {
            return switch (this) {
                case NONE -> 0;
                case S_PLUS_A -> s + a;
                case S_PLUS_A_MINUS_P -> s + a - p;
                case PAGE_DELTA -> ((s + a) & -4096) - (p & -4096);
            };
        }
    }

    /** When a value does not fit a field of n bits. */
    public enum Check {
        /** Never: what does not fit is cut off. */
        NONE {
            @Override
            boolean fits(long value, int bits) {
                return true;
            }
        },
        /** Below -2^(n-1), or 2^(n-1) and above. */
        SIGNED {
            @Override
            boolean fits(long value, int bits) {
                return bits == 64 || ((value << (64 - bits)) >> (64 - bits)) == value;
            }
        },
        /** Negative, or 2^n and above. */
        UNSIGNED {
            @Override
            boolean fits(long value, int bits) {
                return bits == 64 || value >>> bits == 0;
            }
        },
        /** Below -2^(n-1), or 2^n and above: it may be meant as either. */
        SIGNED_OR_UNSIGNED {
            @Override
            boolean fits(long value, int bits) {
                return SIGNED.fits(value, bits) || UNSIGNED.fits(value, bits);
            }
        },
        /** As SIGNED, once 2^11 is added: what RISC-V's pair of an upper part and a signed lower part of 12 bits reaches. */
        SIGNED_PAIR {
            @Override
            boolean fits(long value, int bits) {
                return SIGNED.fits(value + 0x800, bits);
            }
        };

        /** Whether a value can be written to a field that holds this many of its bits. */
        abstract boolean fits(long value, int bits);
    }

    /** What the kernel wants to find at a place before it writes. */
    public enum Place {
        /** Zeros: a module that was relocated before is refused. */
        ZERO,
        /** Anything. */
        ANY
    }

    /**
     * A row for a type that the kernel applies, checking what the processor supplement wants checked.
     *
     * @param place what the kernel wants to find at the place
     */
    public static RelocationRow applied(int number, Expression expression, Field field, Check check, Place place) {
        return new RelocationRow(number, Kind.WRITE, expression, field, check, check, place, Optional.empty());
    }

    /** A row for a type that the kernel applies, whatever is at the place. */
    public static RelocationRow applied(int number, Expression expression, Field field, Check check) {
        return applied(number, expression, field, check, Place.ANY);
    }

    /** A row for a type that has no effect. */
    public static RelocationRow ignored(int number) {
        return applied(number, Expression.NONE, Field.NOTHING, Check.NONE);
    }

    /** A row for a type that the kernel's loader does not apply, and why. */
    public static RelocationRow refused(int number, String reason) {
        return new RelocationRow(
                number,
                Kind.WRITE,
                Expression.NONE,
                Field.NOTHING,
                Check.NONE,
                Check.NONE,
                Place.ANY,
                Optional.of(reason));
    }

    /** This row, for a kernel that checks otherwise than the processor supplement. */
    public RelocationRow withKernelCheck(Check kernel) {
        return new RelocationRow(number, kind, expression, field, check, kernel, place, refusal);
    }

    /** This row, with its value coming to the field otherwise than by being written. */
    public RelocationRow as(Kind other) {
        return new RelocationRow(number, other, expression, field, check, kernelCheck, place, refusal);
    }

    /** The check that a policy asks for. */
    Check check(RelocationPolicy policy) {
        return policy == RelocationPolicy.KERNEL ? kernelCheck : check;
    }

    /** Whether a policy wants zeros at the place: only the kernel looks. */
    boolean wantsZero(RelocationPolicy policy) {
        return policy == RelocationPolicy.KERNEL && place == Place.ZERO && field.size() > 0;
    }

    /** What a policy wants values to be a multiple of: the kernel does not look. */
    int alignment(RelocationPolicy policy) {
        return policy == RelocationPolicy.KERNEL ? 1 : field.alignment();
    }

    /** How many bits of a value that several relocations make are written; 0 for a number of variable length. */
    int accumulatedBits() {
        return field.form() == Field.Form.ULEB128 ? 0 : field.valueBits();
    }
}
