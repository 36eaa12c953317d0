package org.jkmod.conformance;

import static org.jkmod.conformance.Change.none;
import static org.jkmod.conformance.SignatureChange.ALGORITHM;
import static org.jkmod.conformance.SignatureChange.HASH;
import static org.jkmod.conformance.SignatureChange.KEY_LENGTH;
import static org.jkmod.conformance.SignatureChange.KIND;
import static org.jkmod.conformance.SignatureChange.SIGNER_LENGTH;
import static org.jkmod.conformance.SignatureChange.UNUSED;
import static org.jkmod.conformance.SignatureChange.appended;
import static org.jkmod.conformance.SignatureChange.info;
import static org.jkmod.conformance.SignatureChange.length;
import static org.jkmod.conformance.SignatureChange.marker;
import static org.jkmod.conformance.SignatureChange.noMessage;
import static org.jkmod.conformance.SignatureChange.onlyMarker;
import static org.jkmod.conformance.SignatureChange.turn;
import static org.jkmod.conformance.SignatureChange.turnAtEnd;
import static org.jkmod.conformance.SignatureChange.turnSigned;
import static org.jkmod.conformance.Variant.sound;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jkmod.conformance.Variant.Boot;

/** Signatures, parameters, compression, and system calls that are used as they should not be: a row a way to do so. */
final class UseVariants {
    private UseVariants() {}

    /** Turns to what is asked of all boots: whether the kernel insists on signatures decides. */
    static final List<Variant> SIGNATURES = List.of(
            sound("sig-good", "nothing", Variant.PLAIN),
            Variant.of("sig-none", "no signature", none()),
            signed("sig-body", "a bit of the module is turned", turnSigned(0x60)),
            signed("sig-header", "a bit of e_flags is turned", turnSigned(48)),
            signed("sig-first", "a bit of the message's first byte is turned", turn(0)),
            signed("sig-second", "a bit of the message's length in it is turned", turn(2)),
            signed("sig-oid", "a bit of the message's kind in it is turned", turn(8)),
            signed("sig-last", "a bit of the message's last byte is turned", turnAtEnd(1)),
            signed("sig-value", "a bit of the signature's value is turned", turnAtEnd(100)),
            signed("sig-no-message", "no message", noMessage()),
            signed("sig-length-0", "the message's length is 0", length(Change.Value.is(0))),
            signed("sig-length-less", "the message's length is one less", length((old, n) -> old - 1)),
            signed("sig-length-more", "the message's length is one more", length((old, n) -> old + 1)),
            signed("sig-length-file", "the message's length is the file's", length((old, n) -> n)),
            signed("sig-length-max", "the message's length is all ones", length(Change.Value.is(-1))),
            signed("sig-algorithm", "an algorithm is told", info(ALGORITHM, 1)),
            signed("sig-hash", "a hash is told", info(HASH, 4)),
            signed("sig-kind-1", "the kind is 1", info(KIND, 1)),
            signed("sig-kind-3", "the kind is 3", info(KIND, 3)),
            signed("sig-signer", "the signer's name has a length", info(SIGNER_LENGTH, 1)),
            signed("sig-key", "the key's identifier has a length", info(KEY_LENGTH, 20)),
            signed("sig-unused", "an unused byte is 1", info(UNUSED, 1)),
            signed("sig-unused-last", "the last unused byte is 1", info(UNUSED + 2, 1)),
            signed(
                    "sig-marker-cut",
                    "the marker lacks its last byte",
                    Change.bytes(m -> Arrays.copyOf(m, m.length - 1))),
            signed("sig-behind", "there is a byte behind the marker", appended((byte) 0)),
            signed("sig-marker-twice", "the marker stands there twice", marker()),
            Variant.of("sig-marker", "the marker, and no signature", marker()),
            Variant.of("sig-only-marker", "nothing but the marker", onlyMarker()),
            signed("sig-forced-vm", "nothing; vermagic is ignored", none()).flags(2),
            signed("sig-forced-mv", "nothing; modversions are ignored", none()).flags(1),
            signed("sig-header-forced", "a bit of e_flags is turned; vermagic is ignored", turnSigned(48))
                    .flags(2),
            Variant.of("sig-none-vermagic", "no signature, no vermagic", Change.noTag("vermagic")),
            Variant.of("sig-none-elf", "no signature, no ELF magic", Change.header(Change.Field.EI_MAG0, 0)),
            sound("bl-listed", "is on the list of those that are not to be loaded", "nls_cp855"),
            Variant.of("bl-listed-unsigned", "is on that list; no signature", none())
                    .from("nls_cp855"),
            sound("bl-shorter", "has the name of one on that list, and another letter", "nls_cp850"));

    private static Variant signed(String name, String breaks, Change change) {
        return Variant.of(name, breaks, change).withSignature();
    }

    /** The signatures' rows in all boots. */
    static List<Variant> signaturesIn(Boot boot) {
        return SIGNATURES.stream().map(v -> v.in(boot)).toList();
    }

    /** A row a parameter: name, what it is, the module, the arguments. */
    private static final String[][] ARGUMENTS = {
        {"int", "an int", "tcp_vegas", "alpha=3"},
        {"int-plus", "an int with a sign", "tcp_vegas", "alpha=+3"},
        {"int-minus", "an int below 0", "tcp_vegas", "alpha=-3"},
        {"int-hex", "a hexadecimal int", "tcp_vegas", "alpha=0x1F"},
        {"int-hex-none", "0x without digits", "tcp_vegas", "alpha=0x"},
        {"int-octal", "an octal int", "tcp_vegas", "alpha=017"},
        {"int-octal-bad", "an octal int with a 9", "tcp_vegas", "alpha=019"},
        {"int-max", "the largest int", "tcp_vegas", "alpha=2147483647"},
        {"int-above", "one more than the largest int", "tcp_vegas", "alpha=2147483648"},
        {"int-below", "one less than the smallest int", "tcp_vegas", "alpha=-2147483649"},
        {"int-huge", "more than 64 bits", "tcp_vegas", "alpha=18446744073709551616"},
        {"int-letter", "a letter behind an int", "tcp_vegas", "alpha=3x"},
        {"int-word", "a word for an int", "tcp_vegas", "alpha=three"},
        {"int-empty", "nothing for an int", "tcp_vegas", "alpha="},
        {"int-none", "an int without =", "tcp_vegas", "alpha"},
        {"int-blank", "a blank behind =", "tcp_vegas", "alpha= 3"},
        {"int-quoted", "an int in quotes", "tcp_vegas", "alpha=\"3\""},
        {"int-quoted-all", "name and value in quotes", "tcp_vegas", "\"alpha=3\""},
        {"int-quoted-blank", "an int and a blank in quotes", "tcp_vegas", "alpha=\"3 \""},
        {"int-twice", "the same twice, first bad", "tcp_vegas", "alpha=x alpha=3"},
        {"second-bad", "the second is bad", "tcp_vegas", "alpha=3 beta=x gamma=4"},
        {"unknown", "a name that there is not", "tcp_vegas", "delta=3"},
        {"unknown-none", "a name that there is not, without =", "tcp_vegas", "delta"},
        {"unknown-bad", "a name that there is not, and a bad one", "tcp_vegas", "delta=3 alpha=x"},
        {"unknown-dot", "another module's", "tcp_vegas", "other.alpha=3"},
        {"unknown-case", "the name in capitals", "tcp_vegas", "ALPHA=3"},
        {"unknown-odd", "a name that is not ASCII", "tcp_vegas", "\u00fc=3"},
        {"no-name", "a value without a name", "tcp_vegas", "=3"},
        {"dashes", "what is behind two dashes", "tcp_vegas", "alpha=3 -- beta=x"},
        {"blanks", "nothing but blanks", "tcp_vegas", "   "},
        {"quote-open", "a quote that does not end", "tcp_vegas", "alpha=\"3"},
        {"dyndbg", "dyndbg", "tcp_vegas", "dyndbg=+p"},
        {"dyndbg-bad", "dyndbg that is none", "tcp_vegas", "dyndbg=jkmod"},
        {"async", "async_probe", "tcp_vegas", "async_probe"},
        {"uint", "the largest unsigned int", "mrp", "mrp_join_time=4294967295"},
        {"uint-minus", "an unsigned int below 0", "tcp_cdg", "backoff_factor=-1"},
        {"uint-above", "one more than the largest unsigned int", "mrp", "mrp_join_time=4294967296"},
        {"dash", "a dash for an underscore", "tcp_cdg", "backoff-beta=700"},
        {"bool-y", "a bool", "tcp_cdg", "use_shadow=y"},
        {"bool-on", "on for a bool", "tcp_cdg", "use_shadow=on"},
        {"bool-off", "oFf for a bool", "tcp_cdg", "use_shadow=oFf"},
        {"bool-o", "o for a bool", "tcp_cdg", "use_shadow=o"},
        {"bool-2", "2 for a bool", "tcp_cdg", "use_shadow=2"},
        {"bool-t", "true for a bool", "tcp_cdg", "use_shadow=true"},
        {"bool-none", "a bool without =", "tcp_cdg", "use_shadow"},
        {"bool-empty", "nothing for a bool", "tcp_cdg", "use_shadow="},
        {"byte", "a byte", "zd1301_demod", "gain=255"},
        {"byte-above", "256 for a byte", "zd1301_demod", "gain=256"},
        {"byte-minus", "a byte below 0", "zd1301_demod", "gain=-1"},
        {"bint", "an int that shows as a bool", "emc2103", "apd=1"},
        {"bint-2", "2 for an int that shows as a bool", "emc2103", "apd=2"},
        {"array", "some ints", "dvb_pll", "id=1,2,-3"},
        {"array-full", "all ints", "dvb_pll", "id=" + "1,".repeat(63) + "1"},
        {"array-more", "an int too many", "dvb_pll", "id=" + "1,".repeat(64) + "1"},
        {"array-end", "a comma behind some ints", "dvb_pll", "id=1,2,"},
        {"array-comma", "only a comma", "dvb_pll", "id=,"},
        {"array-bad", "some ints and a letter", "dvb_pll", "id=1,x"},
        {"array-none", "ints without =", "dvb_pll", "id"},
        {"string", "a string", "ptp_idt82p33", "firmware=jkmod.bin"},
        {"string-none", "a string without =", "ptp_idt82p33", "firmware"},
        {"string-1024", "a string of 1024 bytes", "ptp_idt82p33", "firmware=" + "j".repeat(1024)},
        {"string-1025", "a string of 1025 bytes", "ptp_idt82p33", "firmware=" + "j".repeat(1025)},
        {"copied", "a string that is copied", "pci_stub", "ids="},
        {"copied-long", "a string that is copied and too long", "pci_stub", "ids=" + "j".repeat(1024)},
        {"sysfs-none", "parameters for a module without", Variant.PLAIN, "alpha=3"},
    };

    /** The parameters' rows, each of a module as it is in the tree. */
    static List<Variant> parameters() {
        List<Variant> rows = new ArrayList<>();
        for (String[] row : ARGUMENTS) {
            rows.add(sound("par-" + row[0], row[1], row[2]).arguments(row[3]));
        }
        return rows;
    }

    private static Change compressed() {
        return (module, target) -> {
            try {
                return target.compressed(Variant.PLAIN).orElseThrow();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private static boolean isCompressed(TargetKernel target) {
        try {
            return target.compressed(Variant.PLAIN).isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] gzip(byte[] module) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(module);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static final List<Variant> COMPRESSED = List.of(
            Variant.of("cmp-good", "nothing: compressed as in the tree", compressed())
                    .flags(4)
                    .where(UseVariants::isCompressed),
            Variant.of("cmp-no-flag", "compressed, and not said so", compressed())
                    .where(UseVariants::isCompressed),
            Variant.of(
                            "cmp-cut",
                            "compressed; the second half is missing",
                            compressed().and(Change.cut((old, n) -> n / 2)))
                    .flags(4)
                    .where(UseVariants::isCompressed),
            Variant.of(
                            "cmp-turned",
                            "compressed; a bit in the middle is turned",
                            compressed()
                                    .and((module, target) ->
                                            turnSigned(module.length / 2).of(module, target)))
                    .flags(4)
                    .where(UseVariants::isCompressed),
            Variant.of("cmp-plain", "not compressed, though said so", none()).flags(4),
            Variant.of("cmp-empty", "nothing, though said to be compressed", Change.cut((old, n) -> 0))
                    .flags(4),
            Variant.of("cmp-gzip", "compressed another way", Change.bytes(UseVariants::gzip))
                    .flags(4)
                    .where(t -> isCompressed(t) || !t.isAtLeast(6, 4)));

    static final List<Variant> CALLS = List.of(
            sound("sys-user", "an ordinary user loads", Variant.PLAIN).by("u_load FILE 0 "),
            sound("sys-user-unload", "an ordinary user unloads", Variant.PLAIN)
                    .afterModules(Variant.PLAIN)
                    .by("u_unload 2048 " + Variant.PLAIN),
            sound("sys-written", "a descriptor to write to", Variant.PLAIN).by("loadw FILE 0 "),
            sound("sys-descriptor", "no descriptor", Variant.PLAIN).by("loadfd bad"),
            sound("sys-null", "a descriptor of /dev/null", Variant.PLAIN).by("loadfd null"),
            sound("sys-arguments", "arguments that are nowhere", Variant.PLAIN).by("loadbadargs FILE 0 "),
            sound("sys-init", "nothing: init_module", Variant.PLAIN).by("init -1 FILE "),
            sound("sys-init-0", "init_module: no bytes", Variant.PLAIN).by("init 0 FILE "),
            sound("sys-init-64", "init_module: 64 bytes", Variant.PLAIN).by("init 64 FILE "),
            sound("sys-init-1000", "init_module: 1000 bytes", Variant.PLAIN).by("init 1000 FILE "));

    /** The last ones of a boot: nothing can be loaded after them. */
    static final List<Variant> LAST = List.of(
            Variant.of("end-enforced", "signatures are insisted on from now on; no signature", none())
                    .after("write /sys/module/module/parameters/sig_enforce 1"),
            sound("end-disabled", "loading is switched off", Variant.PLAIN)
                    .after("write /proc/sys/kernel/modules_disabled 1"),
            sound("end-disabled-unload", "loading is switched off; unload", Variant.PLAIN)
                    .by("unload 2048 " + Variant.PLAIN));
}
