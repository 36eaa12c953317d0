package org.jkmod.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jkmod.core.MemoryMap.Anchor;
import org.jkmod.core.MemoryMap.Bound;
import org.jkmod.core.MemoryMap.ModuleRegion;
import org.jkmod.core.MemoryMap.Motion;
import org.jkmod.core.MemoryMap.RandomRegions;
import org.jkmod.symtab.Kallsyms;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one boot of one kernel: a {@link MemoryMap} with the kernel's own addresses and KASLR's dice put in. Where the
 * kernel's image is known (a kallsyms or a System.map was given), it is there; else it is where kernels are linked to be, or where KASLR
 * moves it.
 */
final class AddressPlan {
    /** What linker scripts let {@code _end} be a multiple of, at least where memory is described by pages of several sizes. */
    private static final long IMAGE_ALIGNMENT = 64 << 10;

    private static final long MIB_128 = 128L << 20;
    private static final long GIB_2 = 2L << 30;
    private static final int MAX_PAGES_LATER = 1024;

    private final MemoryMap map;
    private final int pageSize;
    private final @Nullable SplittableRandom random;
    private final AddressRange image;
    private final long textEnd;
    private final List<AddressRange> windows;
    private final long perCpu;

    AddressPlan(KernelProfile profile, BootOptions options) {
        Architecture architecture = profile.architecture();
        this.map = mapOf(architecture.facts(), profile.generation());
        this.pageSize = architecture.pageSize(profile.configuration());
        this.random = options.kaslrSeed().isPresent()
                ? new SplittableRandom(options.kaslrSeed().getAsLong())
                : null;
        Optional<Kallsyms> known = profile.addresses();
        Optional<AddressRange> knownImage = known.flatMap(this::imageOf);
        this.image = knownImage.orElseGet(this::standIn);
        this.textEnd = known.map(symbols -> Kernel.addressOf(symbols, "_etext"))
                .orElse(OptionalLong.empty())
                .orElse(image.start() + Math.min(map.textSize(), image.size()));
        this.windows = windows(profile.configuration());
        this.perCpu =
                known.map(AddressPlan::perCpuOf).orElse(OptionalLong.empty()).orElseGet(() -> resolve(map.perCpu()));
    }

    private static MemoryMap mapOf(ArchitectureFacts facts, Generation generation) {
        MemoryMap found = facts.memoryMaps().get(0);
        for (MemoryMap candidate : facts.memoryMaps()) {
            if (candidate.since().compareTo(generation) <= 0) {
                found = candidate;
            }
        }
        return found;
    }

    /** Where the kernel's image is, if its addresses are known: at least from the first known symbol to the last. */
    private Optional<AddressRange> imageOf(Kallsyms symbols) {
        long first = Kernel.addressOf(symbols, "_text").orElse(0);
        long end = Kernel.addressOf(symbols, "_end").orElse(0);
        if (first == 0 || end == 0) {
            long[] known = imageAddresses(symbols);
            if (known.length == 0) {
                return Optional.empty();
            }
            first = first == 0 ? known[0] : first;
            // the last symbol that somebody asked for is not the last that there is
            end = end == 0 ? (known[known.length - 1] + IMAGE_ALIGNMENT) & -IMAGE_ALIGNMENT : end;
        }
        long start = first & -pageSize;
        return Optional.of(AddressRange.between(start, Math.max(start + pageSize, roundUp(end))));
    }

    /** The addresses of the kernel's own symbols that are in its image, ascending. */
    private static long[] imageAddresses(Kallsyms symbols) {
        // what is not negative is per-CPU, or absolute
        long[] all = IntStream.range(0, symbols.size())
                .filter(i -> symbols.address(i) < 0 && symbols.module(i).isEmpty())
                .mapToLong(symbols::address)
                .sorted()
                .toArray();
        // and what is far from most others is not in the image, whatever it is: no kernel is so large
        long middle = all.length == 0 ? 0 : all[all.length / 2];
        return Arrays.stream(all)
                .filter(address -> Math.abs(address - middle) <= MIB_128)
                .toArray();
    }

    /** Behind the kernel's own variables, of which {@code __per_cpu_end} is the end: {@code pcpu_setup_first_chunk}, mm/percpu.c. */
    private static OptionalLong perCpuOf(Kallsyms symbols) {
        OptionalLong end = Kernel.addressOf(symbols, "__per_cpu_end");
        return end.isEmpty() ? end : OptionalLong.of(PerCpuChunk.roundUp(end.getAsLong()));
    }

    private AddressRange standIn() {
        long room = map.slide().span() - map.image().size();
        long slide = random == null || room < 0
                ? 0
                : map.slide().first()
                        + map.slide().step() * below(room / map.slide().step() + 1);
        return new AddressRange(map.image().start() + slide, map.image().size());
    }

    private long below(long bound) {
        return random == null ? 0 : random.nextLong(bound);
    }

    private List<AddressRange> windows(KernelConfiguration configuration) {
        List<ModuleRegion> regions = map.moduleRegions();
        if (random != null || isMoved()) {
            for (RandomRegions candidate : map.randomRegions()) {
                if (candidate.option().isEmpty() || configuration.isSet(candidate.option(), true)) {
                    regions = candidate.regions();
                    break;
                }
            }
        }
        List<AddressRange> found = new ArrayList<>();
        for (ModuleRegion region : regions) {
            window(region, found.isEmpty() ? Optional.empty() : Optional.of(found.get(found.size() - 1)))
                    .ifPresent(found::add);
        }
        return List.copyOf(found);
    }

    /** Whether the image is known to be elsewhere than it was linked to be: then KASLR has moved it, and the modules by its own dice. */
    private boolean isMoved() {
        return !map.image().contains(image.start());
    }

    private Optional<AddressRange> window(ModuleRegion region, Optional<AddressRange> before) {
        long start = resolve(region.start());
        Motion motion = random == null && region.motion() != Motion.AS_BEFORE ? Motion.NONE : region.motion();
        long end = start + region.size();
        return switch (motion) {
            case NONE -> Optional.of(AddressRange.between(start, end));
            case LATER_START -> {
                long later = start + (1 + below(MAX_PAGES_LATER)) * pageSize;
                yield Optional.of(AddressRange.between(later, end));
            }
            case UP_128M -> Optional.of(moved(region, start, MIB_128));
            case UP_2G -> Optional.of(moved(region, start, GIB_2));
            case AROUND -> {
                AddressRange inner = before.orElse(image);
                if (inner.size() >= region.size()) {
                    yield Optional.empty();
                }
                long pages = (region.size() - inner.size()) / pageSize;
                long first = inner.start() - below(pages + 1) * pageSize;
                yield Optional.of(new AddressRange(first, region.size()));
            }
            case AS_BEFORE ->
                Optional.of(new AddressRange(before.map(AddressRange::start).orElse(start), region.size()));
        };
    }

    private AddressRange moved(ModuleRegion region, long start, long reach) {
        long kept = (region.start().anchor() == Anchor.TEXT_END ? textEnd : image.end()) - image.start();
        long up = below(Math.max(1, reach - kept));
        return new AddressRange((start + up) & -pageSize, region.size());
    }

    private long resolve(Bound bound) {
        return bound.offset()
                + switch (bound.anchor()) {
                    case ZERO -> 0;
                    case IMAGE_START -> image.start();
                    case TEXT_END -> roundUp(textEnd);
                    case IMAGE_END -> image.end();
                };
    }

    private long roundUp(long address) {
        return (address + pageSize - 1) & -pageSize;
    }

    MemoryMap map() {
        return map;
    }

    AddressRange image() {
        return image;
    }

    /** Where modules are allocated; a window is taken when there is no room in those before it. They may overlap. */
    List<AddressRange> windows() {
        return windows;
    }

    /** The addresses that are in any of the windows but not in the kernel's image, ascending. */
    List<AddressRange> available() {
        List<AddressRange> sorted = new ArrayList<>(windows);
        sorted.sort(Comparator.comparing(AddressRange::start, Long::compareUnsigned));
        List<AddressRange> found = new ArrayList<>();
        long done = 0;
        for (AddressRange window : sorted) {
            long start = Long.compareUnsigned(window.start(), done) < 0 ? done : window.start();
            addWithoutImage(start, window.end(), found);
            done = Long.compareUnsigned(window.end(), done) > 0 ? window.end() : done;
        }
        return found;
    }

    private void addWithoutImage(long start, long end, List<AddressRange> to) {
        boolean beside = map.moduleRegions().stream().anyMatch(r -> r.start().anchor() != Anchor.ZERO);
        if (beside && overlapsImage(start, end)) {
            addIfAny(start, min(end, image.start()), to);
            addIfAny(max(start, image.end()), end, to);
        } else {
            addIfAny(start, end, to);
        }
    }

    private boolean overlapsImage(long start, long end) {
        return Long.compareUnsigned(start, image.end()) < 0 && Long.compareUnsigned(image.start(), end) < 0;
    }

    private static void addIfAny(long start, long end, List<AddressRange> to) {
        if (Long.compareUnsigned(start, end) < 0) {
            to.add(AddressRange.between(start, end));
        }
    }

    private static long min(long a, long b) {
        return Long.compareUnsigned(a, b) < 0 ? a : b;
    }

    private static long max(long a, long b) {
        return Long.compareUnsigned(a, b) > 0 ? a : b;
    }

    /** Where the per-CPU variables of modules begin. */
    long perCpu() {
        return perCpu;
    }
}
