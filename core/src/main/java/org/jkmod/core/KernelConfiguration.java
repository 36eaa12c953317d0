package org.jkmod.core;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which kernel it is, as far as the layout and the relocation of modules depend on it.
 *
 * @param generation what its version does differently from others
 * @param symbols what is known of its configuration: names without {@code CONFIG_}, values {@code y}, {@code n}, {@code m} or texts
 */
public record KernelConfiguration(Generation generation, Map<String, String> symbols) {
    /** Copies the map. */
    public KernelConfiguration {
        symbols = ImmutableMap.copyOf(symbols);
    }

    /** A kernel of whose configuration nothing is known. */
    public static KernelConfiguration of(KernelRelease release) {
        return new KernelConfiguration(Generation.of(release), Map.of());
    }

    /** The value of a symbol; empty if unknown. */
    public Optional<String> value(String symbol) {
        return Optional.ofNullable(symbols.get(symbol));
    }

    /**
     * Whether a symbol is {@code y}.
     *
     * @param unknown what to take it for if it is unknown
     */
    public boolean isSet(String symbol, boolean unknown) {
        return value(symbol).map("y"::equals).orElse(unknown);
    }
}
