package org.jkmod.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

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
}
