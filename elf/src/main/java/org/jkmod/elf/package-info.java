/**
 * Reads and writes ELF objects as the System V gABI (chapters 4 and 5) describes them, with the names that it uses.
 *
 * <p>An {@link org.jkmod.elf.ElfFile} is a view of a file's bytes: nothing is copied, and no entry of a table becomes an
 * object. {@link org.jkmod.elf.Section} is a section header; {@link org.jkmod.elf.SymbolTable},
 * {@link org.jkmod.elf.RelocationTable}, {@link org.jkmod.elf.StringTable}, {@link org.jkmod.elf.Notes} and
 * {@link org.jkmod.elf.SectionGroup} give the meaning of a section's bytes, entry by entry, by index.
 *
 * <p>Two things are odd about ELF, and handled here once: counts and indexes that do not fit their 16-bit fields are kept
 * elsewhere (<i>extended numbering</i>: section 0's {@code sh_size} and {@code sh_link}, and {@code SHT_SYMTAB_SHNDX} for
 * symbols whose {@code st_shndx} is {@code SHN_XINDEX}); and a file comes in two classes and two byte orders, so that a field
 * has four possible encodings. {@link org.jkmod.elf.ElfClass} holds what differs between the classes.
 *
 * <p>The input is hostile until proven otherwise. {@link org.jkmod.elf.ElfFile#parse} checks the header and that the section
 * headers lie within the file, and nothing else; what a section header claims is checked when its content is asked for. A
 * claim that does not hold is a {@link org.jkmod.elf.MalformedInputException}, never any other exception.
 *
 * <p>{@link org.jkmod.elf.ElfWriter} makes relocatable objects, for tests and tools.
 */
@NullMarked
package org.jkmod.elf;

import org.jspecify.annotations.NullMarked;
