package org.jkmod.core;

import static org.objectweb.asm.Opcodes.*;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Type;

/**
 * Makes a {@link RelocationProgram} from an architecture's rows: a hidden class with one method, which {@link RelocationLoop} writes.
 * What it does is what {@link RelocationInterpreter} does, in the same order.
 */
final class RelocationCompiler {
    private record Key(Class<?> architecture, RelocationPolicy policy) {}

    private static final ConcurrentHashMap<Key, RelocationProgram> PROGRAMS = new ConcurrentHashMap<>();

    /** The field that holds the interpreter, which goes on with tables as no assembler writes them. */
    static final String INTERPRETER = "interpreter";

    private RelocationCompiler() {}

    static RelocationProgram program(Architecture architecture, RelocationPolicy policy) {
        return PROGRAMS.computeIfAbsent(new Key(architecture.getClass(), policy), k -> compile(architecture, policy));
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
        List<RelocationRow> rows = rows(architecture);
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_FRAMES);
        String self = RelocationProgram.class.getPackageName().replace('.', '/') + "/RelocationProgram_"
                + architecture.name();
        writer.visit(V17, ACC_FINAL | ACC_SUPER, self, null, Type.getInternalName(Object.class), new String[] {
            Type.getInternalName(RelocationProgram.class)
        });
        String interpreter = Type.getDescriptor(RelocationInterpreter.class);
        writer.visitField(ACC_PRIVATE | ACC_FINAL, INTERPRETER, interpreter, null, null)
                .visitEnd();
        MethodVisitor init = writer.visitMethod(0, "<init>", "(" + interpreter + ")V", null, null);
        init.visitCode();
        init.visitVarInsn(ALOAD, 0);
        init.visitMethodInsn(INVOKESPECIAL, Type.getInternalName(Object.class), "<init>", "()V", false);
        init.visitVarInsn(ALOAD, 0);
        init.visitVarInsn(ALOAD, 1);
        init.visitFieldInsn(PUTFIELD, self, INTERPRETER, interpreter);
        init.visitInsn(RETURN);
        init.visitMaxs(0, 0);
        init.visitEnd();
        MethodVisitor apply =
                writer.visitMethod(ACC_PUBLIC, "apply", "([BII[J[BIIJLjava/util/function/IntConsumer;)I", null, null);
        new RelocationLoop(policy, rows, new RelocationCode(self, apply)).emit();
        writer.visitEnd();
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(writer.toByteArray(), true);
            return (RelocationProgram) hidden.lookupClass()
                    .getDeclaredConstructor(RelocationInterpreter.class)
                    .newInstance(new RelocationInterpreter(architecture, policy));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("compiling the relocations of " + architecture.name(), e);
        }
    }
}
