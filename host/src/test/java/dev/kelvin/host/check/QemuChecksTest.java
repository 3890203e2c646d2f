package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.qemu.QemuInspector;
import dev.kelvin.host.qemu.QemuInspector.Qemu;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.QemuFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QemuChecksTest {
  @Test
  void examinesTheRealQemu(@TempDir Path scratch) throws Exception {
    var commands = new Commands();
    Qemu qemu = new QemuInspector(commands).inspect(GuestProofTest.qemu());
    var checks = new QemuChecks(commands, Optional.of(Distribution.DEBIAN), scratch);
    assertThat(checks.all(qemu, null))
        .allSatisfy(check -> assertThat(check.proof()).isNotBlank())
        .filteredOn(check -> check.id().equals("uefi"))
        .singleElement()
        .satisfies(check -> assertThat(check.state()).isEqualTo(CheckState.REQUIRED));
  }

  @Test
  void anOldQemuIsLimited() {
    assertThat(QemuChecks.version(qemu("6.2.0")).state()).isEqualTo(CheckState.LIMITED);
    assertThat(QemuChecks.version(qemu("7.1.9")).state()).isEqualTo(CheckState.LIMITED);
    assertThat(QemuChecks.version(qemu("7.2.0")).state()).isEqualTo(CheckState.OK);
    assertThat(QemuChecks.version(qemu("10.0.2")).state()).isEqualTo(CheckState.OK);
    assertThat(QemuChecks.devices(qemu("7.2.0")).proof()).contains("virtio-blk-pci");
  }

  private static Qemu qemu(String version) {
    return new Qemu(
        Path.of("/q"),
        version,
        QemuFiles.usual(),
        Map.of(),
        Set.copyOf(List.of()),
        Set.of(),
        Set.of());
  }
}
