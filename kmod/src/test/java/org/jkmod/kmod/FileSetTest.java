package org.jkmod.kmod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSetTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void setUp() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
    }

    private static Map<String, byte[]> files() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("a", new byte[] {'x'});
        files.put("b", new byte[] {'y'});
        return files;
    }

    private void assertThatNothingHasChanged() throws IOException {
        assertThat(names()).containsExactly("a");
        assertThat(folder.resolve("a")).hasContent("old");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(file -> String.valueOf(file.getFileName())).sorted().toList();
        }
    }

    @Test
    void write_files_leavesNoOthers() throws IOException {
        FileSet.write(folder, files());
        assertThat(names()).containsExactly("a", "b");
        assertThat(folder.resolve("a")).hasContent("x");
    }

    @Test
    void write_renameThatFailsLate_leavesAllAsItWas() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>(files()) {
            private static final long serialVersionUID = 1;

            @Override
            public Set<String> keySet() {
                return new LinkedHashSet<>(List.of("a", "b", "not written"));
            }
        };
        assertThatThrownBy(() -> FileSet.write(folder, files)).isInstanceOf(NoSuchFileException.class);
        assertThatNothingHasChanged();
    }

    @Test
    void write_errorBeforeTheRenames_leavesAllAsItWas() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>(files()) {
            private static final long serialVersionUID = 1;

            @Override
            public Set<String> keySet() {
                throw new OutOfMemoryError("of a test");
            }
        };
        assertThatThrownBy(() -> FileSet.write(folder, files)).isInstanceOf(OutOfMemoryError.class);
        assertThatNothingHasChanged();
    }
}
