package dev.kelvin.machine.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.testkit.Attacked;
import dev.kelvin.host.testkit.Attempt;
import dev.kelvin.machine.SupervisedVm;
import dev.kelvin.model.Layout;
import dev.kelvin.model.QemuFiles;
import dev.kelvin.qemu.BlockSource;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.VmFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a QEMU that a guest has taken over reaches from the very cell that a VM's QEMU has. */
class QemuCellTest {
  /** A guest has the network of the host, as far as the packet filter lets its user. */
  private static final Set<Attempt> OPEN = EnumSet.of(Attempt.CONNECT_BY_TCP, Attempt.SEND_BY_UDP);

  /** Nothing bounds it yet. */
  private static final Set<Attempt> MISSING =
      EnumSet.of(Attempt.WRITE_A_LARGE_FILE, Attempt.OPEN_A_SOCKET_OF_THE_KERNELS);

  @TempDir Path directory;

  @Test
  void nothingOfTheHostNorOfAnotherVmIsReached() throws Exception {
    assumeTrue(Users.isRoot(), "only root builds whole cells");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path home = Files.createDirectory(directory.resolve("home"));
    Layout layout = Layout.resolve(Map.of("KELVIN_HOME", home.toString()), true);
    Files.createDirectories(layout.volumes());
    Path anothers = layout.volumes().resolve("another-root.qcow2");
    try (var attacked = new Attacked(directory, anothers)) {
      Confinement cell = cell(layout);
      Map<String, String> outcomes = attacked.from(cell, 20_000, 4 << 20);
      Set<Attempt> done = Attacked.done(outcomes);
      done.removeAll(OPEN);
      assertThat(done).as("in %s: %s", cell, outcomes).containsExactlyElementsOf(MISSING);
    }
  }

  private Confinement cell(Layout layout) throws Exception {
    String id = "cell";
    var files = new VmFiles(layout.vmRuntime(id), layout.vmState(id), layout.vmKept(id));
    Files.createDirectories(files.runtime());
    Files.createDirectories(files.state());
    Path volume = Files.createFile(layout.volumes().resolve("cell-root.qcow2"));
    var plan =
        new LaunchPlan(
            "cell",
            id,
            SupervisedVm.spec(),
            SupervisedVm.facts(),
            files,
            "tcg",
            Map.of("root", BlockSource.of(volume.toString(), "qcow2")),
            Map.of(),
            false,
            Map.of());
    var closure = new Closures().of(Programs.require("qemu-system-x86_64"), QemuFiles.usual());
    return QemuCell.of(plan, Attacked.USER, closure, layout);
  }
}
