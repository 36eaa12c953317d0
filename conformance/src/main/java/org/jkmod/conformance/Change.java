package org.jkmod.conformance;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import org.jkmod.elf.ElfFile;

/** What is done to a module to break it: bytes of its headers are patched, or it is taken apart and put together again. */
@FunctionalInterface
interface Change {
    /** A module's bytes with the change. */
    byte[] of(byte[] module, TargetKernel target);

    /** What a number becomes. */
    @FunctionalInterface
    interface Value {
        /**
         * The number's new value.
         *
         * @param old the value so far
         * @param length the file's
         */
        long of(long old, long length);

        /** Always the same. */
        static Value is(long value) {
            return (old, length) -> value;
        }
    }

    /** A number somewhere in a header or a symbol: where, and how many bytes. */
    enum Field {
        EI_MAG0(0, 1),
        EI_MAG3(3, 1),
        EI_CLASS(4, 1),
        EI_DATA(5, 1),
        EI_VERSION(6, 1),
        EI_OSABI(7, 1),
        E_TYPE(16, 2),
        E_MACHINE(18, 2),
        E_VERSION(20, 4),
        E_ENTRY(24, 8),
        E_SHOFF(40, 8),
        E_FLAGS(48, 4),
        E_EHSIZE(52, 2),
        E_PHENTSIZE(54, 2),
        E_PHNUM(56, 2),
        E_SHENTSIZE(58, 2),
        E_SHNUM(60, 2),
        E_SHSTRNDX(62, 2),
        SH_NAME(0, 4),
        SH_TYPE(4, 4),
        SH_FLAGS(8, 8),
        SH_ADDR(16, 8),
        SH_OFFSET(24, 8),
        SH_SIZE(32, 8),
        SH_LINK(40, 4),
        SH_INFO(44, 4),
        SH_ADDRALIGN(48, 8),
        SH_ENTSIZE(56, 8),
        ST_NAME(0, 4),
        ST_INFO(4, 1),
        ST_SHNDX(6, 2),
        ST_VALUE(8, 8),
        ST_SIZE(16, 8);

        private final int offset;
        private final int size;

        Field(int offset, int size) {
            this.offset = offset;
            this.size = size;
        }

        private byte[] put(byte[] module, int base, Value value) {
            byte[] changed = module.clone();
            ByteBuffer bytes = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
            long old = 0;
            for (int i = size - 1; i >= 0; i--) {
                old = (old << 8) | (bytes.get(base + offset + i) & 0xff);
            }
            long put = value.of(old, module.length);
            for (int i = 0; i < size; i++) {
                bytes.put(base + offset + i, (byte) (put >> (8 * i)));
            }
            return changed;
        }
    }

    /** The same module. */
    static Change none() {
        return (module, target) -> module;
    }

    /** Changes a field of the ELF header. */
    static Change header(Field field, Value value) {
        return (module, target) -> field.put(module, 0, value);
    }

    /** Changes a field of the ELF header. */
    static Change header(Field field, long value) {
        return header(field, Value.is(value));
    }

    /** Changes a field of a section's header. */
    static Change section(String name, Field field, Value value) {
        return (module, target) -> {
            ElfFile elf = ElfFile.parse(module, "module");
            // of any type, so not as the loader looks for sections
            int index = elf.sections().stream()
                    .filter(part -> name.isEmpty() || part.hasName(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no section " + name))
                    .index();
            long headers =
                    ByteBuffer.wrap(module).order(ByteOrder.LITTLE_ENDIAN).getLong(Field.E_SHOFF.offset);
            return field.put(module, (int) headers + 64 * index, value);
        };
    }

    /** Changes a field of a section's header; of section 0, if it has no name. */
    static Change section(String name, Field field, long value) {
        return section(name, field, Value.is(value));
    }

    /** Changes a field of a symbol. */
    static Change symbol(String name, Field field, long value) {
        return (module, target) -> {
            ElfFile elf = ElfFile.parse(module, "module");
            int index = ModuleEditor.of(module).symbol(name);
            return field.put(module, elf.section(".symtab").orElseThrow().start() + 24 * index, Value.is(value));
        };
    }

    /** Leaves the first bytes only. */
    static Change cut(Value length) {
        return (module, target) -> Arrays.copyOf(module, (int) length.of(module.length, module.length));
    }

    /** Changes bytes. */
    static Change bytes(UnaryOperator<byte[]> change) {
        return (module, target) -> change.apply(module);
    }

    /** Takes the module apart. */
    static Change edit(Consumer<ModuleEditor> change) {
        return (module, target) -> {
            ModuleEditor editor = ModuleEditor.of(module);
            change.accept(editor);
            return editor.toBytes();
        };
    }

    /** Gives a section another name. */
    static Change rename(String section, String name) {
        return edit(e -> e.section(section).name = name);
    }

    /** Changes the first value of a tag of {@code .modinfo}. */
    static Change tag(String tag, String value) {
        String entry = Matcher.quoteReplacement("\0" + tag + "=" + value + "\0");
        return modinfo(text ->
                ("\0" + text).replaceFirst("\0" + tag + "=[^\0]*\0", entry).substring(1));
    }

    /** Takes all values of a tag away. */
    static Change noTag(String tag) {
        return modinfo(text ->
                ("\0" + text).replaceAll("\0" + tag + "=[^\0]*(?=\0)", "").substring(1));
    }

    /** Adds a tag behind the others. */
    static Change moreTag(String tag, String value) {
        return modinfo(text -> text + tag + "=" + value + "\0");
    }

    /** Adds a tag before the others. */
    static Change firstTag(String tag, String value) {
        return modinfo(text -> tag + "=" + value + "\0" + text);
    }

    private static Change modinfo(UnaryOperator<String> change) {
        return edit(e -> {
            ModuleEditor.Part part = e.section(".modinfo");
            String text = new String(part.content, StandardCharsets.ISO_8859_1);
            part.content = change.apply(text).getBytes(StandardCharsets.ISO_8859_1);
        });
    }

    /** Gives the module another name: in {@code struct module}, three words behind its begin, and in {@code .modinfo}. */
    static Change name(String name) {
        return structName(name).and(tag("name", name));
    }

    /** Gives {@code struct module} another name. */
    static Change structName(String name) {
        return edit(e -> {
            ByteBuffer bytes = e.section(".gnu.linkonce.this_module").bytes();
            bytes.position(24).put(Arrays.copyOf(name.getBytes(StandardCharsets.ISO_8859_1), 56));
        });
    }

    /** One change, and then another. */
    default Change and(Change next) {
        return (module, target) -> next.of(of(module, target), target);
    }
}
