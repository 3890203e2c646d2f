package dev.kelvin.host.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Who the daemon runs as. */
public final class Users {
  private Users() {}

  /**
   * The users of a process; a process cannot change what the kernel tells of it.
   *
   * @param real who started it
   * @param effective whose rights it has
   * @param saved whose rights it can take back
   * @param fileSystem whose rights it has with files
   */
  public record Ids(int real, int effective, int saved, int fileSystem) {
    /** Reads the line {@code Uid} of {@code /proc/PID/status} (proc_pid_status(5)). */
    static Ids parse(String line) {
      String[] ids = line.strip().split("\\s+", -1);
      if (ids.length != 4) {
        throw new NumberFormatException("there are " + ids.length + " user ids in: " + line);
      }
      return new Ids(id(ids[0]), id(ids[1]), id(ids[2]), id(ids[3]));
    }

    /** Ids have 32 bits, and the kernel tells them without a sign. */
    private static int id(String text) {
      return Integer.parseUnsignedInt(text);
    }
  }

  /**
   * The users of a process.
   *
   * @throws IOException when it has ended or cannot be looked at
   */
  public static Ids ids(long pid) throws IOException {
    return ids(Long.toString(pid));
  }

  private static Ids ids(String process) throws IOException {
    Path status = Path.of("/proc", process, "status");
    try {
      return Ids.parse(ProcessStats.keys(status).getOrDefault("uid", ""));
    } catch (NumberFormatException e) {
      throw new IOException(status + " tells no users", e);
    }
  }

  /** The effective user id of this process. */
  public static int effectiveUid() {
    try {
      return ids("self").effective();
    } catch (IOException e) {
      throw new UncheckedIOException("The kernel does not tell the user's id", e);
    }
  }

  /**
   * The real user id of a process.
   *
   * @throws IOException when it has ended or cannot be looked at
   */
  public static int of(long pid) throws IOException {
    return ids(pid).real();
  }

  public static boolean isRoot() {
    return effectiveUid() == 0;
  }
}
