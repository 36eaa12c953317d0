package org.jkmod.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModinfoCommandTest {
    private static final String FOLDER = "src/test/resources/org/jkmod/cli/modinfo/";
    private static final String SIGNED = FOLDER + "signed.ko";
    private static final String SIGNER = FOLDER + "signer.pem";

    @TempDir
    Path folder;

    private Shell shell;

    @BeforeEach
    void openShell() {
        shell = new Shell(folder);
    }

    @Test
    void file_noOptions_printsAllFields() {
        String out = shell.run("modinfo", SIGNED).out();
        assertThat(out)
                .startsWith("filename:       " + Path.of("").toAbsolutePath() + "/" + SIGNED + "\nlicense:        GPL\n"
                        + "description:    A signed module\ndepends:        \nname:           signed\n"
                        + "sig_id:         PKCS#7\nsigner:         Test signer\nsig_key:        ")
                .endsWith("\nparm:           debug:Debug level (int)\n");
    }

    @Test
    void options_ofKmod_meanTheSameInEveryForm() {
        assertThat(shell.run("modinfo", "-d", SIGNED).out()).isEqualTo("A signed module\n");
        assertThat(shell.run("modinfo", SIGNED, "--description").out()).isEqualTo("A signed module\n");
        assertThat(shell.run("modinfo", "-l", "-d", SIGNED).out()).isEqualTo("A signed module\n");
        assertThat(shell.run("modinfo", "-dl", SIGNED).out()).isEqualTo("GPL\n");
        assertThat(shell.run("modinfo", "-F", "signer", SIGNED, SIGNED).out()).isEqualTo("Test signer\nTest signer\n");
        assertThat(shell.run("modinfo", "--field=signer", "-0", SIGNED).out()).isEqualTo("Test signer\0");
        assertThat(shell.run("modinfo", "--fiel", "signer", SIGNED).out()).isEqualTo("Test signer\n");
        assertThat(shell.run("modinfo", "-p", SIGNED).out()).isEqualTo("debug:Debug level (int)\n");
        assertThat(shell.run("modinfo", "-F", "nothing", SIGNED).out()).isEmpty();
    }

    @Test
    void module_notThere_isAnErrorInKmodsWords() {
        Shell.Result result = shell.run("modinfo", "-b", folder.toString(), "nosuch", SIGNED, "-n");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("jkmod modinfo: ERROR: Module nosuch not found.\n");
        assertThat(result.out()).endsWith("/signed.ko\n");
    }

    @Test
    void usage_wrong_isStatus2() {
        assertThat(shell.run("modinfo").status()).isEqualTo(2);
        assertThat(shell.run("modinfo", "--verify", SIGNED).err()).contains("--verify needs a --keyring");
        assertThat(shell.run("modinfo", "--compat", "29", SIGNED).status()).isEqualTo(2);
        assertThat(shell.run("modinfo", "--json", "-F", "license", SIGNED).status())
                .isEqualTo(2);
        assertThat(shell.run("modinfo", "-Z", SIGNED).status()).isEqualTo(2);
    }

    @Test
    void verify_keyringAndTampering_isToldAndIsTheStatus() throws Exception {
        Shell.Result good = shell.run("modinfo", "--verify", "--keyring", SIGNER, SIGNED);
        assertThat(good.out()).endsWith("parm:           debug:Debug level (int)\nverified:       good\n");
        assertThat(good.status()).isZero();

        byte[] bytes = Files.readAllBytes(Path.of(SIGNED));
        bytes[8]++;
        String bad = Files.write(folder.resolve("bad.ko"), bytes).toString();
        Shell.Result rejected = shell.run("modinfo", "--verify", "--keyring", SIGNER, "-F", "verified", SIGNED, bad);
        assertThat(rejected.out()).isEqualTo("good\nrejected: the module is not what was signed\n");
        assertThat(rejected.status()).isEqualTo(1);

        String unsigned = "../examples/modules/x86_64/jkmod_stat.ko";
        Shell.Result none = shell.run("modinfo", "--verify", "--keyring", SIGNER, "-0", unsigned);
        assertThat(none.out()).endsWith("\0verified=no signature: the module is not signed\0");
        assertThat(none.status()).isEqualTo(1);
    }

    @Test
    void keyring_notOne_isOneLine() {
        Shell.Result result = shell.run("modinfo", "--verify", "--keyring", SIGNED, SIGNED);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err().lines()).hasSize(1);
        assertThat(result.out()).isEmpty();
    }

    @Test
    void json_signedMissingAndBroken_isAnArray() throws Exception {
        String broken = Files.writeString(folder.resolve("broken.ko"), "garbage, no object")
                .toString();
        Shell.Result result = shell.run(
                "modinfo",
                "--json",
                "--verify",
                "--keyring",
                SIGNER,
                "-b",
                folder.toString(),
                SIGNED,
                "nosuch",
                broken);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEmpty();
        JsonArray all = JsonParser.parseString(result.out()).getAsJsonArray();
        JsonObject signed = all.get(0).getAsJsonObject();
        assertThat(signed.get("name").getAsString()).isEqualTo("signed");
        assertThat(signed.getAsJsonObject("fields")
                        .getAsJsonArray("license")
                        .get(0)
                        .getAsString())
                .isEqualTo("GPL");
        JsonObject parameter = signed.getAsJsonArray("parameters").get(0).getAsJsonObject();
        assertThat(parameter.get("type").getAsString()).isEqualTo("int");
        JsonObject signature = signed.getAsJsonObject("signature");
        assertThat(signature.get("signer").getAsString()).isEqualTo("Test signer");
        assertThat(HexFormat.of().parseHex(signature.get("value").getAsString()))
                .hasSize(256);
        assertThat(signed.getAsJsonObject("verified").get("outcome").getAsString())
                .isEqualTo("good");
        assertThat(all.get(1).getAsJsonObject().get("error").getAsString()).isEqualTo("Module nosuch not found.");
        assertThat(all.get(2).getAsJsonObject().get("error").getAsString()).contains("expected an ELF file");
    }

    @Test
    void module_ofADash_isNotFound() {
        String[] place = {"modinfo", "-b", folder.toString(), "-"};
        assertThat(shell.run(place)).isEqualTo(new Shell.Result(1, "", "jkmod modinfo: ERROR: Module - not found.\n"));
        assertThat(shell.run("modinfo", "--json", "-b", folder.toString(), "-").out())
                .contains("Module - not found.");
    }
}
