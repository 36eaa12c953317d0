package org.jkmod.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;

class SharedMemoryTest {
    static final int FIRST = 4096;

    /** Writes entries as init.c does. */
    static final class Writer {
        private final ByteBuffer bytes;

        Writer(int size) {
            bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
            bytes.position(FIRST);
        }

        Writer keep(String name, byte[] data) {
            CRC32 crc = new CRC32();
            crc.update(data);
            bytes.put("jkmodrec".getBytes(StandardCharsets.US_ASCII));
            bytes.putLong(name.length()).putLong(data.length).putLong(crc.getValue());
            pad(name.getBytes(StandardCharsets.US_ASCII));
            pad(data);
            return this;
        }

        private void pad(byte[] text) {
            bytes.put(text).position((bytes.position() + 7) & -8);
        }

        Writer line(long number) {
            bytes.putLong(0, number);
            return this;
        }

        ByteBuffer bytes() {
            return bytes;
        }
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void entries_ofAFinishedKernel_areRead() throws IOException {
        SharedMemory memory = SharedMemory.parse(
                new Writer(8192)
                        .keep("a.txt", text("odd length"))
                        .keep("memory/x/.text", new byte[16])
                        .keep("empty", new byte[0])
                        .line(-1)
                        .bytes(),
                "shared");

        assertThat(memory.isComplete()).isTrue();
        assertThat(memory.entries()).containsOnlyKeys("a.txt", "memory/x/.text", "empty");
        assertThat(memory.bytes("a.txt")).isEqualTo(text("odd length"));
        assertThat(memory.bytes("empty")).isEmpty();
        assertThatThrownBy(() -> memory.bytes("b.txt"))
                .isInstanceOf(IOException.class)
                .hasMessage("shared has no b.txt");
    }

    @Test
    void memory_ofAKernelThatDied_isNotComplete() {
        SharedMemory memory = SharedMemory.parse(new Writer(8192).line(7).bytes(), "shared");

        assertThat(memory.isComplete()).isFalse();
        assertThat(memory.entries()).isEmpty();
    }

    @Test
    void entry_withAChangedByte_isRefused() {
        Writer writer = new Writer(8192).keep("a.txt", text("what it was"));
        writer.bytes().put(FIRST + 32 + 8, (byte) 'W');

        assertThatThrownBy(() -> SharedMemory.parse(writer.bytes(), "shared"))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("entry a.txt")
                .hasMessageContaining("CRC");
    }

    @Test
    void entry_thatGoesBeyondTheEnd_isRefused() {
        for (long length : new long[] {8192, 5000, -1, Long.MAX_VALUE}) {
            Writer writer = new Writer(8192).keep("a.txt", text("x"));
            writer.bytes().putLong(FIRST + 16, length);

            assertThatThrownBy(() -> SharedMemory.parse(writer.bytes(), "shared"))
                    .isInstanceOf(MalformedInputException.class);
        }
    }

    @Test
    void entry_withAnEndlessName_isRefused() {
        for (long length : new long[] {8192, 4097, -1, Long.MIN_VALUE}) {
            Writer writer = new Writer(8192).keep("a.txt", text("x"));
            writer.bytes().putLong(FIRST + 8, length);

            assertThatThrownBy(() -> SharedMemory.parse(writer.bytes(), "shared"))
                    .isInstanceOf(MalformedInputException.class);
        }
    }
}
