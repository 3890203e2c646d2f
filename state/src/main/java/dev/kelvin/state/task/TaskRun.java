package dev.kelvin.state.task;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.Progress;
import dev.kelvin.model.Waits;
import dev.kelvin.state.store.Versioned;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A task under way and its thread. Only this writes the task's record; that it is to be cancelled
 * is stored apart, so that cancelling waits for nothing.
 */
final class TaskRun<I> {
  private static final System.Logger LOG = System.getLogger(TaskRun.class.getName());

  /** What tasks of an engine share. */
  record Shared(
      TaskStorage storage,
      InstantSource clock,
      TaskSettings settings,
      Consumer<TaskRun<?>> changed,
      Consumer<TaskRun<?>> ended) {}

  private final TaskType<I> type;
  private final I input;
  private final Shared shared;
  private final StepContext context = new Context();
  private final CompletableFuture<Task> end = new CompletableFuture<>();
  private final AtomicLong toldAt = new AtomicLong();
  private final Thread thread;

  /** Held while the record changes and is stored. */
  private final ReentrantLock writing = new ReentrantLock();

  /** Null when it is known that the store has the task. */
  private final @Nullable Admission admission;

  private volatile boolean admitted;

  /** Of the last write of the record that is known. Written under writing. */
  private volatile long revision;

  private volatile TaskRecord task;
  private volatile @Nullable Progress progress;
  private volatile @Nullable Problem trouble;

  /** Whether the step that is to be undone has refused that, when it was last tried. */
  private volatile boolean undoFails;

  /** Held for moments only. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition closing = lock.newCondition();
  // Guarded by lock.
  private boolean cancel;
  private boolean closed;
  private boolean stepRuns;

  /** What runs a task whose record was last written at a revision. */
  TaskRun(TaskType<I> type, I input, Versioned<TaskRecord> task, boolean cancel, Shared shared) {
    this(type, input, task, null, cancel, shared);
  }

  /** What runs a task once it is admitted. */
  TaskRun(TaskType<I> type, I input, TaskRecord task, Admission admission, Shared shared) {
    this(type, input, new Versioned<>(task, 0), admission, false, shared);
  }

  private TaskRun(
      TaskType<I> type,
      I input,
      Versioned<TaskRecord> task,
      @Nullable Admission admission,
      boolean cancel,
      Shared shared) {
    this.type = type;
    this.input = input;
    this.task = task.value();
    this.revision = task.revision();
    this.admission = admission;
    this.admitted = admission == null;
    this.cancel = cancel;
    this.shared = shared;
    this.thread = Thread.ofVirtual().name("task-" + this.task.id()).unstarted(this::run);
  }

  void start() {
    shared.changed().accept(this);
    thread.start();
  }

  String id() {
    return task.id();
  }

  Task view() {
    Task seen = task.view(progress, trouble);
    return admitted ? seen : Admission.shown(seen);
  }

  /** Of the last write of its record that is known. */
  long revision() {
    return revision;
  }

  /** Completes when the task has ended, or is left to the next engine. */
  CompletableFuture<Task> end() {
    return end;
  }

  /** Interrupts the step under way and has the task undone; that is stored already. */
  void cancel() {
    lock.lock();
    try {
      cancel = true;
      if (stepRuns) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread as soon as its step lets it; the task stays as it is recorded. */
  void close() {
    lock.lock();
    try {
      closed = true;
      closing.signalAll();
      thread.interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Whether its thread has ended, or it is left to the next engine. */
  boolean isOver() {
    return end.isDone();
  }

  /** Whether it is being undone, and that fails. */
  boolean isStuck() {
    return undoFails;
  }

  /**
   * Ends the thread; the task stays as it is recorded.
   *
   * @throws ProblemException unavailable when its step does not react
   */
  void leave(Duration timeout) {
    close();
    boolean left = false;
    try {
      left = join(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!left) {
      throw Problem.of(Code.UNAVAILABLE, "The task does not end")
          .on(Task.ref(id()))
          .because("step " + stepName() + " is being undone, and does not react")
          .remedy("try again; if it stays so, start the daemon anew and give the task up then")
          .asException();
    }
  }

  /** Whether the thread ended in time, or never began, or is the caller's. */
  boolean join(Duration timeout) throws InterruptedException {
    return Thread.currentThread().equals(thread)
        || thread.getState() == Thread.State.NEW
        || thread.join(timeout);
  }

  /** Sees to it that it never runs; false when the store has it already. */
  boolean withdraw() {
    Admission asked = admission;
    return asked != null && !admitted && asked.withdraw(cancelledProblem(null));
  }

  /** Takes over what is known of it. */
  void admit(Admission.Known now) {
    writing.lock();
    try {
      set(now.task(), now.revision());
      admitted = true;
    } finally {
      writing.unlock();
    }
  }

  private void run() {
    Admission asked = admission;
    boolean goesOn = admitted || asked == null || admit(asked);
    while (goesOn && !task.state().ended()) {
      goesOn =
          switch (task.state()) {
            case PENDING, RUNNING -> forward();
            case UNDOING -> back();
            case SUCCEEDED, FAILED, CANCELLED -> false;
          };
    }
    end.complete(view());
    if (task.state().ended()) {
      shared.ended().accept(this);
    }
  }

  /** Waits until it is known whether the store has the task; false when the engine closes. */
  private boolean admit(Admission asked) {
    boolean known = retrying(() -> admit(asked.ask()));
    if (known && !task.state().ended()) {
      asked.begins();
    }
    if (!known && asked.withdraw(engineCloses())) {
      try {
        asked.ask(); // the last chance: the next engine runs what it finds
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.WARNING, "task {0} may be in the store or not: {1}", id(), e);
      }
    }
    return known;
  }

  private Problem engineCloses() {
    return Problem.of(Code.UNAVAILABLE, "The task was withdrawn before it began")
        .on(task.object())
        .because("the daemon ended before the store said whether it had taken it")
        .remedy("ask for it again if it is still wanted; nothing of it was done");
  }

  /** Runs a step; false when the engine closes. */
  private boolean forward() {
    if (!beginStep()) {
      return isCancelled() && record(task.cancelled(cancelledProblem(null)));
    }
    Throwable failure = null;
    try {
      type.steps().get(task.step()).run(input, context);
    } catch (Throwable e) { // whatever a step throws, the task is undone
      failure = e;
    }
    endStep();
    progress = null;
    if (failure == null && !isCancelled()) {
      TaskRecord next = task.done(shared.clock().instant());
      return next.state().ended() ? succeed(next) : record(next);
    }
    if (failure != null && isClosed()) {
      return false; // it was interrupted; it runs again when the tasks are resumed
    }
    return record(
        failure == null || isCancelled()
            ? task.cancelled(cancelledProblem(failure))
            : task.failed(explain(failure)));
  }

  private boolean succeed(TaskRecord next) {
    return retrying(() -> {
      if (shared.storage().end(next, revision, true)) {
        task = next;
      } else {
        save(task.cancelled(cancelledProblem(null)));
      }
    });
  }

  /** Undoes a step; false when the engine closes. */
  private boolean back() {
    Duration wait = shared.settings().firstRetry();
    while (true) {
      try {
        type.steps().get(task.step()).undo(input, context);
        progress = null;
        undoFails = false;
        break;
      } catch (Throwable e) { // whatever it is, it is tried again
        progress = null;
        if (isClosed()) {
          return false;
        }
        trouble = explainUndo(explain(e));
        undoFails = true;
        shared.changed().accept(this);
        if (!pause(wait)) {
          return false;
        }
        wait = longer(wait);
      }
    }
    return record(task.undone(shared.clock().instant()));
  }

  private boolean record(TaskRecord next) {
    return retrying(() -> {
      if (next.state().ended()) {
        shared.storage().end(next, revision, false);
        task = next;
      } else {
        save(next);
      }
    });
  }

  /** Under {@link #writing}. */
  private void save(TaskRecord next) {
    set(next, shared.storage().save(next, revision));
  }

  private void set(TaskRecord next, long newRevision) {
    task = next;
    revision = newRevision;
  }

  /** Writes; when the store cannot, again and again until it can. False when the engine closes. */
  private boolean retrying(Runnable write) {
    Duration wait = shared.settings().firstRetry();
    while (true) {
      writing.lock();
      try {
        write.run();
        trouble = null;
        shared.changed().accept(this);
        return true;
      } catch (RuntimeException e) { // whatever it is, the task must not be lost
        if (trouble == null) {
          LOG.log(System.Logger.Level.WARNING, "task {0} waits for the store: {1}", id(), e);
        }
        trouble = ProblemException.toProblem(e);
        shared.changed().accept(this);
      } finally {
        writing.unlock();
      }
      if (!pause(wait)) {
        return false;
      }
      wait = longer(wait);
    }
  }

  private Duration longer(Duration wait) {
    return Waits.twice(wait, shared.settings().lastRetry());
  }

  /** Waits before something is tried again; false when the engine closes meanwhile. */
  private boolean pause(Duration wait) {
    lock.lock();
    try {
      long left = wait.toNanos();
      while (!closed && left > 0) {
        left = closing.awaitNanos(left);
      }
      return !closed;
    } catch (InterruptedException e) {
      return !closed; // only close() interrupts here
    } finally {
      lock.unlock();
    }
  }

  private boolean beginStep() {
    lock.lock();
    try {
      stepRuns = !cancel && !closed;
      return stepRuns;
    } finally {
      lock.unlock();
    }
  }

  /** From here on no cancelling interrupts the thread. */
  private void endStep() {
    lock.lock();
    try {
      stepRuns = false;
      if (Thread.interrupted() && closed) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isCancelled() {
    lock.lock();
    try {
      return cancel;
    } finally {
      lock.unlock();
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private Problem cancelledProblem(@Nullable Throwable failure) {
    if (failure != null && !(failure instanceof InterruptedException)) {
      LOG.log(
          System.Logger.Level.DEBUG, "task " + id() + " was cancelled; its step ended by", failure);
    }
    return Problem.of(Code.CANCELLED, "The task was cancelled")
        .on(task.object())
        .because("somebody cancelled it while step " + stepName() + " was under way")
        .remedy("ask for it again if it is still wanted; what it had done is undone");
  }

  private Problem explain(Throwable failure) {
    if (!(failure instanceof ProblemException)) {
      LOG.log(
          System.Logger.Level.ERROR,
          "task " + id() + " (" + task.type() + ") failed in step " + stepName(),
          failure);
    }
    Problem problem = ProblemException.toProblem(failure);
    return problem.object() == null ? problem.on(task.object()) : problem;
  }

  private Problem explainUndo(Problem why) {
    String first = task.problem() == null ? "" : "; undone because " + task.problem().oneLine();
    return new Problem(
        why.code(),
        "Step " + stepName() + " cannot be undone yet; it is tried again: " + why.detail(),
        why.object(),
        why.field(),
        (why.cause() == null ? why.code().title() : why.cause()) + first,
        why.remedy(),
        why.violations());
  }

  private String stepName() {
    return task.steps().get(task.step()).name();
  }

  private final class Context implements StepContext {
    @Override
    public String taskId() {
      return id();
    }

    @Override
    public String object() {
      return task.object();
    }

    @Override
    public Optional<String> recall(String key) {
      return Optional.ofNullable(task.memory().get(key));
    }

    @Override
    public void remember(String key, String value) {
      writing.lock();
      try {
        save(task.remembering(key, value));
      } finally {
        writing.unlock();
      }
    }

    @Override
    public void result(String ref) {
      writing.lock();
      try {
        task = task.resulting(ref);
      } finally {
        writing.unlock();
      }
    }

    @Override
    public void report(Progress news) {
      progress = news;
      long now = System.nanoTime();
      long before = toldAt.get();
      if (now - before >= shared.settings().progressInterval().toNanos()
          && toldAt.compareAndSet(before, now)) {
        shared.changed().accept(TaskRun.this);
      }
    }
  }
}
