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

  public static boolean isRoot() {
    return effectiveUid() == 0;
  }
}
