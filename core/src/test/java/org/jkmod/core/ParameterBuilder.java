package org.jkmod.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jkmod.core.KernelModule.LoadedSection;

/** Makes modules with a {@code __param} table, as they are once relocated for a kernel whose functions have made-up addresses. */
final class ParameterBuilder {
    /** Where the table, and what it points to, begins. */
    static final long RODATA = 0xffff_ffff_c000_0000L;

    /** Where variables begin. */
    static final long DATA = RODATA + 0x10_0000;

    /** Where the kernel has its functions. */
    static final ParameterFunctions FUNCTIONS = new ParameterFunctions(symbol -> OptionalLong.of(address(symbol)));

    private record Row(String name, long ops, int permissions, int flags, long arg) {}

    private final List<Row> rows = new ArrayList<>();
    private final ByteBuffer rodata = ByteBuffer.allocate(0x10000).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer data = ByteBuffer.allocate(0x8000).order(ByteOrder.LITTLE_ENDIAN);
    private final StringBuilder modinfo = new StringBuilder();
    private int tableBytes = -1;

    ParameterBuilder() {
        rodata.position(0x4000);
    }

    /** The address of a symbol of the kernel. */
    static long address(String symbol) {
        return 0xffff_ffff_8000_0000L + (symbol.hashCode() & 0xff_ffff) * 16L;
    }

    /** Reserves a variable with a value of that many bytes. */
    long variable(int size, long value) {
        long address = DATA + data.position();
        for (int i = 0; i < size; i++) {
            data.put((byte) (value >>> (8 * i)));
        }
        return address;
    }

    /** Puts a string among the constants. */
    long string(String text) {
        long address = RODATA + rodata.position();
        rodata.put(text.getBytes(StandardCharsets.ISO_8859_1)).put((byte) 0);
        return address;
    }

    /** Puts 32-bit and 64-bit words among the constants: {@code Integer}s and {@code Long}s. */
    long words(Number... words) {
        long address = RODATA + rodata.position();
        for (Number word : words) {
            if (word instanceof Integer i) {
                rodata.putInt(i);
            } else {
                rodata.putLong(word.longValue());
            }
        }
        return address;
    }

    /** Ops of the module's own: set, get, and KERNEL_PARAM_OPS_FL_NOARG. */
    long ops(int flags, long set, long get) {
        return words((long) flags, set, get, 0L);
    }

    /** A {@code struct kparam_array}. */
    long array(int max, int elementSize, long num, long ops, long elements) {
        return words(max, elementSize, num, ops, elements);
    }

    /** A {@code struct kparam_string}. */
    long buffer(int maxlen, long string) {
        return words((long) maxlen & 0xffff_ffffL, string);
    }

    ParameterBuilder add(String name, long ops, int permissions, int flags, long arg) {
        rows.add(new Row(name, ops, permissions, flags, arg));
        return this;
    }

    /** Adds a parameter of one of the kernel's own types. */
    ParameterBuilder add(String name, String type, long arg) {
        return add(name, address("param_ops_" + type), 0444, 0, arg);
    }

    /** Adds an array of one of the kernel's own types. */
    ParameterBuilder addArray(String name, long array) {
        return add(name, address("param_array_ops"), 0444, 0, array);
    }

    /** Adds what {@code .modinfo} says of a type. */
    ParameterBuilder parmtype(String entry) {
        modinfo.append("parmtype=").append(entry).append('\0');
        return this;
    }

    /** Gives the table another size than its rows have. */
    ParameterBuilder tableBytes(int bytes) {
        tableBytes = bytes;
        return this;
    }

    KernelModule build(String arguments) {
        int at = 0;
        for (Row row : rows) {
            rodata.putLong(at, row.name().isEmpty() ? 0 : string(row.name()))
                    .putLong(at + 16, row.ops())
                    .putShort(at + 24, (short) row.permissions())
                    .put(at + 26, (byte) -1)
                    .put(at + 27, (byte) row.flags())
                    .putLong(at + 32, row.arg());
            at += 40;
        }
        EnumMap<MemoryType, ModuleMemory> memory = new EnumMap<>(MemoryType.class);
        memory.put(MemoryType.RODATA, new ModuleMemory(MemoryType.RODATA, RODATA, 0x10000, rodata.array()));
        memory.put(MemoryType.DATA, new ModuleMemory(MemoryType.DATA, DATA, 0x8000, data.array()));
        KernelModule module = new KernelModule(
                "some",
                Modinfo.parse(ByteBuffer.wrap(modinfo.toString().getBytes(StandardCharsets.ISO_8859_1))),
                arguments,
                Set.of(),
                memory);
        module.sections(
                List.of(new LoadedSection("__param", MemoryType.RODATA, RODATA, tableBytes < 0 ? at : tableBytes)));
        return module;
    }
}
