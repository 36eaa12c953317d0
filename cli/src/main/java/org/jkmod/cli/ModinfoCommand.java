package org.jkmod.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jkmod.kmod.Compat;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jkmod modinfo}. */
@Command(
        name = "modinfo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Show what modules say of themselves.",
        description = {
            "As kmod's modinfo, to the byte. A module is named by its file, or by its name, an alias, or symbol:NAME, which depmod's"
                    + " indexes of the tree tell.",
            "With --verify the last field, verified, says whether the module is signed with one of the keys."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  jkmod modinfo ./driver.ko",
            "  jkmod modinfo -b sysroot -k 6.12.107+deb13-riscv64 -F parm nvme",
            "  jkmod modinfo --json *.ko | jq '.[] | {name, signer: .signature.signer}'",
            "  jkmod modinfo --verify --keyring /boot/vmlinuz-$(uname -r) -F verified ext4"
        })
final class ModinfoCommand implements Callable<Integer> {
    private final Environment environment;

    private final ModinfoRequest request = new ModinfoRequest();

    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "MODULE", arity = "1..*", description = "Files, names or aliases of modules.")
    private List<String> modules = List.of();

    @Option(
            names = {"-0", "--null"},
            description = "End entries with NUL, not with a newline.")
    private boolean nul;

    @Option(
            names = {"-m", "--modname"},
            description = "Take arguments for names of modules, not for files or aliases.")
    private boolean modname;

    @Option(
            names = {"-k", "--set-version"},
            paramLabel = "REL",
            description = "The kernel's release. Default: uname -r.")
    private @Nullable String release;

    @Option(
            names = {"-b", "--basedir"},
            paramLabel = "DIR",
            description = "The root that lib/modules/REL is in.")
    private String basedir = "";

    @Option(
            names = "--no-build-id",
            description = "Print no field build-id: kmod prints it in what comes after its release 34.2.")
    private boolean noBuildId;

    @Option(names = "--compat", paramLabel = "30|34", description = "The kmod whose text to write. Default: 34.")
    private String compat = "34";

    @Option(names = "--verify", description = "Check the signatures; the exit status is 1 if one is not good.")
    private boolean verify;

    @Option(
            names = "--keyring",
            paramLabel = "PATH",
            description = "Who may have signed: X.509 certificates in DER or PEM, a folder of them, a kernel's image or"
                    + " profile. May be given several times.")
    private List<Path> keyrings = List.of();

    @Option(
            names = "--json",
            description =
                    "Print an array of objects: name, filename, builtin, fields (arrays by key), parameters (name,"
                            + " type, description), build_id, signature (id, signer, key, hash, value), verified (outcome, reason),"
                            + " error.")
    private boolean json;

    ModinfoCommand(Environment environment) {
        this.environment = environment;
    }

    /** Options are read as getopt_long(3) reads them. */
    @Spec
    void spec(CommandSpec given) {
        given.parser().overwrittenOptionsAllowed(true).abbreviatedOptionsAllowed(true);
        spec = given;
    }

    @Option(
            names = {"-F", "--field"},
            paramLabel = "FIELD",
            description = "Print only the values of this field.")
    void field(@Nullable String name) {
        request.field = name == null ? request.field : name;
    }

    @Option(
            names = {"-a", "--author"},
            description = "Print only the values of author.")
    void author(boolean set) {
        request.field = set ? "author" : request.field;
    }

    @Option(
            names = {"-d", "--description"},
            description = "Print only those of description.")
    void description(boolean set) {
        request.field = set ? "description" : request.field;
    }

    @Option(
            names = {"-l", "--license"},
            description = "Print only those of license.")
    void license(boolean set) {
        request.field = set ? "license" : request.field;
    }

    @Option(
            names = {"-p", "--parameters"},
            description = "Print only the parameters.")
    void parameters(boolean set) {
        request.field = set ? "parm" : request.field;
    }

    @Option(
            names = {"-n", "--filename"},
            description = "Print only the names of files.")
    void filename(boolean set) {
        request.field = set ? "filename" : request.field;
    }

    @Override
    public Integer call() throws IOException {
        if (verify == keyrings.isEmpty()) {
            throw usage(verify ? "--verify needs a --keyring" : "--keyring needs --verify");
        }
        if (json && (nul || request.field != null)) {
            throw usage("--json prints all fields, and no others");
        }
        request.modules = modules;
        request.release = release;
        request.basedir = basedir;
        request.nul = nul;
        request.exactly = modname;
        request.buildId = !noBuildId;
        request.json = json;
        request.compat = compat();
        request.keyrings = keyrings;
        return request.run(environment);
    }

    private ParameterException usage(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    private Compat compat() {
        return switch (compat) {
            case "30" -> Compat.KMOD_30;
            case "34" -> Compat.KMOD_34;
            default -> throw usage("no kmod is known by the number " + compat + ", only 30 and 34");
        };
    }
}
