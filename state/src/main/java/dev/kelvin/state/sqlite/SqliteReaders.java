package dev.kelvin.state.sqlite;

import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.StoreProblems;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads on platform threads: a native call would hold the carrier of a virtual thread while it
 * waits for the disk. Readers do not wait for the writer.
 */
final class SqliteReaders implements AutoCloseable {
  private static final int READERS = 2;
  private static final System.Logger LOG = System.getLogger(SqliteReaders.class.getName());
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** How long reads under way are waited for at the end. */
  private static final Duration LAST_READS = Duration.ofSeconds(5);

  @FunctionalInterface
  interface Read<T> {
    T of(SqliteTables tables) throws SQLException;
  }

  private final Path file;
  private final BlockingQueue<SqliteSession> free = new LinkedBlockingQueue<>();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          READERS, Thread.ofPlatform().name("store-reader-", 0).daemon().factory());

  /** Why nothing can be read; null when it can. */
  private volatile @Nullable ProblemException refusal;

  /** How many there are. Of the thread that opens, pauses and resumes. */
  private int sessions;

  SqliteReaders(Path file) throws SQLException {
    this.file = file;
    try {
      open();
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  private void open() throws SQLException {
    while (sessions < READERS) {
      SqliteSession session = SqliteSession.open(file);
      try {
        session.touch();
      } catch (SQLException e) {
        session.close();
        throw e;
      }
      free.add(session);
      sessions++;
    }
  }

  /**
   * Waits for reads under way and lets go of the file; reads are refused until {@link #resume}. May
   * be repeated; called by one thread.
   */
  void pause(ProblemException why) throws SQLException {
    refusal = why;
    boolean interrupted = false;
    try {
      while (sessions > 0) {
        try {
          SqliteSession session = free.poll(LONGEST_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
          if (session == null) {
            throw SqliteProblems.readHangs(file);
          }
          sessions--;
          session.close();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Reads from the file that is there now. */
  void resume() throws SQLException {
    open();
    refusal = null;
  }

  /** Reads as of one moment. */
  <T> T read(Read<T> read) {
    try {
      return ThreadAnswers.of(
          CompletableFuture.supplyAsync(() -> now(read), threads),
          () -> SqliteProblems.readHangs(file));
    } catch (RejectedExecutionException e) {
      throw StoreProblems.closed().asException(e);
    }
  }

  /** There are as many as threads; none is there in a pause, which is over in a moment or fails. */
  private SqliteSession await() {
    try {
      for (long left = LONGEST_PAUSE.toMillis(); left > 0; left -= LOOK.toMillis()) {
        SqliteSession session = free.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        if (session != null) {
          return session;
        }
        ProblemException why = refusal;
        if (why != null) {
          throw why.problem().asException(why);
        }
      }
    } catch (InterruptedException e) {
      throw StoreProblems.closed().asException(e);
    }
    throw SqliteProblems.readHangs(file);
  }

  private <T> T now(Read<T> read) {
    SqliteSession session = await();
    try {
      session.execute("BEGIN");
      try {
        return read.of(new SqliteTables(session));
      } finally {
        session.rollback();
      }
    } catch (SQLException e) {
      throw SqliteProblems.of(file, e);
    } finally {
      free.add(session);
    }
  }

  @Override
  public void close() throws SQLException {
    boolean interrupted = Thread.interrupted(); // else those who wait for answers got none
    threads.shutdown();
    try {
      if (!threads.awaitTermination(LAST_READS.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.log(System.Logger.Level.WARNING, "a read of the store does not end; it is left behind");
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    for (SqliteSession session = free.poll(); session != null; session = free.poll()) {
      session.close();
    }
  }
}
