package dev.kelvin.bench.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Processes that a run has started and that outlive it when it is broken off. */
public final class Leftovers {
  private Leftovers() {}

  /**
   * Kills every process that names a file below {@code home}, a directory that only this run has.
   */
  public static void kill(Path home) throws IOException, InterruptedException {
    for (ProcessHandle process : of(home)) {
      process.destroyForcibly();
    }
    Await.until("the end of what was started", Await.USUAL, () -> of(home).isEmpty());
  }

  public static List<ProcessHandle> of(Path home) {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.filter(process -> process.pid() != ProcessHandle.current().pid())
          .filter(process -> commandLine(process.pid()).contains(home + "/"))
          .toList();
    }
  }

  private static String commandLine(long pid) {
    try {
      return Files.readString(
          Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      return "";
    }
  }
}
