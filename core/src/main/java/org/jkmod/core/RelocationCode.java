package org.jkmod.core;

import static org.objectweb.asm.Opcodes.*;

import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Type;

/**
 * The method of a compiled {@link RelocationProgram} while it is written: its parameters and locals, where its parts go to, and what
 * more than one part needs.
 */
final class RelocationCode {
    static final String MEMORY = Type.getInternalName(LittleEndian.class);
    static final String TABLES = Type.getInternalName(RelocationTables.class);
    static final String INTERPRETER = Type.getInternalName(RelocationInterpreter.class);

    // Parameters and locals of apply, by slot
    static final int RELA = 1;
    static final int FROM = 2;
    static final int COUNT = 3;
    static final int SYMBOLS = 4;
    static final int IMAGE = 5;
    static final int BASE = 6;
    static final int SIZE = 7;
    static final int ADDRESS = 8;
    static final int DEFERRED = 10;
    /** Where in the table the last relocation ends. */
    static final int END = 11;

    static final int OFFSET = 12;
    /** S + A, then what the row's expression makes of it, then the bits to write. */
    static final int VALUE = 14;

    static final int TYPE = 16;
    static final int PLACE = 17;
    static final int SYMBOL = 18;
    /** What was at the place. */
    static final int WORD = 19;
    /** Which bits of it stay. */
    static final int KEPT = 21;

    static final int START = 23;
    /** 1 once the table is known to be orderly. */
    static final int ORDERLY = 24;
    /** The first slot that is free for a part's own locals. */
    static final int FREE = 25;

    private final String self;
    private final MethodVisitor code;

    /** Where the loop is entered, at first and after calls, which are all outside. */
    final Label again = new Label();
    /** Goes on with the next relocation. */
    final Label next = new Label();
    /** Ends at this relocation. */
    final Label stop = new Label();

    private final Label order = new Label();

    /**
     * Begins.
     *
     * @param self internal name of the class that gets the method
     */
    RelocationCode(String self, MethodVisitor code) {
        this.self = self;
        this.code = code;
    }

    MethodVisitor visitor() {
        return code;
    }

    /** The relocation's index: the one number that counts it is the one that the JIT compiler can hoist bounds checks for. */
    void loadIndex() {
        code.visitVarInsn(ILOAD, FROM);
        code.visitVarInsn(ILOAD, START);
        code.visitInsn(ISUB);
        code.visitIntInsn(BIPUSH, RelocationTables.RELA);
        code.visitInsn(IDIV);
    }

    void loadRela(int field) {
        code.visitVarInsn(ALOAD, RELA);
        code.visitVarInsn(ILOAD, FROM);
        if (field != 0) {
            code.visitIntInsn(BIPUSH, field);
            code.visitInsn(IADD);
        }
        code.visitMethodInsn(INVOKESTATIC, MEMORY, "get64", "([BI)J", false);
    }

    void loadSymbol() {
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitVarInsn(ILOAD, SYMBOL);
        code.visitInsn(LALOAD);
    }

    void loadImage() {
        code.visitVarInsn(ALOAD, IMAGE);
        code.visitVarInsn(ILOAD, PLACE);
    }

    /** The place, of as many bytes as are on the stack, lies within the section; PLACE is base + offset. */
    void checkPlace() {
        code.visitVarInsn(ILOAD, SIZE);
        code.visitInsn(SWAP);
        code.visitInsn(ISUB);
        code.visitInsn(I2L);
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFLT, stop);
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitInsn(LCONST_0);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFLT, stop);
        code.visitVarInsn(ILOAD, BASE);
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitInsn(L2I);
        code.visitInsn(IADD);
        code.visitVarInsn(ISTORE, PLACE);
    }

    /** Does the relocation again if it is not known yet that the table is orderly. */
    void wantOrder() {
        code.visitVarInsn(ILOAD, ORDERLY);
        code.visitJumpInsn(IFEQ, order);
    }

    /** Leaves the rest of a table that is not orderly to the interpreter. */
    void lookAtOrder() {
        Label disorderly = new Label();
        code.visitLabel(order);
        loadInterpreter();
        loadTable();
        code.visitMethodInsn(INVOKEVIRTUAL, INTERPRETER, "isOrderly", "([BII)Z", false);
        code.visitJumpInsn(IFEQ, disorderly);
        setInt(ORDERLY, 1);
        code.visitJumpInsn(GOTO, again);
        code.visitLabel(disorderly);
        loadInterpreter();
        loadIndex();
        loadTable();
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitVarInsn(ALOAD, IMAGE);
        code.visitVarInsn(ILOAD, BASE);
        code.visitVarInsn(ILOAD, SIZE);
        code.visitVarInsn(LLOAD, ADDRESS);
        code.visitVarInsn(ALOAD, DEFERRED);
        code.visitMethodInsn(
                INVOKEVIRTUAL, INTERPRETER, "resume", "(I[BII[J[BIIJLjava/util/function/IntConsumer;)I", false);
        code.visitInsn(IRETURN);
    }

    private void loadInterpreter() {
        code.visitVarInsn(ALOAD, 0);
        code.visitFieldInsn(
                GETFIELD, self, RelocationCompiler.INTERPRETER, Type.getDescriptor(RelocationInterpreter.class));
    }

    void loadTable() {
        code.visitVarInsn(ALOAD, RELA);
        code.visitVarInsn(ILOAD, START);
        code.visitVarInsn(ILOAD, COUNT);
    }

    void setInt(int slot, int value) {
        code.visitLdcInsn(value);
        code.visitVarInsn(ISTORE, slot);
    }

    void setLong(int slot, long value) {
        code.visitLdcInsn(value);
        code.visitVarInsn(LSTORE, slot);
    }
}
