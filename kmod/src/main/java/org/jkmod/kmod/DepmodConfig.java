package org.jkmod.kmod;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/**
 * What depmod.d says of one kernel: which directories come first, which modules are taken from where, what else is looked at, what is
 * not. Paths are characters that are bytes.
 */
final class DepmodConfig {
    /** A place in the search: a directory of the tree, or one of these. */
    static final String BUILT_IN = "built-in";

    static final String EXTERNAL = "external";

    /** Never looked into: links to the kernel's headers. */
    private static final List<String> ALWAYS_EXCLUDED = List.of("build", "source");

    final List<String> search = new ArrayList<>();
    /** Paths in the tree, without a module's ending; the last counts most. */
    final List<String> overrides = new ArrayList<>();

    /** Absolute directories. */
    final List<String> externals = new ArrayList<>();

    final Set<String> excluded = new HashSet<>(ALWAYS_EXCLUDED);

    private DepmodConfig() {}

    /** What counts where there is no configuration. */
    static DepmodConfig none() {
        DepmodConfig config = new DepmodConfig();
        config.search.add("updates");
        return config;
    }

    /**
     * Reads configuration files.
     *
     * @param release the kernel's, which lines for other kernels do not match
     * @throws IOException if one cannot be read
     */
    static DepmodConfig read(
            List<ConfigDirectories.Source> sources, String release, Compat compat, List<String> warnings)
            throws IOException {
        DepmodConfig config = new DepmodConfig();
        for (ConfigDirectories.Source source : sources) {
            for (ConfigDirectories.Line line : source.lines(compat)) {
                List<String> words = ConfigLines.words(line.text());
                if (!config.takes(words, release)) {
                    warnings.add(source.shown() + ":" + line.number() + ": ignoring bad line starting with '"
                            + words.get(0) + "'");
                }
            }
        }
        if (config.search.isEmpty()) {
            config.search.add("updates");
        }
        return config;
    }

    private boolean takes(List<String> words, String release) {
        try {
            return take(words, release);
        } catch (PosixExpression.TooCostlyException e) {
            return false;
        }
    }

    private boolean take(List<String> words, String release) {
        switch (words.get(0)) {
            case "search" -> search.addAll(words.subList(1, words.size()));
            case "exclude" -> excluded.addAll(words.subList(1, words.size()));
            case "override" -> {
                if (words.size() < 4) {
                    return false;
                }
                if (matches(words.get(2), release)) {
                    overrides.add(words.get(3) + "/" + words.get(1));
                }
            }
            case "external" -> {
                if (words.size() < 3) {
                    return false;
                }
                if (matches(words.get(1), release)) {
                    externals.add(words.get(2));
                }
            }
            // Of module-init-tools, and of no use since.
            case "include", "make_map_files" -> {}
            default -> {
                return false;
            }
        }
        return true;
    }

    private static boolean matches(String expression, String release) {
        if (expression.equals("*")) {
            return true;
        }
        try {
            return PosixExpression.compile(expression).isIn(release);
        } catch (PatternSyntaxException e) {
            return false;
        }
    }

    /**
     * Whether a file takes the place of one of the same module that was found before it.
     *
     * @param file path in the tree, or an absolute one outside of it
     * @param before the same of the other
     */
    boolean isBetter(String file, String before) {
        String stem = stem(file);
        String stemBefore = stem(before);
        for (int i = overrides.size() - 1; i >= 0; i--) {
            if (overrides.get(i).equals(stem)) {
                return true;
            }
            if (overrides.get(i).equals(stemBefore)) {
                return false;
            }
        }
        int count = search.size();
        int rank = count;
        int rankBefore = count;
        int builtIn = count;
        // Backwards: what comes first is what counts. A directory that has the one is not asked for the other, so that
        // of two
        // files in it the one that was found later stays.
        for (int i = count - 1; i >= 0; i--) {
            String place = search.get(i);
            if (place.equals(BUILT_IN)) {
                builtIn = i;
            } else if (place.equals(EXTERNAL)) {
                rank = isExternal(file) ? i : rank;
                rankBefore = isExternal(before) ? i : rankBefore;
            } else if (isIn(file, place)) {
                rank = i;
            } else if (isIn(before, place)) {
                rankBefore = i;
            }
        }
        return (rank == count ? builtIn : rank) < (rankBefore == count ? builtIn : rankBefore);
    }

    private boolean isExternal(String file) {
        return externals.stream().anyMatch(directory -> isIn(file, directory));
    }

    private static boolean isIn(String file, String directory) {
        return file.length() > directory.length()
                && file.charAt(directory.length()) == '/'
                && file.startsWith(directory);
    }

    /** A path up to the first point in its last part. */
    private static String stem(String file) {
        int point = file.indexOf('.', file.lastIndexOf('/') + 1);
        return point < 0 ? file : file.substring(0, point);
    }
}
