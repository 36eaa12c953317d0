package org.jkmod.kmod;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** A kernel that modules are loaded into and unloaded from. */
public interface ModprobeTarget {
    /** One without a module, to which nothing is done: to make plans with. */
    ModprobeTarget EMPTY = new ModprobeTarget() {
        @Override
        public boolean performs() {
            return false;
        }

        @Override
        public boolean isLoaded(String module) {
            return false;
        }

        @Override
        public int references(String module) {
            return 0;
        }

        @Override
        public List<String> holders(String module) {
            return List.of();
        }

        @Override
        public Optional<String> perform(ModprobeStep step) {
            return Optional.empty();
        }
    };

    /** Whether steps are done; if not, this only tells what is loaded. */
    default boolean performs() {
        return true;
    }

    /** Whether a module is loaded, and live. */
    boolean isLoaded(String module);

    /** How many references there are to a loaded module. */
    int references(String module);

    /** The modules that use a loaded module. */
    List<String> holders(String module);

    /**
     * Does a step. Whoever only makes a plan does nothing.
     *
     * @return why it could not be done: {@code Exec format error}; empty if it was done
     * @throws IOException if no more can be done at all
     */
    Optional<String> perform(ModprobeStep step) throws IOException;

    /** A kernel in this state to which nothing is done. */
    default ModprobeTarget dryRun() {
        ModprobeTarget real = this;
        return new ModprobeTarget() {
            @Override
            public boolean performs() {
                return false;
            }

            @Override
            public boolean isLoaded(String module) {
                return real.isLoaded(module);
            }

            @Override
            public int references(String module) {
                return real.references(module);
            }

            @Override
            public List<String> holders(String module) {
                return real.holders(module);
            }

            @Override
            public Optional<String> perform(ModprobeStep step) {
                return Optional.empty();
            }
        };
    }
}
