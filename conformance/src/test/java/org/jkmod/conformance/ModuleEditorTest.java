package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jkmod.elf.Elf.EM_X86_64;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_WRITE;
import static org.jkmod.elf.Elf.SHN_UNDEF;
import static org.jkmod.elf.Elf.SHT_PROGBITS;
import static org.jkmod.elf.Elf.STB_GLOBAL;
import static org.jkmod.elf.Elf.STT_NOTYPE;
import static org.jkmod.elf.Elf.STT_OBJECT;
import static org.jkmod.elf.Elf.stInfo;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jkmod.core.KernelObject;
import org.jkmod.elf.ElfClass;
import org.jkmod.elf.ElfFile;
import org.jkmod.elf.ElfWriter;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;
import org.junit.jupiter.api.Test;

class ModuleEditorTest {
    private static final String MODINFO = "license=GPL\0vermagic=6.12.0 SMP \0name=good\0depends=\0";

    private static byte[] module() {
        ElfWriter writer = new ElfWriter(ElfClass.ELFCLASS64, ByteOrder.LITTLE_ENDIAN, EM_X86_64);
        writer.addSection(".modinfo", SHT_PROGBITS, SHF_ALLOC, 1, MODINFO.getBytes(StandardCharsets.US_ASCII));
        byte[] struct = new byte[128];
        struct[24] = 'g';
        int index = writer.addSection(".gnu.linkonce.this_module", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 64, struct);
        writer.addNoBits(".bss", SHF_ALLOC | SHF_WRITE, 64, 4096);
        writer.addSymbol("__this_module", 0, 128, stInfo(STB_GLOBAL, STT_OBJECT), index);
        writer.addUndefined("printk");
        return writer.toBytes();
    }

    private static KernelObject changed(Change change) {
        // none of these changes looks at the kernel
        return KernelObject.parse(change.of(module(), null), "changed.ko");
    }

    @Test
    void toBytes_ofAnUnchangedModule_hasTheSameSectionsAndSymbols() {
        ElfFile before = ElfFile.parse(module(), "before");
        ElfFile after = ElfFile.parse(ModuleEditor.of(module()).toBytes(), "after");
        assertThat(after.sectionCount()).isEqualTo(before.sectionCount());
        for (int i = 0; i < before.sectionCount(); i++) {
            Section ours = after.section(i);
            Section theirs = before.section(i);
            assertThat(List.of(ours.name(), ours.type(), ours.flags(), ours.link(), ours.info(), ours.addralign()))
                    .isEqualTo(List.of(
                            theirs.name(),
                            theirs.type(),
                            theirs.flags(),
                            theirs.link(),
                            theirs.info(),
                            theirs.addralign()));
            if (!ours.name().equals(".shstrtab")) {
                assertThat(ours.size()).isEqualTo(theirs.size());
                assertThat(ours.bytes()).isEqualTo(theirs.bytes());
            }
        }
    }

    @Test
    void addSymbol_undefined_isAnImport() {
        KernelObject object =
                changed(Change.edit(e -> e.addSymbol("no_such", stInfo(STB_GLOBAL, STT_NOTYPE), SHN_UNDEF, 0, 0)));
        assertThat(object.imports()).extracting(KernelObject.Import::name).containsExactly("printk", "no_such");
    }

    @Test
    void relocate_twice_addsASectionWithTwoPlacesEightBytesApart() {
        ModuleEditor editor = ModuleEditor.of(module());
        editor.relocate(1, editor.symbol("__this_module"), 5);
        editor.relocate(0xffff_ffffL, editor.symbol("printk"), -1);
        ElfFile elf = ElfFile.parse(editor.toBytes(), "relocated");
        RelocationTable table =
                elf.section(".rela" + ModuleEditor.PLACES).orElseThrow().relocations();
        assertThat(table.target().name()).isEqualTo(ModuleEditor.PLACES);
        assertThat(table.count()).isEqualTo(2);
        assertThat(List.of(table.offset(0), table.type(0), table.addend(0))).isEqualTo(List.of(0L, 1, 5L));
        assertThat(List.of(table.offset(1), table.type(1), table.addend(1))).isEqualTo(List.of(8L, -1, -1L));
    }

    @Test
    void section_ofANameThatThereIsNot_isRefused() {
        assertThatThrownBy(() -> ModuleEditor.of(module()).section(".no_such"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(".no_such");
    }

    @Test
    void tag_replacesTheFirstValue_andNoTagAll() {
        assertThat(changed(Change.tag("license", "A$1")).modinfo().all("license"))
                .containsExactly("A$1");
        assertThat(changed(Change.noTag("vermagic")).vermagic()).isEmpty();
        assertThat(changed(Change.firstTag("license", "MIT")).modinfo().all("license"))
                .containsExactly("MIT", "GPL");
        assertThat(changed(Change.moreTag("license", "MIT")).modinfo().all("license"))
                .containsExactly("GPL", "MIT");
    }

    @Test
    void name_changesModinfoAndStruct() {
        KernelObject object = changed(Change.name("other"));
        assertThat(object.name()).isEqualTo("other");
        assertThat(object.modinfo().first("name")).contains("other");
    }

    @Test
    void header_isPatchedWhereItsFieldIs() {
        assertThat(ElfFile.parse(Change.header(Change.Field.E_TYPE, 2).of(module(), null), "exec")
                        .type())
                .isEqualTo(2);
        byte[] longer = Change.section(".bss", Change.Field.SH_SIZE, (old, length) -> old + length)
                .of(module(), null);
        assertThat(ElfFile.parse(longer, "longer").section(".bss").orElseThrow().size())
                .isEqualTo(4096L + module().length);
    }
}
