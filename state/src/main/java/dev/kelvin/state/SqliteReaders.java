package dev.kelvin.state;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;

/**
 * Reads on platform threads: a native call would hold the carrier of a virtual thread while it
 * waits for the disk. Readers do not wait for the writer.
 */
final class SqliteReaders implements AutoCloseable {
  private static final int READERS = 2;

  @FunctionalInterface
  interface Read<T> {
    T of(SqliteTables tables) throws SQLException;
  }

  private final Path file;
  private final List<SqliteSession> sessions = new ArrayList<>();
  private final BlockingQueue<SqliteSession> free = new LinkedBlockingQueue<>();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          READERS, Thread.ofPlatform().name("store-reader-", 0).daemon().factory());

  SqliteReaders(Path file) throws SQLException {
    this.file = file;
    try {
      for (int i = 0; i < READERS; i++) {
        var session = SqliteSession.open(file);
        sessions.add(session);
        free.add(session);
      }
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  /** Reads as of one moment. */
  <T> T read(Read<T> read) {
    try {
      return Answers.of(CompletableFuture.supplyAsync(() -> now(read), threads));
    } catch (RejectedExecutionException e) {
      throw StoreProblems.closed().asException(e);
    }
  }

  private <T> T now(Read<T> read) {
    SqliteSession session = free.remove(); // there are as many as threads
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
    for (SqliteSession session : sessions) {
      session.close();
    }
  }
}
