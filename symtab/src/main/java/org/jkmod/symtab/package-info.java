/**
 * Symbol tables: what a kernel exports, and where its symbols live.
 *
 * <p>Two files describe the symbols of a kernel to the outside, and each has a class that reads it:
 *
 * <ul>
 *   <li>{@link org.jkmod.symtab.ModuleSymvers}: {@code Module.symvers}, written by the kernel's build. Which symbols a
 *       module may use: name, CRC, owner, licence, namespace. No addresses.
 *   <li>{@link org.jkmod.symtab.Kallsyms}: {@code /proc/kallsyms} of a running kernel, or the {@code System.map} of a
 *       built one. Where symbols are: address, type, name, module. Exported or not, and several may share a name.
 * </ul>
 *
 * <p>Both are columns of primitive values with a row for each line of the file, numbered from 0; there is no object for
 * a row. {@link org.jkmod.symtab.NameIndex} leads from a name to a row, and proposes the nearest names for one that is
 * unknown; {@link org.jkmod.symtab.AddressIndex} leads from an address to the symbol at or below it. {@link
 * org.jkmod.symtab.NameTable} is what a name index is built from: it numbers names, for these readers and for any
 * other.
 *
 * <p>A kernel says the same of itself: {@link org.jkmod.symtab.KernelSymbols} reads both from a decompressed image, without either file.
 * {@link org.jkmod.symtab.SymbolTable} keeps the names and addresses of a whole kernel small, and in a file of its own; {@link
 * org.jkmod.symtab.SymbolTableBuilder} makes one of symbols from anywhere. In a {@link org.jkmod.symtab.SymbolSpace} the tables of modules
 * come and go while others look up. A {@link org.jkmod.symtab.Glob} is a pattern of names.
 *
 * <p>Rules that hold throughout:
 *
 * <ul>
 *   <li>A name is bytes without an encoding, and is compared as bytes. As a Java string it has a character a byte (ISO
 *       8859-1), as in {@link org.jkmod.elf}, so that no two names become one. A {@code String} is made when somebody
 *       asks for it.
 *   <li>An address is a {@code long}, unsigned by contract.
 *   <li>A row, id or position that is not there is -1, as {@link String#indexOf(String)} has it. One that is out of
 *       range is the caller's fault: {@link IndexOutOfBoundsException}.
 *   <li>A file is hostile until proven otherwise. A line that its format does not allow is a {@link
 *       org.jkmod.elf.MalformedInputException} whose offset is the number of the line, from 1 (of an image or a saved table,
 *       that of the byte); nothing else is thrown for bad input, and time and memory stay proportional to the file's size.
 *   <li>Everything but {@link org.jkmod.symtab.NameTable} and builders is safe for use by many threads, and, but for {@link
 *       org.jkmod.symtab.SymbolSpace}, immutable.
 * </ul>
 */
@NullMarked
package org.jkmod.symtab;

import org.jspecify.annotations.NullMarked;
