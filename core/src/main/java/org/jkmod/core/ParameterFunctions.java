package org.jkmod.core;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * Where a kernel's own {@code param_ops_*}, setters and getters are. A module's relocated memory has their addresses, as the kernel
 * has them when it calls them; what a relocation was made from does not matter any more.
 */
final class ParameterFunctions {
    /** Of a kernel that has none of them, or of which none is known. */
    static final ParameterFunctions NONE = new ParameterFunctions(symbol -> OptionalLong.empty());

    private final Map<Long, ParameterType> ops = new HashMap<>();
    private final Map<Long, ParameterType> setters = new HashMap<>();
    private final Map<Long, ParameterType> getters = new HashMap<>();

    ParameterFunctions(Function<String, OptionalLong> addresses) {
        for (ParameterType type : ParameterType.values()) {
            if (type != ParameterType.OWN) {
                addresses.apply(type.ops()).ifPresent(address -> ops.put(address, type));
                addresses.apply(type.setterSymbol()).ifPresent(address -> setters.put(address, type));
                addresses.apply(type.getterSymbol()).ifPresent(address -> getters.put(address, type));
            }
        }
    }

    /** The kernel's, as it exports them. */
    static ParameterFunctions of(Exports exports) {
        return new ParameterFunctions(symbol -> {
            int id = exports.find(symbol);
            return id == Exports.NOT_FOUND ? OptionalLong.empty() : OptionalLong.of(exports.value(id));
        });
    }

    /** Whether ops cannot be told by their address. */
    boolean isEmpty() {
        return ops.isEmpty();
    }

    /** The type whose ops are at an address. */
    Optional<ParameterType> ops(long address) {
        return Optional.ofNullable(ops.get(address));
    }

    /** The type whose setter is at an address. */
    ParameterType setter(long address) {
        return setters.getOrDefault(address, ParameterType.OWN);
    }

    /** The type whose getter is at an address. */
    ParameterType getter(long address) {
        return getters.getOrDefault(address, ParameterType.OWN);
    }
}
