/** Symbol tables: names and addresses of a kernel's symbols, and the text files that list them. */
module org.jkmod.symtab {
    requires transitive org.jkmod.elf;
    requires static transitive org.jspecify;

    exports org.jkmod.symtab;
}
