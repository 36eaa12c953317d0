package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.jkmod.core.ModuleBuilder;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleInfoTest {
    @TempDir
    Path folder;

    private static byte[] example() throws IOException {
        return Files.readAllBytes(Path.of("../examples/modules/x86_64/jkmod_stat.ko"));
    }

    @Test
    void example_fields_areThoseOfItsSection() throws IOException {
        ModuleInfo info = ModuleInfo.parse(example(), "some/jkmod-stat.ko");
        assertThat(info.name()).isEqualTo("jkmod_stat");
        assertThat(info.isBuiltin()).isFalse();
        assertThat(info.values("license")).containsExactly("GPL");
        assertThat(info.values("depends")).containsExactly("jkmod_ring,jkmod_echo");
        assertThat(info.fields()).contains(new ModuleInfo.Field("name", "jkmod_stat"));
        assertThat(info.signature()).isEmpty();
    }

    @Test
    void example_fileAndCompressedFile_sayTheSame() throws IOException {
        Path plain = Files.write(folder.resolve("a.ko"), example());
        Path packed = folder.resolve("b.ko.gz");
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(example());
        }
        assertThat(ModuleInfo.read(plain).fields())
                .isEqualTo(ModuleInfo.read(packed).fields())
                .isNotEmpty();
        assertThat(ModuleInfo.read(packed).name()).isEqualTo("b");
    }

    @Test
    void exampleWithBuildId_buildId_isThatOfReadelf() throws IOException {
        // readelf -n examples/modules/x86_64/jkmod_stat.ko has none: the kernel's build adds it, and strip may take it
        // away.
        byte[] note = new byte[36];
        note[0] = 4;
        note[4] = 20;
        note[8] = 3;
        System.arraycopy("GNU".getBytes(StandardCharsets.US_ASCII), 0, note, 12, 3);
        for (int i = 0; i < 20; i++) {
            note[16 + i] = (byte) (0xa0 + i);
        }
        byte[] object = SmallObject.with(".modinfo", "license=GPL\0".getBytes(StandardCharsets.US_ASCII))
                .and(".note.gnu.build-id", note)
                .bytes();
        ModuleInfo info = ModuleInfo.parse(object, "x.ko");
        assertThat(info.buildId().orElseThrow())
                .hasSize(20)
                .startsWith(0xa0, 0xa1)
                .endsWith(0xb3);
        ModuleInfoText text =
                new ModuleInfoText(new ModuleInfoText.Style(Compat.KMOD_34, false, Optional.empty(), true));
        text.add(info);
        assertThat(new String(text.toBytes(), StandardCharsets.US_ASCII)).isEqualTo("""
                        license:        GPL
                        build-id:       A0:A1:A2:A3:A4:A5:A6:A7:A8:A9:AA:AB:AC:AD:AE:AF:B0:B1:B2:B3
                        """);
    }

    @Test
    void parameters_describedAndTyped_areJoined() {
        String strings = "parm=a:what\0parmtype=b:int\0parmtype=a:charp\0parm=no colon\0parm=a:what else\0";
        byte[] object = SmallObject.with(".modinfo", strings.getBytes(StandardCharsets.US_ASCII))
                .bytes();
        assertThat(ModuleInfo.parse(object, "x.ko").parameters())
                .containsExactly(
                        new ModuleInfo.Parameter("a", Optional.of("what else"), Optional.of("charp")),
                        new ModuleInfo.Parameter("b", Optional.empty(), Optional.of("int")));
    }

    @Test
    void object_withoutModinfo_isRefused() {
        byte[] object = SmallObject.with(".text", new byte[4]).bytes();
        assertThatThrownBy(() -> ModuleInfo.parse(object, "x.ko"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessage("x.ko: .modinfo at 0x0: found no section of that name, expected one");
    }

    @Test
    void file_sectionOfTerabytes_isRefused() throws IOException {
        byte[] object = SmallObject.with(".modinfo", "license=GPL\0".getBytes(StandardCharsets.US_ASCII))
                .bytes();
        Path file = folder.resolve("sparse.ko");
        try (var out = Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN);
            int headers = (int) buffer.getLong(40);
            buffer.putLong(headers + 64 + 32, 1L << 33);
            out.write(buffer);
            out.position(1L << 34);
            out.write(ByteBuffer.wrap(new byte[1]));
        }
        assertThatThrownBy(() -> ModuleInfo.read(file))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("expected at most 16777216");
    }

    @Test
    void builderModule_withoutSignature_isRead() {
        byte[] object = ModuleBuilder.module("toy").bytes();
        assertThat(ModuleInfo.parse(object, "toy.ko").values("name")).containsExactly("toy");
    }
}
