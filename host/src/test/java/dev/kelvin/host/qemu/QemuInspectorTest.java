package dev.kelvin.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.qemu.QemuInspector.Qemu;
import dev.kelvin.model.ProblemException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QemuInspectorTest {
  @Test
  void readsMachines() {
    var aliases = new HashMap<String, String>();
    var machines =
        QemuInspector.machines(
            """
            Supported machines are:
            microvm              microvm (i386)
            pc                   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)
            pc-i440fx-7.2        Standard PC (i440FX + PIIX, 1996) (default)
            q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-7.2)
            pc-q35-2.4           Standard PC (Q35 + ICH9, 2009) (deprecated)
            none                 empty machine
            """,
            aliases);
    assertThat(machines)
        .containsExactlyInAnyOrder("microvm", "pc", "pc-i440fx-7.2", "q35", "pc-q35-2.4", "none");
    assertThat(aliases).isEqualTo(Map.of("pc", "pc-i440fx-7.2", "q35", "pc-q35-7.2"));
  }

  @Test
  void readsDevices() {
    assertThat(
            QemuInspector.devices(
                """
                Storage devices:
                name "virtio-blk-pci", bus PCI, alias "virtio-blk"
                name "nvme", bus PCI, desc "Non-Volatile Memory Express"

                USB devices:
                name "usb-tablet", bus usb-bus
                """))
        .containsExactlyInAnyOrder("virtio-blk-pci", "nvme", "usb-tablet");
  }

  @Test
  void readsCpuModelsOfOldAndNewQemus() {
    String flags = "\nRecognized CPUID flags:\n  3dnow 3dnowext\n";
    assertThat(
            QemuInspector.cpuModels(
                "Available CPUs:\nx86 486                   (alias configured by machine type)\n"
                    + "x86 Skylake-Server-v1  Intel Xeon Processor (Skylake)\nx86 max   Enables all\n"
                    + flags))
        .containsExactlyInAnyOrder("486", "Skylake-Server-v1", "max");
    assertThat(
            QemuInspector.cpuModels(
                "Available CPUs:\n  486                   (alias configured by machine type)\n"
                    + "  EPYC-v1               AMD EPYC Processor\n"
                    + flags))
        .containsExactlyInAnyOrder("486", "EPYC-v1");
  }

  @Test
  void readsTheVersion() {
    assertThat(
            QemuInspector.version("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\n"))
        .isEqualTo("7.2.22");
    assertThatThrownBy(() -> QemuInspector.version("hello")).isInstanceOf(ProblemException.class);
  }

  @Test
  void asksTheRealQemu() throws Exception {
    var binary = QemuInspector.find();
    assumeTrue(binary.isPresent(), "QEMU is not installed");
    Qemu qemu = new QemuInspector(new Commands()).inspect(binary.get());
    assertThat(qemu.version()).matches("\\d+\\.\\d+\\.\\d+");
    assertThat(qemu.machineAliases()).containsKeys("q35", "pc");
    assertThat(qemu.machines()).contains("microvm").containsAll(qemu.machineAliases().values());
    assertThat(qemu.devices()).contains("virtio-blk-pci", "virtio-net-pci", "nvme");
    assertThat(qemu.cpuModels()).contains("max", "qemu64", "Skylake-Server").doesNotContain("x86");
  }
}
