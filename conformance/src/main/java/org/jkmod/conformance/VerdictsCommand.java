package org.jkmod.conformance;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jkmod.conformance.Variant.Boot;
import org.jkmod.conformance.VerdictComparison.Compared;
import org.jkmod.conformance.VerdictComparison.Result;
import org.jkmod.conformance.VerdictPlan.Case;
import org.jkmod.kmod.ModuleTree;
import org.jkmod.kmod.RootProfile;

/** The half of {@code conformance/verdicts} that is Java: before the kernels run, between them, and after. */
public final class VerdictsCommand {
    private VerdictsCommand() {}

    /**
     * {@code make ROOT RELEASE FOLDER PATTERN} makes the files and the plan; {@code next FOLDER INIT} writes what the init of the next
     * boot is told, and prints how to boot and what is special in the command line, or {@code done}; {@code collect SHARED INIT FOLDER
     * BOOT} keeps what that boot said; {@code compare FOLDER ROOT RELEASE [JSON]} compares, and exits with 1 if an errno differs.
     */
    public static void main(String[] arguments) throws IOException {
        List<String> given = List.of(arguments);
        String command = given.isEmpty() ? "" : given.get(0);
        if (command.equals("make") && given.size() == 5) {
            make(Path.of(given.get(1)), given.get(2), Path.of(given.get(3)), given.get(4));
        } else if (command.equals("next") && given.size() == 3) {
            next(Path.of(given.get(1)), Path.of(given.get(2)));
        } else if (command.equals("collect") && given.size() == 5) {
            int count = VerdictAnswers.collect(
                    Path.of(given.get(1)), Path.of(given.get(2)), Boot.valueOf(given.get(4)), Path.of(given.get(3)));
            System.out.println(count + " answers");
        } else if (command.equals("compare") && given.size() >= 4) {
            Path folder = Path.of(given.get(1));
            List<Compared> all = VerdictComparison.of(folder, Path.of(given.get(2)), given.get(3));
            if (given.size() > 4) {
                Files.writeString(Path.of(given.get(4)), json(given.get(3), all));
            }
            int unanswered = VerdictComparison.unanswered(folder);
            print(all, unanswered, System.out);
            System.exit(unanswered == 0 && all.stream().noneMatch(c -> c.result() == Result.ERRNO) ? 0 : 1);
        } else {
            throw new IllegalArgumentException("make, next, collect or compare, not " + given);
        }
    }

    private static void make(Path root, String release, Path folder, String only) throws IOException {
        TargetKernel target =
                new TargetKernel(RootProfile.of(root, release, Optional.empty()), ModuleTree.open(root, release));
        VerdictPlan plan = VerdictPlan.make(target, folder, only);
        System.out.println(plan.cases().size() + " cases");
    }

    private static void next(Path folder, Path init) throws IOException {
        VerdictPlan plan = VerdictPlan.read(folder);
        List<Case> cases = plan.next(VerdictAnswers.answered(plan, folder));
        if (cases.isEmpty()) {
            System.out.println("done");
        } else {
            VerdictPlan.writeInit(cases, init);
            System.out.println(cases.get(0).boot() + " " + cases.get(0).boot().commandLine());
        }
    }

    private static void print(List<Compared> all, int unanswered, PrintStream out) {
        Map<String, Map<Result, Integer>> groups = new TreeMap<>();
        Map<Result, Integer> sum = new EnumMap<>(Result.class);
        for (Compared c : all) {
            groups.computeIfAbsent(c.asked().group(), g -> new EnumMap<>(Result.class))
                    .merge(c.result(), 1, Integer::sum);
            sum.merge(c.result(), 1, Integer::sum);
        }
        out.printf("%-10s %6s %6s %12s %10s %10s%n", "", "cases", "equal", "equal errno", "unchecked", "different");
        groups.forEach((group, counts) -> line(group, counts, out));
        line("all", sum, out);
        for (Result result : List.of(Result.ERRNO, Result.WORDS, Result.UNCHECKED)) {
            List<Compared> of = all.stream().filter(c -> c.result() == result).toList();
            if (!of.isEmpty()) {
                out.println();
                out.println(title(result));
            }
            for (Compared c : of) {
                out.println("  " + c.asked().name() + " (" + c.asked().breaks() + "): " + c.theirs());
                c.differences().forEach(d -> out.println("      " + d));
            }
        }
        if (unanswered > 0) {
            out.println();
            out.println(unanswered + " cases were not answered");
        }
    }

    private static String title(Result result) {
        return switch (result) {
            case ERRNO -> "An errno differs:";
            case WORDS -> "The errno is equal; something else differs:";
            case UNCHECKED -> "The kernel checks nothing, and memory decides; what it did:";
            case EQUAL -> "Equal:";
        };
    }

    private static void line(String group, Map<Result, Integer> counts, PrintStream out) {
        out.printf(
                "%-10s %6d %6d %12d %10d %10d%n",
                group,
                counts.values().stream().mapToInt(Integer::intValue).sum(),
                counts.getOrDefault(Result.EQUAL, 0),
                counts.getOrDefault(Result.WORDS, 0),
                counts.getOrDefault(Result.UNCHECKED, 0),
                counts.getOrDefault(Result.ERRNO, 0));
    }

    private static String json(String release, List<Compared> all) {
        JsonObject object = new JsonObject();
        object.addProperty("release", release);
        JsonArray cases = new JsonArray();
        for (Compared c : all) {
            JsonObject row = new JsonObject();
            row.addProperty("name", c.asked().name());
            row.addProperty("group", c.asked().group());
            row.addProperty("breaks", c.asked().breaks());
            row.addProperty("boot", c.asked().boot().name().toLowerCase(Locale.ROOT));
            row.add("steps", strings(c.asked().steps()));
            row.addProperty("recorded", c.theirs());
            row.addProperty("simulated", c.ours());
            row.add("messages", strings(c.messages()));
            row.addProperty("tainted", c.tainted());
            row.addProperty("result", c.result().name().toLowerCase(Locale.ROOT));
            row.add("differences", strings(c.differences()));
            cases.add(row);
        }
        object.add("cases", cases);
        return new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .create()
                .toJson(object);
    }

    private static JsonArray strings(List<String> strings) {
        JsonArray array = new JsonArray();
        strings.forEach(array::add);
        return array;
    }
}
