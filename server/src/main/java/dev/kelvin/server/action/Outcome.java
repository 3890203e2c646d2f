package dev.kelvin.server.action;

import dev.kelvin.model.Task;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an action leads to. */
public sealed interface Outcome {
  /**
   * One object.
   *
   * @param revision its ETag; null when it has none
   */
  record Document(Object body, @Nullable Long revision) implements Outcome {}

  /**
   * A part of a list.
   *
   * @param next what the next page begins after; null on the last one
   * @param revision of the store, from which a watch can go on without a gap
   * @param asOf when the store last told that, as it does not answer now; null when it does
   */
  record Page(List<?> items, @Nullable String next, long revision, @Nullable Instant asOf)
      implements Outcome {
    /** One that the store has just told. */
    public Page(List<?> items, @Nullable String next, long revision) {
      this(items, next, revision, null);
    }

    public Page asOf(@Nullable Instant when) {
      return new Page(items, next, revision, when);
    }
  }

  /** Long work has begun. */
  record Accepted(Task task) implements Outcome {}

  /** Done, with nothing to tell. */
  record Done() implements Outcome {}

  @SuppressWarnings("ArrayRecordComponent") // bytes pass through; outcomes are not compared
  record Bytes(String contentType, byte[] content) implements Outcome {}

  /** Bytes that are made while they are sent. */
  record Download(String contentType, Content content) implements Outcome {
    /** Writes them. */
    @FunctionalInterface
    public interface Content {
      void writeTo(OutputStream out) throws IOException;
    }
  }

  record Stream(Subscription subscription) implements Outcome {}

  /** What a ticket is good for. */
  record Ticket(String ticket, String path, Duration validFor) implements Outcome {}

  /** A queue of changes or events for one client. */
  interface Subscription extends AutoCloseable {
    /**
     * One thing to tell.
     *
     * @param id to resume from
     * @param event {@code put}, {@code delete} or the type of an event
     */
    record Item(long id, String event, Object data) {}

    /** The next one, or null when {@code wait} passes without any. */
    @Nullable Item next(Duration wait) throws InterruptedException;

    @Override
    void close();
  }
}
