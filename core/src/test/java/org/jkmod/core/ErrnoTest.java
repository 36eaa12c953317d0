package org.jkmod.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ErrnoTest {
    /** include/uapi/asm-generic/errno-base.h, errno.h. */
    @Test
    void numbers_ofTheOnesThatAreUsed_areLinuxs() {
        assertThat(Stream.of(Errno.values()).map(e -> e.name() + " " + e.number()))
                .contains(
                        "EPERM 1",
                        "ENOENT 2",
                        "ENOEXEC 8",
                        "EAGAIN 11",
                        "ENOMEM 12",
                        "EBUSY 16",
                        "EEXIST 17",
                        "EINVAL 22",
                        "ENOSPC 28",
                        "ERANGE 34",
                        "ENODATA 61",
                        "ENOPKG 65",
                        "EBADMSG 74",
                        "EMSGSIZE 90",
                        "ENOKEY 126",
                        "EKEYREJECTED 129");
    }

    @Test
    void numbers_ofAll_areThoseOfThisMachinesHeader() throws IOException {
        Path header = Path.of("/usr/include/asm-generic/errno-base.h");
        Path more = Path.of("/usr/include/asm-generic/errno.h");
        assumeTrue(
                Files.isReadable(header) && Files.isReadable(more),
                "SKIPPED: no " + header + " (linux-libc-dev) to compare the numbers with");
        String text = Files.readString(header) + Files.readString(more);
        for (Errno errno : Errno.values()) {
            if (errno.number() >= 512) {
                continue; // include/linux/errno.h, which user space does not see
            }
            Matcher define =
                    Pattern.compile("#define\\s+" + errno + "\\s+(\\d+)").matcher(text);
            assertThat(define.find()).as(errno.name()).isTrue();
            assertThat(define.group(1)).as(errno.name()).isEqualTo(Integer.toString(errno.number()));
        }
    }
}
