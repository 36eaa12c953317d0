package org.jkmod.kmod;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** ELF objects of 64 bits with some sections and nothing else. */
final class SmallObject {
    @SuppressWarnings("ArrayRecordComponent") // Nobody compares them.
    private record Content(String name, byte[] bytes) {}

    private final List<Content> sections = new ArrayList<>();

    private SmallObject() {}

    static SmallObject with(String name, byte[] bytes) {
        return new SmallObject().and(name, bytes);
    }

    SmallObject and(String name, byte[] bytes) {
        sections.add(new Content(name, bytes));
        return this;
    }

    byte[] bytes() {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        names.write(0);
        List<Integer> nameAt = new ArrayList<>();
        for (Content section : sections) {
            nameAt.add(names.size());
            names.writeBytes((section.name + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        nameAt.add(names.size());
        names.writeBytes(".shstrtab\0".getBytes(StandardCharsets.US_ASCII));
        List<Content> all = new ArrayList<>(sections);
        all.add(new Content(".shstrtab", names.toByteArray()));
        int size = all.stream().mapToInt(s -> s.bytes.length).sum();
        ByteBuffer b = ByteBuffer.allocate(64 + size + 64 * (all.size() + 1)).order(ByteOrder.LITTLE_ENDIAN);
        b.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        b.putShort((short) 1).putShort((short) 62).putInt(1);
        b.putLong(40, 64 + size).putShort(52, (short) 64).putShort(58, (short) 64);
        b.putShort(60, (short) (all.size() + 1)).putShort(62, (short) all.size());
        int at = 64;
        for (int i = 0; i < all.size(); i++) {
            byte[] content = all.get(i).bytes;
            b.position(at).put(content);
            int header = 64 + size + 64 * (i + 1);
            b.putInt(header, nameAt.get(i)).putInt(header + 4, 1);
            b.putLong(header + 24, at).putLong(header + 32, content.length);
            at += content.length;
        }
        return b.array();
    }
}
