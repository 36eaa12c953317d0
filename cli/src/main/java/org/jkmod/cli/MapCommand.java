package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jkmod.core.AddressRange;
import org.jkmod.core.KernelAddressSpace;
import org.jkmod.core.MemoryAccounting;
import org.jkmod.core.MemoryMapping;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jkmod map}. */
@Command(
        name = "map",
        mixinStandardHelpOptions = true,
        header = "Show the module memory of the simulated kernel.",
        description = {
            "Prints a line for pages next to each other of one kind, as /proc/vmallocinfo does: addresses and size (bytes), guard page"
                    + " included, module, memory type, pages, permissions."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  jkmod map", "  jkmod map --picture", "  jkmod map --json | jq .accounting.fragmentation"})
final class MapCommand implements Callable<Integer> {
    private final Environment environment;

    @ArgGroup
    private Form form = new Form();

    @Mixin
    private StateOption state = new StateOption();

    /** How it is shown, if not as lines. */
    private static final class Form {
        @Option(names = "--picture", description = "Draw the module region, a character a page, instead.")
        private boolean picture;

        @Option(
                names = "--json",
                description =
                        "Print an object instead: pageSize, image, moduleRegions, mappings, accounting; sizes are bytes.")
        private boolean json;
    }

    MapCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, Failure {
        Optional<SimulatedKernel> opened = SimulatedKernel.open(state.in(environment), environment.clock());
        if (opened.isPresent()) {
            try (SimulatedKernel kernel = opened.get()) {
                show(kernel.kernel().memory());
            }
        } else if (form.json) {
            environment.out().println("{}");
        }
        return Main.OK;
    }

    private void show(KernelAddressSpace memory) {
        if (form.json) {
            Json.print(environment.out(), to -> write(to, memory));
        } else {
            (form.picture ? memory.picture() : memory.vmallocinfo()).forEach(environment.out()::println);
        }
    }

    private static void write(JsonWriter to, KernelAddressSpace memory) throws IOException {
        to.beginObject();
        to.name("pageSize").value(memory.pageSize());
        to.name("image");
        write(to, memory.image());
        to.name("moduleRegions").beginArray();
        for (AddressRange region : memory.moduleRegions()) {
            write(to, region);
        }
        to.endArray();
        to.name("mappings").beginArray();
        for (MemoryMapping mapping : memory.mappings()) {
            to.beginObject();
            to.name("module").value(mapping.module());
            to.name("type").value(mapping.type().shown());
            to.name("permissions").value(mapping.permissions().shown());
            to.name("start").value(Json.address(mapping.range().start()));
            to.name("size").value(mapping.range().size());
            to.name("guard").value(mapping.guard());
            to.endObject();
        }
        to.endArray();
        to.name("accounting");
        write(to, memory.accounting());
        to.endObject();
    }

    private static void write(JsonWriter to, AddressRange range) throws IOException {
        to.beginObject();
        to.name("start").value(Json.address(range.start()));
        to.name("size").value(range.size());
        to.endObject();
    }

    private static void write(JsonWriter to, MemoryAccounting accounting) throws IOException {
        to.beginObject();
        to.name("regionSize").value(accounting.regionSize());
        to.name("free").value(accounting.free());
        to.name("largestHole").value(accounting.largestHole());
        to.name("holes").value(accounting.holes());
        to.name("fragmentation").value(accounting.fragmentation());
        to.name("codeBlocks").value(accounting.codeBlocks());
        to.name("codeBlocksUnused").value(accounting.codeBlocksUnused());
        to.name("perCpuSize").value(accounting.perCpuSize());
        to.name("perCpuFree").value(accounting.perCpuFree());
        to.name("holdings").beginArray();
        for (MemoryAccounting.Holding holding : accounting.holdings()) {
            to.beginObject();
            to.name("module").value(holding.module());
            to.name("type").value(holding.type().shown());
            to.name("bytes").value(holding.bytes());
            to.name("guard").value(holding.guard());
            to.endObject();
        }
        to.endArray();
        to.endObject();
    }
}
