package dev.kelvin.state;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
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

/**
 * Reads on platform threads: a native call would hold the carrier of a virtual thread while it
 * waits for the disk. Readers do not wait for the writer.
 */
final class SqliteReaders implements AutoCloseable {
  private static final int READERS = 2;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  @FunctionalInterface
  interface Read<T> {
    T of(SqliteTables tables) throws SQLException;
  }

  private final Path file;
  private final BlockingQueue<SqliteSession> free = new LinkedBlockingQueue<>();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          READERS, Thread.ofPlatform().name("store-reader-", 0).daemon().factory());

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
    while (free.size() < READERS) {
      free.add(SqliteSession.open(file));
    }
  }

  /** Waits for reads under way and lets go of the file; later ones wait for {@link #resume}. */
  void pause() throws SQLException {
    boolean interrupted = false;
    for (int i = 0; i < READERS; ) {
      try {
        free.take().close();
        i++;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads from the file that is there now. */
  void resume() throws SQLException {
    open();
  }

  /** Reads as of one moment. */
  <T> T read(Read<T> read) {
    try {
      return Answers.of(CompletableFuture.supplyAsync(() -> now(read), threads));
    } catch (RejectedExecutionException e) {
      throw StoreProblems.closed().asException(e);
    }
  }

  private SqliteSession await() {
    try {
      SqliteSession session = free.poll(LONGEST_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      if (session != null) {
        return session;
      }
    } catch (InterruptedException e) {
      throw StoreProblems.closed().asException(e);
    }
    throw Problem.of(Code.HOST_FAILURE, "The store cannot be read")
        .on(file.toString())
        .because("its file was deleted, and could not be written anew")
        .remedy("see the daemon's log; start the daemon again when the file system works")
        .asException();
  }

  private <T> T now(Read<T> read) {
    SqliteSession session = await(); // there are as many as threads; it waits only in a pause
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
    threads.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    for (SqliteSession session = free.poll(); session != null; session = free.poll()) {
      session.close();
    }
  }
}
