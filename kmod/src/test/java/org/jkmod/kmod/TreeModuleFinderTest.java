package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.ModuleBuilder;
import org.jkmod.core.ModuleFinder.Candidate;
import org.jkmod.core.OnDemandModules;
import org.jkmod.symtab.ModuleSymvers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TreeModuleFinderTest extends TreeTest {
    private static final String RELEASE = "6.12.0-amd64";

    TreeModuleFinderTest() {
        super(RELEASE);
    }

    /** Three modules on top of each other, and one beside them. */
    private void tree() throws IOException {
        put("kernel/a-lib.ko", small("a_lib").exports("lib1").imports("printk"));
        put("kernel/b_fs.ko", small("b_fs").exports("fs1").imports("lib1").and("alias", "fs-b"));
        put(
                "kernel/c.ko",
                small("c")
                        .imports("fs1", "printk")
                        .importsWeakly("lib1")
                        .and("alias", "pci:v00008086d*sv*")
                        .and("alias", "usb:v[0-3]?"));
        put("kernel/d.ko", small("d").and("alias", "pci:v0000*"));
        put("kernel/damaged.ko", "no module");
    }

    private TreeModuleFinder finder() throws IOException {
        return TreeModuleFinder.of(ModuleTree.open(root, RELEASE));
    }

    private static List<List<String>> names(TreeModuleFinder finder, String wanted) {
        return finder.find(wanted).stream()
                .map(chain -> chain.stream().map(Candidate::name).toList())
                .toList();
    }

    @Test
    void find_withoutDepmodsFiles_readsTheModules() throws IOException {
        tree();
        TreeModuleFinder finder = finder();
        assertThat(names(finder, "c")).containsExactly(List.of("a_lib", "b_fs", "c"));
        assertThat(names(finder, "b-fs")).containsExactly(List.of("a_lib", "b_fs"));
        assertThat(names(finder, "a_lib")).containsExactly(List.of("a_lib"));
        assertThat(names(finder, "fs-b")).containsExactly(List.of("a_lib", "b_fs"));
        assertThat(names(finder, "fs_b")).containsExactly(List.of("a_lib", "b_fs"));
        assertThat(names(finder, "usb:v1x")).containsExactly(List.of("a_lib", "b_fs", "c"));
        assertThat(names(finder, "pci:v00008086d00001sv2"))
                .containsExactly(List.of("a_lib", "b_fs", "c"), List.of("d"));
        assertThat(names(finder, "nothing")).isEmpty();
        assertThat(names(finder, "c.ko")).isEmpty();
        assertThat(names(finder, "damaged")).containsExactly(List.of("damaged"));
    }

    @Test
    void find_withDepmodsFiles_believesThem() throws IOException {
        tree();
        put("modules.dep", """
                kernel/a-lib.ko:
                kernel/b_fs.ko: kernel/a-lib.ko
                kernel/c.ko: kernel/b_fs.ko kernel/a-lib.ko
                kernel/d.ko:
                """);
        put("modules.alias", """
                # Aliases extracted from modules themselves.
                alias other-name d
                alias acpi*:PNP0[A-F]??:* c
                """);
        put("modules.builtin", "kernel/drivers/base/built-in-one.ko\n");
        TreeModuleFinder finder = finder();
        assertThat(names(finder, "c")).containsExactly(List.of("a_lib", "b_fs", "c"));
        assertThat(names(finder, "other_name")).containsExactly(List.of("d"));
        assertThat(names(finder, "acpi:PNP0C0D:")).containsExactly(List.of("a_lib", "b_fs", "c"));
        assertThat(names(finder, "acpi:PNP0G0D:")).isEmpty();
        assertThat(names(finder, "fs-b")).isEmpty();
        // part of the kernel: nothing to load
        assertThat(names(finder, "built_in_one")).containsExactly(List.of());
    }

    @Test
    void find_ofModulesThatNeedEachOther_comesToAnEnd() throws IOException {
        put("kernel/a.ko", small("a").exports("a1").imports("b1"));
        put("kernel/b.ko", small("b").exports("b1").imports("a1"));
        assertThat(names(finder(), "a")).containsExactly(List.of("b", "a"));
        assertThat(names(finder(), "b")).containsExactly(List.of("a", "b"));
    }

    @Test
    void requests_ofATree_loadAndCleanIt() throws IOException {
        tree();
        Kernel kernel = Kernel.boot(KernelProfile.builder(RELEASE)
                .exports(ModuleSymvers.parse(ModuleBuilder.symvers("printk"), "symvers"))
                .vermagic(ModuleBuilder.VERMAGIC)
                .config("MODVERSIONS", "n")
                .build());
        OnDemandModules modules = new OnDemandModules(kernel, finder());
        assertThat(modules.uevent(Map.of("MODALIAS", "pci:v00008086d00001sv2"))).isZero();
        assertThat(kernel.modules().stream().map(KernelModule::name)).containsExactly("d", "c", "b_fs", "a_lib");
        assertThat(modules.requestModule("damaged")).isEqualTo(256);
        assertThat(modules.cleanPass()).containsExactly("d", "c", "b_fs", "a_lib");
        // gone since the tree was opened
        Files.delete(root.resolve("lib/modules/" + RELEASE + "/kernel/d.ko"));
        assertThat(modules.requestModule("d")).isEqualTo(256);
    }

    @ParameterizedTest
    @CsvSource({
        "abc, abc, true",
        "abc, abd, false",
        "abc, ab, false",
        "ab, abc, false",
        "*, '', true",
        "'', '', true",
        "'', a, false",
        "a*c, abbc, true",
        "a*c, abbcd, false",
        "a*b*c, aXbYbZc, true",
        "a*b*c, aXcYbZ, false",
        "**a, bba, true",
        "a?c, abc, true",
        "a?c, ac, false",
        "[a-c]x, bx, true",
        "[a-c]x, dx, false",
        "[!a-c]x, dx, true",
        "[!a-c]x, ax, false",
        "[]x]y, ]y, true",
        "[a-]y, -y, true",
        "[ab, [ab, true",
        "\\*, *, true",
        "\\*, a, false",
        "a\\, a\\, true",
        "v*d*, v1d2d3, true",
    })
    void matches_aPattern_asFnmatchDoes(String pattern, String text, boolean matches) {
        assertThat(AliasPattern.matches(pattern, text)).isEqualTo(matches);
    }

    @Test
    void underscores_betweenBrackets_areLeftAlone() {
        assertThat(AliasPattern.underscores("a-b[0-9]-c")).isEqualTo("a_b[0-9]_c");
    }
}
