package dev.kelvin.server;

import dev.kelvin.codec.Documents;
import dev.kelvin.image.ImageStore;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.server.local.node.StateCheck;
import dev.kelvin.state.backup.Backup;
import dev.kelvin.state.store.Store;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;

/** Looks at the state of a daemon that does not run, such as one that cannot start with it. */
final class OfflineState {
  private OfflineState() {}

  /** Something that is done with a store. */
  @FunctionalInterface
  private interface Look {
    void at(Store store) throws IOException, InterruptedException;
  }

  /** Writes a {@link dev.kelvin.model.StateReport} as a line of JSON. */
  static void check(Layout layout, int uid, OutputStream out)
      throws IOException, InterruptedException {
    look(
        layout,
        uid,
        store -> {
          var report =
              new StateCheck(store, new ImageStore(layout.images()), layout.volumes()).run();
          out.write(Documents.json(report));
          out.write("\n".getBytes(StandardCharsets.US_ASCII));
        });
  }

  /** Writes a backup, as a running daemon would. */
  static void backup(Layout layout, int uid, OutputStream out)
      throws IOException, InterruptedException {
    look(
        layout,
        uid,
        store -> {
          var buffered = new BufferedOutputStream(out);
          Backup.write(store, buffered, Clock.systemUTC().instant());
          buffered.flush();
        });
  }

  /**
   * Opens the store that the configuration names.
   *
   * @throws dev.kelvin.model.ProblemException conflict while a daemon runs; not-found when there is
   *     no store yet
   */
  private static void look(Layout layout, int uid, Look look)
      throws IOException, InterruptedException {
    StateSettings settings = Settings.read(layout).state();
    Path file = layout.store();
    if (settings.engine() == StateSettings.Engine.SQLITE && !Files.exists(file)) {
      throw Problem.of(Code.NOT_FOUND, "There is no state yet")
          .on(file.toString())
          .because("no daemon has run with these directories")
          .remedy("start one: kelvin up --detach; or set KELVIN_HOME for another place")
          .asException();
    }
    Daemon.makeDirectories(layout, uid);
    try (DaemonLock _ = DaemonLock.take(layout);
        Store store = Stores.openAnyway(layout, settings)) {
      look.at(store);
    }
  }
}
