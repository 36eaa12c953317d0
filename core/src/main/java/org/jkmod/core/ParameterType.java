package org.jkmod.core;

import java.util.Optional;

/**
 * The kernel's own parameter types, a row a {@code struct kernel_param_ops} that it exports (kernel/params.c). The kernel does not
 * know them by name: it calls the setter and the getter that the ops point to.
 */
enum ParameterType {
    BYTE("byte", 1, Form.UNSIGNED),
    SHORT("short", 2, Form.SIGNED),
    USHORT("ushort", 2, Form.UNSIGNED),
    INT("int", 4, Form.SIGNED),
    UINT("uint", 4, Form.UNSIGNED),
    LONG("long", 8, Form.SIGNED),
    ULONG("ulong", 8, Form.UNSIGNED),
    ULLONG("ullong", 8, Form.UNSIGNED),
    /** {@code %#08x}: eight characters, {@code 0x} among them. */
    HEXINT("hexint", 4, Form.HEXADECIMAL),
    /** A pointer to a string, of which the kernel makes a copy. */
    CHARP("charp", 8, Form.STRING),
    BOOL("bool", 1, Form.TRUTH),
    /** The variable says the opposite. */
    INVBOOL("invbool", 1, Form.TRUTH),
    /** An int that is set like a bool. */
    BINT("bint", 4, Form.TRUTH),
    /** Once set, it stays so. */
    BOOL_ENABLE_ONLY("bool_enable_only", 1, Form.TRUTH),
    /** {@code struct kparam_string}: a buffer of the module's. */
    STRING("string", 0, Form.STRING),
    /** {@code struct kparam_array}. */
    ARRAY("array", 0, Form.ARRAY),
    /** What only the module's own code, or wild pointers, could tell: it takes anything. */
    OWN("", 0, Form.UNKNOWN);

    /** What a value is. */
    enum Form {
        SIGNED,
        UNSIGNED,
        HEXADECIMAL,
        TRUTH,
        STRING,
        ARRAY,
        UNKNOWN
    }

    private final String label;
    private final int size;
    private final Form form;

    ParameterType(String label, int size, Form form) {
        this.label = label;
        this.size = size;
        this.form = form;
    }

    /** The type's name in {@code parmtype}. */
    String label() {
        return label;
    }

    /** Size of the variable in bytes; 0 if it is not one variable. */
    int size() {
        return size;
    }

    Form form() {
        return form;
    }

    /** The type of a name; empty for one that is not the kernel's. */
    static Optional<ParameterType> labelled(String label) {
        for (ParameterType type : values()) {
            if (type != OWN && type.label.equals(label)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** Whether the ops have {@code KERNEL_PARAM_OPS_FL_NOARG}: {@code invbool} has not. */
    boolean standsWithoutValue() {
        return this == BOOL || this == BINT || this == BOOL_ENABLE_ONLY;
    }

    /** The type whose getter the ops have. */
    ParameterType getter() {
        return switch (this) {
            case BINT -> INT;
            case BOOL_ENABLE_ONLY -> BOOL;
            default -> this;
        };
    }

    /** The symbol of the ops. */
    String ops() {
        return this == ARRAY ? "param_array_ops" : "param_ops_" + label;
    }

    /** The symbol of the setter, where it is exported. */
    String setterSymbol() {
        return "param_set_" + (this == STRING ? "copystring" : label);
    }

    /** The symbol of the getter, where it is exported. */
    String getterSymbol() {
        return "param_get_" + label;
    }
}
