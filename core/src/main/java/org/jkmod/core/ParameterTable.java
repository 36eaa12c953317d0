package org.jkmod.core;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A module's parameters, as its {@code __param} section has them once it is relocated: an array of {@code struct kernel_param}, the
 * same from Linux 6.1 to 7.2 (include/linux/moduleparam.h; sizes and offsets of 64-bit kernels).
 *
 * <p>What is set and how, the ops of a row say. They are the kernel's, or in the module's memory; the latter may have the kernel's
 * setters and getters. Where a pointer leads nowhere the kernel would oops, or find something; here the row takes anything then.
 */
final class ParameterTable {
    /** {@code sizeof(struct kernel_param)}: name at 0, mod at 8. */
    private static final int KERNEL_PARAM = 40;

    private static final int OPS = 16;
    private static final int PERM = 24;
    private static final int FLAGS = 27;
    private static final int ARG = 32;

    /** {@code struct kernel_param_ops}: flags at 0, set, get, free. */
    private static final int KERNEL_PARAM_OPS = 32;

    private static final int SET = 8;
    private static final int GET = 16;
    private static final int KERNEL_PARAM_OPS_FL_NOARG = 1;

    /** {@code struct kparam_array}: max at 0, elemsize, num, ops, elem. */
    private static final int KPARAM_ARRAY = 32;

    private static final int ELEMSIZE = 4;
    private static final int NUM = 8;
    private static final int ELEMENT_OPS = 16;
    private static final int ELEM = 24;

    private static final int KERNEL_PARAM_FL_UNSAFE = 1;
    private static final int KERNEL_PARAM_FL_HWPARAM = 2;

    /** A longer name than a page is none. */
    private static final int LONGEST_NAME = 4096;

    /** All names of a module together; only a table made to use up memory has more. */
    private static final int ALL_NAMES = 1 << 22;

    private static final String ARRAY_OF = "array of ";

    /** Who sets and who shows a value, and whether it may be set without one ({@code struct kernel_param_ops}). */
    record Ops(ParameterType setter, ParameterType getter, boolean standsWithoutValue) {
        private static final Ops OWN = new Ops(ParameterType.OWN, ParameterType.OWN, true);

        private static Ops of(ParameterType type) {
            return new Ops(type, type.getter(), type.standsWithoutValue());
        }
    }

    /**
     * A parameter's elements ({@code struct kparam_array}).
     *
     * @param max how many there may be, unsigned
     * @param elementSize in bytes, unsigned
     * @param num where their number is kept; 0 if it is not
     * @param ops of each element
     * @param elements where the first is
     */
    record Array(int max, int elementSize, long num, Ops ops, long elements) {
        /** Where an element is. */
        long element(int index) {
            return elements + (elementSize & 0xffff_ffffL) * index;
        }
    }

    /**
     * A parameter.
     *
     * @param name as the module spells it
     * @param type as {@link ModuleParameter#type}
     * @param permissions of its file
     * @param flags {@code KERNEL_PARAM_FL_}
     * @param arg address of the variable, or of what describes it
     * @param array what describes it; empty if it is no array
     */
    record Row(String name, String type, int permissions, int flags, Ops ops, long arg, Optional<Array> array) {
        /** Whether setting it taints the kernel. */
        boolean isUnsafe() {
            return (flags & KERNEL_PARAM_FL_UNSAFE) != 0;
        }

        /** Whether it tells a driver of hardware, which a locked down kernel does not let it. */
        boolean isHardware() {
            return (flags & KERNEL_PARAM_FL_HWPARAM) != 0;
        }
    }

    private final KernelModule module;
    private final ParameterFunctions functions;
    private final Map<String, String> labels;
    private final List<Row> rows = new ArrayList<>();

    private ParameterTable(KernelModule module, ParameterFunctions functions, ByteBuffer table) {
        this.module = module;
        this.functions = functions;
        this.labels = labels(module.modinfo());
        int budget = ALL_NAMES;
        for (int at = 0; at + KERNEL_PARAM <= table.limit() && budget > 0; at += KERNEL_PARAM) {
            Optional<String> name = module.string(table.getLong(at), LONGEST_NAME);
            budget -= name.map(String::length).orElse(0);
            if (name.isPresent() && name.get().length() < LONGEST_NAME) {
                rows.add(row(name.get(), table, at));
            }
        }
    }

    /** The rows of a module's section, which need not be there. */
    static List<Row> read(KernelModule module, ParameterFunctions functions) {
        return module.section("__param")
                .map(table -> new ParameterTable(module, functions, table).rows)
                .orElse(List.of());
    }

    private static Map<String, String> labels(Modinfo modinfo) {
        Map<String, String> labels = new HashMap<>();
        for (String entry : modinfo.all("parmtype")) {
            int colon = entry.indexOf(':');
            if (colon >= 0) {
                labels.putIfAbsent(entry.substring(0, colon), entry.substring(colon + 1));
            }
        }
        return labels;
    }

    private Row row(String name, ByteBuffer table, int at) {
        long arg = table.getLong(at + ARG);
        String label = labels.getOrDefault(name, "");
        Ops ops = functions.isEmpty() ? labelled(label) : ops(table.getLong(at + OPS));
        Optional<Array> array = Optional.empty();
        if (ops.setter() == ParameterType.ARRAY) {
            array = array(arg, label);
            ops = array.isPresent() ? ops : Ops.OWN;
        }
        String type = array.map(a -> ARRAY_OF + a.ops().setter().label())
                .orElse(ops.setter().label());
        return new Row(
                name,
                type.isEmpty() || type.equals(ARRAY_OF) ? label : type,
                table.getShort(at + PERM) & 0xffff,
                table.get(at + FLAGS),
                ops,
                arg,
                array);
    }

    /** Ops by what the module says of the type, for a kernel that does not say where its own are. */
    private static Ops labelled(String label) {
        return ParameterType.labelled(label.startsWith(ARRAY_OF) ? "array" : label)
                .map(Ops::of)
                .orElse(Ops.OWN);
    }

    private Ops ops(long address) {
        return functions
                .ops(address)
                .map(Ops::of)
                .orElseGet(() -> module.at(address, KERNEL_PARAM_OPS)
                        .map(ops -> new Ops(
                                notArray(functions.setter(ops.getLong(SET))),
                                notArray(functions.getter(ops.getLong(GET))),
                                (ops.getInt(0) & KERNEL_PARAM_OPS_FL_NOARG) != 0))
                        .orElse(Ops.OWN));
    }

    private static ParameterType notArray(ParameterType type) {
        return type == ParameterType.ARRAY ? ParameterType.OWN : type;
    }

    private Optional<Array> array(long address, String label) {
        return module.at(address, KPARAM_ARRAY).map(array -> {
            Ops ops = functions.isEmpty()
                    ? labelled(label.substring(ARRAY_OF.length()))
                    : ops(array.getLong(ELEMENT_OPS));
            // An array in an array: the kernel has none, and it could contain itself.
            boolean nested = ops.setter() == ParameterType.ARRAY;
            return new Array(
                    array.getInt(0),
                    array.getInt(ELEMSIZE),
                    array.getLong(NUM),
                    nested ? Ops.OWN : ops,
                    array.getLong(ELEM));
        });
    }
}
