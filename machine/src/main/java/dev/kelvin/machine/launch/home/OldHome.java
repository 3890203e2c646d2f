package dev.kelvin.machine.launch.home;

import dev.kelvin.host.file.GuestDirectory;
import dev.kelvin.host.file.HostileFileException;
import dev.kelvin.machine.guest.SerialLog;
import dev.kelvin.qemu.VmFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Homes of VMs that are from a Kelvin before 0.2, which kept its logs and notes in the directory of
 * the VM's user. They are brought to where they belong now, as far as they are what they should be;
 * what else lies under their names is hostile and goes.
 */
final class OldHome {
  private static final Logger LOG = System.getLogger(OldHome.class.getName());
  private static final int KEY_BYTES = 4096;

  private OldHome() {}

  /**
   * Moves what is left there; nothing when that has been done.
   *
   * @param logLimit how much of the serial log is kept
   */
  static void move(GuestDirectory state, VmFiles files, long logLimit) throws IOException {
    moveKey(state, files.nvramKey());
    moveLog(state, files.serialLog(), logLimit);
    for (String gone : new String[] {"seed.key", "windows-setup.key", "serial.log.1"}) {
      state.delete(gone);
    }
  }

  private static void moveKey(GuestDirectory state, Path key) throws IOException {
    String name = key.getFileName().toString();
    if (!state.has(name)) {
      return;
    }
    if (!Files.exists(key)) {
      try {
        VmHome.write(key, state.read(name, KEY_BYTES));
      } catch (NoSuchFileException | HostileFileException e) {
        LOG.log(Level.WARNING, () -> "a note of a VM is passed over: " + e.getMessage());
      }
    }
    state.delete(name);
  }

  private static void moveLog(GuestDirectory state, Path log, long limit) throws IOException {
    String name = log.getFileName().toString();
    if (!Files.exists(log)) {
      try (FileChannel older = state.openFile(name + ".1").orElse(null);
          FileChannel recent = state.openFile(name).orElse(null)) {
        if (older != null || recent != null) {
          copy(older, recent, log, limit / 2);
        }
      } catch (HostileFileException e) {
        LOG.log(Level.WARNING, () -> "a serial log is passed over: " + e.getMessage());
      }
    }
    state.delete(name);
  }

  private static void copy(
      @Nullable FileChannel older, @Nullable FileChannel recent, Path log, long limit)
      throws IOException {
    try (OutputStream out =
        Files.newOutputStream(log, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      SerialLog.copyTail(older, recent, limit, out);
    }
  }
}
