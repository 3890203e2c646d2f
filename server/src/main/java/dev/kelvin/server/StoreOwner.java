package dev.kelvin.server;

import dev.kelvin.host.file.Durable;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * Whose a store in a cluster is. A second daemon on the same keys would take the VMs of the first
 * for ended and start them again, on the same disks: each set of keys belongs to one node. The node
 * is known by a file in its state directory.
 */
final class StoreOwner {
  private static final String KEY = Store.OWNER;

  private StoreOwner() {}

  /**
   * Takes a store that belongs to nobody.
   *
   * @throws dev.kelvin.model.ProblemException conflict when it belongs to another node
   */
  static void claim(Store store, Layout layout, String prefix) throws IOException {
    String id = id(layout);
    String self = id + " on " + Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    Txn take =
        Txn.when(Compare.absent(KEY)).andThen(Op.put(KEY, self.getBytes(StandardCharsets.UTF_8)));
    while (!store.commit(take).succeeded()) {
      Optional<Entry> owner = store.get(KEY);
      if (owner.isEmpty()) {
        continue; // it was given up meanwhile
      }
      String name = new String(owner.get().value(), StandardCharsets.UTF_8);
      if (name.startsWith(id + " ")) {
        return;
      }
      throw Problem.of(Code.CONFLICT, "The store in etcd belongs to another node")
          .on("state.prefix " + prefix)
          .because("it is that of " + name)
          .remedy(
              "give this node a prefix of its own; if the other one is gone for good, delete its"
                  + " claim: etcdctl del "
                  + prefix
                  + KEY)
          .asException();
    }
  }

  /** The random id of this node. */
  private static String id(Layout layout) throws IOException {
    Path file = layout.state().resolve("node-id");
    if (!Files.exists(file)) {
      Path unfinished = layout.state().resolve("node-id.new");
      Files.writeString(unfinished, UUID.randomUUID() + "\n");
      Durable.publish(unfinished, file);
    }
    return Files.readString(file).strip();
  }
}
