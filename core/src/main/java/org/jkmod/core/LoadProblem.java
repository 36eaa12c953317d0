package org.jkmod.core;

import java.io.Serial;
import java.util.List;

/** Carries problems from the step that finds them to the load that ends with them. Has no stack trace: it is no bug. */
final class LoadProblem extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** At least one; the last decides what the load returns. */
    final transient List<Problem> problems;
    /** Whether the step that found the problems has printed their messages, because others came between them. */
    final boolean printed;

    private LoadProblem(List<Problem> problems, boolean printed) {
        super("", null, false, false);
        this.problems = problems;
        this.printed = printed;
    }

    LoadProblem(Problem problem) {
        this(List.of(problem), false);
    }

    static LoadProblem printed(List<Problem> problems) {
        return new LoadProblem(List.copyOf(problems), true);
    }

    LoadProblem(Problem.Kind kind, Errno errno, String message, String meaning, String remedy) {
        this(new Problem(kind, errno, message, meaning, remedy));
    }
}
