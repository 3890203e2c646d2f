package dev.kelvin.cli.run;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** Finds the process that holds a lock on a file, by the kernel's word (proc_locks(5)). */
final class LockHolder {
  private static final Logger LOG = System.getLogger(LockHolder.class.getName());

  private LockHolder() {}

  static OptionalLong of(Path file) {
    try {
      // The fifth word of a line is the pid, the sixth MAJOR:MINOR:INODE.
      String inode = ":" + Files.getAttribute(file, "unix:ino");
      List<String> locks = Files.readAllLines(Path.of("/proc/locks"));
      return locks.stream()
          .map(line -> line.trim().split("\\s+"))
          .filter(words -> words.length > 5 && words[5].endsWith(inode))
          .mapToLong(words -> Long.parseLong(words[4]))
          .findFirst();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "who holds a lock", e);
      return OptionalLong.empty();
    }
  }
}
