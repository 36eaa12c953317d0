package org.jkmod.conformance;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jkmod.conformance.Variant.Boot;

/** All broken modules that are made for a kernel, in the order in which it gets them. */
final class Variants {
    private Variants() {}

    /** Those for a kernel: the ones whose modules it has. */
    static List<Variant> of(TargetKernel target) {
        List<Variant> all = new ArrayList<>();
        all.addAll(FormatVariants.HEADER);
        all.addAll(FormatVariants.SECTIONS);
        all.addAll(FormatVariants.SYMBOLS);
        all.addAll(FormatVariants.MODULE);
        all.addAll(RuleVariants.VERSIONS_OF_KERNEL);
        all.addAll(RuleVariants.VERSIONS_OF_SYMBOLS);
        all.addAll(RuleVariants.IMPORTS);
        all.addAll(RuleVariants.LICENCES);
        all.addAll(RuleVariants.NAMESPACES);
        all.addAll(RuleVariants.EXPORTS);
        all.addAll(RelocationVariants.COMMON);
        all.addAll(RelocationVariants.ofArchitecture(target.architecture()));
        all.addAll(UseVariants.parameters());
        all.addAll(UseVariants.signaturesIn(Boot.PLAIN));
        all.addAll(UseVariants.COMPRESSED);
        all.addAll(UseVariants.CALLS);
        all.addAll(UseVariants.LAST);
        // each in a boot that ends with it, if the kernel does not survive it
        RelocationVariants.UNCHECKED.forEach(v -> all.add(v.in(Boot.WILD)));
        all.addAll(UseVariants.signaturesIn(Boot.ENFORCING));
        all.addAll(UseVariants.signaturesIn(Boot.LOCKED));
        List<Variant> chosen = all.stream()
                .filter(v -> target.hasModule(v.base()))
                .filter(v -> v.where().test(target))
                .toList();
        Set<String> names = new HashSet<>();
        chosen.forEach(v -> {
            if (!names.add(v.name())) {
                throw new IllegalStateException("two variants " + v.name());
            }
        });
        return chosen;
    }
}
