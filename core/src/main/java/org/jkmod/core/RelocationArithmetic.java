package org.jkmod.core;

import static org.jkmod.core.RelocationCode.ADDRESS;
import static org.jkmod.core.RelocationCode.OFFSET;
import static org.jkmod.core.RelocationCode.VALUE;
import static org.objectweb.asm.Opcodes.*;

import org.jkmod.core.RelocationRow.Check;
import org.jkmod.core.RelocationRow.Expression;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;

/** Writes what a {@link RelocationLoop} computes: a row's expression, its check, and the bits of its field. */
final class RelocationArithmetic {
    private final MethodVisitor code;

    RelocationArithmetic(MethodVisitor code) {
        this.code = code;
    }

    /** VALUE holds S + A: make it the expression's value. */
    void evaluate(Expression expression) {
        switch (expression) {
            case S_PLUS_A -> {}
            case S_PLUS_A_MINUS_P -> {
                code.visitVarInsn(LLOAD, VALUE);
                code.visitVarInsn(LLOAD, ADDRESS);
                code.visitVarInsn(LLOAD, OFFSET);
                code.visitInsn(LADD);
                code.visitInsn(LSUB);
                code.visitVarInsn(LSTORE, VALUE);
            }
            case PAGE_DELTA -> {
                code.visitVarInsn(LLOAD, VALUE);
                code.visitLdcInsn(-4096L);
                code.visitInsn(LAND);
                code.visitVarInsn(LLOAD, ADDRESS);
                code.visitVarInsn(LLOAD, OFFSET);
                code.visitInsn(LADD);
                code.visitLdcInsn(-4096L);
                code.visitInsn(LAND);
                code.visitInsn(LSUB);
                code.visitVarInsn(LSTORE, VALUE);
            }
            case NONE -> throw new IllegalStateException("a field without a value");
        }
    }

    /** Goes elsewhere if VALUE does not fit. */
    void check(Check check, int bits, Label elsewhere) {
        if (check == Check.NONE || bits == 64) {
            return;
        }
        switch (check) {
            case SIGNED -> {
                isSigned(bits, 0);
                code.visitJumpInsn(IFNE, elsewhere);
            }
            case SIGNED_PAIR -> {
                isSigned(bits, 0x800);
                code.visitJumpInsn(IFNE, elsewhere);
            }
            case UNSIGNED -> {
                isUnsigned(bits);
                code.visitJumpInsn(IFNE, elsewhere);
            }
            case SIGNED_OR_UNSIGNED -> {
                Label fits = new Label();
                isSigned(bits, 0);
                code.visitJumpInsn(IFEQ, fits);
                isUnsigned(bits);
                code.visitJumpInsn(IFNE, elsewhere);
                code.visitLabel(fits);
            }
            case NONE -> throw new IllegalStateException("handled above");
        }
    }

    /** Leaves 0 if VALUE + bias is its own low bits, sign-extended. */
    private void isSigned(int bits, int bias) {
        loadValue(bias);
        code.visitIntInsn(BIPUSH, 64 - bits);
        code.visitInsn(LSHL);
        code.visitIntInsn(BIPUSH, 64 - bits);
        code.visitInsn(LSHR);
        loadValue(bias);
        code.visitInsn(LCMP);
    }

    /** Leaves 0 if VALUE is its own low bits. */
    private void isUnsigned(int bits) {
        code.visitVarInsn(LLOAD, VALUE);
        code.visitIntInsn(BIPUSH, bits);
        code.visitInsn(LUSHR);
        code.visitInsn(LCONST_0);
        code.visitInsn(LCMP);
    }

    private void loadValue(long bias) {
        code.visitVarInsn(LLOAD, VALUE);
        if (bias != 0) {
            code.visitLdcInsn(bias);
            code.visitInsn(LADD);
        }
    }

    /** Goes elsewhere if VALUE is not a multiple of a power of two. */
    void checkAlignment(int alignment, Label elsewhere) {
        if (alignment != 1) {
            code.visitVarInsn(LLOAD, VALUE);
            code.visitLdcInsn(alignment - 1L);
            code.visitInsn(LAND);
            code.visitInsn(LCONST_0);
            code.visitInsn(LCMP);
            code.visitJumpInsn(IFNE, elsewhere);
        }
    }

    /** VALUE becomes the bits that it has in a word. */
    void insert(Field field) {
        boolean isMove = field.form() == Field.Form.MOVZ_OR_MOVN;
        if (isMove) {
            loadOpcode();
            invertNegative();
        }
        boolean isFirst = !isMove;
        for (Field.Piece piece : field.pieces()) {
            loadValue(piece.bias());
            code.visitIntInsn(BIPUSH, piece.from());
            code.visitInsn(LUSHR);
            code.visitIntInsn(BIPUSH, piece.to());
            code.visitInsn(LSHL);
            code.visitLdcInsn(piece.mask());
            code.visitInsn(LAND);
            if (!isFirst) {
                code.visitInsn(LOR);
            }
            isFirst = false;
        }
        code.visitVarInsn(LSTORE, VALUE);
    }

    /** Leaves the opcode for VALUE's sign. */
    private void loadOpcode() {
        code.visitVarInsn(LLOAD, VALUE);
        code.visitIntInsn(BIPUSH, 63);
        code.visitInsn(LSHR);
        code.visitLdcInsn(Field.MOVZ ^ Field.MOVN);
        code.visitInsn(LAND);
        code.visitLdcInsn(Field.MOVZ);
        code.visitInsn(LXOR);
    }

    /** VALUE is inverted if it is negative. */
    private void invertNegative() {
        code.visitVarInsn(LLOAD, VALUE);
        code.visitVarInsn(LLOAD, VALUE);
        code.visitIntInsn(BIPUSH, 63);
        code.visitInsn(LSHR);
        code.visitInsn(LXOR);
        code.visitVarInsn(LSTORE, VALUE);
    }
}
