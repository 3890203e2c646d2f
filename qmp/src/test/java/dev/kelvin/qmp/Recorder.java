package dev.kelvin.qmp;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A listener that remembers. */
class Recorder implements QmpListener {
  private final BlockingQueue<QmpEvent> events = new LinkedBlockingQueue<>();
  private final CompletableFuture<Optional<Throwable>> end = new CompletableFuture<>();

  @Override
  public void event(QmpEvent event) {
    events.add(event);
  }

  @Override
  public void closed(@Nullable Throwable why) {
    end.complete(Optional.ofNullable(why));
  }

  QmpEvent next() throws InterruptedException {
    var event = events.poll(10, TimeUnit.SECONDS);
    if (event == null) {
      throw new AssertionError("no event came");
    }
    return event;
  }

  /** Why the connection ended, once it did; all events have been heard by then. */
  Optional<Throwable> awaitEnd() {
    return end.orTimeout(Duration.ofSeconds(10).toMillis(), TimeUnit.MILLISECONDS).join();
  }

  boolean ended() {
    return end.isDone();
  }

  List<QmpEvent> all() {
    return List.copyOf(events);
  }
}
