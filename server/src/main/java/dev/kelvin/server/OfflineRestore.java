package dev.kelvin.server;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.state.backup.Restore;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Restores the state of a daemon that does not run. */
final class OfflineRestore {
  private OfflineRestore() {}

  /**
   * Restores a backup into the store that the configuration names, whichever engine it has.
   *
   * @param replace whether a store that holds something may be replaced
   * @throws dev.kelvin.model.ProblemException conflict while a daemon runs; wrong-state when the
   *     store holds something, or VMs run that the backup does not know; malformed for a bad file
   */
  static Restore.Summary run(Layout layout, int uid, Path file, boolean replace)
      throws IOException {
    Daemon.makeDirectories(layout, uid);
    var restore = new Restore(file);
    try (DaemonLock _ = DaemonLock.take(layout);
        Store store = Stores.openAnyway(layout, Settings.read(layout).state())) {
      var runs = new TreeMap<String, Entry>();
      restore.check(put -> {
        if (put.key().startsWith(VmRepository.runForm().prefix())) {
          runs.put(put.key(), new Entry(put.key(), put.value(), 1, 1, 1, null));
        }
      });
      if (!replace && !Restore.isEmpty(store)) {
        throw Problem.of(Code.WRONG_STATE, "The store is not empty")
            .on(layout.state().toString())
            .because("restoring replaces all that it holds")
            .remedy("back it up with \"kelvin state backup\" first, then add --replace")
            .asException();
      }
      refuseOrphans(store, runs);
      return restore.into(store);
    }
  }

  /** A VM that runs and that the backup does not know would run on with nobody to look after it. */
  private static void refuseOrphans(Store store, Map<String, Entry> restored) {
    var collection = new Collection<>(store, VmRepository.runForm());
    List<String> orphans = new ArrayList<>();
    var running = collection.listing();
    for (var item : running.items()) {
      RunRecord now = item.value();
      Entry then = restored.get(collection.key(item.id()));
      boolean known = then != null && collection.read(then).value().process().equals(now.process());
      if (!known && !ProcessId.decode(now.process()).gone()) {
        orphans.add(item.id());
      }
    }
    // Which process it has cannot be read: only a backup that knows one may go over it.
    running.damaged().keySet().stream()
        .filter(id -> !restored.containsKey(collection.key(id)))
        .forEach(orphans::add);
    if (!orphans.isEmpty()) {
      throw Problem.of(Code.WRONG_STATE, "VMs run that the backup does not know as running")
          .because("nobody would look after the processes of " + String.join(", ", orphans))
          .remedy("shut them down first: kelvin up --detach, then kelvin down --stop-vms")
          .asException();
    }
  }
}
