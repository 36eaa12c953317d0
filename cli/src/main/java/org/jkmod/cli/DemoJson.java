package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jkmod.core.Kernel;
import org.jkmod.core.KernelException;
import org.jkmod.core.KernelModule;
import org.jkmod.core.KernelProfile;
import org.jkmod.core.ModuleLoadException;

/** Tells of a demonstration to programs: one object. */
final class DemoJson implements DemoReport {
    private final JsonWriter json;

    DemoJson(JsonWriter json) {
        this.json = json;
    }

    @Override
    public void booted(Kernel kernel) throws IOException {
        KernelProfile profile = kernel.profile();
        json.beginObject();
        json.name("release").value(profile.release().text());
        json.name("architecture").value(profile.architecture().name());
        json.name("exports").value(profile.exports().size());
        json.name("steps").beginArray();
    }

    private void step(String command, String module) throws IOException {
        json.beginObject();
        json.name("command").value(command);
        json.name("module").value(module);
    }

    @Override
    public void loaded(String module, String parameters, Demo.Loaded loaded) throws IOException {
        step("insmod", module);
        json.name("parameters").value(parameters);
        json.name("sections").value(loaded.module().sections().size());
        json.name("memory");
        InsmodCommand.writeMemory(json, loaded.memory());
        json.name("imports").beginObject();
        for (Map.Entry<String, Integer> from : loaded.imports().entrySet()) {
            json.name(from.getKey().isEmpty() ? "vmlinux" : from.getKey()).value(from.getValue());
        }
        json.endObject();
        json.name("unresolved").beginArray();
        for (String name : loaded.unresolved()) {
            json.value(name);
        }
        json.endArray();
        json.name("relocations").value(loaded.module().relocations());
        json.name("samples").beginArray();
        for (Demo.Sample sample : loaded.samples()) {
            json.beginObject();
            json.name("place").value(sample.place());
            json.name("type").value(sample.type());
            json.name("symbol").value(sample.symbol());
            json.name("before").value(sample.before());
            json.name("after").value(sample.after());
            json.endObject();
        }
        json.endArray();
        json.name("micros").value(loaded.micros());
        json.endObject();
    }

    @Override
    public void notLoaded(String module, ModuleLoadException why) throws IOException {
        step("insmod", module);
        json.name("error");
        InsmodCommand.writeProblem(json, why.problem());
        json.endObject();
    }

    @Override
    public void modules(List<KernelModule> modules) throws IOException {
        json.beginObject();
        json.name("command").value("lsmod");
        json.name("modules");
        LsmodCommand.write(json, modules);
        json.endObject();
    }

    @Override
    public void unloaded(String module) throws IOException {
        step("rmmod", module);
        json.endObject();
    }

    @Override
    public void notUnloaded(String module, KernelException why) throws IOException {
        step("rmmod", module);
        json.name("error").beginObject();
        json.name("errno").value(why.errno().number());
        json.name("errnoName").value(why.errno().name());
        json.name("message").value(why.getMessage());
        json.endObject();
        json.endObject();
    }

    @Override
    public void done(Kernel kernel, int loaded, int relocations, long micros) throws IOException {
        json.endArray();
        json.name("dmesg");
        DmesgCommand.write(json, kernel.log().lines());
        json.name("loaded").value(loaded);
        json.name("relocations").value(relocations);
        json.name("micros").value(micros);
        json.endObject();
    }
}
