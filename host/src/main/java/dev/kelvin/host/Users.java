package dev.kelvin.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Who the daemon runs as. */
public final class Users {
  private Users() {}

  /** The effective user id, from {@code /proc/self/status} (proc_pid_status(5)). */
  public static int effectiveUid() {
    try {
      String ids = ProcessStats.keys(Path.of("/proc/self/status")).getOrDefault("uid", "");
      return (int) Long.parseLong(ids.split("\\s+", -1)[1]);
    } catch (IOException e) {
      throw new UncheckedIOException("The kernel does not tell the user's id", e);
    }
  }

  /**
   * The real user id of a process; a process cannot change what the kernel tells of it.
   *
   * @throws IOException when it has ended or cannot be looked at
   */
  public static int of(long pid) throws IOException {
    Path status = Path.of("/proc", Long.toString(pid), "status");
    String ids = ProcessStats.keys(status).getOrDefault("uid", "").strip();
    try {
      return (int) Long.parseLong(ids.split("\\s+", -1)[0]);
    } catch (NumberFormatException e) {
      throw new IOException(status + " tells no user", e);
    }
  }

  public static boolean isRoot() {
    return effectiveUid() == 0;
  }
}
