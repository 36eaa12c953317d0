package org.jkmod.bench;

import java.io.IOException;
import java.util.List;

/** An area of the suite. */
interface Measurements {
    /** Measures, everything by turns. */
    List<Row> run(Settings settings) throws IOException;
}
