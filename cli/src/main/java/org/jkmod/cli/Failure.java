package org.jkmod.cli;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jkmod.core.KernelException;
import org.jkmod.core.RelocationException;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/** A command cannot do what it was asked to: it ends with this one line and status 1. */
final class Failure extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    Failure(String message) {
        super(message);
    }

    Failure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** What to say of what a command was not able to do; null if it is a fault of our own. */
    static @Nullable String messageOf(Throwable e) {
        if (e instanceof Failure
                || e instanceof KernelException
                || e instanceof RelocationException
                || e instanceof MalformedInputException) {
            return String.valueOf(e.getMessage());
        } else if (e instanceof IOException io) {
            return message(io);
        }
        return e instanceof InvalidPathException path ? message(path) : null;
    }

    /** What went wrong with a file, and with which. */
    static String message(IOException e) {
        return e instanceof FileSystemException f && f.getFile() != null ? f.getFile() + ": " + reason(e) : reason(e);
    }

    /** Why Java can't have a path: a NUL in it, or, most often, letters that the locale does not have. */
    static String message(InvalidPathException e) {
        boolean isNul = e.getInput().indexOf('\0') >= 0;
        return e.getInput() + ": " + (isNul ? "NUL in a path" : "not in the locale's charset: set LC_ALL=C.UTF-8");
    }

    /** What went wrong, as strerror(3) says it: the JDK's exceptions for the most frequent errors say nothing but the file's name. */
    static String reason(IOException e) {
        if (e instanceof FileSystemException f) {
            if (f.getReason() != null) {
                return f.getReason();
            } else if (e instanceof NoSuchFileException) {
                return "No such file or directory";
            } else if (e instanceof AccessDeniedException) {
                return "Permission denied";
            } else if (e instanceof NotDirectoryException) {
                return "Not a directory";
            }
        }
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
