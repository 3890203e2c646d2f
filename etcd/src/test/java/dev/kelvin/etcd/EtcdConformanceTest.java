package dev.kelvin.etcd;

import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreConformance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Each store has an etcd of its own: revisions count from its beginning. */
@Tag("slow")
class EtcdConformanceTest extends StoreConformance {
  @TempDir Path directory;
  private final List<EtcdServer> servers = new ArrayList<>();

  @BeforeAll
  static void assumeEtcd() {
    EtcdServer.assume();
  }

  @Override
  protected Store open(InstantSource clock, int keep) {
    try {
      var server =
          EtcdServer.start(
              java.nio.file.Files.createDirectory(directory.resolve("etcd" + servers.size())));
      servers.add(server);
      return EtcdStore.open(server.place("/kelvin"), keep, EtcdStore.DEADLINE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void stopServers() {
    servers.forEach(EtcdServer::close);
  }

  @Override
  public Duration ttl() {
    return Duration.ofSeconds(2);
  }

  /** etcd has no clock that could be set: the time must pass. */
  @Override
  public void pass(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
