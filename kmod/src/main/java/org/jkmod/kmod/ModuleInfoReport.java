package org.jkmod.kmod;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jkmod.core.SignatureCheck;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/**
 * What modinfo says of many modules, which are read on as many threads as there are processors, and told in the order in which they
 * were named. Immutable, and safe for threads if what it is given is.
 */
public final class ModuleInfoReport {
    /** At most so many modules are one thing to do for a thread: the fewer, the more is spent on handing things over. */
    private static final int BATCH = 24;
    /** Fewer modules are not worth a second thread. */
    private static final int MIN_SHARE = 4;

    /**
     * What is known of one module.
     *
     * @param name its name; that which was asked for if there is no such module
     * @param path its file as modinfo prints it; empty if it has none
     * @param info what it says; empty if it could not be read
     * @param fault why it could not be read, for a person
     * @param signature whether it is well signed; empty if nobody asked, or it has no file
     */
    public record Entry(
            String name,
            String path,
            Optional<ModuleInfo> info,
            Optional<String> fault,
            Optional<SignatureCheck.Finding> signature) {
        /** Whether it was found and read, and is well signed, if that was asked. */
        public boolean isGood() {
            return fault.isEmpty() && (signature.isEmpty() || signature.get().outcome() == SignatureCheck.Outcome.GOOD);
        }
    }

    /** Who is told what modinfo complains of: {@code ERROR: Module foo not found.} */
    public interface Complaints {
        /** One complaint. */
        void add(String text);
    }

    /** Who is told of modules. */
    public interface Entries {
        /** The next one. */
        void add(Entry entry) throws IOException;
    }

    /** What becomes of a batch: text and complaints, or entries. */
    private static final class Told {
        private @Nullable ModuleInfoText text;
        private final List<Entry> entries = new ArrayList<>();
        private final List<String> complaints = new ArrayList<>();
        private boolean isGood = true;
    }

    /** The arguments, some at a time. */
    private static final class Batches implements Iterator<List<String>> {
        private final List<String> all;
        private final int size;
        private int at;

        Batches(List<String> all, int size) {
            this.all = all;
            this.size = size;
        }

        @Override
        public boolean hasNext() {
            return at < all.size();
        }

        @Override
        public List<String> next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            int end = Math.min(all.size(), at + size);
            List<String> batch = all.subList(at, end);
            at = end;
            return batch;
        }
    }

    private final ModuleInfoFinder finder;
    private final boolean exactly;
    private final Compat compat;
    private final Optional<SignatureCheck> check;

    /**
     * A report on modules of a tree.
     *
     * @param exactly whether arguments are names of modules, and neither files nor aliases
     * @param compat whose words complaints are in
     * @param check what to check signatures with, if that is wanted
     */
    public ModuleInfoReport(ModuleInfoFinder finder, boolean exactly, Compat compat, Optional<SignatureCheck> check) {
        this.finder = finder;
        this.exactly = exactly;
        this.compat = compat;
        this.check = check;
    }

    /**
     * Writes modinfo's text.
     *
     * @return whether all modules were found and read, and are well signed, if that was asked
     * @throws IOException if the text cannot be written
     */
    public boolean write(List<String> arguments, ModuleInfoText.Style style, OutputStream out, Complaints complaints)
            throws IOException {
        Writing writing = new Writing(style, out, complaints);
        inOrder(arguments, writing, writing);
        return writing.isGood;
    }

    /** Makes text, and writes it. A class, since two lambdas would take longer to begin than some hundred modules. */
    private final class Writing implements InOrder.Work<List<String>, Told>, InOrder.Results<Told> {
        private final ModuleInfoText.Style style;
        private final OutputStream out;
        private final Complaints complaints;
        private boolean isGood = true;

        Writing(ModuleInfoText.Style style, OutputStream out, Complaints complaints) {
            this.style = style;
            this.out = out;
            this.complaints = complaints;
        }

        @Override
        public Told apply(List<String> arguments) {
            return text(arguments, style);
        }

        @Override
        public void accept(Told told) throws IOException {
            if (told.text != null) {
                told.text.writeTo(out);
            }
            for (String complaint : told.complaints) {
                complaints.add(complaint);
            }
            isGood &= told.isGood;
        }
    }

    /**
     * Tells what is known of modules.
     *
     * @throws IOException that is thrown by who is told
     */
    public void tell(List<String> arguments, Entries entries) throws IOException {
        inOrder(arguments, this::entries, told -> {
            for (Entry entry : told.entries) {
                entries.add(entry);
            }
        });
    }

    private static void inOrder(
            List<String> arguments, InOrder.Work<List<String>, Told> work, InOrder.Results<Told> results)
            throws IOException {
        int threads = Math.min(Runtime.getRuntime().availableProcessors(), arguments.size() / MIN_SHARE);
        Batches batches = new Batches(arguments, Math.max(1, Math.min(BATCH, arguments.size() / MIN_SHARE)));
        if (threads > 1) {
            InOrder.run(batches, threads, work, results);
        } else {
            while (batches.hasNext()) {
                results.accept(work.apply(batches.next()));
            }
        }
    }

    private Told text(List<String> arguments, ModuleInfoText.Style style) {
        Told told = new Told();
        ModuleInfoText text = new ModuleInfoText(style);
        ModuleBytes.Scratch scratch = new ModuleBytes.Scratch();
        for (String argument : arguments) {
            try {
                for (ModuleInfoFinder.Found found : find(argument)) {
                    told.isGood &= add(found, text, scratch);
                }
            } catch (IOException | MalformedInputException | NoSuchElementException e) {
                text.complain("ERROR: " + e.getMessage());
                told.isGood = false;
            }
        }
        told.text = text;
        told.complaints.addAll(text.complaints());
        return told;
    }

    /** @throws NoSuchElementException if there is no such module */
    private List<ModuleInfoFinder.Found> find(String argument) throws IOException {
        if (!exactly && finder.isFile(argument)) {
            return List.of(finder.file(argument));
        }
        List<ModuleInfoFinder.Found> found = finder.named(argument, exactly);
        if (found.isEmpty()) {
            throw new NoSuchElementException((exactly ? "Module name " : "Module ") + argument + " not found.");
        }
        return found;
    }

    private boolean add(ModuleInfoFinder.Found found, ModuleInfoText text, ModuleBytes.Scratch scratch) {
        if (!found.path().isEmpty()) {
            text.addFile(found.path());
        }
        if (check.isEmpty() && text.isFileAll() && found.file().isPresent()) {
            return true;
        }
        try {
            boolean isGood = true;
            if (!text.isFileAll() || found.file().isEmpty()) {
                ModuleInfo info = info(found, scratch);
                text.add(info);
                if (compat == Compat.KMOD_30 && info.isEmptyBuiltin()) {
                    text.complain("ERROR: could not get modinfo from '" + found.name() + "': Function not implemented");
                    isGood = false;
                }
            }
            Optional<SignatureCheck.Finding> finding = verify(found);
            if (finding.isPresent()) {
                text.addFinding(finding.get());
            }
            return isGood && (finding.isEmpty() || finding.get().outcome() == SignatureCheck.Outcome.GOOD);
        } catch (MalformedInputException e) {
            text.complain(ModuleInfoText.complaint(found.name(), e, compat));
        } catch (IOException e) {
            text.complain(ModuleInfoText.complaint(found.name(), e));
        }
        return false;
    }

    private static ModuleInfo info(ModuleInfoFinder.Found found, ModuleBytes.Scratch scratch) throws IOException {
        return found.builtin().isPresent()
                ? found.builtin().get()
                : ModuleInfo.read(found.file().orElseThrow(), scratch);
    }

    private Optional<SignatureCheck.Finding> verify(ModuleInfoFinder.Found found) throws IOException {
        Optional<Path> file = found.file();
        return check.isEmpty() || file.isEmpty()
                ? Optional.empty()
                : Optional.of(check.get().check(ModuleFile.read(file.get())));
    }

    private Told entries(List<String> arguments) {
        Told told = new Told();
        for (String argument : arguments) {
            try {
                for (ModuleInfoFinder.Found found : find(argument)) {
                    told.entries.add(entry(found));
                }
            } catch (IOException | MalformedInputException | NoSuchElementException e) {
                told.entries.add(new Entry(argument, "", Optional.empty(), message(e), Optional.empty()));
            }
        }
        return told;
    }

    private Entry entry(ModuleInfoFinder.Found found) {
        Optional<ModuleInfo> info = Optional.empty();
        try {
            info = Optional.of(info(found, new ModuleBytes.Scratch()));
            return new Entry(found.name(), found.path(), info, Optional.empty(), verify(found));
        } catch (IOException | MalformedInputException e) {
            return new Entry(found.name(), found.path(), info, message(e), Optional.empty());
        }
    }

    private static Optional<String> message(Exception e) {
        return Optional.of(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
}
