package dev.kelvin.it.fault;

import dev.kelvin.etcd.EtcdServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A daemon on etcd, and tasks that differ in how they write. */
class KillOnEtcdTest extends KillsAtWrites {
  private static final Set<String> NAMES =
      Set.of("a VM is created", "a disk is added to a running VM", "a VM is deleted");

  private @Nullable EtcdServer etcd;
  private int daemons;

  @Override
  String configuration(Path files) throws IOException {
    EtcdServer server = etcd;
    if (server == null) {
      server = EtcdServer.start(files);
      etcd = server;
    }
    daemons++; // each has keys of its own: no other node may take them over
    return server.configuration("/" + daemons + "/");
  }

  @Override
  List<Scenario> wanted(List<Scenario> all) {
    return all.stream().filter(scenario -> NAMES.contains(scenario.name())).toList();
  }

  @Override
  void closeMore() {
    EtcdServer server = etcd;
    if (server != null) {
      server.close();
    }
  }
}
