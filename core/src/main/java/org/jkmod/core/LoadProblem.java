package org.jkmod.core;

import java.io.Serial;
import java.util.List;

/** Carries problems from the step that finds them to the load that ends with them. Has no stack trace: it is no bug. */
final class LoadProblem extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** At least one; the last decides what the load returns. */
    final transient List<Problem> problems;

    /** What is printed, a line each. */
    final transient List<String> messages;
    /** At which level their messages are printed. */
    final int level;

    private LoadProblem(List<Problem> problems, List<String> messages, int level) {
        super("", null, false, false);
        this.problems = problems;
        this.messages = messages;
        this.level = level;
    }

    /** A problem of which the kernel prints more than one line. */
    static LoadProblem withMessages(List<String> messages, Problem problem) {
        return new LoadProblem(List.of(problem), List.copyOf(messages), KernelLog.ERR);
    }

    LoadProblem(Problem problem) {
        this(problem, KernelLog.ERR);
    }

    LoadProblem(Problem problem, int level) {
        this(List.of(problem), problem.message().isEmpty() ? List.of() : List.of(problem.message()), level);
    }

    /** Problems whose messages are printed already, because others came between them. */
    static LoadProblem printed(List<Problem> problems) {
        return new LoadProblem(List.copyOf(problems), List.of(), KernelLog.ERR);
    }

    LoadProblem(Problem.Kind kind, Errno errno, String message, String meaning, String remedy) {
        this(new Problem(kind, errno, message, meaning, remedy));
    }
}
