package dev.kelvin.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.model.HostFacts.FileServer;
import dev.kelvin.model.HostFacts.FileServerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HelperProgramsTest {
  @TempDir Path root;

  @Test
  void findsThisHostsSwtpm() throws InterruptedException {
    Assumptions.assumeTrue(Programs.find("swtpm").isPresent(), "swtpm is not installed");
    assertThat(new HelperPrograms(root, new Commands()).swtpm()).isPresent();
  }

  @Test
  void findsThisHostsVirtiofsd() throws InterruptedException {
    Assumptions.assumeTrue(
        Requirements.find("virtiofsd").orElseThrow().isThere(), "virtiofsd is not installed");
    FileServer found = new HelperPrograms(root, new Commands()).virtiofsd().orElseThrow();
    assertThat(Path.of(found.program())).isExecutable();
  }

  @Test
  void aDescriptorNamesAServerThatIsElsewhere() throws IOException, InterruptedException {
    Path program = root.resolve("opt/my-virtiofsd");
    Files.createDirectories(program.getParent());
    Files.writeString(program, "#!/bin/sh\necho '  --shared-dir <DIR>'\necho '  --readonly'\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path descriptor = root.resolve("usr/share/qemu/vhost-user/10-mine.json");
    Files.createDirectories(descriptor.getParent());
    Files.writeString(descriptor, "{\"type\": \"fs\", \"binary\": \"" + program + "\"}");
    Files.writeString(descriptor.resolveSibling("20-gpu.json"), "{\"type\": \"gpu\"}");
    Files.writeString(descriptor.resolveSibling("30-broken.json"), "{");
    assertThat(new HelperPrograms(root, new Commands()).virtiofsd())
        .contains(new FileServer(program.toString(), FileServerKind.RUST, true));
  }

  @Test
  void tellsTheTwoKindsByTheirHelp() {
    Path program = Path.of("/v");
    assertThat(HelperPrograms.kind(program, "--shared-dir <DIR>  --cache"))
        .contains(new FileServer("/v", FileServerKind.RUST, false));
    assertThat(HelperPrograms.kind(program, "-o source=PATH  shared directory tree"))
        .contains(new FileServer("/v", FileServerKind.QEMU, false));
    assertThat(HelperPrograms.kind(program, "usage: something else")).isEmpty();
  }

  @Test
  void aHostWithoutTheExtrasLacksNothing() {
    assertThat(Requirements.needed(true)).extracting("name").doesNotContain("swtpm", "virtiofsd");
    assertThat(Requirements.packages(Distribution.DEBIAN, Requirements.all()))
        .containsAll(List.of("swtpm", "virtiofsd"));
  }
}
