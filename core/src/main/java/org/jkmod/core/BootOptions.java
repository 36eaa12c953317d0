package org.jkmod.core;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * How to boot a kernel.
 *
 * @param clock microseconds since boot, for the messages
 * @param commandLine the kernel's command line: of it {@code module_blacklist=}, {@code module.sig_enforce}, {@code lockdown=} and
 *     {@code nomodule} are looked at
 * @param executor runs the modules' functions; empty for {@link InitExecutor#none}
 * @param kaslrSeed what KASLR makes the kernel's addresses of: the same seed makes the same addresses; empty for {@code nokaslr}. An
 *     image whose addresses the profile knows stays where it is
 * @param memoryLimit how many bytes of pages all modules together may have; more is {@code ENOMEM}
 */
public record BootOptions(
        LongSupplier clock,
        String commandLine,
        Optional<InitExecutor> executor,
        OptionalLong kaslrSeed,
        long memoryLimit) {
    /** A clock that stands still, an empty command line, nothing that runs code, no KASLR, as much memory as the region has. */
    public static final BootOptions DEFAULT =
            new BootOptions(() -> 0, "", Optional.empty(), OptionalLong.empty(), Long.MAX_VALUE);

    /** Checks the limit. */
    public BootOptions {
        if (memoryLimit < 0) {
            throw new IllegalArgumentException("memory limit " + memoryLimit + " is negative");
        }
    }

    /** The same with another clock. */
    public BootOptions withClock(LongSupplier value) {
        return new BootOptions(value, commandLine, executor, kaslrSeed, memoryLimit);
    }

    /** The same with another command line. */
    public BootOptions withCommandLine(String value) {
        return new BootOptions(clock, value, executor, kaslrSeed, memoryLimit);
    }

    /** The same with something that runs the modules' functions. */
    public BootOptions withExecutor(InitExecutor value) {
        return new BootOptions(clock, commandLine, Optional.of(value), kaslrSeed, memoryLimit);
    }

    /** The same with KASLR. */
    public BootOptions withKaslr(long seed) {
        return new BootOptions(clock, commandLine, executor, OptionalLong.of(seed), memoryLimit);
    }

    /** The same with another limit, in bytes. */
    public BootOptions withMemoryLimit(long bytes) {
        return new BootOptions(clock, commandLine, executor, kaslrSeed, bytes);
    }
}
