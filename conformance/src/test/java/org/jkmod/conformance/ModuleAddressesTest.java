package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jkmod.core.AddressRange;
import org.jkmod.core.KernelAddresses;
import org.jkmod.core.KernelObject;
import org.jkmod.core.ModuleAddresses;
import org.jkmod.core.SymbolAt;
import org.jkmod.symtab.Kallsyms;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What files and sections say of the addresses of modules is what the kernels that had them said: /proc/kallsyms. */
@Tag("conformance")
class ModuleAddressesTest {
    @TestFactory
    Stream<DynamicTest> symbols_recordedKernel_areThoseOfKallsyms() {
        return GroundTruthTest.RELEASES.stream()
                .map(release -> DynamicTest.dynamicTest(release, () -> {
                    try (Recording recording = new Recording(GroundTruthTest.recording(release))) {
                        compare(recording);
                    }
                }));
    }

    private static void compare(Recording recording) throws IOException {
        List<ModuleAddresses> modules = new ArrayList<>();
        Map<String, ModuleAddresses> byName = new HashMap<>();
        for (KernelObject object : recording.loaded()) {
            Map<String, Long> sections = recording.sections().of(object.name());
            if (!sections.isEmpty()) {
                ModuleAddresses module = ModuleAddresses.of(object, sections, recording.configuration());
                modules.add(module);
                byName.put(module.name(), module);
            }
        }
        Kallsyms symbols = recording.kallsyms();
        KernelAddresses addresses =
                KernelAddresses.of(Kallsyms.parse(new byte[0], "nothing")).with(modules);
        List<String> wrong = new ArrayList<>();
        int compared = 0;
        for (Map.Entry<String, NavigableMap<Long, String>> module :
                firstNames(symbols).entrySet()) {
            NavigableMap<Long, String> names = module.getValue();
            for (Map.Entry<Long, String> symbol : names.entrySet()) {
                long address = symbol.getKey();
                Optional<AddressRange> memory = Optional.ofNullable(byName.get(module.getKey())).stream()
                        .flatMap(m -> m.ranges().stream())
                        .filter(range -> range.contains(address))
                        .findFirst();
                if (memory.isEmpty()) {
                    // a per-CPU variable, or in an empty section behind the end of its memory
                    continue;
                }
                compared++;
                Long next = names.higherKey(address);
                long end = next != null && memory.get().contains(next)
                        ? next
                        : memory.get().end();
                SymbolAt expected =
                        new SymbolAt(symbol.getValue(), address, 0, end - address, Optional.of(module.getKey()));
                Optional<SymbolAt> found = addresses
                        .symbolAt(address)
                        .map(at -> hasTwoLayouts(recording) ? withoutTextSize(at, expected) : at);
                if (!found.equals(Optional.of(expected))) {
                    wrong.add("0x" + Long.toHexString(address) + ": " + found + ", expected " + expected);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(compared).as(recording.release()).isGreaterThan(1_000);
    }

    private static boolean hasTwoLayouts(Recording recording) {
        return recording.release().startsWith("6.1.");
    }

    /** Before Linux 6.4 a size is cut at the end of the module's code, which kallsyms does not show. */
    private static SymbolAt withoutTextSize(SymbolAt found, SymbolAt expected) {
        return found.size() < 0 || (found.size() < expected.size() && (found.address() + found.size()) % 4096 == 0)
                ? new SymbolAt(found.name(), found.address(), found.offset(), expected.size(), found.module())
                : found;
    }

    /** By module and address: the first name that the kernel looks at. */
    private static Map<String, NavigableMap<Long, String>> firstNames(Kallsyms symbols) {
        Map<String, NavigableMap<Long, String>> names = new HashMap<>();
        for (int symbol = 0; symbol < symbols.size(); symbol++) {
            String name = symbols.name(symbol);
            if (!symbols.module(symbol).isEmpty() && !name.matches("(?s)(\\$|\\.L|L0).*")) {
                names.computeIfAbsent(symbols.module(symbol), m -> new TreeMap<>(Long::compareUnsigned))
                        .putIfAbsent(symbols.address(symbol), name);
            }
        }
        return names;
    }
}
