package org.jkmod.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jkmod.conformance.VerdictAnswers.Answer;
import org.jkmod.conformance.VerdictAnswers.Message;
import org.jkmod.conformance.VerdictPlan.Case;
import org.jkmod.core.BootOptions;
import org.jkmod.core.Errno;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelLog;
import org.jkmod.core.KernelObject;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.Problem;
import org.jkmod.core.Verdict;
import org.jkmod.kmod.ProfileSources;
import org.jkmod.kmod.Scenario;

/**
 * A real kernel's answers and a simulated one's. Both get the same operations, one after the other, so that what is printed once, and
 * what taints once, is in the same place in both. Of every module that is loaded {@link Kernel#check} is asked, too.
 */
final class VerdictComparison {
    /** How alike the answers to a case are. */
    enum Result {
        /** Errno, messages and their levels, taints, and all lines of {@code /proc/modules}. */
        EQUAL,
        /** The errno of every step; something else differs. */
        WORDS,
        /** The kernel checks nothing there: what lies in memory decides. */
        UNCHECKED,
        /** An errno differs. */
        ERRNO
    }

    /**
     * A case and what came of it.
     *
     * @param theirs the real kernel's errno
     * @param ours the simulated one's
     * @param messages what the real kernel printed at the step in question
     * @param tainted what the real kernel was tainted with after it
     * @param differences a line each
     */
    record Compared(
            Case asked,
            String theirs,
            String ours,
            List<String> messages,
            long tainted,
            Result result,
            List<String> differences) {}

    private final Path folder;
    private final Path root;
    private final String release;
    private final Map<String, Case> cases;
    private final List<Compared> compared = new ArrayList<>();
    /** The bits by which the taints differ so far in this boot: what differs is told once. */
    private long taintDifference;

    private VerdictComparison(VerdictPlan plan, Path folder, Path root, String release) {
        this.folder = folder;
        this.root = root;
        this.release = release;
        this.cases = plan.cases().stream().collect(Collectors.toMap(Case::name, c -> c));
    }

    /**
     * Compares all that was recorded.
     *
     * @param root where the kernel is
     * @throws IOException if a file cannot be read
     */
    static List<Compared> of(Path folder, Path root, String release) throws IOException {
        VerdictComparison comparison = new VerdictComparison(VerdictPlan.read(folder), folder, root, release);
        for (Path boot : VerdictAnswers.folders(folder)) {
            comparison.compare(boot, VerdictAnswers.read(boot));
        }
        return comparison.compared;
    }

    /** How many cases were not answered. */
    static int unanswered(Path folder) throws IOException {
        VerdictPlan plan = VerdictPlan.read(folder);
        return plan.cases().size() - VerdictAnswers.answered(plan, folder).size();
    }

    private void compare(Path boot, VerdictAnswers answers) throws IOException {
        KernelProfile profile = new ProfileSources()
                .root(root)
                .release(release)
                .kallsyms(boot.resolve("kallsyms.txt"))
                .sysfs(boot.resolve("sys"))
                .read();
        Scenario scenario = new Scenario(
                profile, BootOptions.DEFAULT.withCommandLine(answers.boot().simulated()), folder.resolve("modules"));
        taintDifference = 0;
        Map<String, List<Answer>> byCase = new LinkedHashMap<>();
        for (Answer answer : answers.answers()) {
            byCase.computeIfAbsent(answer.caseName(), n -> new ArrayList<>()).add(answer);
        }
        for (Map.Entry<String, List<Answer>> entry : byCase.entrySet()) {
            Case asked = cases.get(entry.getKey());
            if (asked != null) {
                compared.add(compare(scenario, asked, entry.getValue()));
            }
        }
    }

    private Compared compare(Scenario scenario, Case asked, List<Answer> answers) throws IOException {
        List<String> differences = new ArrayList<>();
        boolean errnos = true;
        boolean unchecked = false;
        Answer main = answers.get(answers.size() - 1);
        String ours = "";
        for (Answer answer : answers) {
            String operation = asked.steps().get(answer.step());
            Optional<String> checked = check(scenario.kernel(), operation);
            int before = scenario.kernel().log().lines().size();
            Scenario.Outcome outcome = scenario.play(operation);
            List<KernelLog.Line> log = scenario.kernel().log().lines();
            String errno = errno(outcome.errno());
            unchecked |= outcome.problem()
                    .filter(p -> p.kind() == Problem.Kind.UNCHECKED)
                    .isPresent();
            if (answer.step() == asked.main()) {
                main = answer;
                ours = errno;
            }
            List<String> of = new ArrayList<>();
            if (!errno.equals(answer.errno())) {
                of.add("errno " + errno + ", recorded " + answer.errno());
                errnos = false;
            }
            if (checked.isPresent() && !checked.get().equals(errno)) {
                of.add("errno " + checked.get() + " when checked, " + errno + " when loaded");
                errnos = false;
            }
            if (!answer.isFatal()) {
                of.addAll(KernelWords.differences(
                        outcome.messages(),
                        log.subList(before, log.size()),
                        answer.messages().stream().map(Message::text).toList(),
                        answer.messages().stream().map(Message::level).toList()));
                if ((outcome.tainted() ^ answer.tainted()) != taintDifference) {
                    taintDifference = outcome.tainted() ^ answer.tainted();
                    of.add("tainted " + outcome.tainted() + ", recorded " + answer.tainted());
                }
                List<String> found = KernelWords.withoutAddresses(outcome.modules());
                List<String> modules = KernelWords.withoutAddresses(answer.modules());
                if (!found.equals(modules)) {
                    of.add("modules " + found + ", recorded " + modules);
                }
            }
            of.forEach(d -> differences.add(answer.step() == asked.main() ? d : operation + ": " + d));
        }
        Result result = differences.isEmpty()
                ? Result.EQUAL
                : unchecked ? Result.UNCHECKED : errnos ? Result.WORDS : Result.ERRNO;
        return new Compared(
                asked,
                main.errno(),
                ours,
                main.messages().stream().map(Message::text).toList(),
                main.tainted(),
                result,
                differences);
    }

    private static String errno(Optional<Errno> errno) {
        return errno.map(Errno::name).orElse(VerdictAnswers.OK);
    }

    /** What {@link Kernel#check} says, of a load whose file it gets as it is. */
    private Optional<String> check(Kernel kernel, String operation) throws IOException {
        String[] words = operation.split(" ", 4);
        if (!words[0].equals("load") || !words[2].matches("[0-3]") || kernel.modulesDisabled()) {
            return Optional.empty();
        }
        byte[] bytes = Files.readAllBytes(folder.resolve("modules").resolve(words[1]));
        int flags = Integer.parseInt(words[2]);
        if (bytes.length == 0) {
            return Optional.empty();
        }
        Verdict verdict = kernel.check(
                KernelObject.unchecked(bytes, words[1]), new LoadOptions(words[3], (flags & 2) != 0, (flags & 1) != 0));
        return Optional.of(errno(verdict.errno()));
    }
}
