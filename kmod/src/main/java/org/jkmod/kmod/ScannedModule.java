package org.jkmod.kmod;

import java.io.IOException;
import java.util.Arrays;
import org.jkmod.elf.MalformedInputException;
import org.jspecify.annotations.Nullable;

/** What depmod has read of a module. Names are numbers of its reader's pool, values are places in its reader's text. */
final class ScannedModule {
    static final int[] NONE = {};
    static final int ALIAS = 0;
    static final int SOFTDEP = 1;
    static final int WEAKDEP = 2;

    final ObjectReader reader;
    /** Names that it exports, in the order of the file. */
    int[] exports = NONE;

    /** Of each its CRC, if CRCs are asked for. */
    int[] exportCrcs = NONE;

    /** Names that it needs. */
    int[] imports = NONE;

    /** Names and their CRCs, by turns, if CRCs are asked for. */
    int[] versions = NONE;

    int versionCount;

    /** Kinds, places and lengths of values of .modinfo, by turns. */
    int[] info = NONE;

    int infoSize;

    /** What is wrong with the file. */
    @Nullable
    MalformedInputException fault;

    /** Why it could not be read. */
    @Nullable
    IOException failure;

    ScannedModule(ObjectReader reader) {
        this.reader = reader;
    }

    /** What is wrong, for people; null if nothing is. */
    @Nullable
    String trouble() {
        if (fault != null) {
            return fault.getMessage();
        }
        return failure == null ? null : String.valueOf(failure.getMessage());
    }

    /** Where the values of .modinfo are. */
    byte[] infoText() {
        return reader.info.bytes;
    }

    void fault(MalformedInputException e) {
        if (fault == null) {
            fault = e;
        }
    }

    void export(int at, int name, int crc, boolean withCrc) {
        if (at >= exports.length) {
            exports = Arrays.copyOf(exports, Math.max(8, at * 2));
        }
        exports[at] = name;
        if (withCrc) {
            if (at >= exportCrcs.length) {
                exportCrcs = Arrays.copyOf(exportCrcs, Math.max(8, at * 2));
            }
            exportCrcs[at] = crc;
        }
    }

    void version(int name, int crc) {
        if (versionCount + 2 > versions.length) {
            versions = Arrays.copyOf(versions, Math.max(16, versionCount * 2));
        }
        versions[versionCount++] = name;
        versions[versionCount++] = crc;
    }

    void info(int kind, int at, int length) {
        if (infoSize + 3 > info.length) {
            info = Arrays.copyOf(info, Math.max(12, infoSize * 2));
        }
        info[infoSize] = kind;
        info[infoSize + 1] = at;
        info[infoSize + 2] = length;
        infoSize += 3;
    }
}
