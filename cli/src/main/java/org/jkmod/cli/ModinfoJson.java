package org.jkmod.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jkmod.core.Modinfo;
import org.jkmod.kmod.ModuleInfo;
import org.jkmod.kmod.ModuleInfoReport;
import org.jkmod.kmod.ModuleSignature;

/** What {@code modinfo --json} prints. */
final class ModinfoJson {
    private ModinfoJson() {}

    /**
     * Prints an array of modules.
     *
     * @return whether all is good
     */
    static boolean print(ModuleInfoReport report, List<String> modules, PrintStream out) throws IOException {
        List<ModuleInfoReport.Entry> entries = new ArrayList<>();
        report.tell(modules, entries::add);
        Json.print(out, to -> {
            to.beginArray();
            for (ModuleInfoReport.Entry entry : entries) {
                write(to, entry);
            }
            to.endArray();
        });
        return entries.stream().allMatch(ModuleInfoReport.Entry::isGood);
    }

    private static void write(JsonWriter to, ModuleInfoReport.Entry entry) throws IOException {
        to.beginObject();
        to.name("name").value(entry.name());
        if (!entry.path().isEmpty()) {
            to.name("filename").value(entry.path());
        }
        Optional<ModuleInfo> info = entry.info();
        if (info.isPresent()) {
            to.name("builtin").value(info.get().isBuiltin());
            writeFields(to, info.get());
            writeParameters(to, info.get());
            Optional<byte[]> buildId = info.get().buildId();
            if (buildId.isPresent()) {
                to.name("build_id").value(HexFormat.of().formatHex(buildId.get()));
            }
            Optional<ModuleSignature> signature = info.get().signature();
            if (signature.isPresent()) {
                writeSignature(to, signature.get());
            }
        }
        if (entry.signature().isPresent()) {
            to.name("verified").beginObject();
            to.name("outcome").value(entry.signature().get().outcome().toString());
            to.name("reason").value(entry.signature().get().reason());
            to.endObject();
        }
        if (entry.fault().isPresent()) {
            to.name("error").value(entry.fault().get());
        }
        to.endObject();
    }

    private static void writeFields(JsonWriter to, ModuleInfo info) throws IOException {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        for (ModuleInfo.Field field : info.fields()) {
            if (!field.key().equals("parm") && !field.key().equals("parmtype")) {
                fields.computeIfAbsent(field.key(), key -> new ArrayList<>()).add(field.value());
            }
        }
        to.name("fields").beginObject();
        for (Map.Entry<String, List<String>> field : fields.entrySet()) {
            to.name(Modinfo.text(field.getKey())).beginArray();
            for (String value : field.getValue()) {
                to.value(Modinfo.text(value));
            }
            to.endArray();
        }
        to.endObject();
    }

    private static void writeParameters(JsonWriter to, ModuleInfo info) throws IOException {
        to.name("parameters").beginArray();
        for (ModuleInfo.Parameter parameter : info.parameters()) {
            to.beginObject();
            to.name("name").value(Modinfo.text(parameter.name()));
            if (parameter.type().isPresent()) {
                to.name("type").value(Modinfo.text(parameter.type().get()));
            }
            if (parameter.description().isPresent()) {
                to.name("description")
                        .value(Modinfo.text(parameter.description().get()));
            }
            to.endObject();
        }
        to.endArray();
    }

    private static void writeSignature(JsonWriter to, ModuleSignature signature) throws IOException {
        HexFormat hex = HexFormat.of();
        to.name("signature").beginObject();
        to.name("id").value(signature.kind());
        to.name("signer").value(Modinfo.text(signature.signer()));
        to.name("key").value(hex.formatHex(signature.key()));
        to.name("hash").value(signature.hash());
        to.name("value").value(hex.formatHex(signature.value()));
        to.endObject();
    }
}
