package dev.kelvin.server.http.guard;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The room for documents while they are read and understood. What counts is what has come, not what
 * was announced or could come. No client has all of it; whoever finds none waits a moment, as most
 * documents are read in less.
 */
public final class DocumentRoom {
  /** How long is waited for room. */
  public static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Documents of the largest size that are read at once. */
  private static final int DOCUMENTS = 4;

  /** How many of these are one client's. */
  private static final int DOCUMENTS_OF_ONE = 2;

  /** What is set aside for a document of which nothing has come. */
  private static final int FIRST_BYTES = 4 << 10;

  private final int largest;
  private final Duration patience;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition given = lock.newCondition();

  /** By client, for those that have any. */
  private final Tally<Object> taken = new Tally<>();

  private long inUse;

  /**
   * One in which nothing is.
   *
   * @param largest bytes of one document
   */
  public DocumentRoom(int largest) {
    this(largest, PATIENCE);
  }

  DocumentRoom(int largest, Duration patience) {
    this.largest = largest;
    this.patience = patience;
  }

  /** Bytes of the largest document. */
  public int largest() {
    return largest;
  }

  /** How much is in use. */
  public long inUse() {
    lock.lock();
    try {
      return inUse;
    } finally {
      lock.unlock();
    }
  }

  /** How many clients have a part of it. */
  int clients() {
    lock.lock();
    try {
      return taken.size();
    } finally {
      lock.unlock();
    }
  }

  /** A place for one document of a client, which knows clients apart by {@code equals}. */
  public Place placeFor(Object client) {
    return new Place(client);
  }

  /** What one document takes, until it is closed. */
  public final class Place implements AutoCloseable {
    private final Object client;
    private long mine;

    private Place(Object client) {
      this.client = client;
    }

    /**
     * All of a document; one byte more than the largest when it goes on after that.
     *
     * @throws dev.kelvin.model.ProblemException too-many when there is no room, and none comes soon
     */
    public byte[] read(InputStream from) throws IOException {
      int end = largest + 1;
      var bytes = new byte[0];
      int length = 0;
      while (length < end) {
        if (length == bytes.length) {
          int larger = Math.min(Math.max(FIRST_BYTES, length * 2), end);
          grow(larger - bytes.length);
          bytes = Arrays.copyOf(bytes, larger);
        }
        int count = from.read(bytes, length, bytes.length - length);
        if (count < 0) {
          break;
        }
        length += count;
      }
      return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private void grow(long amount) {
      lock.lock();
      try {
        long left = patience.toNanos();
        while (!fits(amount)) {
          if (left <= 0) {
            throw full().asException();
          }
          left = given.awaitNanos(left);
        }
        taken.add(client, amount);
        inUse += amount;
        mine += amount;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw full().asException(e);
      } finally {
        lock.unlock();
      }
    }

    private boolean fits(long amount) {
      return inUse + amount <= room(DOCUMENTS)
          && taken.of(client) + amount <= room(DOCUMENTS_OF_ONE);
    }

    private Problem full() {
      return Problem.of(Code.TOO_MANY, "Clients want too much at once")
          .because(
              "%d bytes of documents (limits.documentBytes) are being read, %d of them of this client; there is room for %d, and for %d of one client"
                  .formatted(inUse, taken.of(client), room(DOCUMENTS), room(DOCUMENTS_OF_ONE)))
          .remedy("send fewer documents at a time, each as fast as it goes");
    }

    @Override
    public void close() {
      lock.lock();
      try {
        long gone = mine;
        mine = 0;
        inUse -= gone;
        taken.take(client, gone);
        given.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** The byte after a document of the largest size belongs to it, too. */
  private long room(int documents) {
    return documents * (largest + 1L);
  }
}
