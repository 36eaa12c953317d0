package org.jkmod.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jkmod.cli.Shell.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code jkmod symbols} and {@code jkmod symbolize}; org.jkmod.core's RecordedTraceTest has real texts. */
class SymbolCommandsTest {
    private static final String KALLSYMS = """
            ffffffff81000000 T _stext
            ffffffff81000040 t do_one
            ffffffff81000080 T _end
            ffffffffc0000000 t mod_one	[mod]
            ffffffffc0000020 t odd\u0002name 	[mod]
            """;
    private static final String SYMVERS =
            "0x12345678\tusb_one\tvmlinux\tEXPORT_SYMBOL_GPL\tUSB\n0x00000001\tpci_one\tvmlinux\tEXPORT_SYMBOL\t\n";

    @TempDir
    private Path home;

    private Shell shell;
    private String kallsyms = "";
    private String symvers = "";

    @BeforeEach
    void setUp() throws IOException {
        shell = new Shell(home);
        kallsyms = write("kallsyms", KALLSYMS);
        symvers = write("symvers", SYMVERS);
    }

    private String write(String name, String text) throws IOException {
        return Files.writeString(home.resolve(name), text, ISO_8859_1).toString();
    }

    private Result symbolize(String text, String... args) {
        shell.input = text.getBytes(ISO_8859_1);
        String[] all = new String[args.length + 1];
        all[0] = "symbolize";
        System.arraycopy(args, 0, all, 1, args.length);
        return shell.run(all);
    }

    @Test
    void symbols_ofEachText_areItsLines() {
        assertThat(shell.run("symbols", kallsyms)).isEqualTo(new Result(0, KALLSYMS, ""));
        assertThat(shell.run("symbols", symvers)).isEqualTo(new Result(0, SYMVERS, ""));
        assertThat(shell.run("symbols", kallsyms, "--kallsyms", "--grep", "*_one"))
                .isEqualTo(new Result(0, "ffffffff81000040 t do_one\nffffffffc0000000 t mod_one\t[mod]\n", ""));
        assertThat(shell.run("symbols", symvers, "--exports", "--grep", "usb_*").out())
                .isEqualTo(SYMVERS.substring(0, SYMVERS.indexOf('\n') + 1));
    }

    @Test
    void symbols_thatWereSaved_areTheSame() {
        String saved = home.resolve("saved").toString();
        assertThat(shell.run("symbols", kallsyms, "--save", saved)).isEqualTo(new Result(0, "", ""));
        assertThat(shell.run("symbols", saved)).isEqualTo(new Result(0, KALLSYMS, ""));
    }

    @Test
    void symbols_withJson_haveItAll() {
        JsonObject symbols = JsonParser.parseString(
                        shell.run("symbols", kallsyms, "--json").out())
                .getAsJsonObject();
        assertThat(symbols.get("kind").getAsString()).isEqualTo("kallsyms");
        assertThat(symbols.getAsJsonArray("symbols")).hasSize(5);
        assertThat(symbols.getAsJsonArray("symbols").get(3)).hasToString("""
                {"address":"0xffffffffc0000000","type":"t","name":"mod_one","module":"mod"}""");
        assertThat(shell.run("symbols", symvers, "--json", "--grep", "usb*")
                        .out()
                        .replaceAll("\\s+", ""))
                .isEqualTo(
                        "{\"kind\":\"module_symvers\",\"exports\":[{\"crc\":\"0x12345678\",\"name\":\"usb_one\",\"owner\":\"vmlinux\","
                                + "\"gplOnly\":true,\"namespace\":\"USB\"}]}");
    }

    @Test
    void symbols_ofAnImage_haveItsBanner() throws IOException {
        String image = write("image", "\0".repeat(4096) + "Linux version 6.12.1-test (x)\n" + "\0".repeat(4096));
        assertThat(shell.run("symbols", image))
                .isEqualTo(new Result(1, "", "jkmod symbols: " + image + ": a kernel image without exports\n"));
        assertThat(shell.run("symbols", image, "--kallsyms").err()).contains("without symbols that have addresses");
    }

    @Test
    void symbols_thatAreNotThere_areOneLine() {
        assertThat(shell.run("symbols", kallsyms, "--exports"))
                .isEqualTo(new Result(1, "", "jkmod symbols: " + kallsyms + ": a list of symbols without exports\n"));
        assertThat(shell.run("symbols", "nothing"))
                .isEqualTo(new Result(1, "", "jkmod symbols: nothing: No such file or directory\n"));
        assertThat(shell.run("symbols", kallsyms, "--save", "x", "--grep", "y").status())
                .isEqualTo(2);
        assertThat(shell.run("symbols", kallsyms, "--save", "x", "--exports").status())
                .isEqualTo(2);
        assertThat(shell.run("symbols").status()).isEqualTo(2);
        assertThat(shell.run("symbols", "--help").out()).contains("--exports").contains("--grep");
    }

    @Test
    void addresses_asArguments_becomeSymbols() {
        assertThat(symbolize("", "--kallsyms", kallsyms, "0xffffffff81000044", "ffffffffc0000001", "1000"))
                .isEqualTo(new Result(0, "do_one+0x4/0x40\nmod_one+0x1/0x20 [mod]\n0x1000\n", ""));
        assertThat(symbolize("", "--kallsyms", kallsyms, "--return", "ffffffff81000040")
                        .out())
                .isEqualTo("_stext+0x40/0x40\n");
        assertThat(symbolize("", "--kallsyms", kallsyms, "--json", "ffffffffc0000001", "1000")
                        .out())
                .isEqualTo("""
                        {"address":"0xffffffffc0000001","name":"mod_one","offset":1,"size":32,"module":"mod"}
                        {"address":"0x0000000000001000"}
                        """);
        assertThat(symbolize("", "--kallsyms", kallsyms, "ffffffffc0000021").out())
                .as("for a terminal")
                .isEqualTo("odd\\x02name +0x1/0xfe0 [mod]\n");
    }

    @Test
    void text_onStandardInput_getsSymbols() {
        assertThat(symbolize("RIP: 0010:0xffffffff81000044\nRAX: ffffffff81000044\n", "--kallsyms", kallsyms))
                .isEqualTo(new Result(0, "RIP: 0010:do_one+0x4/0x40\nRAX: ffffffff81000044\n", ""));
        assertThat(symbolize("RAX: ffffffff81000044\n", "--kallsyms", kallsyms, "--registers")
                        .out())
                .isEqualTo("RAX: do_one+0x4/0x40\n");
        assertThat(symbolize("x\n ffffffff81000044\n", "--kallsyms", kallsyms, "--json")
                        .out())
                .isEqualTo(
                        "{\"line\":2,\"address\":\"0xffffffff81000044\",\"name\":\"do_one\",\"offset\":4,\"size\":64,\"module\":\"\"}\n");
    }

    @Test
    void offset_ofAnotherBoot_isGivenOrKnownOrFound() {
        String text = "ffffffff9d000044\n";
        String expected = "do_one+0x4/0x40\n";
        String panic = "Kernel Offset: 0x1c000000 from 0xffffffff81000000\n";
        assertThat(symbolize(text, "--image", kallsyms, "--kaslr-offset", "0x1c000000")
                        .out())
                .isEqualTo(expected);
        assertThat(symbolize(text, "--image", kallsyms, "--known", "do_one=ffffffff9d000040")
                        .out())
                .isEqualTo(expected);
        assertThat(symbolize(text + panic, "--image", kallsyms).out()).isEqualTo(expected + panic);
        assertThat(symbolize(text + panic, "--kallsyms", kallsyms, "--kaslr-offset", "auto")
                        .out())
                .isEqualTo(expected + panic);
        assertThat(symbolize("", "--image", kallsyms, "ffffffff81000044").out()).isEqualTo(expected);
        assertThat(symbolize("", "--image", kallsyms, "--known", "do_one=ffffffff9d000040", "ffffffff9d000044")
                        .out())
                .isEqualTo(expected);
    }

    @Test
    void offset_thatCannotBe_isOneLine() {
        String text = "ffffffff9d000044\n";
        assertThat(symbolize(text, "--image", kallsyms, "--kaslr-offset", "1234"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "jkmod symbolize: a kernel moved by 0x1234: kernels are only moved by multiples of 64 KiB\n"));
        assertThat(symbolize(text, "--image", kallsyms, "--known", "nobody=1").err())
                .contains("nobody at 0x1: no such symbol");
        assertThat(symbolize(text, "--image", kallsyms, "--known", "do_one=ffffffff9d000040", "--kaslr-offset", "0")
                        .err())
                .contains("does not agree with a kernel moved by 0x0");
        assertThat(symbolize("ffffffff9d000044 do_one+0x4/0x40\n", "--kallsyms", kallsyms)
                        .err())
                .startsWith("jkmod symbolize: standard input: line 1: found do_one at 0xffffffff9d000040");
        assertThat(symbolize(text, "--image", kallsyms, "--known", "do_one").status())
                .isEqualTo(2);
        assertThat(symbolize(text, "--image", kallsyms, "--kaslr-offset", "x").status())
                .isEqualTo(2);
        assertThat(symbolize(text, "--image", kallsyms, "--kallsyms", kallsyms).status())
                .isEqualTo(2);
        assertThat(symbolize(text, "--kallsyms", kallsyms, "--return").status()).isEqualTo(2);
        assertThat(symbolize(text).status()).isEqualTo(2);
        assertThat(symbolize("", "--kallsyms", kallsyms, "xyz").status()).isEqualTo(2);
        assertThat(symbolize("", "--kallsyms", symvers, "ffffffff81000044").err())
                .contains("a Module.symvers without any");
    }

    /** As of an oops without a panic. */
    @Test
    void text_thatDoesNotShowWhereTheKernelIs_hasTheSymbolsOfModules() {
        String text = "ffffffff9d000044\nffffffffc0200200\nffffffffc0000001\n";
        String module = Shell.MODULES.resolve("jkmod_ring.ko") + "@.text=0xffffffffc0200000";
        assertThat(symbolize(text, "--image", kallsyms, "--module", module))
                .isEqualTo(new Result(
                        1,
                        "ffffffff9d000044\njkmod_ring_write+0x10/0xb0 [jkmod_ring]\nffffffffc0000001\n",
                        "jkmod symbolize: standard input: no line shows where the kernel is: 2 addresses are left"
                                + " (see --kaslr-offset, --known)\n"));
        Result json = symbolize(text, "--image", kallsyms, "--module", module, "--json");
        assertThat(json.status()).isEqualTo(1);
        assertThat(json.out()).startsWith("{\"line\":2,").contains("\"name\":\"jkmod_ring_write\"");
        assertThat(symbolize("ffffffffc0200200\n", "--image", kallsyms, "--module", module)
                        .status())
                .isZero();
        assertThat(symbolize("ffffffff9d000044\n", "--image", kallsyms).err()).contains(": 1 address is left");
    }

    /** As nm has it: jkmod_ring_write is at 0x1f0 of .text, the next symbol at 0x2a0. */
    @Test
    void module_withSectionsInEachForm_isNamed() throws IOException {
        String file = Shell.MODULES.resolve("jkmod_ring.ko").toString();
        String lines =
                write("sections.txt", "jkmod_ring .text 0xffffffffc0200000 0\nother .text 0xffffffffc0300000 0\n");
        Path folder = Files.createDirectories(home.resolve("jkmod_ring/sections"));
        Files.writeString(folder.resolve(".text"), "0xffffffffc0200000\n");
        for (String sections :
                new String[] {lines, folder.toString(), folder.getParent().toString(), ".text=0xffffffffc0200000"}) {
            Result result = symbolize("", "--image", kallsyms, "--module", file + "@" + sections, "ffffffffc0200200");
            assertThat(result).as(sections).isEqualTo(new Result(0, "jkmod_ring_write+0x10/0xb0 [jkmod_ring]\n", ""));
        }
    }

    @Test
    void module_thatCannotBeThere_isOneLine() throws IOException {
        String file = Shell.MODULES.resolve("jkmod_ring.ko").toString();
        String lines = write("sections.txt", "other .text 0xffffffffc0300000 0\n");
        Path folder = Files.createDirectories(home.resolve("sections"));
        Files.writeString(folder.resolve(".text"), "0x0000000000000000\n");
        assertThat(symbolize("", "--image", kallsyms, "--module", file + "@" + lines, "1")
                        .err())
                .isEqualTo("jkmod symbolize: " + lines + ": no section of module jkmod_ring\n");
        assertThat(symbolize("", "--image", kallsyms, "--module", file + "@" + folder, "1")
                        .err())
                .contains("found '0x0000000000000000', expected 0xADDRESS, other than 0");
        String hidden = write("hidden.txt", "jkmod_ring .text 0x0000000000000000 0\n");
        for (String sections : new String[] {hidden, ".text=0x0"}) {
            assertThat(symbolize("", "--image", kallsyms, "--module", file + "@" + sections, "1")
                            .err())
                    .contains(", expected 0xADDRESS, other than 0");
        }
        assertThat(symbolize("", "--image", kallsyms, "--module", file + "@.text=12", "1")
                        .err())
                .contains("'.text=12' is not SECTION=0xADDRESS");
        assertThat(symbolize("", "--image", kallsyms, "--module", file + "@.text=0xffffffffc0200008", "1")
                        .err())
                .contains("is it another build of the module?");
        assertThat(symbolize("", "--image", kallsyms, "--module", file + "@.text=0xffffffff81000000", "1")
                        .err())
                .contains("module jkmod_ring would be at 0xffffffff81000000, where the kernel is");
        assertThat(symbolize("", "--image", kallsyms, "--module", file, "1").err())
                .contains("is not FILE.ko@SECTIONS");
        assertThat(symbolize("", "--image", kallsyms, "--module", "nothing.ko@" + lines, "1")
                        .err())
                .isEqualTo("jkmod symbolize: nothing.ko: No such file or directory\n");
    }
}
