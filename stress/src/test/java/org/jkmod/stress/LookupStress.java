package org.jkmod.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.util.Optional;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelSymbol;
import org.jkmod.core.LoadOptions;
import org.jkmod.core.ModuleState;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/** What readers see of a module that is loaded or unloaded at the same time: all of it, or nothing. */
final class LookupStress {
    private LookupStress() {}

    private static String seen(boolean present) {
        return present ? "there" : "not";
    }

    /** First one export, then the other; in between nothing but a load can happen. */
    @JCStressTest
    @Outcome(id = "not, not", expect = ACCEPTABLE, desc = "Before.")
    @Outcome(id = "not, there", expect = ACCEPTABLE, desc = "In between.")
    @Outcome(id = "there, there", expect = ACCEPTABLE, desc = "After.")
    @State
    public static class ExportsOfALoad {
        private final Books books = new Books();

        @Actor
        public void load() {
            books.load(Books.BASE);
        }

        @Actor
        public void reader(LL_Result r) {
            r.r1 = seen(books.kernel.symbol("base2").isPresent());
            r.r2 = seen(books.kernel.symbol("base1").isPresent());
        }
    }

    /** The same while they go. */
    @JCStressTest
    @Outcome(id = "there, there", expect = ACCEPTABLE, desc = "Before.")
    @Outcome(id = "there, not", expect = ACCEPTABLE, desc = "In between.")
    @Outcome(id = "not, not", expect = ACCEPTABLE, desc = "After.")
    @State
    public static class ExportsOfAnUnload {
        private final Books books = Books.withBase();

        @Actor
        public void unload() {
            books.unload("base");
        }

        @Actor
        public void reader(LL_Result r) {
            r.r1 = seen(books.kernel.symbol("base1").isPresent());
            r.r2 = seen(books.kernel.symbol("base2").isPresent());
        }
    }

    /** Whoever finds a symbol finds its module, at least COMING, in every list, with the symbol's address in its memory. */
    @JCStressTest
    @Outcome(id = "not", expect = ACCEPTABLE, desc = "Before.")
    @Outcome(id = "whole", expect = ACCEPTABLE, desc = "After.")
    @State
    public static class SymbolAndModule {
        private final Books books = new Books();

        @Actor
        public void load() {
            books.load(Books.BASE);
        }

        @Actor
        public void reader(L_Result r) {
            Optional<KernelSymbol> symbol = books.kernel.symbol("base1");
            r.r1 = symbol.isEmpty() ? "not" : whole(symbol.get());
        }

        private String whole(KernelSymbol symbol) {
            Optional<KernelModule> owner = books.kernel.module("base");
            if (owner.isEmpty()) {
                return "no module";
            }
            if (owner.get().state() == ModuleState.UNFORMED) {
                return "unformed";
            }
            if (!books.kernel.modules().contains(owner.get())) {
                return "not in modules()";
            }
            if (books.kernel.procModules().size() != 1) {
                return "not in /proc/modules";
            }
            if (books.kernel.kallsyms().stream().noneMatch(line -> line.contains(" T base1\t"))) {
                return "not in kallsyms";
            }
            if (books.kernel.moduleAt(symbol.value()).isEmpty()) {
                return "not at its address";
            }
            return books.kernel
                    .symbolAt(symbol.value())
                    .filter(at -> at.name().equals("base1") && at.offset() == 0)
                    .map(at -> "whole")
                    .orElse("no name at its address");
        }
    }

    /** Whoever sees a module sees all that was written to it before it was COMING. */
    @JCStressTest
    @Outcome(id = "not", expect = ACCEPTABLE, desc = "Before.")
    @Outcome(id = "whole", expect = ACCEPTABLE, desc = "After.")
    @State
    public static class ModuleOfALoad {
        private final Books books = Books.withBase();

        @Actor
        public void load() {
            books.load(Books.USER);
        }

        @Actor
        public void reader(L_Result r) {
            KernelModule user = books.kernel.modules().get(0);
            r.r1 = user.name().equals("base") ? "not" : whole(user);
        }

        private String whole(KernelModule user) {
            KernelModule base = books.base();
            if (user.uses().size() != 1 || base.users().size() != 1 || base.references() < 1) {
                return "no use";
            }
            if (user.relocations() != 3
                    || user.initAddress() == 0
                    || user.sections().isEmpty()) {
                return "not relocated";
            }
            // where .text refers to base1
            long value = user.section(".text").orElseThrow().getLong(32);
            return value == books.kernel.symbol("base1").orElseThrow().value() ? "whole" : "relocated to " + value;
        }
    }

    /** A symbol is held while its module is unloaded. */
    @JCStressTest
    @Outcome(id = "EAGAIN, held, LIVE", expect = ACCEPTABLE, desc = "symbol_get() was first.")
    @Outcome(id = "OK, not, GOING", expect = ACCEPTABLE, desc = "The unload was first.")
    @State
    public static class SymbolGet {
        private final Books books = Books.withBase();
        private final KernelModule base = books.base();

        @Actor
        public void unload(LLL_Result r) {
            r.r1 = books.unload("base");
        }

        @Actor
        public void reader(LLL_Result r) {
            r.r2 = books.kernel.symbolGet("base1").isPresent() ? "held" : "not";
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = base.state();
        }
    }

    /** A check while a module is loaded: it says the one or the other, and leaves nothing. */
    @JCStressTest
    @Outcome(id = "OK, ENOENT, good", expect = ACCEPTABLE, desc = "The check was first.")
    @Outcome(id = "OK, OK, good", expect = ACCEPTABLE, desc = "The load was first.")
    @Outcome(id = "OK, EBUSY, good", expect = ACCEPTABLE, desc = "The load was under way.")
    @State
    public static class Check {
        private final Books books = new Books();

        @Actor
        public void load(LLL_Result r) {
            r.r1 = books.load(Books.BASE);
        }

        @Actor
        public void check(LLL_Result r) {
            r.r2 = books.kernel
                    .check(Books.USER, LoadOptions.NONE)
                    .errno()
                    .map(Enum::name)
                    .orElse(Books.OK);
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            boolean silent = books.kernel.log().lines().isEmpty()
                    && books.kernel.modules().size() == 1
                    && books.base().users().isEmpty();
            r.r3 = silent ? books.state() : "traces";
        }
    }
}
