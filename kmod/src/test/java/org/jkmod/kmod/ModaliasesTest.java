package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jkmod.elf.MalformedInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModaliasesTest {
    @TempDir
    private Path sysfs;

    private void device(String path, String modalias) throws IOException {
        Path device = Files.createDirectories(sysfs.resolve("devices").resolve(path));
        Files.writeString(device.resolve("modalias"), modalias);
    }

    @Test
    void devices_ofASysfs_comeInTheOrderOfTheirPaths() throws IOException {
        device("pci0000:00/0000:00:02.0", "pci:v1\n");
        device("pci0000:00/0000:00:01.0", "pci:v2\n");
        device("pci0000:00", "acpi:x:\n");
        device("platform/empty", "\n");
        Files.writeString(sysfs.resolve("devices/platform/uevent"), "no");
        Files.createSymbolicLink(sysfs.resolve("devices/loop"), Path.of("."));
        Files.createDirectories(sysfs.resolve("bus"));
        Files.writeString(sysfs.resolve("bus/modalias"), "outside");
        assertThat(Modaliases.read(sysfs))
                .containsExactly(
                        new Modaliases.Device("devices/pci0000:00/0000:00:01.0", "pci:v2"),
                        new Modaliases.Device("devices/pci0000:00/0000:00:02.0", "pci:v1"),
                        new Modaliases.Device("devices/pci0000:00", "acpi:x:"));
    }

    @Test
    void folder_withoutDevices_isAnError() {
        assertThatThrownBy(() -> Modaliases.read(sysfs)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void modalias_ofAMegabyte_isAnError() throws IOException {
        device("a", "x".repeat(1 << 20));
        assertThatThrownBy(() -> Modaliases.read(sysfs)).isInstanceOf(MalformedInputException.class);
    }
}
