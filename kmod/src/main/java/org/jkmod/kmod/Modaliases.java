package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jkmod.elf.InputFile;
import org.jkmod.elf.MalformedInputException;

/** The modaliases of a machine's devices: the files {@code modalias} below {@code devices} of a sysfs, or of a copy of one. */
public final class Modaliases {
    /** sysfs gives at most a page. */
    private static final int MAX_LENGTH = 1 << 16;

    /** The deepest of a laptop's devices is at 15. */
    private static final int MAX_DEPTH = 128;

    private static final int MAX_DEVICES = 1 << 20;

    private Modaliases() {}

    /**
     * A device.
     *
     * @param path its folder, below that of sysfs: {@code devices/pci0000:00/0000:00:02.0}
     * @param modalias what its modules have aliases for
     */
    public record Device(String path, String modalias) {}

    /**
     * All devices that have a modalias, in the order of their paths; links are not followed.
     *
     * @param sysfs the folder of the sysfs: {@code /sys}
     * @throws IOException if there is no folder {@code devices} in it, or something cannot be read
     * @throws MalformedInputException if a modalias is too long, or there are too many
     */
    public static List<Device> read(Path sysfs) throws IOException {
        Path devices = sysfs.resolve("devices");
        if (!Files.isDirectory(devices)) {
            throw new NoSuchFileException(devices.toString());
        }
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(devices, Set.of(), MAX_DEPTH, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile() && file.endsWith("modalias")) {
                    files.add(file);
                }
                if (files.size() > MAX_DEVICES) {
                    throw new MalformedInputException(
                            devices.toString(), "devices", 0, "more than " + MAX_DEVICES, "fewer");
                }
                return FileVisitResult.CONTINUE;
            }
        });
        files.sort(Comparator.comparing(Path::toString));
        ImmutableList.Builder<Device> found = ImmutableList.builder();
        for (Path file : files) {
            byte[] bytes = InputFile.read(file, MAX_LENGTH, "a modalias");
            String modalias = new String(bytes, StandardCharsets.ISO_8859_1).strip();
            if (!modalias.isEmpty()) {
                Path device = sysfs.relativize(file).getParent();
                found.add(new Device(String.valueOf(device), modalias));
            }
        }
        return found.build();
    }
}
