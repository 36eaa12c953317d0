package org.jkmod.conformance;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jkmod.kmod.ModuleTree;

/** The half of {@code conformance/record} that is Java: before the kernel runs, and after. */
public final class RecordCommand {
    private RecordCommand() {}

    /**
     * {@code plan ROOT RELEASE COUNT SEED KALLSYMS_ALL FOLDER [WITHOUT]...} writes what the kernel is to do;
     * {@code write SHARED MODULES FOLDER} makes a recording of what it has done.
     */
    public static void main(String[] arguments) throws IOException {
        List<String> given = List.of(arguments);
        if (given.size() >= 7 && given.get(0).equals("plan")) {
            RecordingPlan plan = RecordingPlan.of(
                    ModuleTree.open(Path.of(given.get(1)), given.get(2)),
                    Integer.parseInt(given.get(3)),
                    Long.parseLong(given.get(4)),
                    given.subList(7, given.size()));
            plan.write(Path.of(given.get(6)), given.get(5).equals("y"));
            System.out.println(plan.modules().size() + " modules, " + plan.drawn() + " of them drawn");
        } else if (given.size() == 4 && given.get(0).equals("write")) {
            RecordingWriter.write(Path.of(given.get(1)), Path.of(given.get(2)), Path.of(given.get(3)));
        } else {
            throw new IllegalArgumentException("plan or write, not " + given);
        }
    }
}
