package org.jkmod.core;

import java.io.Serial;
import java.util.List;

/** A module was not loaded; the kernel's books are as they were before. */
public final class ModuleLoadException extends KernelException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;
    private final String module;

    ModuleLoadException(String module, List<Problem> problems) {
        super(last(problems).errno().orElseThrow(), text(module, last(problems)));
        this.module = module;
        this.problems = List.copyOf(problems);
    }

    private static Problem last(List<Problem> problems) {
        return problems.get(problems.size() - 1);
    }

    private static String text(String module, Problem problem) {
        return problem.message().isEmpty() ? module + ": " + problem.meaning() : problem.message();
    }

    /** Name of the module. */
    public String module() {
        return module;
    }

    /** What decided: the last problem that the kernel saw. */
    public Problem problem() {
        return last(problems);
    }

    /** All problems that the kernel saw: it tries every symbol and every parameter before it gives up. */
    public List<Problem> problems() {
        return problems;
    }
}
