package org.jkmod.core;

import static org.objectweb.asm.Opcodes.*;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jkmod.core.RelocationRow.Check;
import org.jkmod.core.RelocationRow.Expression;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Type;

/**
 * Makes a {@link RelocationProgram} from an architecture's rows: a hidden class with one method, which is a loop around a
 * {@code tableswitch} over the relocation types. Every row's expression, check and field become straight-line code with the row's
 * numbers as constants; there is no object and no call per relocation that the JIT compiler does not fold away. What it does is what
 * {@link RelocationInterpreter} does, in the same order.
 */
final class RelocationCompiler {
    private record Key(Class<?> architecture, RelocationPolicy policy) {}

    private static final ConcurrentHashMap<Key, RelocationProgram> PROGRAMS = new ConcurrentHashMap<>();

    private static final String MEMORY = Type.getInternalName(LittleEndian.class);

    // Parameters and locals of apply, by slot
    private static final int RELA = 1;
    private static final int FROM = 2;
    private static final int COUNT = 3;
    private static final int SYMBOLS = 4;
    private static final int IMAGE = 5;
    private static final int BASE = 6;
    private static final int SIZE = 7;
    private static final int ADDRESS = 8;
    private static final int I = 10;
    private static final int OFFSET = 11;
    private static final int VALUE = 13;
    private static final int TYPE = 15;
    private static final int PLACE = 16;
    private static final int SYMBOL = 17;
    private static final int WORD = 18;

    private final RelocationPolicy policy;
    private final MethodVisitor code;
    private final Label next = new Label();
    private final Label stop = new Label();

    private RelocationCompiler(RelocationPolicy policy, MethodVisitor code) {
        this.policy = policy;
        this.code = code;
    }

    static RelocationProgram program(Architecture architecture, RelocationPolicy policy) {
        return PROGRAMS.computeIfAbsent(new Key(architecture.getClass(), policy), k -> compile(architecture, policy));
    }

    private static RelocationProgram compile(Architecture architecture, RelocationPolicy policy) {
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_FRAMES);
        String self = RelocationProgram.class.getPackageName().replace('.', '/') + "/RelocationProgram_"
                + architecture.name();
        writer.visit(V17, ACC_FINAL | ACC_SUPER, self, null, Type.getInternalName(Object.class), new String[] {
            Type.getInternalName(RelocationProgram.class)
        });
        MethodVisitor init = writer.visitMethod(0, "<init>", "()V", null, null);
        init.visitCode();
        init.visitVarInsn(ALOAD, 0);
        init.visitMethodInsn(INVOKESPECIAL, Type.getInternalName(Object.class), "<init>", "()V", false);
        init.visitInsn(RETURN);
        init.visitMaxs(0, 0);
        init.visitEnd();
        MethodVisitor apply = writer.visitMethod(ACC_PUBLIC, "apply", "([BII[J[BIIJ)I", null, null);
        List<RelocationRow> rows = new ArrayList<>();
        for (RelocationType type : architecture.relocationTypes()) {
            if (type.row().refusal().isEmpty()) {
                rows.add(type.row());
            }
        }
        rows.sort(Comparator.comparingInt(RelocationRow::number));
        new RelocationCompiler(policy, apply).emit(rows);
        writer.visitEnd();
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(writer.toByteArray(), true);
            return (RelocationProgram)
                    hidden.lookupClass().getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("compiling the relocations of " + architecture.name(), e);
        }
    }

    private void emit(List<RelocationRow> rows) {
        Label loop = new Label();
        code.visitCode();
        code.visitInsn(ICONST_0);
        code.visitVarInsn(ISTORE, I);
        code.visitLabel(loop);
        code.visitVarInsn(ILOAD, I);
        code.visitVarInsn(ILOAD, COUNT);
        code.visitJumpInsn(IF_ICMPGE, stop);
        // offset, type, symbol
        loadRela(0);
        code.visitVarInsn(LSTORE, OFFSET);
        loadRela(8);
        code.visitInsn(DUP2);
        code.visitInsn(L2I);
        code.visitVarInsn(ISTORE, TYPE);
        code.visitIntInsn(BIPUSH, 32);
        code.visitInsn(LUSHR);
        code.visitInsn(L2I);
        code.visitInsn(DUP);
        code.visitVarInsn(ISTORE, SYMBOL);
        code.visitJumpInsn(IFLT, stop);
        code.visitVarInsn(ILOAD, SYMBOL);
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitInsn(ARRAYLENGTH);
        code.visitJumpInsn(IF_ICMPGE, stop);
        // value = S + A
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitVarInsn(ILOAD, SYMBOL);
        code.visitInsn(LALOAD);
        loadRela(16);
        code.visitInsn(LADD);
        code.visitVarInsn(LSTORE, VALUE);

        int[] numbers = rows.stream().mapToInt(RelocationRow::number).toArray();
        Label[] labels = new Label[numbers[numbers.length - 1] - numbers[0] + 1];
        Arrays.fill(labels, stop);
        for (int number : numbers) {
            labels[number - numbers[0]] = new Label();
        }
        code.visitVarInsn(ILOAD, TYPE);
        code.visitTableSwitchInsn(numbers[0], numbers[numbers.length - 1], stop, labels);
        for (RelocationRow row : rows) {
            code.visitLabel(labels[row.number() - numbers[0]]);
            emit(row);
        }
        code.visitLabel(next);
        code.visitIincInsn(FROM, RelocationInterpreter.RELA);
        code.visitIincInsn(I, 1);
        code.visitJumpInsn(GOTO, loop);
        code.visitLabel(stop);
        code.visitVarInsn(ILOAD, I);
        code.visitInsn(IRETURN);
        code.visitMaxs(0, 0);
        code.visitEnd();
    }

    private void loadRela(int field) {
        code.visitVarInsn(ALOAD, RELA);
        code.visitVarInsn(ILOAD, FROM);
        if (field != 0) {
            code.visitIntInsn(BIPUSH, field);
            code.visitInsn(IADD);
        }
        code.visitMethodInsn(INVOKESTATIC, MEMORY, "get64", "([BI)J", false);
    }

    private void emit(RelocationRow row) {
        Field field = row.field();
        if (field.size() == 0) {
            code.visitJumpInsn(GOTO, next);
            return;
        }
        // the place lies within the section
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitInsn(LCONST_0);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFLT, stop);
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitVarInsn(ILOAD, SIZE);
        code.visitInsn(I2L);
        code.visitLdcInsn((long) field.size());
        code.visitInsn(LSUB);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFGT, stop);
        // place = base + offset
        code.visitVarInsn(ILOAD, BASE);
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitInsn(L2I);
        code.visitInsn(IADD);
        code.visitVarInsn(ISTORE, PLACE);
        evaluate(row.expression());
        check(row.check(policy), field.valueBits());
        boolean wantsZero = row.wantsZero(policy);
        boolean needsWord = wantsZero || !field.isWhole();
        if (needsWord) {
            loadImage();
            code.visitMethodInsn(INVOKESTATIC, MEMORY, "get" + 8 * field.size(), "([BI)J", false);
            code.visitVarInsn(LSTORE, WORD);
        }
        if (wantsZero) {
            code.visitVarInsn(LLOAD, WORD);
            code.visitInsn(LCONST_0);
            code.visitInsn(LCMP);
            code.visitJumpInsn(IFNE, stop);
        }
        loadImage();
        insert(field);
        code.visitMethodInsn(INVOKESTATIC, MEMORY, "put" + 8 * field.size(), "([BIJ)V", false);
        code.visitJumpInsn(GOTO, next);
    }

    private void loadImage() {
        code.visitVarInsn(ALOAD, IMAGE);
        code.visitVarInsn(ILOAD, PLACE);
    }

    /** VALUE holds S + A: make it the expression's value. */
    private void evaluate(Expression expression) {
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
            case NONE -> throw new IllegalStateException("a field without a value");
        }
    }

    private void check(Check check, int bits) {
        if (check == Check.NONE || bits == 64) {
            return;
        }
        code.visitVarInsn(LLOAD, VALUE);
        switch (check) {
            case SIGNED -> {
                code.visitIntInsn(BIPUSH, 64 - bits);
                code.visitInsn(LSHL);
                code.visitIntInsn(BIPUSH, 64 - bits);
                code.visitInsn(LSHR);
                code.visitVarInsn(LLOAD, VALUE);
            }
            case UNSIGNED -> {
                code.visitIntInsn(BIPUSH, bits);
                code.visitInsn(LUSHR);
                code.visitInsn(LCONST_0);
            }
            case NONE -> throw new IllegalStateException("handled above");
        }
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFNE, stop);
    }

    /** Leaves the word to write on the stack. */
    private void insert(Field field) {
        if (field.isWhole()) {
            code.visitVarInsn(LLOAD, VALUE);
            return;
        }
        code.visitVarInsn(LLOAD, WORD);
        code.visitLdcInsn(~field.mask());
        code.visitInsn(LAND);
        for (Field.Piece piece : field.pieces()) {
            code.visitVarInsn(LLOAD, VALUE);
            code.visitIntInsn(BIPUSH, piece.from());
            code.visitInsn(LUSHR);
            code.visitIntInsn(BIPUSH, piece.to());
            code.visitInsn(LSHL);
            code.visitLdcInsn(piece.mask());
            code.visitInsn(LAND);
            code.visitInsn(LOR);
        }
    }
}
