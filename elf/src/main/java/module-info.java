/** ELF objects, read and written: the ELF gABI's structures over a file's bytes. */
module org.jkmod.elf {
    requires static transitive org.jspecify;

    exports org.jkmod.elf;
}
