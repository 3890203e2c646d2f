package dev.kelvin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.LockHolder;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DaemonLockTest {
  @TempDir Path directory;

  private Layout layout(String state, String runtime) throws IOException {
    var layout =
        new Layout(directory, directory, directory.resolve(state), directory.resolve(runtime));
    Files.createDirectories(layout.state());
    Files.createDirectories(layout.runtime());
    return layout;
  }

  private static void refused(Layout layout) {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> DaemonLock.take(layout))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.CONFLICT));
  }

  /** Also where the store is elsewhere and has no lock, as etcd. */
  @Test
  void neitherDirectoryIsSharedWithAnotherDaemon() throws IOException {
    try (DaemonLock _ = DaemonLock.take(layout("state", "one"))) {
      refused(layout("state", "two"));
      refused(layout("other", "one"));
      // Java has a table of its own; what counts is that the kernel still has the locks.
      for (Path file :
          List.of(layout("state", "one").daemonLock(), layout("state", "one").pidFile())) {
        assertThat(LockHolder.ofHost().of(file)).hasValue(ProcessHandle.current().pid());
      }
    }
    DaemonLock.take(layout("state", "two")).close();
  }

  @Test
  void aLockThatIsDeletedIsTakenAgain() throws IOException {
    Layout layout = layout("state", "one");
    try (DaemonLock lock = DaemonLock.take(layout)) {
      Files.delete(layout.pidFile());
      Files.delete(layout.daemonLock());
      lock.mend(layout);
      assertThat(layout.pidFile()).hasContent(ProcessHandle.current().pid() + "");
      refused(layout("state", "two"));
    }
  }
}
