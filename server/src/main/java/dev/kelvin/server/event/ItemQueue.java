package dev.kelvin.server.event;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.server.action.Outcome.Subscription;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What waits for one client. A client that falls too far behind is cut off, and reads anew. */
public final class ItemQueue implements Subscription {
  private static final int CAPACITY = 10_000;

  private final BlockingQueue<Item> items = new LinkedBlockingQueue<>(CAPACITY);
  private final Runnable onClose;
  private volatile boolean overflown;

  public ItemQueue(Runnable onClose) {
    this.onClose = onClose;
  }

  /** Adds an item, or cuts the client off when its queue is full. */
  public void offer(Item item) {
    if (!overflown && !items.offer(item)) {
      overflown = true;
    }
  }

  @Override
  public @Nullable Item next(Duration wait) throws InterruptedException {
    Item item = items.poll(wait.toMillis(), TimeUnit.MILLISECONDS);
    if (item == null && overflown) {
      throw Problem.of(Code.REVISION_MISMATCH, "The stream has fallen behind")
          .because("the client has not taken the last " + CAPACITY + " changes")
          .remedy("list the objects anew, and watch from the revision of that list")
          .asException();
    }
    return item;
  }

  @Override
  public void close() {
    onClose.run();
  }
}
