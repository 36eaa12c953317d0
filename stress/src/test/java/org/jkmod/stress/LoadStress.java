package org.jkmod.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.util.Optional;
import org.jkmod.core.Errno;
import org.jkmod.core.KernelModule;
import org.jkmod.core.ModuleState;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** Two loads, or a load and an unload, at the same time. */
final class LoadStress {
    private LoadStress() {}

    /** Two loads of one module. */
    @JCStressTest
    @Outcome(
            id = {"OK, EEXIST, good", "EEXIST, OK, good"},
            expect = ACCEPTABLE,
            desc = "One loads it, the other finds it there.")
    @State
    public static class Twice {
        private final Books books = new Books();

        @Actor
        public void first(LLL_Result r) {
            r.r1 = books.load(Books.BASE);
        }

        @Actor
        public void second(LLL_Result r) {
            r.r2 = books.load(Books.BASE);
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = books.state();
        }
    }

    /** Two loads of one module whose init fails. */
    @JCStressTest
    @Outcome(id = "ENODEV, ENODEV, good", expect = ACCEPTABLE, desc = "One after the other.")
    @Outcome(
            id = {"ENODEV, EBUSY, good", "EBUSY, ENODEV, good"},
            expect = ACCEPTABLE,
            desc = "One has waited for the other, and is refused when that has failed: module_patient_check_exists().")
    @State
    public static class TwiceFailing {
        private final Books books = new Books(Optional.of((module, address) -> -Errno.ENODEV.number()));

        @Actor
        public void first(LLL_Result r) {
            r.r1 = books.load(Books.BASE);
        }

        @Actor
        public void second(LLL_Result r) {
            r.r2 = books.load(Books.BASE);
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = books.state();
        }
    }

    /** A module is loaded while the one that it needs is: it waits for that if it has come far enough. */
    @JCStressTest
    @Outcome(id = "OK, OK, good", expect = ACCEPTABLE, desc = "The user finds its symbol.")
    @Outcome(id = "OK, ENOENT, good", expect = ACCEPTABLE, desc = "The user is too early.")
    @State
    public static class ProviderAndUser {
        private final Books books = new Books();

        @Actor
        public void provider(LLL_Result r) {
            r.r1 = books.load(Books.BASE);
        }

        @Actor
        public void user(LLL_Result r) {
            r.r2 = books.load(Books.USER);
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = books.state();
        }
    }

    /** The same, and the provider's init fails: the user waits, and fails with it. */
    @JCStressTest
    @Outcome(
            id = "ENODEV, ENOENT, good",
            expect = ACCEPTABLE,
            desc = "Nobody exports what the user needs, or not any more.")
    @State
    public static class FailingProviderAndUser {
        private final Books books =
                new Books(Optional.of((module, address) -> module.name().equals("base") ? -Errno.ENODEV.number() : 0));

        @Actor
        public void provider(LLL_Result r) {
            r.r1 = books.load(Books.BASE);
        }

        @Actor
        public void user(LLL_Result r) {
            r.r2 = books.load(Books.USER);
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = books.state();
        }
    }

    /** A module is loaded while the one that it needs is unloaded. */
    @JCStressTest
    @Outcome(id = "EAGAIN, OK, good", expect = ACCEPTABLE, desc = "The user has taken its reference first.")
    @Outcome(id = "OK, ENOENT, good", expect = ACCEPTABLE, desc = "The provider was going first.")
    @State
    public static class UnloadOfTheProvider {
        private final Books books = Books.withBase();

        @Actor
        public void unload(LLL_Result r) {
            r.r1 = books.unload("base");
        }

        @Actor
        public void load(LLL_Result r) {
            r.r2 = books.load(Books.USER);
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = books.state();
        }
    }

    /** A module is unloaded while it is loaded. */
    @JCStressTest
    @Outcome(id = "OK, OK, good", expect = ACCEPTABLE, desc = "Loaded, then unloaded.")
    @Outcome(id = "OK, ENOENT, good", expect = ACCEPTABLE, desc = "Not there yet.")
    @Outcome(id = "OK, EBUSY, good", expect = ACCEPTABLE, desc = "COMING.")
    @Outcome(id = "OK, EAGAIN, good", expect = ACCEPTABLE, desc = "LIVE, and the loader has its own reference still.")
    @State
    public static class Unload {
        private final Books books = new Books();

        @Actor
        public void load(LLL_Result r) {
            r.r1 = books.load(Books.BASE);
        }

        @Actor
        public void unload(LLL_Result r) {
            r.r2 = books.unload("base");
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = books.state();
        }
    }

    /** A module is unloaded twice. */
    @JCStressTest
    @Outcome(
            id = {"OK, ENOENT, good", "ENOENT, OK, good"},
            expect = ACCEPTABLE,
            desc = "One after the other.")
    @Outcome(
            id = {"OK, EBUSY, good", "EBUSY, OK, good"},
            expect = ACCEPTABLE,
            desc = "One finds it GOING.")
    @State
    public static class UnloadTwice {
        private final Books books = Books.withBase();

        @Actor
        public void first(LLL_Result r) {
            r.r1 = books.unload("base");
        }

        @Actor
        public void second(LLL_Result r) {
            r.r2 = books.unload("base");
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = books.state();
        }
    }

    /** A module that goes is loaded again. */
    @JCStressTest
    @Outcome(id = "OK, OK, good", expect = ACCEPTABLE, desc = "It was gone.")
    @Outcome(id = "OK, EEXIST, good", expect = ACCEPTABLE, desc = "It was LIVE.")
    @Outcome(id = "OK, EBUSY, good", expect = ACCEPTABLE, desc = "It was GOING.")
    @State
    public static class Again {
        private final Books books = Books.withBase();

        @Actor
        public void unload(LLL_Result r) {
            r.r1 = books.unload("base");
        }

        @Actor
        public void load(LLL_Result r) {
            r.r2 = books.load(Books.BASE);
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = books.state();
        }
    }

    /** A reference is taken while the module is unloaded. */
    @JCStressTest
    @Outcome(id = "EAGAIN, true, LIVE 1", expect = ACCEPTABLE, desc = "The reference was first.")
    @Outcome(id = "OK, false, GOING -1", expect = ACCEPTABLE, desc = "The unload was first.")
    @State
    public static class Reference {
        private final Books books = Books.withBase();
        private final KernelModule base = books.base();

        @Actor
        public void unload(LLL_Result r) {
            r.r1 = books.unload("base");
        }

        @Actor
        public void reference(LLL_Result r) {
            r.r2 = base.tryGet();
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = base.state() + " " + base.references();
        }
    }

    /** A reference is taken and given back while the module is unloaded: as long as it is held, the module stays. */
    @JCStressTest
    @Outcome(id = "OK, held, good", expect = ACCEPTABLE, desc = "The unload came after it.")
    @Outcome(id = "OK, refused, good", expect = ACCEPTABLE, desc = "The unload came before it.")
    @Outcome(id = "EAGAIN, held, good", expect = ACCEPTABLE, desc = "The unload came between.")
    @State
    public static class UpAndDown {
        private final Books books = Books.withBase();
        private final KernelModule base = books.base();

        @Actor
        public void unload(LLL_Result r) {
            r.r1 = books.unload("base");
        }

        @Actor
        public void reference(LLL_Result r) {
            if (!base.tryGet()) {
                r.r2 = "refused";
                return;
            }
            boolean there =
                    base.references() == 1 && books.kernel.module("base").isPresent();
            r.r2 = there && base.state() == ModuleState.LIVE ? "held" : "gone from under a reference";
            base.put();
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            // module_refcount of a module that is gone is -1
            int none = base.state() == ModuleState.GOING ? -1 : 0;
            r.r3 = base.references() == none ? books.state() : "references";
        }
    }

    /** Two threads count up twice, and down once. */
    @JCStressTest
    @Outcome(id = "true, true, 2", expect = ACCEPTABLE, desc = "No reference is lost.")
    @State
    public static class Counting {
        private final KernelModule base = Books.withBase().base();

        private boolean count() {
            boolean first = base.tryGet();
            boolean again = base.tryGet();
            base.put();
            return first && again;
        }

        @Actor
        public void first(LLL_Result r) {
            r.r1 = count();
        }

        @Actor
        public void second(LLL_Result r) {
            r.r2 = count();
        }

        @Arbiter
        public void arbiter(LLL_Result r) {
            r.r3 = base.references();
        }
    }
}
