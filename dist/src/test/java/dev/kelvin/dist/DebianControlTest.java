package dev.kelvin.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianControlTest {
  @TempDir Path tree;

  private String line(String name) throws IOException {
    Path bin = Files.createDirectories(tree.resolve("usr/bin"));
    Files.writeString(bin.resolve("java"), "GLIBC_2.4 GLIBC_2.34 GLIBC_2.17");
    return DebianControl.text("1.2.3-4", tree)
        .lines()
        .filter(line -> line.startsWith(name + ": "))
        .findFirst()
        .orElse("");
  }

  @Test
  void dependsOnWhatVmsNeedAndNotOnWhatEveryDebianHas() throws IOException {
    assertThat(line("Depends"))
        .contains("libc6 (>= 2.34)", "qemu-system-x86 (>= 1:7.2)", "qemu-utils")
        .doesNotContain("util-linux");
    assertThat(line("Suggests")).contains("qemu-system-arm").doesNotContain("qemu-system-x86");
  }

  @Test
  void theChangelogHasDebiansForm() {
    var time = ZonedDateTime.of(2026, 11, 2, 9, 5, 0, 0, ZoneOffset.UTC);
    assertThat(DebianControl.changelog("1.2.3-4", time))
        .startsWith("kelvin (1.2.3-4) unstable; urgency=medium\n\n  * ")
        .endsWith("\n\n -- Kelvin <kelvin@localhost>  Mon, 02 Nov 2026 09:05:00 +0000\n");
  }
}
