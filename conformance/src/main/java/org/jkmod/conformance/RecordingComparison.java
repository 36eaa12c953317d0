package org.jkmod.conformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jkmod.core.KernelProfile;

/**
 * All that jkmod says of the modules of a recording, beside what the kernel did.
 *
 * @param release the kernel's
 * @param folder of the recording
 * @param modules how many modules the kernel loaded
 * @param simulated whether they were loaded into a simulated kernel too, which a profile is needed for
 * @param tallies the counts
 * @param differences what differs for no known reason
 */
public record RecordingComparison(
        String release,
        String folder,
        int modules,
        boolean simulated,
        List<Tally> tallies,
        List<Difference> differences) {
    /** Copies the lists. */
    public RecordingComparison {
        tallies = List.copyOf(tallies);
        differences = List.copyOf(differences);
    }

    /**
     * Compares.
     *
     * @param profile what is known of the kernel; without, {@code /proc/modules} and {@code /proc/kallsyms} are not compared
     * @throws IOException if the recording cannot be read
     */
    public static RecordingComparison of(Recording recording, Optional<KernelProfile> profile) throws IOException {
        List<Tally> tallies = new ArrayList<>();
        List<Difference> differences = new ArrayList<>();
        LayoutComparison layout = LayoutComparison.of(recording);
        tallies.addAll(layout.tallies());
        differences.addAll(layout.differences());
        MemoryComparison memory = new MemoryComparison(recording);
        memory.run();
        tallies.addAll(memory.tallies());
        differences.addAll(memory.differences());
        if (profile.isPresent()) {
            SimulatedLoad load = SimulatedLoad.of(recording, profile.get());
            tallies.addAll(load.tallies());
            differences.addAll(load.differences());
        }
        return new RecordingComparison(
                recording.release(),
                recording.folder().toString(),
                recording.loaded().size(),
                profile.isPresent(),
                tallies,
                differences);
    }

    /** A row a count. */
    public String table() {
        StringBuilder text = new StringBuilder(String.format("%s: %d modules%n", release, modules));
        String row = "%-9s %-32s %12s %12s %10s %10s%n";
        text.append(String.format(row, "check", "what", "compared", "equal", "explained", "different"));
        for (Tally tally : tallies) {
            text.append(String.format(
                    row,
                    tally.check(),
                    tally.what(),
                    tally.compared(),
                    tally.equal(),
                    tally.explained(),
                    tally.different()));
        }
        return text.toString();
    }
}
