package org.jkmod.core;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import org.jkmod.core.ModuleAllocator.Piece;
import org.jkmod.core.ModuleLayout.Part;
import org.jkmod.core.PageFaultException.Access;
import org.jkmod.core.PageFaultException.Reason;

/**
 * The addresses of a kernel at which its modules live: where they may be, which pages are mapped and how, and what is in them. A read, a
 * write or a fetch of an instruction does what the machine would, or throws a {@link PageFaultException} and changes nothing.
 *
 * <p>Pages have the permissions that the kernel has given them by now ({@link PagePermissions}): while a module is UNFORMED all its pages
 * are writable data; from COMING on code is executable and read-only, and read-only data is; what is read-only after init is once the
 * module is LIVE.
 *
 * <p>What is odd: the kernel's own image is not in it; the addresses of per-CPU variables are mapped nowhere, for every CPU adds an offset
 * of its own; and where code is cut from blocks
 * ({@link MemoryMap.CodeBlocks}), the rest of a block is executable, too, and full of instructions that trap.
 *
 * <p>Safe for threads; nothing but {@link #accounting} waits for a load.
 */
public final class KernelAddressSpace {
    private final ModuleAllocator allocator;
    private final Lock moduleMutex;
    private final int pageSize;

    KernelAddressSpace(KernelProfile profile, BootOptions options, Lock moduleMutex) {
        this.allocator = new ModuleAllocator(profile, options);
        this.moduleMutex = moduleMutex;
        this.pageSize = allocator.pageSize();
    }

    /** Size of a page in bytes. */
    public int pageSize() {
        return pageSize;
    }

    /** Where the kernel's image is taken to be: where its symbols say if they are known, else where it is linked to be or KASLR moves it. */
    public AddressRange image() {
        return allocator.plan().image();
    }

    /** Where modules are allocated: one is taken when there is no room in those before it. They may overlap. The image is no part of them. */
    public List<AddressRange> moduleRegions() {
        return allocator.plan().windows();
    }

    /** Who holds how much. */
    public MemoryAccounting accounting() {
        moduleMutex.lock();
        try {
            return allocator.accounting();
        } finally {
            moduleMutex.unlock();
        }
    }

    /** All pages that are mapped, ascending. */
    public List<MemoryMapping> mappings() {
        List<MemoryMapping> found = new ArrayList<>();
        for (Piece piece : allocator.pieces().values()) {
            if (piece.memory().type() != MemoryType.PERCPU) {
                found.addAll(mappings(piece));
            }
        }
        allocator.unusedCode().forEach((address, size) -> found.add(unused(address, size)));
        found.sort(Comparator.comparing(m -> m.range().start(), Long::compareUnsigned));
        return ImmutableList.copyOf(found);
    }

    /**
     * The mappings as lines of {@code /proc/vmallocinfo} ({@code s_show}, mm/vmalloc.c), with the module, the memory type and the
     * permissions in the place of the caller; addresses and sizes include the guard page, {@code pages} does not.
     */
    public List<String> vmallocinfo() {
        return mappings().stream()
                .map(m -> String.format(
                        "0x%016x-0x%016x %7d %s %s pages=%d vmalloc %s",
                        m.range().start(),
                        m.range().end() + m.guard(),
                        m.range().size() + m.guard(),
                        m.module().isEmpty() ? "(unused)" : m.module(),
                        m.type().shown(),
                        m.range().size() / pageSize,
                        m.permissions().shown()))
                .toList();
    }

    /** A picture of the module regions, a character a page; the last lines say what the characters mean, and how much there is of what. */
    public List<String> picture() {
        return MemoryPicture.lines(mappings(), allocator.plan().available(), pageSize, accounting());
    }

    /** The mapping of the page that an address is in; empty if there is none. */
    public Optional<MemoryMapping> mapping(long address) {
        Map.Entry<Long, Piece> entry = allocator.pieceAt(address);
        if (entry != null && entry.getValue().memory().type() != MemoryType.PERCPU) {
            for (MemoryMapping mapping : mappings(entry.getValue())) {
                if (mapping.range().contains(address)) {
                    return Optional.of(mapping);
                }
            }
        }
        Map.Entry<Long, Long> code = allocator.unusedCode().floorEntry(address);
        return Optional.ofNullable(code)
                .map(c -> unused(c.getKey(), c.getValue()))
                .filter(m -> m.range().contains(address));
    }

    private static MemoryMapping unused(long address, long size) {
        return new MemoryMapping(new AddressRange(address, size), "", MemoryType.TEXT, PagePermissions.READ_EXECUTE, 0);
    }

    private List<MemoryMapping> mappings(Piece piece) {
        ModuleMemory memory = piece.memory();
        KernelModule owner = memory.owner();
        ModuleState state = owner == null ? ModuleState.UNFORMED : owner.state();
        List<MemoryMapping> found = new ArrayList<>();
        long start = 0;
        for (Part part : memory.parts()) {
            // only the parts of a kernel without STRICT_MODULE_RWX do not end on pages: a page is its first part's
            long end = allocator.region().roundUp(part.end());
            if (end > start) {
                boolean last = end >= memory.size();
                found.add(new MemoryMapping(
                        new AddressRange(memory.base() + start, end - start),
                        piece.module(),
                        part.content(),
                        PagePermissions.of(part.content(), state, allocator.strict()),
                        last ? allocator.guard(memory.type()) : 0));
                start = end;
            }
        }
        return found;
    }

    /**
     * Reads bytes.
     *
     * @return a copy, little-endian
     * @throws PageFaultException if one of them is not mapped
     */
    public ByteBuffer read(long address, int length) {
        return access(address, length, Access.READ);
    }

    /** Reads a byte, zero-extended; throws as {@link #read}. */
    public int read8(long address) {
        return read(address, Byte.BYTES).get() & 0xff;
    }

    /** Reads a 16-bit word, zero-extended; throws as {@link #read}. */
    public int read16(long address) {
        return read(address, Short.BYTES).getShort() & 0xffff;
    }

    /** Reads a 32-bit word; throws as {@link #read}. */
    public int read32(long address) {
        return read(address, Integer.BYTES).getInt();
    }

    /** Reads a 64-bit word; throws as {@link #read}. */
    public long read64(long address) {
        return read(address, Long.BYTES).getLong();
    }

    /**
     * Reads bytes to execute them.
     *
     * @return a copy, little-endian
     * @throws PageFaultException if one of them is not mapped or not executable
     */
    public ByteBuffer fetch(long address, int length) {
        return access(address, length, Access.EXECUTE);
    }

    /**
     * Writes bytes: all or none.
     *
     * @throws PageFaultException if one of them is not mapped or not writable
     */
    public void write(long address, byte[] bytes) {
        check(address, bytes.length, Access.WRITE);
        for (int i = 0; i < bytes.length; ) {
            // writable, and so a module's
            Map.Entry<Long, Piece> piece = allocator.pieceAt(address + i);
            if (piece == null) {
                throw fault(address + i, Access.WRITE, Reason.NOT_MAPPED);
            }
            ModuleMemory memory = piece.getValue().memory();
            long offset = address + i - memory.base();
            int count = (int) Math.min(bytes.length - i, allocator.region().roundUp(memory.size()) - offset);
            memory.write(offset, bytes, i, count);
            i += count;
        }
    }

    private ByteBuffer access(long address, int length, Access access) {
        check(address, length, access);
        ByteBuffer copy = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (copy.hasRemaining()) {
            long at = address + copy.position();
            MemoryMapping mapping = mapping(at).orElseThrow(() -> fault(at, access, Reason.NOT_MAPPED));
            int count = (int) Math.min(copy.remaining(), mapping.range().end() - at);
            Map.Entry<Long, Piece> piece = allocator.pieceAt(at);
            if (mapping.module().isEmpty()) {
                int fill = allocator.plan().map().codeBlocks().orElseThrow().fill();
                for (int i = 0; i < count; i++) {
                    copy.put((byte) fill);
                }
            } else if (piece == null || !holds(piece.getValue().memory(), at)) {
                // freed meanwhile
                throw fault(at, access, Reason.NOT_MAPPED);
            } else {
                ModuleMemory memory = piece.getValue().memory();
                copy.put(memory.copy(at - memory.base(), count));
            }
        }
        return copy.flip();
    }

    private boolean holds(ModuleMemory memory, long address) {
        return Long.compareUnsigned(address - memory.base(), allocator.region().roundUp(memory.size())) < 0;
    }

    /** Throws if a range may not be accessed so: by the first byte that may not. */
    private void check(long address, int length, Access access) {
        if (length < 0) {
            throw new IllegalArgumentException("length " + length + " is negative");
        }
        for (long done = 0; done < length; ) {
            long at = address + done;
            MemoryMapping mapping = mapping(at).orElseThrow(() -> fault(at, access, Reason.NOT_MAPPED));
            if (access == Access.WRITE && !mapping.permissions().isWritable()) {
                throw fault(at, access, Reason.NOT_WRITABLE);
            }
            if (access == Access.EXECUTE && !mapping.permissions().isExecutable()) {
                throw fault(at, access, Reason.NOT_EXECUTABLE);
            }
            done += mapping.range().end() - at;
        }
    }

    private static PageFaultException fault(long address, Access access, Reason reason) {
        return new PageFaultException(address, access, reason);
    }

    // What a load needs; all of it with the lock held.

    ModuleAllocator allocator() {
        return allocator;
    }
}
