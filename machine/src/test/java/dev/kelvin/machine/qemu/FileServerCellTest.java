package dev.kelvin.machine.qemu;

import static dev.kelvin.host.cell.Layer.CAPABILITIES;
import static dev.kelvin.host.cell.Layer.IPC;
import static dev.kelvin.host.cell.Layer.LANDLOCK;
import static dev.kelvin.host.cell.Layer.NETWORK;
import static dev.kelvin.host.cell.Layer.PID;
import static dev.kelvin.host.cell.Layer.ROOT;
import static dev.kelvin.host.cell.Layer.SECCOMP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Confinement.Held;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.file.Pinned;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.testkit.Attacked;
import dev.kelvin.host.testkit.Attempt;
import dev.kelvin.host.testkit.WallsAlone;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a file server that a guest has taken over reaches from the very cell that it has: as root,
 * with rights over files of every user, so that other walls must stop it than a QEMU.
 */
class FileServerCellTest {
  @TempDir Path directory;

  /** Each of which stops it, also without the others; none where nothing does yet. */
  private static Set<Layer> walls(Attempt attempt) {
    return switch (attempt) {
      case READ_THE_DISK_OF_ANOTHER_VM -> EnumSet.of(ROOT, LANDLOCK);
      case WRITE_THE_DISK_OF_ANOTHER_VM -> EnumSet.of(ROOT, LANDLOCK);
      case READ_A_SECRET_OF_THE_DAEMON -> EnumSet.of(ROOT, LANDLOCK);
      case LIST_A_DIRECTORY_OF_THE_DAEMON -> EnumSet.of(ROOT, LANDLOCK);
      case CHANGE_A_LIBRARY -> EnumSet.of(ROOT, LANDLOCK);
      case CONNECT_TO_A_SOCKET_OF_THE_DAEMON -> EnumSet.of(ROOT);
      case SEE_PROCESSES_OF_OTHERS -> EnumSet.of(ROOT);
      case SIGNAL_A_PROCESS_OF_ITS_USER -> EnumSet.of(PID, LANDLOCK, CAPABILITIES);
      case TRACE_A_PROCESS_OF_ITS_USER -> EnumSet.of(PID, LANDLOCK, SECCOMP, CAPABILITIES);
      case READ_THE_MEMORY_OF_A_PROCESS_OF_ITS_USER ->
          EnumSet.of(PID, LANDLOCK, SECCOMP, CAPABILITIES);
      case CONNECT_BY_TCP -> EnumSet.of(NETWORK, LANDLOCK, SECCOMP);
      case SEND_BY_UDP -> EnumSet.of(NETWORK, SECCOMP);
      case OPEN_A_SOCKET_OF_THE_KERNELS -> EnumSet.of(SECCOMP);
      case CONNECT_TO_AN_ABSTRACT_SOCKET -> EnumSet.of(NETWORK, LANDLOCK);
      case ATTACH_SHARED_MEMORY_OF_OTHERS -> EnumSet.of(IPC);
      case RUN_A_PROGRAM_OF_ITS_OWN -> EnumSet.of(ROOT, LANDLOCK);
      case MOUNT_A_FILE_SYSTEM -> EnumSet.of(SECCOMP, LANDLOCK, CAPABILITIES);
      case ENTER_A_USER_NAMESPACE -> EnumSet.of(SECCOMP);
      case LOAD_A_PROGRAM_INTO_THE_KERNEL -> EnumSet.of(SECCOMP, CAPABILITIES);
      case READ_THE_KERNELS_LOG -> EnumSet.of(SECCOMP, CAPABILITIES);
      case USE_KEYS_OF_THE_KERNEL -> EnumSet.of(SECCOMP);
      case OPEN_A_RING_OF_CALLS -> EnumSet.of(SECCOMP);
      // Each file that the guest knows of is an open one; files may be as large as there is room.
      case OPEN_MANY_FILES, WRITE_A_LARGE_FILE -> EnumSet.noneOf(Layer.class);
    };
  }

  @Test
  void eachWallStopsWhatItIsForAlone() throws Exception {
    assumeTrue(Users.isRoot(), "only root builds whole cells");
    Path server = Path.of("/usr/lib/qemu/virtiofsd");
    assumeTrue(Files.isExecutable(server), "the virtiofsd of QEMU 7.2 is not installed");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path shared = Files.createDirectory(directory.resolve("shared"));
    var closure = new Closures().of(Programs.require(server.toString()));
    try (var attacked = new Attacked(directory, directory.resolve("disk"));
        var held = Pinned.open(shared)) {
      Confinement cell =
          HelperCell.ofFileServer(closure, new Held(held.descriptor(), shared, true));
      var alone =
          new WallsAlone(
              FileServerCellTest::walls, gone -> attacked.from(cell.without(gone), 2_000, 4 << 20));
      assertThat(alone.faults()).isEmpty();
    }
  }
}
