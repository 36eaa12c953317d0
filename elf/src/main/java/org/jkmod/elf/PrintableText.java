package org.jkmod.elf;

/** Text from hostile files as a terminal may have it: on one line, and without control sequences. */
public final class PrintableText {
    private PrintableText() {}

    /** The text with its control characters as {@code \x0a}. */
    public static String of(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                printable.append(String.format("\\x%02x", (int) c));
            } else {
                printable.append(c);
            }
        }
        return printable.toString();
    }
}
