package dev.kelvin.state.sqlite;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.StoreProblems;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The thread that writes. What waits while it syncs the disk is written together next: one sync for
 * all of it. Each piece of work still has a revision of its own.
 */
final class SqliteWriter implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(SqliteWriter.class.getName());
  private static final int BATCH = 128;
  private static final Duration RESCUE_AGAIN = Duration.ofSeconds(1);

  /** How long writes under way are waited for at the end. */
  private static final Duration LAST_WRITES = Duration.ofSeconds(10);

  /** A piece of work within a database transaction. */
  @FunctionalInterface
  interface Work<T> {
    /**
     * Does it.
     *
     * @throws ProblemException refuses it; nothing was written then
     */
    T run(Batch batch) throws SQLException;
  }

  /** Is told what is on the disk, in order. */
  @FunctionalInterface
  interface Committed {
    void committed(long revision, List<Change> changes);
  }

  /** The work that is written together. */
  static final class Batch {
    private final SqliteTables tables;
    private final List<List<Change>> changes = new ArrayList<>();
    private long revision;

    private Batch(SqliteTables tables, long revision) {
      this.tables = tables;
      this.revision = revision;
    }

    SqliteTables tables() {
      return tables;
    }

    /** After what was written so far. */
    long revision() {
      return revision;
    }

    /** Writes the changes of the next revision, if there are any. */
    void write(List<Change> next) throws SQLException {
      if (!next.isEmpty()) {
        tables.write(next);
        changes.add(next);
        revision++;
      }
    }
  }

  private record Job<T>(@Nullable Work<T> work, boolean sparing, CompletableFuture<T> answer) {
    /** Runs it; the answer is given when it is on the disk. */
    @Nullable Runnable run(Work<T> known, Batch batch) throws SQLException {
      try {
        T value = known.run(batch);
        return () -> answer.complete(value);
      } catch (ProblemException e) {
        answer.completeExceptionally(e);
        return null;
      }
    }
  }

  private final Path file;
  private final SqliteReaders readers;
  private final DiskReserve reserve;
  private final Committed committed;
  private final BlockingQueue<Job<?>> queue = new LinkedBlockingQueue<>();
  private final ReentrantLock accepting = new ReentrantLock();
  private final Thread thread;

  /** The work that has been taken from the queue and is not answered yet. */
  private volatile List<Job<?>> underWay = List.of();

  // Of the thread, once it has begun.
  private SqliteFile place;

  /** What was in a file that was deleted, until there is one again. */
  private @Nullable SqliteRescue rescue;

  private SqliteSession session;
  private SqliteTables tables;
  private volatile long revision;
  private volatile boolean closed;

  /** Begins to write, with a session that it closes. */
  SqliteWriter(
      Path file,
      SqliteSession session,
      SqliteReaders readers,
      DiskReserve reserve,
      Committed committed)
      throws SQLException, IOException {
    this.file = file;
    this.place = SqliteFile.of(file);
    this.session = session;
    this.readers = readers;
    this.reserve = reserve;
    this.tables = new SqliteTables(session);
    this.committed = committed;
    this.revision = tables.revision();
    this.thread = Thread.ofPlatform().name("store-writer").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** The revision of the last change that is on the disk. */
  long revision() {
    return revision;
  }

  /** The answer comes when the work is on the disk. */
  <T> CompletableFuture<T> submit(Work<T> work) {
    return submit(work, false);
  }

  /**
   * As {@link #submit(Work)}.
   *
   * @param sparing whether it is refused on a full disk, instead of using the reserve
   */
  <T> CompletableFuture<T> submit(Work<T> work, boolean sparing) {
    var answer = new CompletableFuture<T>();
    accepting.lock();
    try {
      if (closed) {
        throw StoreProblems.closed().asException();
      }
      queue.add(new Job<>(work, sparing, answer));
    } finally {
      accepting.unlock();
    }
    return answer;
  }

  private void run() {
    try {
      while (!closed || !queue.isEmpty()) {
        Job<?> first =
            rescue == null
                ? queue.take()
                : queue.poll(RESCUE_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
        var jobs = new ArrayList<Job<?>>();
        if (first != null) {
          jobs.add(first);
          queue.drainTo(jobs, BATCH - 1);
        }
        underWay = jobs;
        writeAll(jobs);
        underWay = List.of();
      }
    } catch (InterruptedException | Error e) { // such as too little memory: nobody may wait on
      LOG.log(System.Logger.Level.ERROR, "the store stops, because its thread ends", e);
      stopAccepting();
      giveUp(e);
    }
  }

  /** Answers those who wait for what will not be answered any more. */
  private void giveUp(Throwable why) {
    for (Job<?> job : underWay) {
      job.answer()
          .completeExceptionally(
              StoreProblems.unknownOutcome(file.toString(), "the store was closed meanwhile", why));
    }
    for (Job<?> job = queue.poll(); job != null; job = queue.poll()) {
      job.answer().completeExceptionally(StoreProblems.closed().asException(why));
    }
  }

  /** Nothing is added to the queue after the job that is added here, which does nothing. */
  private void stopAccepting() {
    accepting.lock();
    try {
      closed = true;
      queue.add(new Job<Void>(null, false, new CompletableFuture<>()));
    } finally {
      accepting.unlock();
    }
  }

  /** Writes it; on a full disk with pieces of the reserve, if that may be. */
  private void writeAll(List<Job<?>> jobs) {
    if (jobs.stream().anyMatch(Job::sparing) && reserve.refuses()) {
      refuseSparing(jobs, null);
    }
    List<Job<?>> left = unanswered(jobs);
    for (Exception error = attempt(left); error != null; error = attempt(left)) {
      boolean full = reserve.isWanted(error);
      if (full) {
        refuseSparing(left, error);
        left = unanswered(left);
      }
      if (!full || left.isEmpty() || !reserve.release()) {
        fail(left, error);
        return;
      }
    }
  }

  /** What was refused in an attempt stays so, also where the next one would have let it pass. */
  private static List<Job<?>> unanswered(List<Job<?>> jobs) {
    return jobs.stream().filter(job -> !job.answer().isDone()).<Job<?>>map(job -> job).toList();
  }

  private void refuseSparing(List<Job<?>> jobs, @Nullable Exception why) {
    Problem refusal = reserve.refusal();
    for (Job<?> job : jobs) {
      if (job.sparing()) {
        job.answer()
            .completeExceptionally(why == null ? refusal.asException() : refusal.asException(why));
      }
    }
  }

  /** Writes all of it, or none: then tells why. */
  private @Nullable Exception attempt(List<Job<?>> jobs) {
    List<Runnable> answers = new ArrayList<>();
    Batch batch;
    try {
      keepFile();
      batch = new Batch(tables, revision);
      session.execute("BEGIN IMMEDIATE");
      for (Job<?> job : jobs) {
        Runnable answer = run(job, batch);
        if (answer != null) {
          answers.add(answer);
        }
      }
      session.execute("COMMIT");
    } catch (SQLException | IOException | RuntimeException e) {
      return rolledBack(e);
    }
    for (List<Change> changes : batch.changes) {
      revision = changes.getFirst().revision();
      committed.committed(revision, changes);
    }
    answers.forEach(Runnable::run);
    return null;
  }

  private Exception rolledBack(Exception why) {
    try {
      if (rescue == null) {
        session.rollback();
      }
    } catch (SQLException e) {
      why.addSuppressed(e);
    }
    return why;
  }

  /**
   * Writes the file anew when somebody has deleted it; nothing that was stored is lost. What fails
   * on the way is tried again with the next work, or after a moment.
   */
  private void keepFile() throws IOException {
    if (rescue == null && !place.isGone()) {
      return;
    }
    try {
      SqliteRescue found = rescue;
      if (found == null) {
        LOG.log(
            System.Logger.Level.ERROR,
            "somebody has deleted the store "
                + file
                + "; it is written anew with all that was in it");
        found = SqliteRescue.of(file, session);
        rescue = found;
      }
      readers.pause(
          SqliteProblems.gone(file, new IOException("it is written anew at this moment")));
      session.close();
      place = found.restore();
      session = SqliteSession.open(file);
      session.startWriting();
      tables = new SqliteTables(session);
      readers.resume();
      if (place.isGone()) {
        throw new NoSuchFileException(file.toString(), null, "it was deleted again");
      }
      rescue = null;
      found.close();
    } catch (SQLException | IOException e) {
      throw SqliteProblems.gone(file, e);
    }
  }

  private static <T> @Nullable Runnable run(Job<T> job, Batch batch) throws SQLException {
    return job.work() == null ? null : job.run(job.work(), batch);
  }

  private void fail(List<Job<?>> jobs, Exception error) {
    RuntimeException told =
        switch (error) {
          case SQLException known -> SqliteProblems.of(file, known);
          case IOException known -> unreachable(known);
          case RuntimeException other -> other;
          default -> new IllegalStateException(error);
        };
    jobs.forEach(job -> job.answer().completeExceptionally(told));
  }

  private RuntimeException unreachable(IOException why) {
    return Problem.of(Code.HOST_FAILURE, "The store's file cannot be reached")
        .on(file.toString())
        .because(why.toString())
        .remedy("check the file system that it is on")
        .asException(why);
  }

  /** Writes what waits and ends; what does not end in time is left behind. */
  @Override
  public void close() throws SQLException {
    stopAccepting();
    boolean interrupted = false;
    long end = System.nanoTime() + LAST_WRITES.toNanos();
    while (thread.isAlive() && System.nanoTime() < end) {
      try {
        thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LOG.log(System.Logger.Level.ERROR, "a write of the store does not end; it is left behind");
      giveUp(new IllegalStateException("the disk does not answer"));
      return;
    }
    if (rescue != null) {
      LOG.log(
          System.Logger.Level.ERROR,
          "the store {0} was deleted and could not be written anew; what was in it is lost,"
              + " unless {0}.rescued is there",
          file);
    }
    session.close();
  }
}
