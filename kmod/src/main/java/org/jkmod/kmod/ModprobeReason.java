package org.jkmod.kmod;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Why a module is in a plan.
 *
 * @param relation to what asks for it
 * @param of that module's name; of {@link Relation#REQUESTED} and {@link Relation#ALIAS} what the user asked for
 * @param because why that one is in it; empty if the user asked
 */
public record ModprobeReason(Relation relation, String of, Optional<ModprobeReason> because) {
    /** How a module comes into a plan. */
    public enum Relation {
        /** The user named it. */
        REQUESTED("asked for"),
        /** The user gave an alias of it. */
        ALIAS("asked for as"),
        /** A module cannot do without it. */
        DEPENDENCY("dependency of"),
        /** A module wants it to be loaded before; unloaded after. */
        SOFTDEP_PRE("soft dependency (pre) of"),
        /** A module wants it to be loaded after; unloaded before. */
        SOFTDEP_POST("soft dependency (post) of"),
        /** It uses a module that is to go ({@code --remove-holders}). */
        HOLDER("uses"),
        /** Nothing uses it any more once a module is gone. */
        UNUSED("not used any more without");

        private final String shown;

        Relation(String shown) {
            this.shown = shown;
        }
    }

    /** Of what the user asked for. */
    static ModprobeReason request(ModuleLookup.Found found, String query) {
        return new ModprobeReason(
                found.alias().isEmpty() ? Relation.REQUESTED : Relation.ALIAS, query, Optional.empty());
    }

    /** Of a module which this is the reason of. */
    ModprobeReason of(Relation next, String module) {
        return new ModprobeReason(next, module, Optional.of(this));
    }

    /** All reasons, the nearest first: {@code dependency of vfat}, {@code asked for as 'fs-vfat'}. */
    public List<String> chain() {
        List<String> chain = new ArrayList<>();
        for (Optional<ModprobeReason> at = Optional.of(this); at.isPresent(); at = at.get().because) {
            chain.add(at.get().shown());
        }
        return chain;
    }

    private String shown() {
        return switch (relation) {
            case REQUESTED -> relation.shown;
            case ALIAS -> relation.shown + " '" + of + "'";
            default -> relation.shown + " " + of;
        };
    }

    /** The chain on a line. */
    @Override
    public String toString() {
        return String.join(", ", chain());
    }
}
