package org.jkmod.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench/run} and {@code bench/check}, once everything that they need is there. */
@Command(
        name = "bench/run",
        mixinStandardHelpOptions = true,
        description = {
            "Measures jkmod beside native programs and other libraries, by turns in one run, and writes a file of results for each area.",
            "Prints a line for each figure: RESULT name=... unit=... value=... baseline=NAME:VALUE ratio=... spread=LOWEST..HIGHEST.",
            "All figures are better if they are lower. The machine must have nothing else to do."
        })
final class Suite implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "AREA", description = "relocation, lookup, tree, kmod, startup, or all (default: all).")
    private List<String> areas = List.of("all");

    @Option(names = "--quick", description = "One run, and a short one: for a look, in less than three minutes.")
    private boolean quick;

    @Option(names = "--runs", paramLabel = "N", description = "How many runs, each with forks of its own (default: 5).")
    private int runs = 5;

    @Option(
            names = "--results",
            paramLabel = "DIR",
            description = "Where to write results (default: bench/results, with --quick bench/target/results).")
    private Path results = Path.of("");

    @Option(
            names = "--compare",
            paramLabel = "DIR",
            description =
                    "Names the figures whose ratio is more than 15 %% above the one in DIR; then the exit status is 1.")
    private Path compare = Path.of("");

    private Suite() {}

    /** The way in. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Suite())
                .setExecutionExceptionHandler((e, commandLine, parsed) -> {
                    if (!(e instanceof IOException || e instanceof IllegalStateException)) {
                        throw e;
                    }
                    Settings.say(String.valueOf(e.getMessage()));
                    return 2;
                })
                .execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        if (runs < 1) {
            throw new ParameterException(spec.commandLine(), "--runs " + runs + ": at least 1");
        }
        Settings settings = new Settings(quick ? 1 : runs, quick);
        Path bench = Environment.checkout().resolve("bench");
        if (results.toString().isEmpty()) {
            results = bench.resolve(quick ? "target/results" : "results");
        }
        // before anything is measured: what it is compared with may be overwritten, or not be there
        Map<Area, ResultFile> before = new EnumMap<>(Area.class);
        for (Area area : compare.toString().isEmpty() ? List.<Area>of() : chosen()) {
            Path file = area.file(compare);
            if (!Files.exists(file)) {
                throw new ParameterException(spec.commandLine(), "--compare: there is no " + file);
            }
            before.put(area, ResultFile.read(file));
        }
        boolean worse = false;
        for (Area area : chosen()) {
            List<Row> rows = area.measurements().run(settings);
            rows.forEach(row -> print(row.line()));
            ResultFile file = ResultFile.of(settings, rows);
            file.write(area.file(results));
            ResultFile old = before.get(area);
            worse |= old != null && isWorse(old, file);
        }
        return worse ? 1 : 0;
    }

    /** Says which figures got worse, and which cannot be compared. */
    private static boolean isWorse(ResultFile before, ResultFile after) {
        List<String> unpaired = Regressions.unpaired(before, after);
        if (!unpaired.isEmpty()) {
            Settings.say("not compared, for only one of both has them: " + String.join(", ", unpaired));
        }
        List<String> regressions = Regressions.of(before, after);
        regressions.forEach(Suite::print);
        return !regressions.isEmpty();
    }

    private List<Area> chosen() {
        if (areas.contains("all")) {
            return List.of(Area.values());
        }
        return areas.stream()
                .map(name -> Arrays.stream(Area.values())
                        .filter(area -> area.toString().equals(name.toLowerCase(Locale.ROOT)))
                        .findFirst()
                        .orElseThrow(() -> new ParameterException(spec.commandLine(), "no area " + name)))
                .toList();
    }

    private static void print(String line) {
        System.out.println(line);
    }
}
