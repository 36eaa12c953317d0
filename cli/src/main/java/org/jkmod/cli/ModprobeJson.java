package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jkmod.kmod.ModprobeConfig;
import org.jkmod.kmod.ModprobePlan;
import org.jkmod.kmod.ModprobeStep;
import org.jkmod.kmod.ModuleChecksums;

/** modprobe's plans and configurations as JSON. */
final class ModprobeJson {
    private ModprobeJson() {}

    /** The fields of a plan. */
    static void writeFields(JsonWriter to, ModprobePlan plan) throws IOException {
        to.name("failed").value(plan.failed());
        to.name("steps").beginArray();
        for (ModprobeStep step : plan.steps()) {
            to.beginObject();
            to.name("kind").value(step.kind().name().toLowerCase(Locale.ROOT));
            to.name("module").value(ByteStrings.text(step.module()));
            if (step.file().isPresent()) {
                to.name("file").value(ByteStrings.text(step.file().get().shown()));
            }
            if (step.command().isPresent()) {
                to.name("command").value(ByteStrings.text(step.command().get()));
            }
            to.name("parameters").value(ByteStrings.text(step.parameters().strip()));
            to.name("required").value(step.required());
            strings(to, "why", step.reason().chain());
            to.endObject();
        }
        to.endArray();
        to.name("messages").beginArray();
        for (ModprobePlan.Message message : plan.messages()) {
            to.beginObject();
            to.name("level").value(message.level().name());
            to.name("text").value(ByteStrings.text(message.text()));
            to.endObject();
        }
        to.endArray();
    }

    static void write(JsonWriter to, ModprobePlan plan) throws IOException {
        to.beginObject();
        writeFields(to, plan);
        to.endObject();
    }

    /** An array of names or texts. */
    static void strings(JsonWriter to, String name, List<String> values) throws IOException {
        to.name(name).beginArray();
        for (String value : values) {
            to.value(ByteStrings.text(value));
        }
        to.endArray();
    }

    static void write(JsonWriter to, List<ModuleChecksums.Checksum> checksums) throws IOException {
        to.beginArray();
        for (ModuleChecksums.Checksum checksum : checksums) {
            to.beginObject();
            to.name("symbol").value(ByteStrings.text(checksum.name()));
            to.name("crc").value(String.format("0x%08x", checksum.crc()));
            to.endObject();
        }
        to.endArray();
    }

    static void write(JsonWriter to, ModprobeConfig config) throws IOException {
        to.beginObject();
        strings(to, "blacklist", config.blacklist());
        commands(to, "install", config.installs());
        commands(to, "remove", config.removes());
        to.name("alias").beginArray();
        for (ModprobeConfig.Alias alias : config.aliases()) {
            pair(to, "pattern", alias.pattern(), "module", alias.module());
        }
        to.endArray();
        to.name("options").beginArray();
        for (ModprobeConfig.Options options : config.options()) {
            pair(to, "module", options.module(), "parameters", options.parameters());
        }
        to.endArray();
        to.name("softdep").beginArray();
        for (ModprobeConfig.Softdep softdep : config.softdeps()) {
            to.beginObject();
            to.name("pattern").value(ByteStrings.text(softdep.pattern()));
            strings(to, "pre", softdep.pre());
            strings(to, "post", softdep.post());
            to.endObject();
        }
        to.endArray();
        to.name("weakdep").beginArray();
        for (ModprobeConfig.Weakdep weakdep : config.weakdeps()) {
            to.beginObject();
            to.name("pattern").value(ByteStrings.text(weakdep.pattern()));
            strings(to, "modules", weakdep.modules());
            to.endObject();
        }
        to.endArray();
        strings(to, "warnings", config.warnings());
        to.endObject();
    }

    private static void commands(JsonWriter to, String name, List<ModprobeConfig.Command> commands) throws IOException {
        to.name(name).beginArray();
        for (ModprobeConfig.Command command : commands) {
            pair(to, "pattern", command.pattern(), "command", command.command());
        }
        to.endArray();
    }

    private static void pair(JsonWriter to, String first, String one, String second, String other) throws IOException {
        to.beginObject();
        to.name(first).value(ByteStrings.text(one));
        to.name(second).value(ByteStrings.text(other));
        to.endObject();
    }
}
