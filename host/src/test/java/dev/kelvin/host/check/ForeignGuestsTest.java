package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.qemu.FirmwareFinder;
import dev.kelvin.host.qemu.QemuChoice;
import dev.kelvin.host.qemu.QemuInspector;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.spec.Architecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForeignGuestsTest {
  @TempDir Path directory;

  private static ForeignGuests.Found find() throws InterruptedException {
    return new ForeignGuests(
            new QemuInspector(new Commands()),
            new FirmwareFinder(Path.of("/")),
            QemuChoice.hosts()::usable,
            Optional.of(Distribution.DEBIAN))
        .find();
  }

  private ForeignGuests.Found with(Optional<Path> binary) throws InterruptedException {
    return new ForeignGuests(
            new QemuInspector(new Commands()),
            new FirmwareFinder(directory),
            architecture -> binary,
            Optional.of(Distribution.DEBIAN))
        .find();
  }

  @Test
  void asksTheEmulatorsOfThisHost() throws InterruptedException {
    assumeTrue(
        QemuChoice.hosts().usable(Architecture.AARCH64).isPresent(),
        "qemu-system-aarch64 is not installed");
    var arm = find().emulators().get(Architecture.AARCH64);
    assertThat(arm).isNotNull();
    assertThat(arm.version()).matches("\\d+\\.\\d+\\.\\d+");
    assertThat(arm.machineAliases()).containsKey("virt");
    assertThat(arm.machines()).contains(arm.machineAliases().get("virt"));
    assertThat(arm.devices()).contains("virtio-blk-pci", "pvpanic-pci", "virtio-gpu-pci");
    assertThat(arm.cpuModels()).contains("cortex-a57", "max");
  }

  @Test
  void saysWhatToInstallForWhatIsMissing() throws InterruptedException {
    var found = with(Optional.empty());
    assertThat(found.emulators()).isEmpty();
    assertThat(found.lacking().get(Architecture.AARCH64)).contains("qemu-system-arm");
    assertThat(found.lacking().get(Architecture.I386)).contains("qemu-system-x86");
    assertThat(found.checks())
        .hasSize(2)
        .allSatisfy(check -> {
          assertThat(check.state()).isEqualTo(CheckState.ABSENT);
          assertThat(check.remedy()).contains("apt-get install");
        });
  }

  @Test
  void aBrokenEmulatorIsToldAndBreaksNothingElse() throws IOException, InterruptedException {
    Path broken = directory.resolve("qemu");
    Files.writeString(broken, "#!/bin/sh\necho no such luck >&2\nexit 3\n");
    Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwxr-xr-x"));
    var found = with(Optional.of(broken));
    assertThat(found.emulators()).isEmpty();
    assertThat(found.checks())
        .allSatisfy(check -> {
          assertThat(check.state()).isEqualTo(CheckState.BROKEN);
          assertThat(check.proof()).contains("no such luck");
        });
  }
}
