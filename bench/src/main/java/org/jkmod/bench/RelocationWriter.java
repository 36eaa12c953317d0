package org.jkmod.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jkmod.core.KernelObject;
import org.jkmod.elf.Elf;
import org.jkmod.elf.RelocationTable;
import org.jkmod.elf.Section;
import org.jkmod.elf.SymbolTable;

/**
 * Makes a {@link RelocationInput} of modules: gives each the same addresses in the architecture's module region, one section behind the
 * other, and each import one in the kernel's image, so that all is in reach of all, as it is in a kernel without KASLR.
 */
final class RelocationWriter {
    /** Of fewer relocations than this several copies are made: so short a time could not be measured. */
    private static final int MIN_RELOCATIONS = 20_000;

    private static final int ALIGNMENT = 64;
    private static final int IMPORT_SIZE = 64;
    private static final int IMPORTS = 1 << 18;
    private static final int SYMBOL_VALUE = 8;
    private static final int SYMBOL = 24;
    private static final int RELA = 24;

    /**
     * Where an architecture's kernel has what.
     *
     * @param perCpu where a module's per-CPU variables are; 0: among its other sections
     */
    private record Addresses(long kernel, long modules, long perCpu) {
        static Addresses of(String architecture) {
            return switch (architecture) {
                case "x86_64" -> new Addresses(0xffff_ffff_8100_0000L, 0xffff_ffff_c000_0000L, 0x20000);
                case "aarch64" -> new Addresses(0xffff_8000_8000_0000L, 0xffff_8000_7c00_0000L, 0);
                case "riscv64" -> new Addresses(0xffff_ffff_8000_0000L, 0xffff_ffff_0100_0000L, 0);
                default -> throw new IllegalArgumentException(architecture);
            };
        }
    }

    private final Addresses addresses;
    /** The numbers of {@link RelocationInput}'s sections; offsets count from the first part, or from the first image. */
    private final List<long[]> sections = new ArrayList<>();

    private final List<byte[]> parts = new ArrayList<>();
    private final List<byte[]> images = new ArrayList<>();
    private long partsSize;
    private long imagesSize;

    private RelocationWriter(Addresses addresses) {
        this.addresses = addresses;
    }

    /** Makes the file, if it is not there. */
    static void write(Path path, String architecture, List<Path> modules) throws IOException {
        if (Files.exists(path)) {
            return;
        }
        RelocationWriter writer = new RelocationWriter(Addresses.of(architecture));
        for (Path module : modules) {
            writer.add(KernelObject.read(module));
        }
        writer.copy();
        long head = (RelocationInput.HEAD + (long) RelocationInput.SECTION * writer.sections.size()) * Long.BYTES;
        for (long[] section : writer.sections) {
            section[0] += head;
            section[2] += head;
        }
        List<byte[]> all = new ArrayList<>(writer.parts);
        all.addAll(writer.images);
        Files.createDirectories(path.getParent());
        Path part = path.resolveSibling(path.getFileName() + ".part");
        RelocationInput.write(part, writer.sections, all, head + writer.partsSize, writer.imagesSize);
        Files.move(part, path);
    }

    private void add(KernelObject object) {
        long[] address = layOut(object);
        long symbols = addPart(symbols(object, address));
        for (Section section : object.elf().sections()) {
            if (section.type() != Elf.SHT_RELA || !isAllocated(object.elf().section(section.info()))) {
                continue;
            }
            RelocationTable table = section.relocations();
            Section target = object.elf().section(section.info());
            byte[] rela = new byte[table.count() * RELA];
            section.bytes().get(rela);
            byte[] image = new byte[(int) target.size()];
            if (!target.isEmptyInFile()) {
                target.bytes().get(image);
            }
            sections.add(new long[] {
                addPart(rela),
                table.count(),
                symbols,
                object.symbols().count(),
                imagesSize,
                image.length,
                address[target.index()]
            });
            addImage(image);
        }
    }

    private static boolean isAllocated(Section section) {
        return section.hasFlags(Elf.SHF_ALLOC);
    }

    /** The addresses of the sections by index. */
    private long[] layOut(KernelObject object) {
        long[] address = new long[object.elf().sectionCount()];
        long next = addresses.modules();
        for (Section section : object.elf().sections()) {
            if (!isAllocated(section)) {
                continue;
            }
            if (addresses.perCpu() != 0 && section.hasName(".data..percpu")) {
                address[section.index()] = addresses.perCpu();
            } else {
                long alignment = Math.max(1, section.addralign());
                next = (next + alignment - 1) & -alignment;
                address[section.index()] = next;
                next += section.size();
            }
        }
        return address;
    }

    /** The symbol table, with the symbols' values. */
    private byte[] symbols(KernelObject object, long[] address) {
        SymbolTable symbols = object.symbols();
        byte[] table = new byte[symbols.count() * SYMBOL];
        symbols.section().bytes().get(table);
        ByteBuffer out = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 1; i < symbols.count(); i++) {
            int section = symbols.rawSectionIndex(i);
            if (object.isImport(i)) {
                out.putLong(
                        i * SYMBOL + SYMBOL_VALUE,
                        addresses.kernel()
                                + (long) IMPORT_SIZE
                                        * Math.floorMod(symbols.name(i).hashCode(), IMPORTS));
            } else if (section < address.length) {
                out.putLong(i * SYMBOL + SYMBOL_VALUE, address[section] + symbols.value(i));
            }
        }
        return table;
    }

    private long addPart(byte[] part) {
        long at = partsSize;
        parts.add(part);
        partsSize += part.length;
        return at;
    }

    private void addImage(byte[] image) {
        int padding = -image.length & (ALIGNMENT - 1);
        images.add(image);
        images.add(new byte[padding]);
        imagesSize += image.length + padding;
    }

    /** Repeats few relocations: the tables stay, each copy gets sections of its own. */
    private void copy() {
        long relocations = sections.stream().mapToLong(section -> section[1]).sum();
        List<long[]> once = List.copyOf(sections);
        List<byte[]> imagesOnce = List.copyOf(images);
        long size = imagesSize;
        for (long copies = 1; copies * relocations < MIN_RELOCATIONS; copies++) {
            for (long[] section : once) {
                long[] copy = section.clone();
                copy[4] += copies * size;
                sections.add(copy);
            }
            images.addAll(imagesOnce);
            imagesSize += size;
        }
    }
}
