package org.jkmod.core;

import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.SymbolTable;

/** The symbols of a kernel by number, from whichever reader. */
interface SymbolRows {
    /** How many there are; numbers are below it. */
    int size();

    /** The address of a symbol, unsigned. */
    long address(int symbol);

    /** Its type, a letter of nm(1). */
    char type(int symbol);

    /** Its name, a character a byte. */
    String name(int symbol);

    /** The module it is in, or "" for the kernel itself. */
    String module(int symbol);

    /** The first symbol of a name, or -1. */
    int first(byte[] bytes, int offset, int length);

    /** The next symbol of the same name, or -1. */
    int next(int symbol);

    /** The symbols of a list. */
    static SymbolRows of(Kallsyms symbols) {
        return new SymbolRows() {
            @Override
            public int size() {
                return symbols.size();
            }

            @Override
            public long address(int symbol) {
                return symbols.address(symbol);
            }

            @Override
            public char type(int symbol) {
                return symbols.type(symbol);
            }

            @Override
            public String name(int symbol) {
                return symbols.name(symbol);
            }

            @Override
            public String module(int symbol) {
                return symbols.module(symbol);
            }

            @Override
            public int first(byte[] bytes, int offset, int length) {
                return symbols.first(bytes, offset, length);
            }

            @Override
            public int next(int symbol) {
                return symbols.next(symbol);
            }
        };
    }

    /** The symbols of a table. */
    static SymbolRows of(SymbolTable symbols) {
        return new SymbolRows() {
            @Override
            public int size() {
                return symbols.size();
            }

            @Override
            public long address(int symbol) {
                return symbols.address(symbol);
            }

            @Override
            public char type(int symbol) {
                return symbols.type(symbol);
            }

            @Override
            public String name(int symbol) {
                return symbols.name(symbol);
            }

            @Override
            public String module(int symbol) {
                return symbols.module(symbol);
            }

            @Override
            public int first(byte[] bytes, int offset, int length) {
                return symbols.find(bytes, offset, length);
            }

            @Override
            public int next(int symbol) {
                return symbols.next(symbol);
            }
        };
    }
}
