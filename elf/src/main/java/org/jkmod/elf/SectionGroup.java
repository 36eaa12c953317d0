package org.jkmod.elf;

import static org.jkmod.elf.Elf.SHT_GROUP;

import java.util.Objects;

/** A section group ({@code SHT_GROUP}): sections that belong together. gABI chapter 4, "Section Groups". */
public final class SectionGroup {
    private final Section section;
    private final int start;
    private final int members;

    SectionGroup(Section section) {
        this.section = section;
        int words = section.checkTable(4, SHT_GROUP);
        if (words == 0) {
            throw section.fault(
                    "sh_size", section.file().elfClass().shSize, "0", "at least the group's flags, 4 bytes");
        }
        this.members = words - 1;
        this.start = section.start();
    }

    /** The group's flags, as {@link Elf#GRP_COMDAT}. */
    public int flags() {
        return section.file().data().i32(section.file().array(), start);
    }

    /** Number of member sections. */
    public int size() {
        return members;
    }

    /**
     * A member section.
     *
     * @param index from 0 to {@link #size()} - 1
     * @throws MalformedInputException if the file has no such section
     */
    public Section member(int index) {
        int at = start + 4 + 4 * Objects.checkIndex(index, members);
        int to = section.file().data().i32(section.file().array(), at);
        if (to <= 0 || to >= section.file().sectionCount()) {
            throw section.file()
                    .fault(
                            section.describe() + " member " + index,
                            at,
                            Integer.toUnsignedString(to),
                            "a section index from 1 to " + (section.file().sectionCount() - 1));
        }
        return section.file().section(to);
    }

    /**
     * Name of the symbol that is the group's signature: symbol {@code sh_info} of the table {@code sh_link}.
     *
     * @throws MalformedInputException if there is no such symbol
     */
    public String signature() {
        SymbolTable symbols = new SymbolTable(section.linked("sh_link", section.link()));
        if (section.info() < 0 || section.info() >= symbols.count()) {
            throw section.fault(
                    "sh_info",
                    section.file().elfClass().shInfo,
                    Integer.toUnsignedString(section.info()),
                    "a symbol index below " + symbols.count());
        }
        return symbols.name(section.info());
    }
}
