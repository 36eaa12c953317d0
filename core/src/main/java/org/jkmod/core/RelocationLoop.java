package org.jkmod.core;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;
import static org.jkmod.core.RelocationCode.*;
import static org.objectweb.asm.Opcodes.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.RelocationRow.Check;
import org.jkmod.core.RelocationRow.Kind;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;

/**
 * Writes the method of a compiled {@link RelocationProgram}: a loop around a {@code tableswitch} over the relocation types. Every row's
 * expression, check and field become straight-line code with the row's numbers as constants; there is no object and no call per
 * relocation that the JIT compiler does not fold away.
 *
 * <p>Rows only make the bits: what reads and writes the image is there once for a size of word, behind them, and rows that say the same
 * share their code. The JIT compiler makes a real call of what a rare row calls, and then keeps all that the loop needs in memory
 * instead of in registers, so that every relocation pays for rows that no module has.
 *
 * <p>For the same reason calls are outside of the loop, which is entered again behind them, and the only number that counts relocations
 * is their index in the bytes of the table: for that one the JIT compiler does the bounds checks once.
 */
final class RelocationLoop {
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
    private final RelocationCode out;
    private final MethodVisitor code;
    private final RelocationArithmetic arithmetic;
    private final UpperHalfCode upperHalves;
    private final AccumulationCode accumulation;
    private final boolean accumulates;
    private final boolean hasPairs;
    private final Map<Store, Label> stores = new LinkedHashMap<>();
    /** By the size of the word, in bytes: what leaves a relocation to the linkage. */
    private final Map<Integer, Label> defers = new LinkedHashMap<>();
    /** Finds the upper half of a lower one, likewise. */
    private final Map<Integer, Label> searches = new LinkedHashMap<>();

    RelocationLoop(RelocationPolicy policy, List<RelocationRow> rows, RelocationCode out) {
        this.policy = policy;
        this.rows = rows;
        this.out = out;
        this.code = out.visitor();
        this.arithmetic = new RelocationArithmetic(code);
        this.upperHalves = new UpperHalfCode(out, rows);
        this.accumulation = new AccumulationCode(out, policy);
        this.accumulates = rows.stream().anyMatch(row -> row.kind().accumulates());
        this.hasPairs = rows.stream().anyMatch(row -> row.kind() == Kind.LOWER_HALF);
    }

    void emit() {
        Label loop = new Label();
        Label end = new Label();
        code.visitCode();
        initialize();
        code.visitLabel(out.again);
        code.visitInsn(NOP);
        code.visitLabel(loop);
        code.visitVarInsn(ILOAD, FROM);
        code.visitVarInsn(ILOAD, END);
        code.visitJumpInsn(IF_ICMPGE, end);
        loadRelocation();
        dispatch();
        stores.forEach(this::store);
        if (accumulates) {
            accumulation.accumulate();
        }
        code.visitLabel(out.next);
        code.visitIincInsn(FROM, RelocationTables.RELA);
        code.visitJumpInsn(GOTO, loop);
        code.visitLabel(end);
        if (accumulates) {
            accumulation.storeAccumulated();
            Label stored = new Label();
            code.visitJumpInsn(IFNE, stored);
            code.visitIincInsn(FROM, -RelocationTables.RELA);
            code.visitLabel(stored);
        }
        code.visitLabel(out.stop);
        out.loadIndex();
        code.visitInsn(IRETURN);
        searches.forEach((size, label) -> upperHalves.search(label, defer(size)));
        defers.forEach(this::defer);
        if (accumulates || hasPairs) {
            out.lookAtOrder();
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
        out.setInt(ORDERLY, 0);
        if (hasPairs) {
            upperHalves.initialize();
        }
        if (accumulates) {
            accumulation.initialize();
        }
    }

    /** OFFSET, TYPE, SYMBOL; VALUE is S + A. */
    private void loadRelocation() {
        out.loadRela(0);
        code.visitVarInsn(LSTORE, OFFSET);
        out.loadRela(8);
        code.visitInsn(DUP2);
        code.visitInsn(L2I);
        code.visitVarInsn(ISTORE, TYPE);
        code.visitIntInsn(BIPUSH, 32);
        code.visitInsn(LUSHR);
        code.visitInsn(L2I);
        code.visitInsn(DUP);
        code.visitVarInsn(ISTORE, SYMBOL);
        code.visitJumpInsn(IFLT, out.stop);
        code.visitVarInsn(ILOAD, SYMBOL);
        code.visitVarInsn(ALOAD, SYMBOLS);
        code.visitInsn(ARRAYLENGTH);
        code.visitJumpInsn(IF_ICMPGE, out.stop);
        out.loadSymbol();
        out.loadRela(16);
        code.visitInsn(LADD);
        code.visitVarInsn(LSTORE, VALUE);
    }

    /**
     * The switch, and behind it the code of each row. Rows that say the same share theirs, and so do rows that differ only in what they
     * check: what two branches compute from the same numbers, the JIT compiler computes before it branches, for all relocations. (The
     * second row of ADRP alone cost a tenth of the time of all of AArch64's relocations.)
     */
    private void dispatch() {
        int first = rows.get(0).number();
        int last = rows.get(rows.size() - 1).number();
        Map<RelocationRow, List<RelocationRow>> groups =
                rows.stream().collect(groupingBy(RelocationLoop::withoutCheck, LinkedHashMap::new, toList()));
        Label[] labels = new Label[last - first + 1];
        Arrays.fill(labels, out.stop);
        for (List<RelocationRow> group : groups.values()) {
            Label label = new Label();
            group.forEach(row -> labels[row.number() - first] = label);
        }
        code.visitVarInsn(ILOAD, TYPE);
        code.visitTableSwitchInsn(first, last, out.stop, labels);
        for (List<RelocationRow> group : groups.values()) {
            code.visitLabel(labels[group.get(0).number() - first]);
            emit(group);
        }
    }

    private static RelocationRow withoutCheck(RelocationRow row) {
        return new RelocationRow(
                0, row.kind(), row.expression(), row.field(), Check.NONE, Check.NONE, row.place(), Optional.empty());
    }

    /** The code of rows that differ only in the check. */
    private void emit(List<RelocationRow> group) {
        RelocationRow row = group.get(0);
        Field field = row.field();
        if (field.size() == 0) {
            code.visitJumpInsn(GOTO, out.next);
            return;
        }
        switch (row.kind()) {
            case GOT -> {
                if (hasPairs) {
                    upperHalves.forgetUpperHalves();
                }
                code.visitJumpInsn(GOTO, defer(field.size()));
            }
            case SET, ADD, SUBTRACT -> accumulation.bring(row);
            case ADRP -> {
                code.visitVarInsn(LLOAD, ADDRESS);
                code.visitVarInsn(LLOAD, OFFSET);
                code.visitInsn(LADD);
                code.visitMethodInsn(INVOKESTATIC, INTERPRETER, "isForbiddenForAdrp", "(J)Z", false);
                code.visitJumpInsn(IFNE, defer(field.size()));
                evaluate(group, out.stop);
                write(row);
            }
            case LOWER_HALF -> {
                upperHalves.lowerHalf(searches.computeIfAbsent(field.size(), size -> new Label()));
                write(row);
            }
            case STUB -> {
                evaluate(group, defer(field.size()));
                write(row);
            }
            case UPPER_HALF -> {
                evaluate(group, out.stop);
                upperHalves.upperHalf();
                write(row);
            }
            case WRITE -> {
                evaluate(group, out.stop);
                write(row);
            }
        }
    }

    /** VALUE becomes the expression's; goes elsewhere if it does not fit. */
    private void evaluate(List<RelocationRow> group, Label elsewhere) {
        arithmetic.evaluate(group.get(0).expression());
        Map<Check, List<RelocationRow>> checks = new LinkedHashMap<>();
        group.forEach(row -> checks.computeIfAbsent(row.check(policy), c -> new ArrayList<>())
                .add(row));
        Label fits = new Label();
        int left = checks.size();
        for (Map.Entry<Check, List<RelocationRow>> check : checks.entrySet()) {
            Label other = new Label();
            if (--left > 0) {
                skipUnlessOneOf(check.getValue(), other);
            }
            arithmetic.check(check.getKey(), group.get(0).field().valueBits(), elsewhere);
            code.visitJumpInsn(GOTO, fits);
            code.visitLabel(other);
        }
        code.visitLabel(fits);
    }

    /** Goes elsewhere if the relocation's row is none of these. */
    private void skipUnlessOneOf(List<RelocationRow> wanted, Label other) {
        Label found = new Label();
        for (RelocationRow row : wanted) {
            code.visitVarInsn(ILOAD, TYPE);
            code.visitLdcInsn(row.number());
            code.visitJumpInsn(IF_ICMPEQ, found);
        }
        code.visitJumpInsn(GOTO, other);
        code.visitLabel(found);
    }

    private Label defer(int size) {
        return defers.computeIfAbsent(size, s -> new Label());
    }

    private void defer(int size, Label label) {
        code.visitLabel(label);
        code.visitLdcInsn(size);
        out.checkPlace();
        code.visitVarInsn(ALOAD, DEFERRED);
        out.loadIndex();
        code.visitMethodInsn(INVOKEINTERFACE, "java/util/function/IntConsumer", "accept", "(I)V", true);
        code.visitIincInsn(FROM, RelocationTables.RELA);
        code.visitJumpInsn(GOTO, out.again);
    }

    /** VALUE fits, and its bits are written. */
    private void write(RelocationRow row) {
        Field field = row.field();
        arithmetic.checkAlignment(row.alignment(policy), out.stop);
        if (!field.isWhole()) {
            arithmetic.insert(field);
            out.setLong(KEPT, ~field.writtenMask());
        }
        Store store = new Store(field.size(), row.wantsZero(policy), field.isWhole());
        code.visitJumpInsn(GOTO, stores.computeIfAbsent(store, s -> new Label()));
    }

    private void store(Store store, Label label) {
        code.visitLabel(label);
        code.visitLdcInsn(store.size());
        out.checkPlace();
        if (store.wantsZero() || !store.isWhole()) {
            out.loadImage();
            code.visitMethodInsn(INVOKESTATIC, MEMORY, "get" + 8 * store.size(), "([BI)J", false);
            code.visitVarInsn(LSTORE, WORD);
        }
        if (store.wantsZero()) {
            code.visitVarInsn(LLOAD, WORD);
            code.visitInsn(LCONST_0);
            code.visitInsn(LCMP);
            code.visitJumpInsn(IFNE, out.stop);
        }
        out.loadImage();
        code.visitVarInsn(LLOAD, VALUE);
        if (!store.isWhole()) {
            code.visitVarInsn(LLOAD, WORD);
            code.visitVarInsn(LLOAD, KEPT);
            code.visitInsn(LAND);
            code.visitInsn(LOR);
        }
        code.visitMethodInsn(INVOKESTATIC, MEMORY, "put" + 8 * store.size(), "([BIJ)V", false);
        code.visitJumpInsn(GOTO, out.next);
    }
}
