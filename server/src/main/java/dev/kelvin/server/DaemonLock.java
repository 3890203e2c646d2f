package dev.kelvin.server;

import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.LockHolder;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Lets only one daemon use a set of directories: neither its run-time directory nor its state is
 * another's, which may have one of both only, as in two sessions of a user. That holds whatever
 * keeps the store.
 */
final class DaemonLock implements AutoCloseable {
  private static final Logger LOG = System.getLogger(DaemonLock.class.getName());

  private LockedFile runtime;
  private LockedFile state;

  private DaemonLock(LockedFile runtime, LockedFile state) {
    this.runtime = runtime;
    this.state = state;
  }

  /**
   * Takes the lock and notes the pid of this process.
   *
   * @throws dev.kelvin.model.ProblemException conflict when another daemon has it
   */
  static DaemonLock take(Layout layout) throws IOException {
    LockedFile runtime = takeRuntime(layout);
    try {
      return new DaemonLock(runtime, takeState(layout));
    } catch (IOException | ProblemException e) {
      runtime.close();
      throw e;
    }
  }

  private static LockedFile takeRuntime(Layout layout) throws IOException {
    Path file = layout.pidFile();
    Optional<LockedFile> locked = LockedFile.lock(file);
    if (locked.isEmpty()) {
      throw taken(layout.runtime(), file);
    }
    byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
    try {
      locked.get().channel().truncate(0);
      locked.get().channel().write(ByteBuffer.wrap(pid), 0);
    } catch (IOException e) {
      // On a full disk: it is there to be read by people, and the lock holds without it.
      LOG.log(Level.WARNING, "the pid of this daemon cannot be written to " + file, e);
    }
    return locked.get();
  }

  private static LockedFile takeState(Layout layout) throws IOException {
    Path file = layout.daemonLock();
    Optional<LockedFile> locked = LockedFile.lock(file);
    if (locked.isEmpty()) {
      throw taken(layout.state(), file);
    }
    return locked.get();
  }

  private static ProblemException taken(Path directory, Path lock) {
    // By the kernel's word: to read the file in the process that has it locked ends the lock.
    var holder = LockHolder.ofHost().of(lock);
    String cause = holder.isPresent() ? "it is process " + holder.getAsLong() : "it holds the lock";
    return Problem.of(Code.CONFLICT, "Another daemon uses these directories")
        .on(directory.toString())
        .because(cause)
        .remedy("use that one, end it with \"kelvin down\", or set KELVIN_HOME for another one")
        .asException();
  }

  /**
   * Locks anew what somebody has deleted.
   *
   * @throws dev.kelvin.model.ProblemException conflict when another daemon was faster
   */
  void mend(Layout layout) throws IOException {
    if (Files.notExists(runtime.file())) {
      LockedFile deleted = runtime;
      runtime = takeRuntime(layout);
      deleted.close();
    }
    if (Files.notExists(state.file()) && Files.isDirectory(layout.state())) {
      LockedFile deleted = state;
      state = takeState(layout);
      deleted.close();
    }
  }

  /** The file in the state directory stays: who waits for it has the same one as who comes next. */
  @Override
  public void close() throws IOException {
    try (LockedFile _ = state;
        LockedFile held = runtime) {
      Files.deleteIfExists(held.file());
    }
  }
}
