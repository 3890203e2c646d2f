package dev.kelvin.host.process;

import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the modes of new files leave out (umask(2)). It belongs to the user who happens to start a
 * daemon: with 077 VMs could not read what the daemon and its programs make for them, with 0
 * everybody could write to it.
 */
public final class Umask {
  /** Others may read and enter what is not made for the owner alone, and write to nothing. */
  private static final int USUAL = 022;

  private Umask() {}

  /** Gives this process, and all that it starts, the usual one. */
  public static void setUsual() throws IOException {
    // The foreign call costs some 50 ms once, and most daemons have it already.
    if (current() != USUAL) {
      new Syscalls().call(Syscalls.UMASK, USUAL);
    }
  }

  /** That of this process (proc_pid_status(5)); negative where the kernel does not tell it. */
  static int current() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("Umask:"))
        .mapToInt(line -> Integer.parseInt(line.substring(line.indexOf(':') + 1).strip(), 8))
        .findFirst()
        .orElse(-1);
  }
}
