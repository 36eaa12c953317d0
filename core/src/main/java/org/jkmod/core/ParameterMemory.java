package org.jkmod.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jkmod.core.ParameterTable.Array;
import org.jkmod.core.ParameterTable.Row;
import org.jkmod.core.ParameterType.Form;

/**
 * The variables behind a module's parameters: the setters and getters of kernel/params.c. They write where the kernel writes, into the
 * module's memory; but for a {@code charp} the kernel stores a pointer to a copy in its own memory, which is kept here instead.
 */
final class ParameterMemory {
    /** What {@code param_set_charp} takes. */
    private static final int LONGEST_CHARP = 1024;

    /** What a getter writes at most: a page without the NUL, and {@code PAGE_SIZE} of the smallest. */
    private static final int LONGEST_SHOWN = 4095;

    /** All values of a module together; only a table made to use up memory has more. */
    private static final int ALL_SHOWN = 1 << 22;

    /** What {@code %s} gives for pointers that cannot be any ({@code check_pointer_msg}, lib/vsprintf.c). */
    private static final long FIRST_POINTER = 4096;

    private static final long LAST_POINTER = -4096;

    private static final int KPARAM_STRING = 16;
    private static final int STRING = 8;

    /**
     * What came of setting a parameter.
     *
     * @param error why it failed; empty if it did not
     * @param text what the value is afterwards: arrays put NULs over the commas that they have come to
     */
    record Outcome(Optional<Errno> error, String text) {}

    private final KernelLog log;
    private final Generation generation;
    private final KernelModule module;
    private final Map<Long, String> copies = new HashMap<>();
    private final Set<Row> setByModule = new HashSet<>();
    private int budget = ALL_SHOWN;

    ParameterMemory(KernelLog log, Generation generation, KernelModule module) {
        this.log = log;
        this.generation = generation;
        this.module = module;
    }

    /** Sets a parameter; without a value only those that may be. */
    Outcome set(Row row, Optional<String> value) {
        ParameterType setter = row.ops().setter();
        String text = value.orElse("");
        if (setter == ParameterType.OWN) {
            setByModule.add(row);
        } else if (setter == ParameterType.ARRAY) {
            return setArray(row, row.array().orElseThrow(), text);
        } else if (value.isPresent() || setter.form() == Form.TRUTH) {
            // no equals sign means "set"
            return new Outcome(set(setter, row.name(), row.arg(), value.orElse("1")), text);
        }
        return new Outcome(Optional.empty(), text);
    }

    private Outcome setArray(Row row, Array array, String value) {
        int count = 0;
        int start = 0;
        Optional<Errno> error = Optional.empty();
        boolean more = true;
        writeCount(array, 0);
        while (more && error.isEmpty()) {
            if (count == array.max()) {
                log.print(KernelLog.ERR, row.name() + ": can only take " + count + " arguments");
                error = Optional.of(Errno.EINVAL);
                break;
            }
            int comma = value.indexOf(',', start);
            more = comma >= 0;
            String element = value.substring(start, more ? comma : value.length());
            if (array.ops().setter() == ParameterType.OWN) {
                setByModule.add(row);
            } else {
                error = set(array.ops().setter(), row.name(), array.element(count), element);
            }
            start = comma + 1;
            if (error.isEmpty()) {
                count++;
                writeCount(array, count);
            }
        }
        int firstComma = value.indexOf(',');
        boolean cut = firstComma >= 0 && array.max() != 0;
        return new Outcome(error, cut ? value.substring(0, firstComma) : value);
    }

    private void writeCount(Array array, int count) {
        if (array.num() != 0) {
            write(array.num(), Integer.BYTES, count);
        }
    }

    private Optional<Errno> set(ParameterType type, String name, long address, String value) {
        return switch (type.form()) {
            case SIGNED -> store(type, address, Kstrtox.signed(value, Byte.SIZE * type.size()));
            case UNSIGNED, HEXADECIMAL -> store(type, address, Kstrtox.unsigned(value, Byte.SIZE * type.size()));
            case TRUTH -> setTruth(type, address, value);
            case STRING ->
                type == ParameterType.CHARP ? setCharp(name, address, value) : setString(name, address, value);
            case ARRAY, UNKNOWN -> Optional.empty();
        };
    }

    private Optional<Errno> store(ParameterType type, long address, Kstrtox.Parsed parsed) {
        if (parsed.error().isEmpty()) {
            write(address, type.size(), parsed.value());
        }
        return parsed.error();
    }

    private Optional<Errno> setTruth(ParameterType type, long address, String value) {
        Optional<Boolean> parsed = Kstrtox.bool(value, generation);
        if (parsed.isEmpty()) {
            return Optional.of(Errno.EINVAL);
        }
        boolean truth = parsed.get();
        if (type == ParameterType.BOOL_ENABLE_ONLY && !truth) {
            boolean isSet = module.at(address, 1).map(bytes -> bytes.get() != 0).orElse(false);
            return isSet ? Optional.of(Errno.EROFS) : Optional.empty();
        }
        write(address, type.size(), truth != (type == ParameterType.INVBOOL) ? 1 : 0);
        return Optional.empty();
    }

    private Optional<Errno> setCharp(String name, long address, String value) {
        if (value.length() > LONGEST_CHARP) {
            log.print(KernelLog.ERR, name + ": string parameter too long");
            return Optional.of(Errno.ENOSPC);
        }
        if (module.at(address, Long.BYTES).isPresent()) {
            copies.put(address, value);
        }
        return Optional.empty();
    }

    private Optional<Errno> setString(String name, long address, String value) {
        Optional<ByteBuffer> described = module.at(address, KPARAM_STRING);
        if (described.isEmpty()) {
            return Optional.empty();
        }
        int size = described.get().getInt(0);
        if (Integer.compareUnsigned(value.length(), size) >= 0) {
            log.print(
                    KernelLog.ERR, name + ": string doesn't fit in " + Integer.toUnsignedString(size - 1) + " chars.");
            return Optional.of(Errno.ENOSPC);
        }
        byte[] bytes = (value + '\0').getBytes(StandardCharsets.ISO_8859_1);
        module.write(described.get().getLong(STRING), bytes);
        return Optional.empty();
    }

    private void write(long address, int size, long value) {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        module.write(address, Arrays.copyOf(bytes, size));
    }

    /** What a parameter's file shows; empty if it cannot be known. */
    Optional<String> show(Row row) {
        if (budget <= 0 || setByModule.contains(row)) {
            return Optional.empty();
        }
        Optional<String> shown = row.array().isPresent()
                ? showArray(row.array().get())
                : show(row.ops().getter(), row.arg());
        shown.ifPresent(text -> budget -= text.length() + 1);
        return shown;
    }

    private Optional<String> showArray(Array array) {
        Optional<Integer> count = array.num() == 0
                ? Optional.of(array.max())
                : module.at(array.num(), Integer.BYTES).map(ByteBuffer::getInt);
        if (count.isEmpty()) {
            return Optional.empty();
        }
        StringBuilder all = new StringBuilder();
        for (int i = 0; Integer.compareUnsigned(i, count.get()) < 0 && all.length() <= LONGEST_SHOWN; i++) {
            Optional<String> element = show(array.ops().getter(), array.element(i));
            if (element.isEmpty()) {
                return element;
            }
            all.append(i == 0 ? "" : ",").append(element.get());
        }
        return Optional.of(all.substring(0, Math.min(all.length(), LONGEST_SHOWN)));
    }

    private Optional<String> show(ParameterType getter, long address) {
        if (getter.form() == Form.STRING) {
            return showString(getter, address);
        }
        return module.at(address, getter.size()).flatMap(bytes -> {
            int unused = Long.SIZE - Byte.SIZE * getter.size();
            long value = number(bytes);
            return switch (getter.form()) {
                case SIGNED -> Optional.of(Long.toString(value << unused >> unused));
                case UNSIGNED -> Optional.of(Long.toUnsignedString(value));
                case HEXADECIMAL -> Optional.of(String.format("0x%06x", value));
                case TRUTH -> Optional.of((value != 0) != (getter == ParameterType.INVBOOL) ? "Y" : "N");
                case STRING, ARRAY, UNKNOWN -> Optional.empty();
            };
        });
    }

    private static long number(ByteBuffer bytes) {
        long value = 0;
        for (int i = bytes.limit() - 1; i >= 0; i--) {
            value = value << Byte.SIZE | (bytes.get(i) & 0xff);
        }
        return value;
    }

    private Optional<String> showString(ParameterType getter, long address) {
        if (getter == ParameterType.CHARP) {
            String copy = copies.get(address);
            return copy == null
                    ? module.at(address, Long.BYTES).flatMap(pointer -> stringAt(pointer.getLong()))
                    : Optional.of(copy);
        }
        return module.at(address, KPARAM_STRING).flatMap(described -> stringAt(described.getLong(STRING)));
    }

    private Optional<String> stringAt(long pointer) {
        if (pointer == 0) {
            return Optional.of("(null)");
        }
        if (Long.compareUnsigned(pointer, FIRST_POINTER) < 0 || Long.compareUnsigned(pointer, LAST_POINTER) > 0) {
            return Optional.of("(efault)");
        }
        return module.string(pointer, LONGEST_SHOWN);
    }
}
