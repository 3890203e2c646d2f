package dev.kelvin.image.bulk;

import dev.kelvin.image.web.Unfinished;
import dev.kelvin.model.PieceInput;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * What comes through the pipe of a worker, read as it comes. A thread of the system reads the pipe,
 * since a virtual one would keep its carrier from all others; it goes ahead by some pieces only.
 */
final class PipedBody extends PieceInput {
  private static final System.Logger LOG = System.getLogger(PipedBody.class.getName());

  /** What a pipe holds at once (pipe(7)). */
  private static final int PIECE = 64 << 10;

  private static final int AHEAD = 4;

  /** What is to be looked at when there is nothing more. */
  interface End {
    /**
     * Returns when all has come.
     *
     * @throws IOException when not
     */
    void require() throws IOException;
  }

  /** Some bytes, used again and again; one that has no room stands for the end. */
  private static final class Piece {
    private final byte[] bytes;
    private int at;
    private int end;

    Piece(int room) {
      this.bytes = new byte[room];
    }

    boolean isEnd() {
      return bytes.length == 0;
    }

    /** False at the end. */
    boolean fill(InputStream pipe) throws IOException {
      at = 0;
      end = Math.max(0, pipe.read(bytes));
      return end > 0;
    }

    int get(byte[] target, int offset, int most) {
      int count = Math.min(most, end - at);
      System.arraycopy(bytes, at, target, offset, count);
      at += count;
      return count;
    }
  }

  private final Duration patience;
  private final End end;
  private final BlockingQueue<Piece> empty = new LinkedBlockingQueue<>();

  /** Ready to be read. */
  private final BlockingQueue<Piece> full = new LinkedBlockingQueue<>();

  private Piece current = new Piece(0);
  private boolean atEnd;
  private volatile boolean closed;

  PipedBody(Duration patience, End end) {
    this.patience = patience;
    this.end = end;
    for (int i = 0; i < AHEAD; i++) {
      empty.add(new Piece(PIECE));
    }
  }

  /** Reads a pipe to its end, in the calling thread. */
  void hear(InputStream pipe) {
    try (pipe) {
      while (!closed) {
        Piece piece = empty.take();
        if (closed || !piece.fill(pipe)) {
          break;
        }
        full.add(piece);
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the pipe of a worker is closed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      full.add(new Piece(0));
    }
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (current.at == current.end) {
      if (atEnd) {
        return -1;
      }
      if (!current.isEnd()) {
        empty.add(current);
      }
      current = next();
      if (current.isEnd()) {
        end.require();
        atEnd = true;
      }
    }
    return current.get(target, offset, length);
  }

  private Piece next() throws IOException {
    try {
      Piece piece = full.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
      if (piece == null) {
        throw Unfinished.stalled(patience);
      }
      return piece;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a body was read");
    }
  }

  /** Nothing more is wanted: whoever reads the pipe is let go. */
  @Override
  public void close() {
    closed = true;
    empty.add(new Piece(0));
  }
}
