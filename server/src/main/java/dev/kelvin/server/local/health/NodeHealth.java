package dev.kelvin.server.local.health;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.state.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Whether what the daemon stands on holds: its store, the disk with its state, and the threads that
 * tell of events.
 */
public final class NodeHealth {
  /** With less than this the next writes may fail. */
  static final long LEAST_BYTES = 16L << 20;

  private static final Duration GOOD = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Store store;
  private final List<Probe> probes;

  /**
   * One of which nothing is known yet.
   *
   * @param pulse goes the way of events, and comes back when they do
   */
  public NodeHealth(Layout layout, Store store, Callable<?> pulse) {
    this.store = store;
    this.probes =
        List.of(
            new Probe("the store", GOOD, PATIENCE, () -> read(store)),
            new Probe("the disk", GOOD, PATIENCE, () -> write(layout.state())),
            new Probe(
                "telling of events",
                GOOD,
                PATIENCE,
                () -> {
                  var _ = pulse.call();
                  return Optional.empty();
                }));
  }

  /** What does not hold; empty when all does. Waits for two seconds at most. */
  public Optional<Problem> complaint() {
    Optional<Problem> full = store.shortage();
    if (full.isPresent()) {
      return full.map(why -> why.as(Code.UNAVAILABLE));
    }
    probes.forEach(Probe::renew); // so that they are waited for at the same time
    return probes.stream().map(Probe::complaint).flatMap(Optional::stream).findFirst();
  }

  private static Optional<Problem> read(Store store) {
    var _ = store.get(Store.OWNER);
    return Optional.empty();
  }

  private static Optional<Problem> write(Path directory) {
    Path file = directory.resolve(".health");
    try {
      long left = Files.getFileStore(directory).getUsableSpace();
      if (left < LEAST_BYTES) {
        return Optional.of(
            Problem.of(Code.UNAVAILABLE, "The disk with the daemon's state is full")
                .on(directory.toString())
                .because(new ByteSize(left).human() + " are left")
                .remedy("make room there; VMs that run go on"));
      }
      Files.write(file, new byte[] {1});
      Files.delete(file);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          Problem.of(Code.UNAVAILABLE, "The daemon cannot write its state")
              .on(directory.toString())
              .because(e.toString())
              .remedy("see whether its disk is there, has space left, and can be written to"));
    }
  }
}
