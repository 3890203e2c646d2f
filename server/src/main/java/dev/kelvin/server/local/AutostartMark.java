package dev.kelvin.server.local;

import dev.kelvin.host.process.BootId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which VMs have had their turn to start with the host since it was booted. A file in the run-time
 * directory: the id of the boot, which alone means all; or a line "begun" and the ids of those that
 * had it, when the daemon ended in the middle.
 */
final class AutostartMark {
  private static final String BEGUN = "begun";

  private final Path file;
  private final String boot;
  private final boolean all;
  private final Set<String> done = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock.
  private boolean cleared;

  private AutostartMark(Path file, String boot) throws IOException {
    this.file = file;
    this.boot = boot;
    String text = Files.exists(file) ? Files.readString(file) : "";
    String begun = boot + BEGUN + "\n";
    this.all = text.equals(boot);
    if (text.startsWith(begun)) {
      done.addAll(text.substring(begun.length()).lines().toList());
    }
  }

  static AutostartMark of(Path runtime) throws IOException {
    return new AutostartMark(runtime.resolve("autostarted"), BootId.current() + "\n");
  }

  /** Whether a VM has not had its turn. */
  boolean lacks(String id) {
    return !all && !done.contains(id);
  }

  /** A VM has had its turn. */
  void add(String id) {
    lock.lock();
    try {
      if (all || cleared || !done.add(id)) {
        return;
      }
      if (done.size() == 1 || !Files.exists(file)) {
        Files.writeString(file, boot + BEGUN + "\n");
      }
      Files.writeString(file, id + "\n", StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("noting which VMs have started with the host", e);
    } finally {
      lock.unlock();
    }
  }

  /** All have had it. */
  void complete() throws IOException {
    lock.lock();
    try {
      if (!all && !cleared) {
        Files.writeString(file, boot);
      }
    } finally {
      lock.unlock();
    }
  }

  /** None has had it, as after a boot; nothing is noted from now on. */
  void clear() throws IOException {
    lock.lock();
    try {
      cleared = true;
      Files.deleteIfExists(file);
    } finally {
      lock.unlock();
    }
  }
}
