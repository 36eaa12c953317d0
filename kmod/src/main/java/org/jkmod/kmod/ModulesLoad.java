package org.jkmod.kmod;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jkmod.elf.MalformedInputException;
import org.jkmod.kmod.ConfigDirectories.Source;

/**
 * The modules that are loaded while a system boots, as systemd-modules-load.service(8) does it: those of the kernel command line, then
 * those of modules-load.d(5), in the order of the files' names. {@code /etc/modules} is read, too, as if it were the
 * {@code modules.conf} that Debian makes a link of to it. Immutable.
 */
public final class ModulesLoad {
    /** In these directories, the first the most important. */
    private static final List<String> DIRECTORIES = ConfigDirectories.of("modules-load.d", Compat.KMOD_34);

    private static final String ETC_MODULES = "/etc/modules";

    private final ImmutableList<Entry> entries;

    private ModulesLoad(List<Entry> entries) {
        this.entries = ImmutableList.copyOf(entries);
    }

    /**
     * A module to load.
     *
     * @param module its name or alias
     * @param source where it is said: a file inside of the root, or {@code kernel command line}
     * @param line which line of the file, from 1; 0 if it is none
     */
    public record Entry(String module, String source, int line) {}

    /**
     * Reads the lists of a root file system.
     *
     * @param commandLine the kernel's; its {@code rd.modules_load=} counts in an initrd, which has {@code /etc/initrd-release}
     * @throws IOException if a file that is there cannot be read
     * @throws MalformedInputException if one is too large
     */
    public static ModulesLoad read(Sysroot sysroot, String commandLine) throws IOException {
        boolean initrd = Files.exists(sysroot.resolve("/etc/initrd-release"));
        List<Entry> entries = new ArrayList<>(ofCommandLine(commandLine, initrd));
        for (Source source : sources(sysroot)) {
            addLines(source, entries);
        }
        return new ModulesLoad(entries);
    }

    /** The modules in their order, as often as they are named. */
    public List<Entry> entries() {
        return entries;
    }

    private static List<Source> sources(Sysroot sysroot) throws IOException {
        List<Source> sources = new ArrayList<>(ConfigDirectories.sources(sysroot, DIRECTORIES, Compat.KMOD_34));
        Path etcModules = sysroot.resolve(ETC_MODULES);
        boolean named = sources.stream()
                .anyMatch(s -> s.path().equals(etcModules) || s.name().equals("modules.conf"));
        if (Files.isRegularFile(etcModules) && !named) {
            sources.add(new Source("modules.conf", etcModules, ETC_MODULES));
        }
        return ConfigDirectories.sorted(sources);
    }

    private static void addLines(Source source, List<Entry> to) throws IOException {
        String text = new String(source.bytes(), StandardCharsets.ISO_8859_1);
        int number = 0;
        for (int start = 0; start < text.length(); ) {
            int end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end;
            number++;
            String line = text.substring(start, end).strip();
            if (!line.isEmpty() && !line.startsWith("#") && !line.startsWith(";")) {
                to.add(new Entry(line, source.shown(), number));
            }
            start = end + 1;
        }
    }

    private static List<Entry> ofCommandLine(String commandLine, boolean initrd) {
        List<Entry> found = new ArrayList<>();
        for (String word : KernelParameters.words(commandLine)) {
            String plain = word.replace("\"", "");
            int equals = plain.indexOf('=');
            // systemd takes dashes for underscores here
            String key = equals < 0 ? "" : plain.substring(0, equals).replace('-', '_');
            if (key.equals("modules_load") || (initrd && key.equals("rd.modules_load"))) {
                for (String module : plain.substring(equals + 1).split(",", -1)) {
                    if (!module.isEmpty()) {
                        found.add(new Entry(module, "kernel command line", 0));
                    }
                }
            }
        }
        return found;
    }
}
