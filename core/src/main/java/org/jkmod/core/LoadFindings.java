package org.jkmod.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a load finds out about its module. A load ends at the first thing that the kernel does not let pass; a check takes note of it, of
 * what the kernel has said and done until then, and goes on.
 */
final class LoadFindings {
    private final boolean check;
    private final KernelLog log;
    private final KernelTaints taints;
    private final List<Problem> problems = new ArrayList<>();
    private final List<String> unknown = new ArrayList<>();
    private @Nullable Stop stop;

    /** What the kernel had said and done when it refused the module. */
    private record Stop(Optional<Errno> errno, List<String> messages, Set<Taint> taints) {}

    LoadFindings(boolean check, KernelLog log, KernelTaints taints) {
        this.check = check;
        this.log = log;
        this.taints = taints;
    }

    boolean isCheck() {
        return check;
    }

    /** Something that the kernel lets pass. */
    void note(Problem problem) {
        problems.add(problem);
    }

    /** A fact of the kernel that would be needed, and what is assumed in its place. */
    void unknown(String fact) {
        if (!unknown.contains(fact)) {
            unknown.add(fact);
        }
    }

    /**
     * The kernel refuses the module.
     *
     * @throws LoadProblem if this is a load
     */
    void refuse(LoadProblem problem) {
        problem.messages.forEach(message -> log.print(problem.level, message));
        if (!check) {
            throw problem;
        }
        problems.addAll(problem.problems);
        if (stop == null) {
            stop = new Stop(
                    problem.problems.get(problem.problems.size() - 1).errno(), messages(), Set.copyOf(taints.all()));
        }
    }

    private List<String> messages() {
        return log.lines().stream().map(KernelLog.Line::text).toList();
    }

    Verdict verdict(KernelObject object, KernelProfile profile) {
        Stop refused = stop;
        Stop at = refused != null ? refused : new Stop(Optional.empty(), messages(), taints.all());
        return new Verdict(
                object.toString(),
                profile.release(),
                profile.architecture().name(),
                at.errno(),
                at.messages(),
                at.taints(),
                problems,
                unknown);
    }
}
