package org.jkmod.core;

import java.util.Optional;

/**
 * What there is to say of a relocation type. With S the symbol's value, A the addend and P the place: compute the expression, check
 * that it fits, write it to the field.
 *
 * @param number the type's number in {@code r_info}
 * @param expression what is computed
 * @param field where it goes
 * @param check when it does not fit, as the processor supplement says
 * @param kernelCheck when it does not fit, as the kernel's loader sees it; it often looks less closely
 * @param place what the kernel wants to find at the place
 * @param refusal why the kernel's loader knows no such type; empty for those that it applies
 */
public record RelocationRow(
        int number,
        Expression expression,
        Field field,
        Check check,
        Check kernelCheck,
        Place place,
        Optional<String> refusal) {

    /** What is computed. */
    public enum Expression {
        /** Nothing: the relocation has no effect. */
        NONE("none"),
        /** The symbol's address. */
        S_PLUS_A("S + A"),
        /** The distance from the place to the symbol. */
        S_PLUS_A_MINUS_P("S + A - P");

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
        return new RelocationRow(number, expression, field, check, check, place, Optional.empty());
    }

    /** A row for a type that the kernel's loader does not apply, and why. */
    public static RelocationRow refused(int number, String reason) {
        return new RelocationRow(
                number, Expression.NONE, Field.NOTHING, Check.NONE, Check.NONE, Place.ANY, Optional.of(reason));
    }

    /** This row, for a kernel that checks otherwise than the processor supplement. */
    public RelocationRow withKernelCheck(Check kernel) {
        return new RelocationRow(number, expression, field, check, kernel, place, refusal);
    }

    /** The check that a policy asks for. */
    Check check(RelocationPolicy policy) {
        return policy == RelocationPolicy.KERNEL ? kernelCheck : check;
    }

    /** Whether a policy wants zeros at the place: only the kernel looks. */
    boolean wantsZero(RelocationPolicy policy) {
        return policy == RelocationPolicy.KERNEL && place == Place.ZERO && field.size() > 0;
    }
}
