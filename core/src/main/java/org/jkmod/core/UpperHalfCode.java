package org.jkmod.core;

import static org.jkmod.core.RelocationCode.*;
import static org.objectweb.asm.Opcodes.*;

import java.util.List;
import org.jkmod.core.RelocationRow.Kind;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;

/**
 * Writes how lower halves find their upper ones: nearly always it is the last one before, which is remembered; any other is looked for
 * in the table, outside of the loop.
 */
final class UpperHalfCode {
    /** Offset of the last upper half, its value, and whether there is one to remember: 0 or 1. */
    private static final int UPPER_OFFSET = FREE;

    private static final int UPPER_VALUE = FREE + 2;
    private static final int UPPER_KNOWN = FREE + 4;
    /** Offset of the upper half that was found last, its value, and whether there is one. */
    private static final int FOUND_OFFSET = FREE + 5;

    private static final int FOUND_VALUE = FREE + 7;
    private static final int FOUND_KNOWN = FREE + 9;
    /** Index of an upper half. */
    private static final int UPPER = FREE + 10;

    /** How many slots these are. */
    static final int LOCALS = 11;

    private final RelocationCode out;
    private final MethodVisitor code;
    private final List<RelocationRow> rows;

    UpperHalfCode(RelocationCode out, List<RelocationRow> rows) {
        this.out = out;
        this.code = out.visitor();
        this.rows = rows;
    }

    void initialize() {
        out.setLong(UPPER_OFFSET, -1);
        out.setLong(UPPER_VALUE, 0);
        out.setInt(UPPER_KNOWN, 0);
        out.setLong(FOUND_OFFSET, -1);
        out.setLong(FOUND_VALUE, 0);
        out.setInt(FOUND_KNOWN, 0);
    }

    /** Remembers an upper half, if those so far came in the order of their places: then it is the first at its place. */
    void upperHalf() {
        Label ordered = new Label();
        Label done = new Label();
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitVarInsn(LLOAD, UPPER_OFFSET);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFGT, ordered);
        forgetUpperHalves();
        code.visitJumpInsn(GOTO, done);
        code.visitLabel(ordered);
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitVarInsn(LSTORE, UPPER_OFFSET);
        code.visitVarInsn(LLOAD, VALUE);
        code.visitVarInsn(LSTORE, UPPER_VALUE);
        out.setInt(UPPER_KNOWN, 1);
        code.visitLabel(done);
    }

    /** No later upper half is remembered either. */
    void forgetUpperHalves() {
        out.setLong(UPPER_OFFSET, Long.MAX_VALUE);
        out.setInt(UPPER_KNOWN, 0);
    }

    /** VALUE becomes the value of the relocation whose place the symbol names: mostly the last upper half. */
    void lowerHalf(Label search) {
        Label other = new Label();
        Label done = new Label();
        takeIfWanted(UPPER_KNOWN, UPPER_OFFSET, UPPER_VALUE, other);
        code.visitJumpInsn(GOTO, done);
        code.visitLabel(other);
        out.wantOrder();
        takeIfWanted(FOUND_KNOWN, FOUND_OFFSET, FOUND_VALUE, search);
        code.visitLabel(done);
    }

    private void takeIfWanted(int known, int offset, int value, Label otherwise) {
        code.visitVarInsn(ILOAD, known);
        code.visitJumpInsn(IFEQ, otherwise);
        loadWanted();
        code.visitVarInsn(LLOAD, offset);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFNE, otherwise);
        code.visitVarInsn(LLOAD, value);
        code.visitVarInsn(LSTORE, VALUE);
    }

    /** Leaves on the stack the offset of the upper half that a lower half wants. */
    private void loadWanted() {
        out.loadSymbol();
        code.visitVarInsn(LLOAD, ADDRESS);
        code.visitInsn(LSUB);
    }

    /** Finds an upper half that is not the last one, and does the lower half again. */
    void search(Label label, Label defer) {
        code.visitLabel(label);
        out.loadTable();
        loadWanted();
        code.visitLdcInsn(number(Kind.UPPER_HALF));
        code.visitLdcInsn(number(Kind.GOT));
        code.visitMethodInsn(INVOKESTATIC, TABLES, "upperHalf", "([BIIJII)I", false);
        code.visitInsn(DUP);
        code.visitVarInsn(ISTORE, UPPER);
        code.visitJumpInsn(IFLT, out.stop);
        loadUpper();
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitMethodInsn(INVOKESTATIC, TABLES, "hasSymbol", "([BII[J)Z", false);
        code.visitJumpInsn(IFEQ, out.stop);
        loadUpper();
        code.visitMethodInsn(INVOKESTATIC, TABLES, "type", "([BII)I", false);
        code.visitLdcInsn(number(Kind.GOT));
        code.visitJumpInsn(IF_ICMPEQ, defer);
        loadUpper();
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitVarInsn(LLOAD, ADDRESS);
        code.visitMethodInsn(INVOKESTATIC, TABLES, "distance", "([BII[JJ)J", false);
        code.visitVarInsn(LSTORE, FOUND_VALUE);
        loadWanted();
        code.visitVarInsn(LSTORE, FOUND_OFFSET);
        out.setInt(FOUND_KNOWN, 1);
        code.visitJumpInsn(GOTO, out.again);
    }

    private void loadUpper() {
        code.visitVarInsn(ALOAD, RELA);
        code.visitVarInsn(ILOAD, START);
        code.visitVarInsn(ILOAD, UPPER);
    }

    /** The number of the one type of a kind; none has -1. */
    private int number(Kind kind) {
        return rows.stream()
                .filter(row -> row.kind() == kind)
                .mapToInt(RelocationRow::number)
                .findFirst()
                .orElse(-1);
    }
}
