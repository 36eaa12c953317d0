package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;

/**
 * Which modules may be loaded: none that a pattern of {@code deny} matches, and if there are patterns of {@code allow}, only those that
 * one of them matches. Unlike a blacklist of modprobe.d it holds for modules by whatever way they are reached, as dependencies too.
 * Patterns are those of fnmatch(3); dashes and underscores are the same. Immutable.
 */
public final class ModuleFilter {
    /** Lets all modules through. */
    public static final ModuleFilter ALL = new ModuleFilter(List.of(), List.of());

    private final ImmutableList<String> allow;
    private final ImmutableList<String> deny;

    private ModuleFilter(List<String> allow, List<String> deny) {
        this.allow = ImmutableList.copyOf(
                allow.stream().map(AliasPattern::underscores).iterator());
        this.deny = ImmutableList.copyOf(
                deny.stream().map(AliasPattern::underscores).iterator());
    }

    /**
     * A filter.
     *
     * @param allow patterns of the modules that may be loaded; empty: all
     * @param deny patterns of those that may not, of these
     */
    public static ModuleFilter of(List<String> allow, List<String> deny) {
        return new ModuleFilter(allow, deny);
    }

    /** Whether a module may be loaded. */
    public boolean allows(String module) {
        return refusal(module).isEmpty();
    }

    /** Why a module may not be loaded: {@code denied by 'usb*'}; empty if it may. */
    public Optional<String> refusal(String module) {
        String name = AliasPattern.underscores(module);
        Optional<String> denied = deny.stream()
                .filter(pattern -> AliasPattern.matches(pattern, name))
                .findFirst()
                .map(pattern -> "denied by '" + pattern + "'");
        boolean allowed = allow.isEmpty() || allow.stream().anyMatch(pattern -> AliasPattern.matches(pattern, name));
        return denied.isPresent() || allowed ? denied : Optional.of("not among those that are allowed");
    }
}
