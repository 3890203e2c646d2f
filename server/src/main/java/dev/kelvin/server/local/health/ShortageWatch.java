package dev.kelvin.server.local.health;

import dev.kelvin.machine.supervise.EventSink;
import dev.kelvin.model.Problem;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Tells when the store comes to live on what it keeps in reserve, and when it no longer does. */
public final class ShortageWatch implements AutoCloseable {
  private static final Duration LOOK = Duration.ofMillis(500);

  private final Supplier<Optional<Problem>> source;
  private final EventSink events;
  private final CountDownLatch closing = new CountDownLatch(1);

  /**
   * @param source answers from what it knows, so that it may be asked often
   */
  public ShortageWatch(Supplier<Optional<Problem>> source, EventSink events) {
    this.source = source;
    this.events = events;
  }

  /** Why nothing is begun now that takes space; empty when there is room. */
  public Optional<Problem> now() {
    return source.get();
  }

  public void start() {
    Thread.ofVirtual().name("shortage").start(this::watch);
  }

  private void watch() {
    boolean full = false;
    try {
      do {
        Optional<Problem> now = now();
        if (now.isPresent() != full) {
          full = now.isPresent();
          tell(now);
        }
      } while (!closing.await(LOOK.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(Optional<Problem> now) {
    if (now.isPresent()) {
      events.publish("node.disk-full", "node/disk", now.get().oneLineWithRemedy(), Map.of());
    } else {
      events.publish(
          "node.disk-has-room", "node/disk", "the disk with the state has room again", Map.of());
    }
  }

  @Override
  public void close() {
    closing.countDown();
  }
}
