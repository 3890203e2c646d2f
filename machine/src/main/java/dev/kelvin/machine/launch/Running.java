package dev.kelvin.machine.launch;

import dev.kelvin.host.ProcessId;
import dev.kelvin.machine.guest.SerialHub;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.qemu.RunningVm;
import dev.kelvin.qemu.VmFiles;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the daemon holds of a VM while its process runs. */
public record Running(
    ProcessId process, RunningVm qemu, @Nullable SerialHub serial, VmFiles files, RunRecord run)
    implements AutoCloseable {

  public Running withRun(RunRecord newRun) {
    return new Running(process, qemu, serial, files, newRun);
  }

  /** The user id that it runs as; negative for the daemon's own. */
  int user() {
    return Objects.requireNonNull(run.user(), "what is held has a complete record");
  }

  /** Lets go of the process; it goes on. */
  @Override
  public void close() {
    qemu.close();
    if (serial != null) {
      serial.close();
    }
  }
}
