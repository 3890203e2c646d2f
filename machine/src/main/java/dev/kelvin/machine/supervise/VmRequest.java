package dev.kelvin.machine.supervise;

import dev.kelvin.machine.store.VmRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What can be asked of a VM's supervisor. */
public sealed interface VmRequest {
  /** Starts it; nothing when it runs. */
  record Start() implements VmRequest {}

  /** Starts it because its turn has come after the start of the host or the daemon. */
  record Autostart() implements VmRequest {}

  /**
   * Asks the guest to shut down.
   *
   * @param force whether it is stopped at the deadline; otherwise asking fails there
   */
  record Shutdown(Duration timeout, boolean force) implements VmRequest {}

  /**
   * Takes {@link Shutdown} back if nobody waits for its answer any more; nothing when it is over.
   */
  record CancelShutdown() implements VmRequest {}

  /** Ends the process at once; nothing when there is none. */
  record Stop() implements VmRequest {}

  record Reset() implements VmRequest {}

  record Pause() implements VmRequest {}

  record Resume() implements VmRequest {}

  record SendKeys(List<String> keys) implements VmRequest {}

  /** Writes a picture of the screen as PNG. */
  record Screenshot(Path target, int screen) implements VmRequest {}

  /** Takes over what is wanted now, and makes the changes that a running VM takes. */
  record Converge(VmRecord wanted) implements VmRequest {}

  /**
   * As {@link Converge}, to undo an update. It never waits for what others may have taken since: of
   * that, the VM has what it can have.
   */
  record GoBack(VmRecord before) implements VmRequest {}

  /** Takes over a new name and labels. */
  record Rename(VmRecord renamed) implements VmRequest {}

  /** Marks it as created. */
  record Created() implements VmRequest {}

  /** Marks it as being deleted; with {@code force} stops it first. */
  record Delete(boolean force) implements VmRequest {}

  /** Takes the mark of {@link Delete} away again. */
  record KeepAfterAll(String why) implements VmRequest {}

  /** Ends the supervisor of a VM that is gone. */
  record Forget() implements VmRequest {}
}
