package org.jkmod.conformance;

import static org.jkmod.conformance.Change.Field.*;
import static org.jkmod.conformance.Change.cut;
import static org.jkmod.conformance.Change.edit;
import static org.jkmod.conformance.Change.header;
import static org.jkmod.conformance.Change.name;
import static org.jkmod.conformance.Change.rename;
import static org.jkmod.conformance.Change.section;
import static org.jkmod.conformance.Change.structName;
import static org.jkmod.conformance.Change.symbol;
import static org.jkmod.conformance.Change.tag;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHN_COMMON;
import static org.jkmod.elf.Elf.SHN_LIVEPATCH;
import static org.jkmod.elf.Elf.SHT_NOBITS;
import static org.jkmod.elf.Elf.SHT_NOTE;
import static org.jkmod.elf.Elf.SHT_NULL;
import static org.jkmod.elf.Elf.SHT_PROGBITS;
import static org.jkmod.elf.Elf.STB_GLOBAL;
import static org.jkmod.elf.Elf.STT_OBJECT;
import static org.jkmod.elf.Elf.stInfo;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Modules that are no sound ELF objects, or no sound modules: a row a way to be broken. */
final class FormatVariants {
    private static final String STRUCT = ".gnu.linkonce.this_module";
    private static final String NO_BYTES = "";

    private FormatVariants() {}

    static final List<Variant> HEADER = List.of(
            Variant.of("elf-magic", "the first byte is 0x7e", header(EI_MAG0, 0x7e)),
            Variant.of("elf-magic-end", "the fourth byte is f", header(EI_MAG3, 'f')),
            Variant.of("elf-class-32", "EI_CLASS says 32 bits", header(EI_CLASS, 1)),
            Variant.of("elf-class-0", "EI_CLASS is 0", header(EI_CLASS, 0)),
            Variant.of("elf-data-0", "EI_DATA is 0", header(EI_DATA, 0)),
            Variant.of("elf-ident-0", "EI_VERSION is 0", header(EI_VERSION, 0)),
            Variant.of("elf-osabi-linux", "EI_OSABI is 3", header(EI_OSABI, 3)),
            Variant.of("elf-type-exec", "e_type is ET_EXEC", header(E_TYPE, 2)),
            Variant.of("elf-type-dyn", "e_type is ET_DYN", header(E_TYPE, 3)),
            Variant.of("elf-type-0", "e_type is 0", header(E_TYPE, 0)),
            Variant.of("elf-machine-0", "e_machine is 0", header(E_MACHINE, 0)),
            Variant.of("elf-machine-386", "e_machine is EM_386", header(E_MACHINE, 3)),
            Variant.of("elf-machine-mips", "e_machine is EM_MIPS", header(E_MACHINE, 8)),
            Variant.of("elf-version-2", "e_version is 2", header(E_VERSION, 2)),
            Variant.of("elf-flags-1", "e_flags is 1", header(E_FLAGS, 1)),
            Variant.of("elf-entry", "e_entry is 4096", header(E_ENTRY, 4096)),
            Variant.of("elf-ehsize-0", "e_ehsize is 0", header(E_EHSIZE, 0)),
            Variant.of("elf-phnum-1", "e_phnum is 1", header(E_PHNUM, 1)),
            Variant.of("elf-shentsize-63", "e_shentsize is 63", header(E_SHENTSIZE, 63)),
            Variant.of("elf-shentsize-128", "e_shentsize is 128", header(E_SHENTSIZE, 128)),
            Variant.of("elf-shoff-0", "e_shoff is 0: the ELF header is section 0", header(E_SHOFF, 0)),
            Variant.of("elf-shoff-odd", "e_shoff is one more", header(E_SHOFF, (old, length) -> old + 1)),
            Variant.of("elf-shoff-late", "e_shoff is a header later", header(E_SHOFF, (old, length) -> old + 64)),
            Variant.of("elf-shoff-last", "e_shoff is the last byte", header(E_SHOFF, (old, length) -> length - 1)),
            Variant.of("elf-shoff-max", "e_shoff is all ones", header(E_SHOFF, -1)),
            Variant.of("elf-shnum-0", "e_shnum is 0", header(E_SHNUM, 0)),
            Variant.of("elf-shnum-2", "e_shnum is 2", header(E_SHNUM, 2)),
            Variant.of("elf-shnum-less", "e_shnum is one less", header(E_SHNUM, (old, length) -> old - 1)),
            Variant.of("elf-shnum-8000", "e_shnum is 0x8000", header(E_SHNUM, 0x8000)),
            Variant.of("elf-shstrndx-1", "e_shstrndx is a section of code", header(E_SHSTRNDX, 1)),
            Variant.of("elf-shstrndx-less", "e_shstrndx is one less", header(E_SHSTRNDX, (old, length) -> old - 1)),
            Variant.of("elf-shstrndx-ff00", "e_shstrndx is SHN_LORESERVE", header(E_SHSTRNDX, 0xff00)),
            Variant.of("trunc-0", "nothing", cut((old, length) -> 0)),
            Variant.of("trunc-4", "the magic only", cut((old, length) -> 4)),
            Variant.of("trunc-63", "the ELF header but its last byte", cut((old, length) -> 63)),
            Variant.of("trunc-64", "the ELF header only", cut((old, length) -> 64)),
            Variant.of("trunc-half", "the first half", cut((old, length) -> length / 2)),
            Variant.of("trunc-last-header", "all but the last section header", cut((old, length) -> length - 64)),
            Variant.of("trunc-last-byte", "all but the last byte", cut((old, length) -> length - 1)));

    static final List<Variant> SECTIONS = List.of(
            Variant.of("sec-0-type", "section 0 has a type", section("", SH_TYPE, SHT_PROGBITS)),
            Variant.of("sec-0-size", "section 0 has a size", section("", SH_SIZE, 1)),
            Variant.of("sec-0-addr", "section 0 has an address", section("", SH_ADDR, 8)),
            Variant.of("sec-0-offset", "section 0 has an offset", section("", SH_OFFSET, 64)),
            Variant.of("sec-0-link", "section 0 has a link", section("", SH_LINK, 1)),
            Variant.of("sec-offset-max", ".comment: sh_offset is all ones", section(".comment", SH_OFFSET, -1)),
            Variant.of(
                    "sec-offset-end", ".comment: sh_offset is the end", section(".comment", SH_OFFSET, (old, n) -> n)),
            Variant.of("sec-size-max", ".comment: sh_size is all ones", section(".comment", SH_SIZE, -1)),
            Variant.of(
                    "sec-size-wraps",
                    ".comment: sh_offset and sh_size make 0",
                    section(".comment", SH_SIZE, 0x8000000000000000L)
                            .and(section(".comment", SH_OFFSET, 0x8000000000000000L))),
            Variant.of(
                    "sec-size-0-end",
                    ".comment is empty, at the end",
                    section(".comment", SH_SIZE, 0).and(section(".comment", SH_OFFSET, (old, n) -> n))),
            Variant.of(
                    "sec-size-0-beyond",
                    ".comment is empty, and beyond the end",
                    section(".comment", SH_SIZE, 0).and(section(".comment", SH_OFFSET, (old, n) -> n + 1))),
            Variant.of(
                    "sec-nobits-beyond",
                    ".comment has no bytes, and an offset beyond the end",
                    section(".comment", SH_TYPE, SHT_NOBITS).and(section(".comment", SH_OFFSET, 1L << 40))),
            Variant.of(
                    "sec-null-beyond",
                    ".comment is of type SHT_NULL, and beyond the end",
                    section(".comment", SH_TYPE, SHT_NULL).and(section(".comment", SH_OFFSET, 1L << 40))),
            Variant.of("sec-names-type", ".shstrtab is no string table", section(".shstrtab", SH_TYPE, SHT_PROGBITS)),
            Variant.of("sec-names-empty", ".shstrtab is empty", section(".shstrtab", SH_SIZE, 0)),
            Variant.of("sec-names-beyond", ".shstrtab is too long", section(".shstrtab", SH_SIZE, (old, n) -> n)),
            Variant.of("sec-names-cut", ".shstrtab ends in a name", section(".shstrtab", SH_SIZE, (old, n) -> old - 2)),
            Variant.of("sec-name-max", ".text: sh_name is all ones", section(".text", SH_NAME, 0xffffffffL)),
            Variant.of("sec-align-3", ".data is aligned to 3", section(".data", SH_ADDRALIGN, 3)),
            Variant.of("sec-align-0", ".data is aligned to 0", section(".data", SH_ADDRALIGN, 0)),
            Variant.of("sec-align-8192", ".data is aligned to 8192", section(".data", SH_ADDRALIGN, 8192)),
            Variant.of("sec-addr", ".data has an address", section(".data", SH_ADDR, 0x1000)),
            Variant.of("sec-entsize", ".data has entries of 7 bytes", section(".data", SH_ENTSIZE, 7)),
            Variant.of(
                    "sec-wx-text",
                    ".text can be written",
                    section(".text", SH_FLAGS, SHF_ALLOC | SHF_EXECINSTR | SHF_WRITE)),
            Variant.of(
                    "sec-wx-data",
                    ".data can be run",
                    section(".data", SH_FLAGS, SHF_ALLOC | SHF_EXECINSTR | SHF_WRITE)),
            Variant.of(
                    "sec-wx-init",
                    ".init.text can be written",
                    section(".init.text", SH_FLAGS, SHF_ALLOC | SHF_EXECINSTR | SHF_WRITE)),
            Variant.of("sec-wx-noalloc", ".comment can be written and run", section(".comment", SH_FLAGS, 5)),
            Variant.of("sec-alloc-comment", ".comment takes memory (valid)", section(".comment", SH_FLAGS, SHF_ALLOC)),
            Variant.of(
                    "sec-bss-1m",
                    "a megabyte of bss (valid)",
                    edit(e -> e.add(".bss.jkmod", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 64).nobits = 1 << 20)),
            Variant.of(
                    "sec-percpu",
                    "per-cpu data (valid)",
                    edit(e -> e.add(".data..percpu", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 64).content = new byte[200])),
            Variant.of(
                    "sec-percpu-aligned",
                    "per-cpu data that is aligned to two pages",
                    edit(e ->
                            e.add(".data..percpu", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8192).content = new byte[64])),
            Variant.of(
                    "sec-percpu-huge",
                    "a megabyte of per-cpu data",
                    edit(e -> e.add(".data..percpu", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 64).content =
                            new byte[1 << 20])),
            Variant.of("sec-unknown-type", ".comment is of type 0x6fffffff", section(".comment", SH_TYPE, 0x6fffffff)));

    static final List<Variant> SYMBOLS = List.of(
            Variant.of("symtab-none", ".symtab is no symbol table", section(".symtab", SH_TYPE, SHT_PROGBITS)),
            Variant.of("symtab-renamed", ".symtab has another name (valid)", rename(".symtab", ".symbols")),
            Variant.of("symtab-link-max", ".symtab: sh_link is all ones", section(".symtab", SH_LINK, 0xffffffffL)),
            Variant.of("symtab-info-0", ".symtab: sh_info is 0", section(".symtab", SH_INFO, 0)),
            Variant.of("symtab-entsize-0", ".symtab: sh_entsize is 0", section(".symtab", SH_ENTSIZE, 0)),
            Variant.of("symtab-beyond", ".symtab is too long", section(".symtab", SH_SIZE, (old, n) -> n)),
            Variant.of(
                    "symtab-odd",
                    ".symtab ends within a symbol that nothing uses",
                    edit(e -> e.addSymbol("jkmod_last", stInfo(STB_GLOBAL, STT_OBJECT), 1, 0, 0))
                            .and(section(".symtab", SH_SIZE, (old, n) -> old - 1))),
            Variant.of("symtab-second", "a second symbol table", edit(e -> {
                ModuleEditor.Part copy = e.add(".symtab2", e.section(".symtab").type, 0, 8);
                copy.content = e.section(".symtab").content.clone();
                copy.link = e.section(".symtab").link;
            })),
            Variant.of("strtab-type", ".strtab is no string table", section(".strtab", SH_TYPE, SHT_PROGBITS)),
            Variant.of(
                    "strtab-first",
                    ".strtab does not begin with NUL",
                    edit(e -> e.section(".strtab").content[0] = 'x')),
            Variant.of(
                    "strtab-last",
                    ".strtab does not end in NUL",
                    edit(e -> e.section(".strtab").append(new byte[] {'x'}))),
            Variant.of("strtab-beyond", ".strtab is too long", section(".strtab", SH_SIZE, (old, n) -> n)),
            Variant.of(
                    "sym-common", "a common symbol", edit(e -> e.addSymbol("jkmod_common", 0x11, SHN_COMMON, 8, 64))),
            Variant.of(
                    "sym-livepatch",
                    "a symbol of a livepatch",
                    edit(e -> e.addSymbol(".klp.sym.vmlinux.printk,0", 0x10, SHN_LIVEPATCH, 0, 0))),
            Variant.of(
                    "sym-reserved",
                    "a symbol in section 0xff01",
                    edit(e -> e.addSymbol("jkmod_x", 0x11, 0xff01, 0, 0))),
            Variant.of(
                    "sym-beyond",
                    "a symbol in a section that does not exist",
                    edit(e -> e.addSymbol("jkmod_x", 0x11, e.count() + 5, 0, 0))),
            Variant.of(
                    "sym-nonalloc",
                    "a symbol in a section without memory (valid)",
                    edit(e -> e.addSymbol("jkmod_x", 0x11, e.count() - 1, 0, 0))),
            Variant.of("sym-no-init", "init_module has another name (valid)", symbol("init_module", ST_NAME, 0)));

    static final List<Variant> MODULE = List.of(
            Variant.of("mod-none", "no section of that name", rename(STRUCT, ".gnu.linkonce.that_module")),
            Variant.of("mod-noalloc", "takes no memory", section(STRUCT, SH_FLAGS, SHF_WRITE)),
            Variant.of("mod-note", "is of type SHT_NOTE", section(STRUCT, SH_TYPE, SHT_NOTE)),
            Variant.of(
                    "mod-longer",
                    "eight bytes longer",
                    edit(e -> e.section(STRUCT).append(new byte[8]))),
            Variant.of("mod-shorter", "eight bytes shorter", section(STRUCT, SH_SIZE, (old, n) -> old - 8)),
            Variant.of(
                    "mod-second",
                    "there is a second one",
                    edit(e -> e.add(STRUCT, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 64).content =
                            e.section(STRUCT).content.clone())),
            Variant.of("mod-name-empty", "the name is empty", structName(NO_BYTES)),
            Variant.of("mod-name-other", "its name is not that of .modinfo (valid)", structName("jkmod_other"))
                    .named("jkmod_other"),
            Variant.of("mod-name-long", "the name has 55 bytes (valid)", name("j".repeat(55)))
                    .named("j".repeat(55)),
            Variant.of("mod-name-comma", "there is a comma in the name (valid)", name("nls,iso"))
                    .named("nls,iso"),
            Variant.of("mod-name-slash", "there is a slash in the name", name("nls/iso"))
                    .named("nls/iso"),
            Variant.of("mod-name-builtin", "has the name of a module that is built in", name("printk"))
                    .named("printk"),
            Variant.of("modinfo-none", "no .modinfo", rename(".modinfo", ".modinfos")),
            Variant.of("modinfo-noalloc", "takes no memory", section(".modinfo", SH_FLAGS, 0)),
            Variant.of("modinfo-empty", "empty", section(".modinfo", SH_SIZE, 0)),
            Variant.of(
                    "modinfo-second",
                    "there is a second one",
                    edit(e -> e.add(".modinfo", SHT_PROGBITS, SHF_ALLOC, 1).content =
                            e.section(".modinfo").content.clone())),
            Variant.of("modinfo-no-name", "no name=", Change.noTag("name")),
            Variant.of("modinfo-no-intree", "no intree=", Change.noTag("intree")),
            Variant.of("modinfo-staging", "staging=Y", Change.moreTag("staging", "Y")),
            Variant.of("modinfo-test", "test=Y", Change.moreTag("test", "Y")),
            Variant.of("modinfo-livepatch", "livepatch=Y", Change.moreTag("livepatch", "Y")),
            Variant.of("modinfo-no-retpoline", "no retpoline=", Change.noTag("retpoline")),
            Variant.of(
                    "modinfo-depends",
                    "depends= names one that does not exist (valid)",
                    tag("depends", "jkmod_no_such")),
            Variant.of(
                    "modinfo-blank",
                    "names without values",
                    edit(e -> e.section(".modinfo").append("jkmod\0=\0==\0\0\0".getBytes(StandardCharsets.US_ASCII)))),
            Variant.of(
                    "modinfo-not-ended",
                    "does not end in NUL",
                    edit(e -> e.section(".modinfo").append(new byte[] {'x'}))));
}
