package org.jkmod.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jkmod.core.SignatureCheck;
import org.jkmod.elf.PrintableText;
import org.jkmod.kmod.Compat;
import org.jkmod.kmod.Keyring;
import org.jkmod.kmod.ModuleInfoFinder;
import org.jkmod.kmod.ModuleInfoReport;
import org.jkmod.kmod.ModuleInfoText;
import org.jspecify.annotations.Nullable;

/** What {@code jkmod modinfo} is asked for: its options, and its work. */
final class ModinfoRequest implements PlainRequest {
    /** Files, names or aliases. */
    List<String> modules = List.of();

    /** The only field that is wanted. */
    @Nullable
    String field;

    @Nullable
    String release;

    String basedir = "";
    boolean nul;
    boolean exactly;
    /** Whether to print the field build-id where the compatible kmod does. */
    boolean buildId = true;

    boolean json;
    Compat compat = Compat.KMOD_34;
    List<Path> keyrings = List.of();

    /**
     * Reads the arguments of kmod's modinfo, and no others.
     *
     * @param args the command's name, and its arguments
     * @return null if there is anything that picocli has to look at
     */
    static @Nullable ModinfoRequest of(String[] args) {
        ModinfoRequest request = new ModinfoRequest();
        List<String> modules = new ArrayList<>(args.length);
        for (int i = 1; i < args.length; i++) {
            String arg = args[i];
            if (!arg.startsWith("-") || arg.equals("-")) {
                modules.add(arg);
                continue;
            }
            boolean hasValue = i + 1 < args.length && !args[i + 1].startsWith("-");
            switch (arg) {
                case "-a" -> request.field = "author";
                case "-d" -> request.field = "description";
                case "-l" -> request.field = "license";
                case "-p" -> request.field = "parm";
                case "-n" -> request.field = "filename";
                case "-0" -> request.nul = true;
                case "-m" -> request.exactly = true;
                case "--no-build-id" -> request.buildId = false;
                case "-F", "-k", "-b" -> {
                    if (!hasValue) {
                        return null;
                    }
                    String value = args[++i];
                    if (arg.equals("-F")) {
                        request.field = value;
                    } else if (arg.equals("-k")) {
                        request.release = value;
                    } else {
                        request.basedir = value;
                    }
                }
                case "--compat" -> {
                    String compat = hasValue ? args[++i] : "";
                    if (!compat.equals("30") && !compat.equals("34")) {
                        return null;
                    }
                    request.compat = compat.equals("30") ? Compat.KMOD_30 : Compat.KMOD_34;
                }
                default -> {
                    return null;
                }
            }
        }
        request.modules = modules;
        return modules.isEmpty() ? null : request;
    }

    @Override
    public int run(Environment environment) throws IOException {
        String kernel = release == null ? System.getProperty("os.version", "") : release;
        ModuleInfoFinder finder = new ModuleInfoFinder(directory(environment), basedir, kernel);
        Optional<SignatureCheck> check =
                keyrings.isEmpty() ? Optional.empty() : Optional.of(SignatureCheck.with(Keyring.read(keyrings)));
        ModuleInfoReport report = new ModuleInfoReport(finder, exactly, compat, check);
        boolean isGood = json
                ? ModinfoJson.print(report, modules, environment.out())
                : report.write(
                        modules,
                        new ModuleInfoText.Style(
                                compat, nul, Optional.ofNullable(field), buildId && compat == Compat.KMOD_34),
                        environment.out(),
                        new Complaining(environment));
        return isGood ? Main.OK : Main.FAILED;
    }

    /** Complains in modinfo's words. A class, since a lambda would take longer to begin. */
    private static final class Complaining implements ModuleInfoReport.Complaints {
        private final Environment environment;

        Complaining(Environment environment) {
            this.environment = environment;
        }

        @Override
        public void add(String text) {
            environment.out().flush();
            environment.err().println("jkmod modinfo: " + PrintableText.of(text));
        }
    }

    /** Where relative paths begin: as the shell calls it, if that is so, since names of files are printed. */
    private static Path directory(Environment environment) throws IOException {
        Path here = Path.of("").toAbsolutePath();
        String shell = environment.variables().get("PWD");
        if (shell == null || !shell.startsWith("/") || shell.equals(here.toString())) {
            return here;
        }
        Path called = Path.of(shell);
        return Files.exists(called) && Files.isSameFile(called, here) ? called : here;
    }
}
