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
import org.jkmod.core.RelocationRow.Kind;
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
    private static final String TABLES = Type.getInternalName(RelocationTables.class);

    // Parameters and locals of apply, by slot
    private static final int RELA = 1;
    private static final int FROM = 2;
    private static final int COUNT = 3;
    private static final int SYMBOLS = 4;
    private static final int IMAGE = 5;
    private static final int BASE = 6;
    private static final int SIZE = 7;
    private static final int ADDRESS = 8;
    private static final int DEFERRED = 10;
    private static final int I = 11;
    private static final int OFFSET = 12;
    private static final int VALUE = 14;
    private static final int TYPE = 16;
    private static final int PLACE = 17;
    private static final int SYMBOL = 18;
    private static final int WORD = 19;
    private static final int START = 21;
    private static final int UPPER = 22;
    /** The value that is being made, the place in the image where it goes (-1: none), and its bits. */
    private static final int ACCUMULATED = 23;

    private static final int ACCUMULATED_PLACE = 25;
    private static final int ACCUMULATED_BITS = 26;

    private final RelocationPolicy policy;
    private final List<RelocationRow> rows;
    private final MethodVisitor code;
    private final Label next = new Label();
    private final Label stop = new Label();

    private RelocationCompiler(RelocationPolicy policy, List<RelocationRow> rows, MethodVisitor code) {
        this.policy = policy;
        this.rows = rows;
        this.code = code;
    }

    static RelocationProgram program(Architecture architecture, RelocationPolicy policy) {
        return PROGRAMS.computeIfAbsent(new Key(architecture.getClass(), policy), k -> make(architecture, policy));
    }

    /** The program; if it needs orderly tables, with the interpreter beside it for others, which no assembler writes. */
    private static RelocationProgram make(Architecture architecture, RelocationPolicy policy) {
        RelocationProgram compiled = compile(architecture, policy);
        if (rows(architecture).stream().noneMatch(row -> needsOrder(row.kind()))) {
            return compiled;
        }
        RelocationProgram interpreter = RelocationProgram.interpreted(architecture, policy);
        int[] accumulatedBytes = RelocationInterpreter.accumulatedBytes(rows(architecture));
        return (rela, from, count, symbols, image, base, size, address, deferred) -> (RelocationTables.isOrderly(
                                rela, from, count, accumulatedBytes)
                        ? compiled
                        : interpreter)
                .apply(rela, from, count, symbols, image, base, size, address, deferred);
    }

    private static boolean needsOrder(Kind kind) {
        return kind.accumulates() || kind == Kind.LOWER_HALF;
    }

    private static List<RelocationRow> rows(Architecture architecture) {
        List<RelocationRow> rows = new ArrayList<>();
        for (RelocationType type : architecture.relocationTypes()) {
            if (type.row().refusal().isEmpty()) {
                rows.add(type.row());
            }
        }
        rows.sort(Comparator.comparingInt(RelocationRow::number));
        return rows;
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
        MethodVisitor apply =
                writer.visitMethod(ACC_PUBLIC, "apply", "([BII[J[BIIJLjava/util/function/IntConsumer;)I", null, null);
        new RelocationCompiler(policy, rows(architecture), apply).emit();
        writer.visitEnd();
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(writer.toByteArray(), true);
            return (RelocationProgram)
                    hidden.lookupClass().getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("compiling the relocations of " + architecture.name(), e);
        }
    }

    private boolean accumulates() {
        return rows.stream().anyMatch(row -> row.kind().accumulates());
    }

    private void emit() {
        Label loop = new Label();
        Label end = new Label();
        code.visitCode();
        code.visitInsn(ICONST_0);
        code.visitVarInsn(ISTORE, I);
        code.visitVarInsn(ILOAD, FROM);
        code.visitVarInsn(ISTORE, START);
        if (accumulates()) {
            code.visitInsn(LCONST_0);
            code.visitVarInsn(LSTORE, ACCUMULATED);
            code.visitInsn(ICONST_M1);
            code.visitVarInsn(ISTORE, ACCUMULATED_PLACE);
            code.visitInsn(ICONST_0);
            code.visitVarInsn(ISTORE, ACCUMULATED_BITS);
        }
        code.visitLabel(loop);
        code.visitVarInsn(ILOAD, I);
        code.visitVarInsn(ILOAD, COUNT);
        code.visitJumpInsn(IF_ICMPGE, end);
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
        code.visitIincInsn(FROM, RelocationTables.RELA);
        code.visitIincInsn(I, 1);
        code.visitJumpInsn(GOTO, loop);
        code.visitLabel(end);
        if (accumulates()) {
            storeAccumulated();
            Label stored = new Label();
            code.visitJumpInsn(IFNE, stored);
            code.visitIincInsn(I, -1);
            code.visitLabel(stored);
        }
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
        checkPlace(field.size());
        switch (row.kind()) {
            case GOT -> defer();
            case SET, ADD, SUBTRACT -> accumulate(row);
            case ADRP -> {
                deferForbiddenPlace();
                evaluate(row.expression());
                check(row.check(policy), field.valueBits(), stop);
                write(row);
            }
            case LOWER_HALF -> {
                lowerHalf();
                write(row);
            }
            case STUB -> {
                Label tooFar = new Label();
                evaluate(row.expression());
                check(row.check(policy), field.valueBits(), tooFar);
                write(row);
                code.visitLabel(tooFar);
                defer();
            }
            case WRITE, UPPER_HALF -> {
                evaluate(row.expression());
                check(row.check(policy), field.valueBits(), stop);
                write(row);
            }
        }
    }

    /** The place lies within the section; it is base + offset. */
    private void checkPlace(int size) {
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitInsn(LCONST_0);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFLT, stop);
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitVarInsn(ILOAD, SIZE);
        code.visitInsn(I2L);
        code.visitLdcInsn((long) size);
        code.visitInsn(LSUB);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFGT, stop);
        code.visitVarInsn(ILOAD, BASE);
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitInsn(L2I);
        code.visitInsn(IADD);
        code.visitVarInsn(ISTORE, PLACE);
    }

    private void defer() {
        code.visitVarInsn(ALOAD, DEFERRED);
        code.visitVarInsn(ILOAD, I);
        code.visitMethodInsn(INVOKEINTERFACE, "java/util/function/IntConsumer", "accept", "(I)V", true);
        code.visitJumpInsn(GOTO, next);
    }

    private void deferForbiddenPlace() {
        Label allowed = new Label();
        code.visitVarInsn(LLOAD, ADDRESS);
        code.visitVarInsn(LLOAD, OFFSET);
        code.visitInsn(LADD);
        code.visitMethodInsn(
                INVOKESTATIC, Type.getInternalName(RelocationInterpreter.class), "isForbiddenForAdrp", "(J)Z", false);
        code.visitJumpInsn(IFEQ, allowed);
        defer();
        code.visitLabel(allowed);
    }

    /** VALUE becomes the value of the relocation whose place the symbol names. */
    private void lowerHalf() {
        code.visitVarInsn(ALOAD, RELA);
        code.visitVarInsn(ILOAD, START);
        code.visitVarInsn(ILOAD, COUNT);
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitVarInsn(ILOAD, SYMBOL);
        code.visitInsn(LALOAD);
        code.visitVarInsn(LLOAD, ADDRESS);
        code.visitInsn(LSUB);
        code.visitLdcInsn(number(Kind.UPPER_HALF));
        code.visitLdcInsn(number(Kind.GOT));
        code.visitMethodInsn(INVOKESTATIC, TABLES, "upperHalf", "([BIIJII)I", false);
        code.visitInsn(DUP);
        code.visitVarInsn(ISTORE, UPPER);
        code.visitJumpInsn(IFLT, stop);
        loadUpper();
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitMethodInsn(INVOKESTATIC, TABLES, "hasSymbol", "([BII[J)Z", false);
        code.visitJumpInsn(IFEQ, stop);
        Label written = new Label();
        loadUpper();
        code.visitMethodInsn(INVOKESTATIC, TABLES, "type", "([BII)I", false);
        code.visitLdcInsn(number(Kind.GOT));
        code.visitJumpInsn(IF_ICMPNE, written);
        defer();
        code.visitLabel(written);
        loadUpper();
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitVarInsn(LLOAD, ADDRESS);
        code.visitMethodInsn(INVOKESTATIC, TABLES, "distance", "([BII[JJ)J", false);
        code.visitVarInsn(LSTORE, VALUE);
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

    /** Tables are orderly, so that all relocations of a place follow each other: the value is kept until another place comes. */
    private void accumulate(RelocationRow row) {
        int bits = row.accumulatedBits();
        Label same = new Label();
        code.visitVarInsn(ILOAD, PLACE);
        code.visitVarInsn(ILOAD, ACCUMULATED_PLACE);
        code.visitJumpInsn(IF_ICMPEQ, same);
        storeAccumulated();
        code.visitJumpInsn(IFEQ, stop);
        if (policy == RelocationPolicy.KERNEL) {
            code.visitInsn(LCONST_0);
        } else {
            loadImage();
            code.visitLdcInsn(bits);
            code.visitMethodInsn(INVOKESTATIC, TABLES, "load", "([BII)J", false);
        }
        code.visitVarInsn(LSTORE, ACCUMULATED);
        code.visitVarInsn(ILOAD, PLACE);
        code.visitVarInsn(ISTORE, ACCUMULATED_PLACE);
        code.visitLabel(same);
        long mask = bits == 0 || bits == 64 ? -1 : (1L << bits) - 1;
        if (row.kind() == Kind.SET) {
            code.visitVarInsn(LLOAD, VALUE);
        } else {
            code.visitVarInsn(LLOAD, ACCUMULATED);
            code.visitVarInsn(LLOAD, VALUE);
            code.visitInsn(row.kind() == Kind.ADD ? LADD : LSUB);
        }
        if (mask != -1) {
            code.visitLdcInsn(mask);
            code.visitInsn(LAND);
            code.visitVarInsn(LLOAD, ACCUMULATED);
            code.visitLdcInsn(~mask);
            code.visitInsn(LAND);
            code.visitInsn(LOR);
        }
        code.visitVarInsn(LSTORE, ACCUMULATED);
        code.visitLdcInsn(bits);
        code.visitVarInsn(ISTORE, ACCUMULATED_BITS);
        code.visitJumpInsn(GOTO, next);
    }

    /** Leaves on the stack whether the value that was being made, if any, fitted into the section. */
    private void storeAccumulated() {
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

    /** VALUE fits and is written. */
    private void write(RelocationRow row) {
        Field field = row.field();
        int alignment = row.alignment(policy);
        if (alignment != 1) {
            code.visitVarInsn(LLOAD, VALUE);
            code.visitLdcInsn(alignment - 1L);
            code.visitInsn(LAND);
            code.visitInsn(LCONST_0);
            code.visitInsn(LCMP);
            code.visitJumpInsn(IFNE, stop);
        }
        boolean wantsZero = row.wantsZero(policy);
        if (wantsZero || !field.isWhole()) {
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
        if (field.form() == Field.Form.MOVZ_OR_MOVN) {
            movzOrMovn();
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
    private void check(Check check, int bits, Label elsewhere) {
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

    /** WORD gets the opcode for VALUE's sign; VALUE its bits, inverted if it is negative. */
    private void movzOrMovn() {
        Label negative = new Label();
        Label done = new Label();
        code.visitVarInsn(LLOAD, WORD);
        code.visitLdcInsn(~Field.MOV_OPCODE);
        code.visitInsn(LAND);
        code.visitVarInsn(LLOAD, VALUE);
        code.visitInsn(LCONST_0);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFLT, negative);
        code.visitLdcInsn(Field.MOVZ);
        code.visitInsn(LOR);
        code.visitVarInsn(LSTORE, WORD);
        code.visitJumpInsn(GOTO, done);
        code.visitLabel(negative);
        code.visitLdcInsn(Field.MOVN);
        code.visitInsn(LOR);
        code.visitVarInsn(LSTORE, WORD);
        code.visitVarInsn(LLOAD, VALUE);
        code.visitLdcInsn(-1L);
        code.visitInsn(LXOR);
        code.visitVarInsn(LSTORE, VALUE);
        code.visitLabel(done);
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
            loadValue(piece.bias());
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
