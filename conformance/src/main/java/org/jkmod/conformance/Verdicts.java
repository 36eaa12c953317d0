package org.jkmod.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.zip.ZipFile;
import org.jkmod.core.Architecture;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Errno;
import org.jkmod.core.KernelLog;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.Problem;
import org.jkmod.kmod.Scenario;
import org.jkmod.symtab.Kallsyms;
import org.jkmod.symtab.ModuleSymvers;

/**
 * What real kernels were seen to answer to good and broken modules, and what the simulated ones answer: errno, messages, taint and the
 * module's line in {@code /proc/modules}. Addresses are compared as places without a value, for every boot has its own.
 */
public final class Verdicts implements AutoCloseable {
    /**
     * One comparison.
     *
     * @param kernel the release
     * @param boot how it was booted
     * @param name of the case
     * @param group of the case
     * @param differences what differs, a line each; none if all is equal
     * @param unchecked whether the kernel checked nothing there, so that what lay in memory decided
     */
    public record Comparison(
            String kernel, String boot, String name, String group, List<String> differences, boolean unchecked) {}

    private final Path folder;
    private final FileSystem files;
    private final BiFunction<String, KernelProfile.Builder, KernelProfile.Builder> more;
    private final Map<String, KernelProfile> profiles = new HashMap<>();

    /**
     * Opens the recordings.
     *
     * @param folder with {@code verdicts.zip}, {@code cases.zip} and {@code kernels}
     * @param more adds what else is known of the kernel of a release
     * @throws IOException if a file is not there
     */
    public Verdicts(Path folder, BiFunction<String, KernelProfile.Builder, KernelProfile.Builder> more)
            throws IOException {
        this.folder = folder;
        this.files = FileSystems.newFileSystem(folder.resolve("cases.zip"));
        this.more = more;
    }

    /**
     * Compares all of them.
     *
     * @throws IOException if a file cannot be read
     */
    public List<Comparison> compare() throws IOException {
        List<JsonObject> verdicts = new ArrayList<>();
        try (ZipFile zip = new ZipFile(folder.resolve("verdicts.zip").toFile());
                BufferedReader lines = new BufferedReader(new InputStreamReader(
                        zip.getInputStream(zip.getEntry("verdicts.jsonl")), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonObject verdict = JsonParser.parseString(line).getAsJsonObject();
                // one after the other: what is known of a kernel is read once
                profile(text(verdict, "release"), text(verdict, "boot_id"));
                verdicts.add(verdict);
            }
        }
        try {
            return verdicts.parallelStream().map(this::compareUnchecked).toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Comparison compareUnchecked(JsonObject verdict) {
        try {
            return compare(verdict);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Comparison compare(JsonObject verdict) throws IOException {
        String release = text(verdict, "release");
        Scenario scenario = new Scenario(
                profile(release, text(verdict, "boot_id")),
                BootOptions.DEFAULT.withCommandLine(commandLine(release, text(verdict, "boot_id"))),
                files.getPath("/", release));
        List<String> differences = new ArrayList<>();
        for (JsonElement element : verdict.getAsJsonArray("setup")) {
            JsonObject step = element.getAsJsonObject();
            Scenario.Outcome outcome = scenario.play(text(step, "op"));
            String errno = outcome.errno().map(Errno::name).orElse("OK");
            if (!errno.equals(text(step, "errno"))) {
                differences.add("setup " + step.get("op") + ": errno " + errno + ", recorded " + text(step, "errno"));
            }
        }
        int before = scenario.kernel().log().lines().size();
        Scenario.Outcome outcome = scenario.play(text(verdict, "op"));
        String errno = outcome.errno().map(Errno::name).orElse("OK");
        String recorded = text(verdict, "errno");
        boolean unchecked = outcome.problem()
                .filter(p -> p.kind() == Problem.Kind.UNCHECKED)
                .isPresent();
        if (!errno.equals(recorded)) {
            differences.add("errno " + errno + ", recorded " + recorded);
        }
        List<String> printed = new ArrayList<>();
        verdict.getAsJsonArray("dmesg").forEach(m -> printed.add(m.getAsString()));
        List<Integer> levels = new ArrayList<>();
        verdict.getAsJsonArray("levels").forEach(level -> levels.add(level.getAsInt()));
        List<KernelLog.Line> log = scenario.kernel().log().lines();
        differences.addAll(
                KernelWords.differences(outcome.messages(), log.subList(before, log.size()), printed, levels));
        long tainted = verdict.getAsJsonObject("tainted").get("after").getAsLong();
        if (outcome.tainted() != tainted) {
            differences.add("tainted " + outcome.tainted() + ", recorded " + tainted);
        }
        List<String> all = new ArrayList<>();
        verdict.getAsJsonArray("all_modules").forEach(m -> all.add(m.getAsString()));
        List<String> modules = KernelWords.withoutAddresses(all);
        List<String> found = KernelWords.withoutAddresses(outcome.modules());
        if (!found.equals(modules)) {
            differences.add("modules " + found + ", recorded " + modules);
        }
        return new Comparison(
                release, text(verdict, "boot"), text(verdict, "case"), text(verdict, "group"), differences, unchecked);
    }

    private static String text(JsonObject object, String key) {
        return object.get(key).getAsString();
    }

    private JsonObject kernel(String release) throws IOException {
        return JsonParser.parseString(Files.readString(folder.resolve("kernels").resolve(release + ".json")))
                .getAsJsonObject();
    }

    private String commandLine(String release, String boot) throws IOException {
        return text(kernel(release).getAsJsonObject("boots").getAsJsonObject(boot), "cmdline");
    }

    private KernelProfile profile(String release, String boot) throws IOException {
        String key = release + " " + boot;
        KernelProfile known = profiles.get(key);
        if (known == null) {
            JsonObject facts = kernel(release);
            Path kernels = folder.resolve("kernels");
            try (ZipFile zip =
                    new ZipFile(kernels.resolve(release + ".Module.symvers.zip").toFile())) {
                byte[] symvers = zip.getInputStream(zip.stream().findFirst().orElseThrow())
                        .readAllBytes();
                known = more.apply(
                                release,
                                KernelProfile.builder(release)
                                        .architecture(Architecture.named(text(facts, "arch"))
                                                .orElseThrow())
                                        .vermagic(text(facts, "vermagic"))
                                        .thisModuleSize(
                                                facts.get("this_module_size").getAsLong())
                                        .config(
                                                "MODVERSIONS",
                                                facts.get("modversions").getAsBoolean() ? "y" : "n")
                                        .exports(ModuleSymvers.parse(symvers, release + " Module.symvers"))
                                        .addresses(
                                                Kallsyms.read(kernels.resolve(release + "." + boot + ".kallsyms.txt"))))
                        .build();
            }
            profiles.put(key, known);
        }
        return known;
    }

    @Override
    public void close() throws IOException {
        files.close();
    }
}
