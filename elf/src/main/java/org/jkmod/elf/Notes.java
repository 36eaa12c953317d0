package org.jkmod.elf;

import static org.jkmod.elf.Elf.SHT_NOTE;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The notes of a section. gABI chapter 5, "Note Section"; as Linux writes them, names and descriptors are padded to 4 bytes in both
 * classes (or to 8 where the section's alignment is 8).
 */
public final class Notes implements Iterable<Notes.Note> {
    /**
     * One note.
     *
     * @param owner the originator's name, without its NUL: {@code GNU}, {@code Linux}
     * @param type its meaning, defined by the owner
     * @param descriptor the content, read-only, in the file's byte order
     */
    public record Note(String owner, int type, ByteBuffer descriptor) {}

    private final Section section;
    private final int start;
    private final int end;
    private final int alignment;

    Notes(Section section) {
        this.section = section;
        section.checkTable(1, SHT_NOTE);
        this.start = section.start();
        this.end = start + (int) section.size();
        this.alignment = section.addralign() == 8 ? 8 : 4;
    }

    /**
     * {@inheritDoc}
     *
     * <p>Its {@code next} throws {@link MalformedInputException} if a note does not fit the section.
     */
    @Override
    public Iterator<Note> iterator() {
        return new Iterator<>() {
            private int at = start;

            @Override
            public boolean hasNext() {
                return at < end;
            }

            @Override
            public Note next() {
                if (at >= end) {
                    throw new NoSuchElementException();
                }
                ElfFile file = section.file();
                byte[] bytes = file.array();
                int note = at;
                if (end - note < 12) {
                    throw fault(note, (end - note) + " bytes", "a note header of 12 bytes");
                }
                long nameSize = file.data().u32(bytes, note);
                long descSize = file.data().u32(bytes, note + 4);
                int type = file.data().i32(bytes, note + 8);
                long name = note + 12L;
                long desc = align(name + nameSize);
                if (desc + descSize > end) {
                    throw fault(
                            note,
                            "n_namesz " + nameSize + ", n_descsz " + descSize,
                            "a note within the section's size");
                }
                int nameLength = (int) nameSize;
                while (nameLength > 0 && bytes[(int) name + nameLength - 1] == 0) {
                    nameLength--;
                }
                at = (int) Math.min(end, align(desc + descSize));
                return new Note(Section.latin1(bytes, (int) name, nameLength), type, file.slice(desc, descSize));
            }

            private long align(long position) {
                return start + ((position - start + alignment - 1) & -alignment);
            }
        };
    }

    private MalformedInputException fault(int at, String found, String expected) {
        return section.file().fault(section.describe() + " note", at, found, expected);
    }
}
