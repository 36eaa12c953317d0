package org.jkmod.bench;

/**
 * How long to measure.
 *
 * @param runs how many times everything is run, by turns
 * @param quick whether to take as little time as possible, for a figure that is only roughly right
 */
record Settings(int runs, boolean quick) {
    /** How long a native program repeats what it does, in seconds. */
    double seconds() {
        return quick ? 0.3 : 2;
    }

    /** Says on stderr what is going on. */
    @SuppressWarnings("SystemOut") // a program of the command line
    static void say(String what) {
        System.err.println("bench: " + what);
    }
}
