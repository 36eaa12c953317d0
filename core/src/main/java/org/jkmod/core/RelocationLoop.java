package org.jkmod.core;

import static org.objectweb.asm.Opcodes.*;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.RelocationRow.Kind;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Type;

/**
 * Writes the method of a compiled {@link RelocationProgram}: a loop around a {@code tableswitch} over the relocation types. Every row's
 * expression, check and field become straight-line code with the row's numbers as constants; there is no object and no call per
 * relocation that the JIT compiler does not fold away.
 *
 * <p>Rows only make the bits: what reads and writes the image is there once for a size of word, behind them, and rows that say the same
 * share their code. The JIT compiler makes a real call of what a rare row calls, and then keeps all that the loop needs in memory
 * instead of in registers, so that every relocation pays for rows that no module has.
 */
final class RelocationLoop {
    private static final String MEMORY = Type.getInternalName(LittleEndian.class);
    private static final String INTERPRETER = Type.getInternalName(RelocationInterpreter.class);
    private static final String TABLES = Type.getInternalName(RelocationTables.class);

    // Parameters and locals of apply, by slot
    private static final int RELA = 1;
    private static final int FROM = 2;
    private static final int COUNT = 3;
    private static final int SYMBOLS = 4;
    private static final int IMAGE = 5;
    private static final int BASE = 6;
    private static final int SIZE = 7;
    static final int ADDRESS = 8;
    private static final int DEFERRED = 10;
    /** Where in the table the last relocation ends. */
    private static final int END = 11;

    static final int OFFSET = 12;
    /** S + A, then what the row's expression makes of it, then the bits to write. */
    static final int VALUE = 14;

    private static final int TYPE = 16;
    private static final int PLACE = 17;
    private static final int SYMBOL = 18;
    /** What was at the place. */
    private static final int WORD = 19;
    /** Which bits of it stay. */
    private static final int KEPT = 21;

    private static final int START = 23;
    /** 1 once the table is known to be orderly. */
    private static final int ORDERLY = 24;
    /** Offset of the last upper half, and its value; -1: there was none. */
    private static final int UPPER_OFFSET = 25;

    private static final int UPPER_VALUE = 27;
    /** Offset of the upper half that was found last, and its value; -1: there was none. */
    private static final int FOUND_OFFSET = 40;

    private static final int FOUND_VALUE = 42;
    /** Index of an upper half. */
    private static final int UPPER = 31;
    /** The value that is being made, the place in the image where it goes (-1: none), and its bits. */
    private static final int ACCUMULATED = 32;

    private static final int ACCUMULATED_PLACE = 34;
    private static final int ACCUMULATED_BITS = 35;
    /** What a row brings to such a value: its bits, its bytes, and which bits of the value it changes. */
    private static final int BITS = 36;

    private static final int BYTES = 37;
    private static final int CHANGED = 38;

    /**
     * How bits come to the image.
     *
     * @param size of the word, in bytes
     * @param wantsZero whether there must be zeros
     * @param isWhole whether the bits are the whole word
     */
    private record Store(int size, boolean wantsZero, boolean isWhole) {}

    private final RelocationPolicy policy;
    private final List<RelocationRow> rows;
    private final String self;
    private final MethodVisitor code;
    private final RelocationArithmetic arithmetic;
    private final Map<Store, Label> stores = new LinkedHashMap<>();
    /** By the size of the word, in bytes: what leaves a relocation to the linkage. */
    private final Map<Integer, Label> defers = new LinkedHashMap<>();

    private final boolean accumulates;
    private final boolean hasPairs;
    /** Finds the upper half of a lower one, likewise. */
    private final Map<Integer, Label> searches = new LinkedHashMap<>();

    /** Where the loop is entered, at first and after calls, which are all outside. */
    private final Label again = new Label();

    private final Label loop = new Label();
    private final Label next = new Label();
    private final Label end = new Label();
    private final Label stop = new Label();
    /** Looks whether the table is orderly. */
    private final Label order = new Label();

    private final Label accumulate = new Label();

    /**
     * Begins.
     *
     * @param self internal name of the class that gets the method
     */
    RelocationLoop(RelocationPolicy policy, List<RelocationRow> rows, String self, MethodVisitor code) {
        this.policy = policy;
        this.rows = rows;
        this.self = self;
        this.code = code;
        this.arithmetic = new RelocationArithmetic(code);
        this.accumulates = rows.stream().anyMatch(row -> row.kind().accumulates());
        this.hasPairs = rows.stream().anyMatch(row -> row.kind() == Kind.LOWER_HALF);
    }

    void emit() {
        code.visitCode();
        initialize();
        code.visitLabel(again);
        code.visitInsn(NOP);
        code.visitLabel(loop);
        code.visitVarInsn(ILOAD, FROM);
        code.visitVarInsn(ILOAD, END);
        code.visitJumpInsn(IF_ICMPGE, end);
        loadRelocation();
        dispatch();
        stores.forEach(this::store);
        if (accumulates) {
            accumulate();
        }
        code.visitLabel(next);
        code.visitIincInsn(FROM, RelocationTables.RELA);
        code.visitJumpInsn(GOTO, loop);
        code.visitLabel(end);
        if (accumulates) {
            storeAccumulated();
            Label stored = new Label();
            code.visitJumpInsn(IFNE, stored);
            code.visitIincInsn(FROM, -RelocationTables.RELA);
            code.visitLabel(stored);
        }
        code.visitLabel(stop);
        loadIndex();
        code.visitInsn(IRETURN);
        searches.forEach(this::search);
        defers.forEach(this::defer);
        if (accumulates || hasPairs) {
            lookAtOrder();
        }
        code.visitMaxs(0, 0);
        code.visitEnd();
    }

    private void initialize() {
        code.visitVarInsn(ILOAD, FROM);
        code.visitInsn(DUP);
        code.visitVarInsn(ISTORE, START);
        code.visitVarInsn(ILOAD, COUNT);
        code.visitIntInsn(BIPUSH, RelocationTables.RELA);
        code.visitInsn(IMUL);
        code.visitInsn(IADD);
        code.visitVarInsn(ISTORE, END);
        setInt(ORDERLY, 0);
        if (hasPairs) {
            setLong(UPPER_OFFSET, -1);
            setLong(UPPER_VALUE, 0);
            setLong(FOUND_OFFSET, -1);
            setLong(FOUND_VALUE, 0);
        }
        if (accumulates) {
            setLong(ACCUMULATED, 0);
            setInt(ACCUMULATED_PLACE, -1);
            setInt(ACCUMULATED_BITS, 0);
        }
    }

    /** OFFSET, TYPE, SYMBOL; VALUE is S + A. */
    private void loadRelocation() {
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
        loadSymbol();
        loadRela(16);
        code.visitInsn(LADD);
        code.visitVarInsn(LSTORE, VALUE);
    }

    /** The relocation's index: the one number that counts it is the one that the JIT compiler can hoist bounds checks for. */
    private void loadIndex() {
        code.visitVarInsn(ILOAD, FROM);
        code.visitVarInsn(ILOAD, START);
        code.visitInsn(ISUB);
        code.visitIntInsn(BIPUSH, RelocationTables.RELA);
        code.visitInsn(IDIV);
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

    private void loadSymbol() {
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitVarInsn(ILOAD, SYMBOL);
        code.visitInsn(LALOAD);
    }

    /** The switch, and behind it the code of each row, or of several that say the same. */
    private void dispatch() {
        int first = rows.get(0).number();
        int last = rows.get(rows.size() - 1).number();
        Map<RelocationRow, Label> codes = new LinkedHashMap<>();
        Label[] labels = new Label[last - first + 1];
        Arrays.fill(labels, stop);
        for (RelocationRow row : rows) {
            labels[row.number() - first] = codes.computeIfAbsent(withoutNumber(row), r -> new Label());
        }
        code.visitVarInsn(ILOAD, TYPE);
        code.visitTableSwitchInsn(first, last, stop, labels);
        codes.forEach((row, label) -> {
            code.visitLabel(label);
            emit(row);
        });
    }

    private RelocationRow withoutNumber(RelocationRow row) {
        return new RelocationRow(
                0,
                row.kind(),
                row.expression(),
                row.field(),
                row.check(),
                row.kernelCheck(),
                row.place(),
                Optional.empty());
    }

    private void emit(RelocationRow row) {
        Field field = row.field();
        if (field.size() == 0) {
            code.visitJumpInsn(GOTO, next);
            return;
        }
        switch (row.kind()) {
            case GOT -> {
                if (hasPairs) {
                    forgetUpperHalves();
                }
                code.visitJumpInsn(GOTO, defer(field.size()));
            }
            case SET, ADD, SUBTRACT -> bring(row);
            case ADRP -> {
                code.visitVarInsn(LLOAD, ADDRESS);
                code.visitVarInsn(LLOAD, OFFSET);
                code.visitInsn(LADD);
                code.visitMethodInsn(INVOKESTATIC, INTERPRETER, "isForbiddenForAdrp", "(J)Z", false);
                code.visitJumpInsn(IFNE, defer(field.size()));
                evaluate(row, stop);
                write(row);
            }
            case LOWER_HALF -> {
                lowerHalf(field.size());
                write(row);
            }
            case STUB -> {
                evaluate(row, defer(field.size()));
                write(row);
            }
            case UPPER_HALF -> {
                evaluate(row, stop);
                upperHalf();
                write(row);
            }
            case WRITE -> {
                evaluate(row, stop);
                write(row);
            }
        }
    }

    /** VALUE becomes the expression's; goes elsewhere if it does not fit. */
    private void evaluate(RelocationRow row, Label elsewhere) {
        arithmetic.evaluate(row.expression());
        arithmetic.check(row.check(policy), row.field().valueBits(), elsewhere);
    }

    private Label defer(int size) {
        return defers.computeIfAbsent(size, s -> new Label());
    }

    private void defer(int size, Label label) {
        code.visitLabel(label);
        code.visitLdcInsn(size);
        checkPlace();
        code.visitVarInsn(ALOAD, DEFERRED);
        loadIndex();
        code.visitMethodInsn(INVOKEINTERFACE, "java/util/function/IntConsumer", "accept", "(I)V", true);
        code.visitIincInsn(FROM, RelocationTables.RELA);
        code.visitJumpInsn(GOTO, again);
    }

    /** VALUE fits, and its bits are written. */
    private void write(RelocationRow row) {
        Field field = row.field();
        arithmetic.checkAlignment(row.alignment(policy), stop);
        if (!field.isWhole()) {
            arithmetic.insert(field);
            setLong(KEPT, ~field.writtenMask());
        }
        Store store = new Store(field.size(), row.wantsZero(policy), field.isWhole());
        code.visitJumpInsn(GOTO, stores.computeIfAbsent(store, s -> new Label()));
    }

    private void store(Store store, Label label) {
        code.visitLabel(label);
        code.visitLdcInsn(store.size());
        checkPlace();
        if (store.wantsZero() || !store.isWhole()) {
            loadImage();
            code.visitMethodInsn(INVOKESTATIC, MEMORY, "get" + 8 * store.size(), "([BI)J", false);
            code.visitVarInsn(LSTORE, WORD);
        }
        if (store.wantsZero()) {
            code.visitVarInsn(LLOAD, WORD);
            code.visitInsn(LCONST_0);
            code.visitInsn(LCMP);
            code.visitJumpInsn(IFNE, stop);
        }
        loadImage();
        code.visitVarInsn(LLOAD, VALUE);
        if (!store.isWhole()) {
            code.visitVarInsn(LLOAD, WORD);
            code.visitVarInsn(LLOAD, KEPT);
            code.visitInsn(LAND);
            code.visitInsn(LOR);
        }
        code.visitMethodInsn(INVOKESTATIC, MEMORY, "put" + 8 * store.size(), "([BIJ)V", false);
        code.visitJumpInsn(GOTO, next);
    }

    /** The place, of as many bytes as are on the stack, lies within the section; PLACE is base + offset. */
    private void checkPlace() {
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

    private void loadImage() {
        code.visitVarInsn(ALOAD, IMAGE);
        code.visitVarInsn(ILOAD, PLACE);
    }

    /** Does the relocation again if it is not known yet that the table is orderly. */
    private void wantOrder() {
        code.visitVarInsn(ILOAD, ORDERLY);
        code.visitJumpInsn(IFEQ, order);
    }

    /** Leaves the rest of a table that is not orderly to the interpreter. */
    private void lookAtOrder() {
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

    private void loadTable() {
        code.visitVarInsn(ALOAD, RELA);
        code.visitVarInsn(ILOAD, START);
        code.visitVarInsn(ILOAD, COUNT);
    }

    /** Remembers an upper half, if those so far came in the order of their places: then it is the first at its place. */
    private void upperHalf() {
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
        code.visitLabel(done);
    }

    /** No later upper half is remembered either. */
    private void forgetUpperHalves() {
        setLong(UPPER_OFFSET, Long.MAX_VALUE);
    }

    /** VALUE becomes the value of the relocation whose place the symbol names: mostly the last upper half. */
    private void lowerHalf(int size) {
        Label last = new Label();
        Label done = new Label();
        loadWanted();
        code.visitVarInsn(LLOAD, UPPER_OFFSET);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFEQ, last);
        wantOrder();
        loadWanted();
        code.visitVarInsn(LLOAD, FOUND_OFFSET);
        code.visitInsn(LCMP);
        code.visitJumpInsn(IFNE, searches.computeIfAbsent(size, s -> new Label()));
        code.visitVarInsn(LLOAD, FOUND_VALUE);
        code.visitVarInsn(LSTORE, VALUE);
        code.visitJumpInsn(GOTO, done);
        code.visitLabel(last);
        code.visitVarInsn(LLOAD, UPPER_VALUE);
        code.visitVarInsn(LSTORE, VALUE);
        code.visitLabel(done);
    }

    /** Leaves on the stack the offset of the upper half that a lower half wants. */
    private void loadWanted() {
        loadSymbol();
        code.visitVarInsn(LLOAD, ADDRESS);
        code.visitInsn(LSUB);
    }

    /** Finds an upper half that is not the last one, and does the lower half again. */
    private void search(int size, Label label) {
        code.visitLabel(label);
        loadTable();
        loadWanted();
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
        loadUpper();
        code.visitMethodInsn(INVOKESTATIC, TABLES, "type", "([BII)I", false);
        code.visitLdcInsn(number(Kind.GOT));
        code.visitJumpInsn(IF_ICMPEQ, defer(size));
        loadUpper();
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitVarInsn(LLOAD, ADDRESS);
        code.visitMethodInsn(INVOKESTATIC, TABLES, "distance", "([BII[JJ)J", false);
        code.visitVarInsn(LSTORE, FOUND_VALUE);
        loadWanted();
        code.visitVarInsn(LSTORE, FOUND_OFFSET);
        code.visitJumpInsn(GOTO, again);
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

    /** What a row brings to the value at its place: VALUE is added to what KEPT leaves of it. */
    private void bring(RelocationRow row) {
        int bits = row.accumulatedBits();
        if (row.kind() == Kind.SUBTRACT) {
            code.visitVarInsn(LLOAD, VALUE);
            code.visitInsn(LNEG);
            code.visitVarInsn(LSTORE, VALUE);
        }
        setLong(KEPT, row.kind() == Kind.SET ? 0 : -1);
        setLong(CHANGED, bits == 0 || bits == 64 ? -1 : (1L << bits) - 1);
        setInt(BITS, bits);
        setInt(BYTES, row.field().size());
        code.visitJumpInsn(GOTO, accumulate);
    }

    /** In an orderly table all relocations of a place follow each other: the value is kept until another place comes. */
    private void accumulate() {
        Label same = new Label();
        code.visitLabel(accumulate);
        wantOrder();
        code.visitVarInsn(ILOAD, BYTES);
        checkPlace();
        code.visitVarInsn(ILOAD, PLACE);
        code.visitVarInsn(ILOAD, ACCUMULATED_PLACE);
        code.visitJumpInsn(IF_ICMPEQ, same);
        storeAccumulated();
        code.visitJumpInsn(IFEQ, stop);
        if (policy == RelocationPolicy.KERNEL) {
            code.visitInsn(LCONST_0);
        } else {
            loadImage();
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

    private void setInt(int slot, int value) {
        code.visitLdcInsn(value);
        code.visitVarInsn(ISTORE, slot);
    }

    private void setLong(int slot, long value) {
        code.visitLdcInsn(value);
        code.visitVarInsn(LSTORE, slot);
    }
}
