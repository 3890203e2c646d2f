package dev.kelvin.host.process;

import dev.kelvin.model.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a process uses of the host, as the kernel counts it. */
public final class ProcessStats {
  /** The unit of times in {@code /proc}: USER_HZ, which is 100 on every architecture of today. */
  private static final long MILLIS_PER_TICK = 10;

  private ProcessStats() {}

  /**
   * One measurement.
   *
   * @param cpu time that all its threads together spent on CPUs
   * @param resident memory that it has in RAM (VmRSS)
   * @param io null when the kernel does not let this user read it
   */
  public record Sample(Duration cpu, ByteSize resident, int threads, @Nullable Io io) {}

  /** Bytes that went to and came from storage, the page cache left out (proc_pid_io(5)). */
  public record Io(ByteSize read, ByteSize written) {}

  /** Measures a process; empty when it has ended. */
  public static Optional<Sample> read(ProcessId process) {
    var stat = ProcStat.read(process.pid());
    if (stat.isEmpty() || !process.alive()) {
      return Optional.empty();
    }
    Path directory = Path.of("/proc", Long.toString(process.pid()));
    try {
      long kibibytes =
          Long.parseLong(
              keys(directory.resolve("status")).getOrDefault("vmrss", "0 kB").split(" ", 2)[0]);
      long ticks = stat.get().userTicks() + stat.get().systemTicks();
      return Optional.of(
          new Sample(
              Duration.ofMillis(ticks * MILLIS_PER_TICK),
              new ByteSize(kibibytes << 10),
              stat.get().threads(),
              io(directory)));
    } catch (IOException e) {
      // It ended between two reads.
      return Optional.empty();
    }
  }

  private static @Nullable Io io(Path directory) {
    try {
      Map<String, String> counters = keys(directory.resolve("io"));
      return new Io(size(counters, "read_bytes"), size(counters, "write_bytes"));
    } catch (IOException e) {
      // Another user's process (the rules of ptrace), or a kernel that does not count it.
      return null;
    }
  }

  private static ByteSize size(Map<String, String> counters, String key) {
    return new ByteSize(Long.parseLong(counters.getOrDefault(key, "0")));
  }

  /** The lines {@code Key: value} of a file. */
  static Map<String, String> keys(Path file) throws IOException {
    var keys = new HashMap<String, String>();
    for (String line : Files.readAllLines(file)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        keys.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    return keys;
  }
}
