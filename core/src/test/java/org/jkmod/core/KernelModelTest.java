package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jkmod.core.ModuleBuilder.module;
import static org.jkmod.elf.Elf.SHF_ALLOC;
import static org.jkmod.elf.Elf.SHF_EXECINSTR;
import static org.jkmod.elf.Elf.SHF_WRITE;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Random loads, unloads, references and failures, over a graph of modules of which each uses some of those before it; after each step the
 * kernel's books must say what a model of them says, which is nothing but sets and counts.
 */
class KernelModelTest {
    private static final int MODULES = 9;
    private static final int STEPS = Math.max(1000, Integer.getInteger("jkmod.cases", 0) / 50);

    /** What the model knows of a loaded module. */
    private static final class Entry {
        final Set<String> uses = new HashSet<>();
        int held;
        boolean autoclean;
        boolean visited;
    }

    private final long seed;
    private final Random random;
    private boolean initFails;

    private final List<KernelObject> objects = new ArrayList<>();
    private final Map<String, Set<String>> needs = new LinkedHashMap<>();
    private final Set<String> permanent = new HashSet<>();
    /** The loaded modules, in the order of their loads. */
    private final Map<String, Entry> model = new LinkedHashMap<>();

    private final Kernel kernel = Kernel.boot(
            Toys.profile(Toys.RELEASE, "printk")
                    .config("MODULE_FORCE_UNLOAD", "n")
                    .build(),
            BootOptions.DEFAULT.withExecutor((module, address) -> initFails ? -Errno.EIO.number() : 0));

    private final OnDemandModules onDemand = new OnDemandModules(kernel, this::find);

    KernelModelTest(RepetitionInfo repetition) {
        seed = 20_260_000L + repetition.getCurrentRepetition();
        random = new Random(seed);
        for (int i = 0; i < MODULES; i++) {
            ModuleBuilder builder =
                    module("m" + i).exports("e" + i, "f" + i).imports("printk").textSize(256 + random.nextInt(9000));
            Set<String> needed = new HashSet<>();
            for (int j = 0; j < i; j++) {
                if (random.nextInt(3) == 0) {
                    builder.imports("e" + j, "f" + j);
                    needed.add("m" + j);
                }
            }
            if (random.nextInt(6) == 0) {
                builder.withoutExit();
                permanent.add("m" + i);
            }
            if (random.nextBoolean()) {
                builder.section(".data..percpu", SHF_ALLOC | SHF_WRITE, 32, 64);
            }
            if (random.nextBoolean()) {
                builder.section(".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, 100 + random.nextInt(9000));
            }
            objects.add(builder.build());
            needs.put("m" + i, needed);
        }
    }

    private List<List<ModuleFinder.Candidate>> find(String name) {
        List<ModuleFinder.Candidate> chain = new ArrayList<>();
        collect(name, chain);
        return List.of(chain);
    }

    private void collect(String name, List<ModuleFinder.Candidate> chain) {
        needs.get(name).stream().sorted().forEach(n -> collect(n, chain));
        KernelObject object = objects.get(index(name));
        if (chain.stream().noneMatch(c -> c.name().equals(name))) {
            chain.add(ModuleFinder.Candidate.of(object));
        }
    }

    private static int index(String name) {
        return Integer.parseInt(name.substring(1));
    }

    @RepeatedTest(8)
    void randomSteps_leaveTheBooksAsTheModelSays() {
        for (int step = 0; step < STEPS; step++) {
            String name = "m" + random.nextInt(MODULES);
            int kind = random.nextInt(12);
            String what = "seed " + seed + " step " + step + " kind " + kind + " of " + name;
            step(kind, name, what);
            compare(what);
        }
    }

    private void step(int kind, String name, String what) {
        switch (kind) {
            case 0, 1, 2, 3 -> load(name, false, false, what);
            case 4 -> load(name, true, false, what);
            case 5 -> load(name, false, true, what);
            case 6, 7, 8 -> unload(name, what);
            case 9 -> get(name, what);
            case 10 -> put(name);
            default -> {
                if (random.nextBoolean()) {
                    request(name, what);
                } else {
                    clean(what);
                }
            }
        }
    }

    private void load(String name, boolean withFailingInit, boolean withFailingStage, String what) {
        boolean missing = !model.keySet().containsAll(needs.get(name));
        Optional<Errno> expected = model.containsKey(name)
                ? Optional.of(Errno.EEXIST)
                : missing
                        ? Optional.of(Errno.ENOENT)
                        : withFailingInit || withFailingStage ? Optional.of(Errno.EIO) : Optional.empty();
        initFails = withFailingInit;
        if (withFailingStage) {
            LoadStage at = List.of(LoadStage.APPLY_RELOCATIONS, LoadStage.COMPLETE_FORMATION, LoadStage.PARSE_ARGS)
                    .get(random.nextInt(3));
            kernel.faults(stage -> {
                if (stage == at) {
                    throw new LoadProblem(Problem.Kind.INIT, Errno.EIO, "", "injected", "none");
                }
            });
        }
        Optional<Errno> found = Optional.empty();
        try {
            kernel.load(objects.get(index(name)));
        } catch (ModuleLoadException e) {
            found = Optional.of(e.errno());
        }
        initFails = false;
        kernel.faults(stage -> {});
        assertThat(found).as(what).isEqualTo(expected);
        if (!expected.equals(Optional.of(Errno.EEXIST)) && !missing) {
            // also a load that fails has used what it needs
            needs.get(name).forEach(n -> model.get(n).visited = true);
        } else if (missing && !model.containsKey(name)) {
            needs.get(name).stream().filter(model::containsKey).forEach(n -> model.get(n).visited = true);
        }
        if (expected.isEmpty()) {
            Entry entry = new Entry();
            entry.uses.addAll(needs.get(name));
            model.put(name, entry);
        }
    }

    private Set<String> users(String name) {
        return model.entrySet().stream()
                .filter(e -> e.getValue().uses.contains(name))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private void unload(String name, String what) {
        Entry entry = model.get(name);
        Optional<Errno> expected = Optional.empty();
        if (entry == null) {
            expected = Optional.of(Errno.ENOENT);
        } else if (!users(name).isEmpty()) {
            expected = Optional.of(Errno.EAGAIN);
        } else if (permanent.contains(name)) {
            expected = Optional.of(Errno.EBUSY);
        } else if (entry.held > 0) {
            expected = Optional.of(Errno.EAGAIN);
        }
        Optional<Errno> found = Optional.empty();
        try {
            kernel.unload(name);
        } catch (KernelException e) {
            found = Optional.of(e.errno());
        }
        assertThat(found).as(what).isEqualTo(expected);
        if (expected.isEmpty()) {
            model.remove(name);
        }
    }

    private void get(String name, String what) {
        Entry entry = model.get(name);
        // by the module, or by what it exports
        boolean got = random.nextBoolean()
                ? kernel.module(name).filter(KernelModule::tryGet).isPresent()
                : kernel.symbolGet("e" + index(name)).isPresent();
        assertThat(got).as(what).isEqualTo(entry != null);
        if (entry != null) {
            entry.held++;
            entry.visited = true;
        }
    }

    private void put(String name) {
        Entry entry = model.get(name);
        if (entry != null && entry.held > 0) {
            kernel.module(name).orElseThrow().put();
            entry.held--;
            entry.visited = true;
        }
    }

    private void request(String name, String what) {
        assertThat(onDemand.requestModule(name)).as(what).isZero();
        for (List<ModuleFinder.Candidate> chain : find(name)) {
            for (ModuleFinder.Candidate candidate : chain) {
                if (!model.containsKey(candidate.name())) {
                    Entry entry = new Entry();
                    entry.autoclean = true;
                    entry.uses.addAll(needs.get(candidate.name()));
                    entry.uses.forEach(n -> model.get(n).visited = true);
                    model.put(candidate.name(), entry);
                }
            }
        }
    }

    /** The rule of the passes: what goes is what goes when nothing is visited but what was, and that stays if no user of it goes. */
    private void clean(String what) {
        List<String> gone = onDemand.cleanPass();
        Set<String> freed = new HashSet<>();
        Set<String> spared = new HashSet<>();
        boolean again = true;
        Set<String> expected = new HashSet<>();
        while (again) {
            again = false;
            for (String name : List.copyOf(model.keySet())) {
                Entry entry = model.get(name);
                if (!entry.autoclean || entry.held > 0 || !users(name).isEmpty() || spared.contains(name)) {
                    continue;
                }
                if (entry.visited && !freed.contains(name)) {
                    entry.visited = false;
                    spared.add(name);
                } else if (!permanent.contains(name)) {
                    model.remove(name);
                    expected.add(name);
                    entry.uses.stream().filter(n -> users(n).isEmpty()).forEach(freed::add);
                    again = true;
                }
            }
        }
        assertThat(gone).as(what).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(expected);
        for (int i = 0; i < gone.size(); i++) {
            assertThat(gone.subList(0, i)).as(what).noneMatch(needs.get(gone.get(i))::contains);
        }
    }

    /** All that the books say. */
    private void compare(String what) {
        List<String> newestFirst = new ArrayList<>(model.keySet());
        Collections.reverse(newestFirst);
        assertThat(kernel.modules())
                .as(what)
                .isEqualTo(kernel.list())
                .extracting(KernelModule::name)
                .isEqualTo(newestFirst);
        Map<String, Set<MemoryType>> memory = new TreeMap<>();
        for (KernelModule module : kernel.modules()) {
            Entry entry = model.get(module.name());
            assertThat(module.state()).as(what).isEqualTo(ModuleState.LIVE);
            assertThat(names(module.uses().stream().map(ModuleUse::target).toList()))
                    .as(what)
                    .isEqualTo(entry.uses);
            assertThat(names(module.users().stream().map(ModuleUse::source).toList()))
                    .as(what)
                    .isEqualTo(users(module.name()));
            assertThat(module.users())
                    .as(what)
                    .allSatisfy(use -> assertThat(use.source().uses()).contains(use));
            assertThat(module.references())
                    .as(what)
                    .isEqualTo(users(module.name()).size() + entry.held);
            assertThat(module.isAutoclean()).as(what).isEqualTo(entry.autoclean);
            assertThat(module.isVisited()).as(what).isEqualTo(entry.visited);
            assertThat(module.memory().keySet()).as(what).noneMatch(MemoryType::isInit);
            memory.put(module.name(), Set.copyOf(module.memory().keySet()));
        }
        for (int i = 0; i < MODULES; i++) {
            String name = "m" + i;
            Optional<String> owner = model.containsKey(name) ? Optional.of(name) : Optional.empty();
            assertThat(kernel.symbol("e" + i).flatMap(KernelSymbol::owner))
                    .as(what)
                    .isEqualTo(owner);
            assertThat(kernel.symbol("f" + i).flatMap(KernelSymbol::owner))
                    .as(what)
                    .isEqualTo(owner);
            assertThat(kernel.module(name).isPresent()).as(what).isEqualTo(owner.isPresent());
        }
        MemoryAccounting accounting = kernel.memory().accounting();
        Map<String, Set<MemoryType>> held = new TreeMap<>();
        accounting
                .holdings()
                .forEach(h ->
                        held.computeIfAbsent(h.module(), m -> new HashSet<>()).add(h.type()));
        assertThat(held).as(what).isEqualTo(memory);
        long taken = accounting.holdings().stream()
                .filter(h -> h.type() != MemoryType.PERCPU)
                .mapToLong(h -> h.bytes() + h.guard())
                .sum();
        assertThat(accounting.allocated()).as(what).isEqualTo(taken);
        if (model.isEmpty()) {
            assertThat(accounting.isEmpty()).as(what).isTrue();
        }
    }

    private static Set<String> names(List<KernelModule> modules) {
        return modules.stream().map(KernelModule::name).collect(Collectors.toSet());
    }
}
