package org.jkmod.core;

import static org.jkmod.core.RelocationCode.*;
import static org.objectweb.asm.Opcodes.*;

import org.jkmod.core.RelocationRow.Kind;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;

/** Writes how several relocations of a place make one value. */
final class AccumulationCode {
    private static final int LOCALS = FREE + UpperHalfCode.LOCALS;
    /** The value that is being made, the place in the image where it goes (-1: none), and its bits. */
    private static final int ACCUMULATED = LOCALS;

    private static final int ACCUMULATED_PLACE = LOCALS + 2;
    private static final int ACCUMULATED_BITS = LOCALS + 3;
    /** What a row brings to such a value: its bits, its bytes, and which bits of the value it changes. */
    private static final int BITS = LOCALS + 4;

    private static final int BYTES = LOCALS + 5;
    private static final int CHANGED = LOCALS + 6;

    private final RelocationCode out;
    private final MethodVisitor code;
    private final RelocationPolicy policy;
    private final Label accumulate = new Label();

    AccumulationCode(RelocationCode out, RelocationPolicy policy) {
        this.out = out;
        this.code = out.visitor();
        this.policy = policy;
    }

    void initialize() {
        out.setLong(ACCUMULATED, 0);
        out.setInt(ACCUMULATED_PLACE, -1);
        out.setInt(ACCUMULATED_BITS, 0);
    }

    /** What a row brings to the value at its place: VALUE is added to what KEPT leaves of it. */
    void bring(RelocationRow row) {
        int bits = row.accumulatedBits();
        if (row.kind() == Kind.SUBTRACT) {
            code.visitVarInsn(LLOAD, VALUE);
            code.visitInsn(LNEG);
            code.visitVarInsn(LSTORE, VALUE);
        }
        out.setLong(KEPT, row.kind() == Kind.SET ? 0 : -1);
        out.setLong(CHANGED, bits == 0 || bits == 64 ? -1 : (1L << bits) - 1);
        out.setInt(BITS, bits);
        out.setInt(BYTES, row.field().size());
        code.visitJumpInsn(GOTO, accumulate);
    }

    /** In an orderly table all relocations of a place follow each other: the value is kept until another place comes. */
    void accumulate() {
        Label same = new Label();
        code.visitLabel(accumulate);
        out.wantOrder();
        code.visitVarInsn(ILOAD, BYTES);
        out.checkPlace();
        code.visitVarInsn(ILOAD, PLACE);
        code.visitVarInsn(ILOAD, ACCUMULATED_PLACE);
        code.visitJumpInsn(IF_ICMPEQ, same);
        storeAccumulated();
        code.visitJumpInsn(IFEQ, out.stop);
        if (policy == RelocationPolicy.KERNEL) {
            code.visitInsn(LCONST_0);
        } else {
            out.loadImage();
            code.visitVarInsn(ILOAD, BITS);
            code.visitMethodInsn(INVOKESTATIC, TABLES, "load", "([BII)J", false);
        }
        code.visitVarInsn(LSTORE, ACCUMULATED);
        code.visitVarInsn(ILOAD, PLACE);
        code.visitVarInsn(ISTORE, ACCUMULATED_PLACE);
        code.visitLabel(same);
        code.visitVarInsn(LLOAD, ACCUMULATED);
        code.visitVarInsn(LLOAD, KEPT);
        code.visitInsn(LAND);
        code.visitVarInsn(LLOAD, VALUE);
        code.visitInsn(LADD);
        code.visitVarInsn(LLOAD, CHANGED);
        code.visitInsn(LAND);
        code.visitVarInsn(LLOAD, ACCUMULATED);
        code.visitVarInsn(LLOAD, CHANGED);
        code.visitLdcInsn(-1L);
        code.visitInsn(LXOR);
        code.visitInsn(LAND);
        code.visitInsn(LOR);
        code.visitVarInsn(LSTORE, ACCUMULATED);
        code.visitVarInsn(ILOAD, BITS);
        code.visitVarInsn(ISTORE, ACCUMULATED_BITS);
    }

    /** Leaves on the stack whether the value that was being made, if any, fitted into the section. */
    void storeAccumulated() {
        Label none = new Label();
        Label done = new Label();
        code.visitVarInsn(ILOAD, ACCUMULATED_PLACE);
        code.visitJumpInsn(IFLT, none);
        code.visitVarInsn(ALOAD, IMAGE);
        code.visitVarInsn(ILOAD, ACCUMULATED_PLACE);
        code.visitVarInsn(ILOAD, BASE);
        code.visitVarInsn(ILOAD, SIZE);
        code.visitInsn(IADD);
        code.visitVarInsn(ILOAD, ACCUMULATED_BITS);
        code.visitVarInsn(LLOAD, ACCUMULATED);
        code.visitMethodInsn(INVOKESTATIC, TABLES, "store", "([BIIIJ)Z", false);
        code.visitJumpInsn(GOTO, done);
        code.visitLabel(none);
        code.visitInsn(ICONST_1);
        code.visitLabel(done);
    }
}
