package org.jkmod.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jkmod.core.KernelLog;

/** What can be compared of a kernel's words: not the addresses in them, nor what modules say themselves, nor what a crash prints. */
final class KernelWords {
    private static final Pattern ADDRESS = Pattern.compile("\\b(?:0x)?[0-9a-f]{16}\\b|\\(____ptrval____\\)");

    /** What modules say themselves, once their init runs. */
    private static final Pattern OWN_WORDS =
            Pattern.compile("(softdog: +(initialized|soft_reboot)|brd: module loaded|zram: Added"
                    + "|pci-stub: (add|invalid)|w83977f_wdt: |it87_wdt: |pc87360: PC).*");

    /** Where the kernel begins to tell of its own bugs, with registers and a stack. */
    private static final Pattern TRACE =
            Pattern.compile("-+\\[ cut here \\]-+|BUG: .*|Unable to handle kernel .*|CPU: \\d+ .*");

    /** Where it ends, if it has an end. */
    private static final Pattern TRACE_END = Pattern.compile("-+\\[ end trace [0-9a-f]+ \\]-+");

    /** What other parts of a kernel say at any time, the slower the machine the more. */
    private static final Pattern OTHERS =
            Pattern.compile("(clocksource|random|rcu|sched|hrtimer|workqueue|watchdog): .*");

    private KernelWords() {}

    /** Addresses as places without a value, for every boot has its own. */
    static String withoutAddresses(String line) {
        return ADDRESS.matcher(line).replaceAll("ADDRESS");
    }

    /** As {@link #withoutAddresses(String)}. */
    static List<String> withoutAddresses(List<String> lines) {
        return lines.stream().map(KernelWords::withoutAddresses).toList();
    }

    /** Which of the messages, in order, are the loader's own: their indexes. */
    static List<Integer> ofLoader(List<String> messages) {
        List<Integer> indexes = new ArrayList<>();
        boolean traced = false;
        for (int i = 0; i < messages.size(); i++) {
            String message = messages.get(i);
            traced |= TRACE.matcher(message).matches();
            if (traced) {
                traced = !TRACE_END.matcher(message).matches();
            } else if (!OWN_WORDS.matcher(message).matches()
                    && !OTHERS.matcher(message).matches()) {
                indexes.add(i);
            }
        }
        return indexes;
    }

    /**
     * How what a simulated kernel printed differs from what a real one printed.
     *
     * @param ours the simulated kernel's messages
     * @param log the simulated kernel's log, where it has all of them
     * @param theirs the real kernel's messages
     * @param levels their levels
     * @return a line each
     */
    static List<String> differences(
            List<String> ours, List<KernelLog.Line> log, List<String> theirs, List<Integer> levels) {
        List<Integer> loader = ofLoader(theirs);
        List<String> expected =
                withoutAddresses(loader.stream().map(theirs::get).toList());
        List<String> found = withoutAddresses(ours);
        List<String> differences = new ArrayList<>();
        if (!found.equals(expected)) {
            differences.add("messages " + found + ", recorded " + expected);
        } else if (log.size() == loader.size()) {
            for (int i = 0; i < log.size(); i++) {
                int level = levels.get(loader.get(i));
                if (log.get(i).level() != level) {
                    differences.add("level " + log.get(i).level() + " of \"" + found.get(i) + "\", recorded " + level);
                }
            }
        }
        return differences;
    }
}
