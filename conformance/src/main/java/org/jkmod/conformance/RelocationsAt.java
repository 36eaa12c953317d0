package org.jkmod.conformance;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jkmod.core.KernelObject;
import org.jkmod.core.RelocationType;
import org.jkmod.elf.Elf;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;

/** Which relocations a module has at places of a section. */
final class RelocationsAt {
    /** No field of a relocation is longer. */
    private static final int LONGEST_FIELD = 8;

    private static final int MAX_SHOWN = 32;

    private RelocationsAt() {}

    /** Those whose field may hold one of the bytes: {@code +0x4 R_X86_64_PC32 symbol-0x4}. */
    static List<String> places(KernelObject object, String section, BitSet bytes) {
        List<String> found = new ArrayList<>();
        for (Section table : object.elf().sections()) {
            if (table.type() != Elf.SHT_RELA
                    || !table.relocations().target().name().equals(section)) {
                continue;
            }
            RelocationTable relocations = table.relocations();
            for (int i = 0; i < relocations.count() && found.size() < MAX_SHOWN; i++) {
                long offset = relocations.offset(i);
                int next =
                        offset >= 0 && offset < Integer.MAX_VALUE - LONGEST_FIELD ? bytes.nextSetBit((int) offset) : -1;
                if (next >= 0 && next < offset + LONGEST_FIELD) {
                    found.add(shown(object, relocations, i));
                }
            }
        }
        return found;
    }

    private static String shown(KernelObject object, RelocationTable relocations, int index) {
        int type = relocations.type(index);
        String name = object.architecture().relocationTypes().stream()
                .filter(t -> t.row().number() == type)
                .findFirst()
                .map(RelocationType::name)
                .orElse("type " + type);
        int symbol = relocations.symbol(index);
        String of = object.symbols().name(symbol);
        if (of.isEmpty()) {
            int target = object.symbols().rawSectionIndex(symbol);
            of = target > 0 && target < object.elf().sectionCount()
                    ? object.elf().section(target).name()
                    : "symbol " + symbol;
        }
        long addend = relocations.addend(index);
        return String.format(
                "+0x%x %s %s%s0x%x", relocations.offset(index), name, of, addend < 0 ? "-" : "+", Math.abs(addend));
    }
}
