package dev.kelvin.state.task;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.model.Task;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreProblems;
import dev.kelvin.state.store.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Durable tasks: each runs its steps on a virtual thread, and what it has done is on the disk
 * before it goes on. When a step fails or the task is cancelled, that step and those before it are
 * undone, the last first; an undo that fails is tried again until it succeeds. After a crash {@link
 * #resume} goes on with what was under way.
 *
 * <p>It does not keep tasks on one object in order, apart from refusing an exclusive one while
 * another is under way.
 */
public final class TaskEngine implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(TaskEngine.class.getName());

  /** After how many ended tasks old ones are looked for. */
  private static final int PRUNE_EVERY = 50;

  private final Store store;
  private final TaskStorage storage;
  private final TaskInputs inputs;
  private final TaskTypes types;
  private final InstantSource clock;
  private final Supplier<String> ids;
  private final TaskSettings settings;
  private final TaskNotifier notifier = new TaskNotifier();
  private final TaskRun.Shared shared;
  private final Map<String, TaskRun<?>> runs = new ConcurrentHashMap<>();
  private final Map<String, Problem> stranded = new ConcurrentHashMap<>();
  private final AtomicInteger endedSincePrune = new AtomicInteger();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final ReentrantLock resuming = new ReentrantLock();
  private volatile boolean closed;
  private volatile boolean resumed;

  /** How tasks and what they were given are stored. */
  public static List<Collection.Form<?>> forms() {
    return List.of(TaskStorage.form(), TaskStorage.inputForm());
  }

  /** The condition that no exclusive task works on an object. */
  public static Compare unlocked(String object) {
    return Compare.absent(TaskStorage.lock(object));
  }

  /** With default settings and ids that sort by time. */
  public TaskEngine(Store store, List<TaskType<?>> types, InstantSource clock) {
    this(store, types, clock, new TaskIds(clock), TaskSettings.defaults());
  }

  /**
   * An engine that does nothing before {@link #submit} or {@link #resume}.
   *
   * @param store outlives the engine; no other engine uses it
   * @param ids never gives one twice
   */
  public TaskEngine(
      Store store,
      List<TaskType<?>> types,
      InstantSource clock,
      Supplier<String> ids,
      TaskSettings settings) {
    this.store = store;
    this.storage = new TaskStorage(store);
    this.inputs = new TaskInputs(store, storage);
    this.clock = clock;
    this.ids = ids;
    this.settings = settings;
    this.types = new TaskTypes(types);
    this.shared =
        new TaskRun.Shared(
            storage,
            clock,
            settings,
            run -> notifier.changed(run::view, run::revision),
            this::ended);
  }

  /** The names of the kinds of tasks that it carries out, in order. */
  public List<String> types() {
    return types.names();
  }

  /** Completes when listeners have been told all that there is to tell now; shows that they are. */
  public CompletableFuture<Boolean> pulse() {
    return notifier.pulse();
  }

  /** Tells every change from now on. */
  public void addListener(TaskListener listener) {
    notifier.add(listener);
  }

  /**
   * Begins a task; it is on the disk before this returns.
   *
   * @param object what it works on, such as {@code vm/web1}
   * @throws ProblemException unavailable when the engine is closed
   */
  public Task submit(String type, Object input, String object) {
    return submit(type, input, object, false);
  }

  /**
   * Begins a task that no other exclusive task on the same object may meet.
   *
   * @throws ProblemException conflict, naming the other task, when there is one under way
   */
  public Task submitExclusive(String type, Object input, String object) {
    return submit(type, input, object, true);
  }

  private Task submit(String typeName, Object input, String object, boolean exclusive) {
    TaskType<?> type = types.of(typeName, input);
    if (closed) {
      throw closing();
    }
    TaskRecord task = TaskRecord.begin(ids.get(), type, object, exclusive, clock.instant());
    return submitAs(type, task, input);
  }

  private <I> Task submitAs(TaskType<I> type, TaskRecord task, Object given) {
    // Read back at once: a task does not depend on what is not stored.
    I input = Documents.readTrusted(Documents.tree(given), type.inputType());
    boolean takesSpace = type.takesSpace().test(input);
    TaskInputs.Written written = inputs.write(type, task, input);
    var admission = new Admission(storage, task, written, takesSpace, clock);
    var run = new TaskRun<>(type, input, task, admission, shared);
    runs.put(run.id(), run); // first: what is stored could be resumed
    boolean begun = false;
    try {
      run.admit(admission.first());
      begun = true;
      return start(run);
    } catch (ProblemException e) {
      if (!StoreProblems.isUnknownOutcome(e.problem())) {
        throw e;
      }
      begun = true;
      start(run);
      admission.await(settings.submitPatience());
      return run.view();
    } finally {
      if (!begun) {
        runs.remove(run.id());
      }
    }
  }

  /**
   * Refuses what would take space, before it begins: a task that takes some would be refused, too.
   *
   * @throws ProblemException host-failure when the disk is full
   */
  public void requireSpace() {
    Optional<Problem> shortage = store.shortage();
    if (shortage.isPresent()) {
      throw shortage.get().asException();
    }
  }

  private static ProblemException closing() {
    return Problem.of(Code.UNAVAILABLE, "No tasks are accepted now")
        .because("the daemon is ending")
        .remedy("start it again: kelvin up --detach")
        .asException();
  }

  private Task start(TaskRun<?> run) {
    Task begun = run.view();
    run.start();
    if (closed) {
      run.close();
    }
    return begun;
  }

  /**
   * Goes on with the tasks that were under way when the engine before this one ended: those that
   * were running run on, those that were being undone are undone. Called once, at the start. While
   * the store does not answer it waits for it.
   *
   * @return why some cannot go on, such as those of a newer Kelvin; they stay as they are
   */
  public List<Problem> resume() {
    List<Problem> problems =
        StorePatience.ask(this::resumeAll, settings, closing).orElse(List.of());
    resumed = true;
    problems.forEach(problem ->
        LOG.log(System.Logger.Level.WARNING, "a task cannot go on: " + problem.oneLine()));
    prune();
    return problems;
  }

  private List<Problem> resumeAll() {
    TaskStorage.Listing all = storage.list();
    List<Problem> problems = new ArrayList<>(all.problems());
    for (TaskRecord task : all.records()) {
      if (!task.state().ended()) {
        resume(task.id()).ifPresent(problems::add);
      }
    }
    types.draftPrefixes().forEach(storage::dropDrafts);
    return problems;
  }

  /**
   * Goes on with a task that nobody runs.
   *
   * @return why it cannot go on
   */
  private Optional<Problem> resume(String id) {
    resuming.lock();
    try {
      return runs.containsKey(id) ? Optional.empty() : resumeUnrun(id);
    } finally {
      resuming.unlock();
    }
  }

  private Optional<Problem> resumeUnrun(String id) {
    // Read after it was looked for: it may have ended since it was listed.
    Optional<Versioned<TaskRecord>> now = storage.now(id);
    if (now.isEmpty() || now.get().value().state().ended()) {
      return Optional.empty();
    }
    TaskRecord task = now.get().value();
    TaskType<?> type = types.of(task);
    if (type == null) {
      return strand(
          task,
          "this Kelvin has no task type %s of version %d with its steps"
              .formatted(task.type(), task.version()));
    }
    return resume(type, now.get());
  }

  private <I> Optional<Problem> resume(TaskType<I> type, Versioned<TaskRecord> now) {
    TaskRecord task = now.value();
    I input;
    try {
      input = inputs.read(type, task.id());
    } catch (TaskInputs.UnreadableException e) {
      return strand(task, String.valueOf(e.getMessage()));
    }
    boolean cancel = storage.cancelRequested(task.id());
    var run = new TaskRun<>(type, input, storage.outdated(type, now), cancel, shared);
    runs.put(run.id(), run);
    start(run);
    stranded.remove(run.id());
    return Optional.empty();
  }

  /** A task that nobody works on from now on; a cancel has it undone further. */
  private Versioned<TaskRecord> left(TaskRun<?> run) {
    run.leave(settings.closeTimeout());
    runs.remove(run.id());
    return storage.now(run.id()).orElseThrow(() -> absent(run.id()));
  }

  private Optional<Problem> strand(TaskRecord task, String cause) {
    Problem problem = AbandonedTask.stranded(task, cause);
    stranded.put(task.id(), problem);
    notifier.changed(() -> task.view(null, problem), () -> 0);
    return Optional.of(problem);
  }

  /**
   * A task with its progress.
   *
   * @throws ProblemException not-found
   */
  public Task get(String id) {
    return find(id).orElseThrow(() -> absent(id));
  }

  public Optional<Task> find(String id) {
    TaskRun<?> run = runs.get(id);
    return run != null
        ? Optional.of(run.view())
        : storage.find(id).map(task -> task.view(null, stranded.get(id)));
  }

  private static ProblemException absent(String id) {
    return Problem.of(Code.NOT_FOUND, "There is no task " + id)
        .on(Task.ref(id))
        .because("ended tasks are forgotten after a while")
        .remedy("see \"kelvin task ls\" for the tasks there are")
        .asException();
  }

  /**
   * Why nobody works on a task that the store has as under way; empty when somebody does, or when
   * it has ended.
   */
  public Optional<String> unattended(String id) {
    if (runs.containsKey(id)) {
      return Optional.empty();
    }
    Problem known = stranded.get(id);
    return storage
        .find(id) // after that: it may have ended meanwhile
        .filter(task -> !task.state().ended())
        .map(task -> known == null ? "nobody runs it" : String.valueOf(known.cause()));
  }

  /** All tasks that are under way or kept, by id; with ids that sort by time the oldest first. */
  public List<Task> list() {
    return storage.list().records().stream()
        .map(task -> {
          TaskRun<?> run = runs.get(task.id());
          return run != null ? run.view() : task.view(null, stranded.get(task.id()));
        })
        .toList();
  }

  /**
   * All tasks.
   *
   * @param upTo the sequence of news that this is not older than
   * @param notAfter that of news after which none is older than this; those between may be
   */
  public record Snapshot(long upTo, long notAfter, List<Task> tasks) {}

  /** All tasks, for those who go on with news after them. */
  public Snapshot snapshot() {
    long upTo = notifier.sequence();
    List<Task> tasks = list();
    return new Snapshot(upTo, notifier.sequence(), tasks);
  }

  /**
   * Asks a task to end: its step is interrupted, then what it did is undone. A task that is being
   * undone already just goes on. That it is to be cancelled survives a crash.
   *
   * @return the task as it is now; it ends later
   * @throws ProblemException wrong-state when it has ended or cannot be cancelled, not-found
   */
  public Task cancel(String id) {
    TaskRun<?> run = runs.get(id);
    if (run != null && run.withdraw()) {
      return run.view();
    }
    Task task = get(id);
    if (!task.cancellable() && task.state() != Task.TaskState.UNDOING && !task.state().ended()) {
      throw Problem.of(Code.WRONG_STATE, "Task " + id + " cannot be cancelled")
          .on(Task.ref(id))
          .because("tasks of type " + task.type() + " run to their end")
          .remedy("wait for it: kelvin task wait " + id)
          .asException();
    }
    if (task.state().ended() || !storage.requestCancel(id)) {
      throw Problem.of(Code.WRONG_STATE, "Task " + id + " has ended")
          .on(Task.ref(id))
          .because("it is " + get(id).state().wire())
          .remedy("see what became of it: kelvin task show " + id)
          .asException();
    }
    if (run != null) {
      run.cancel();
    } else if (resumed) {
      resume(id); // nobody runs it
    }
    return get(id);
  }

  /**
   * Gives a task up that can neither be finished nor undone: one of another version of Kelvin, or
   * one whose undoing fails. What it has done stays, and its problem lists that.
   *
   * @return the task, which has failed
   * @throws ProblemException wrong-state when it goes on or has ended, not-found
   */
  public Task abandon(String id) {
    resuming.lock();
    try {
      // First, since what nobody works on any more needs a store.
      Versioned<TaskRecord> now = storage.now(id).orElseThrow(() -> absent(id));
      if (now.value().state().ended()) {
        throw AbandonedTask.goesOn(now.value().view(null, null));
      }
      if (!resumed) {
        throw AbandonedTask.tooEarly(now.value());
      }
      TaskRun<?> run = runs.get(id);
      boolean goesOn = run == null ? resumeUnrun(id).isEmpty() : !run.isOver() && !run.isStuck();
      if (goesOn) {
        throw AbandonedTask.goesOn(now.value().view(null, null));
      }
      if (run != null) {
        now = left(run);
      }
      TaskRecord given = now.value().abandoned(AbandonedTask.problem(now.value()), clock.instant());
      storage.end(given, now.revision(), false);
      stranded.remove(id);
      Task view = given.view(null, null);
      notifier.changed(() -> view, () -> 0);
      return view;
    } finally {
      resuming.unlock();
    }
  }

  /**
   * Waits until a task has ended, at most for {@code timeout}.
   *
   * @return the task, which has not ended when the time is over or the engine closes
   * @throws ProblemException not-found
   */
  public Task await(String id, Duration timeout) throws InterruptedException {
    TaskRun<?> run = runs.get(id);
    if (run == null) {
      return get(id);
    }
    try {
      return run.end().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return get(id);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // it is never completed exceptionally
    }
  }

  private void ended(TaskRun<?> run) {
    if (endedSincePrune.incrementAndGet() >= PRUNE_EVERY && !closed) {
      prune();
    }
    runs.remove(run.id()); // last: until then close() waits for it
  }

  /** Forgets ended tasks that are too old or too many. */
  private void prune() {
    endedSincePrune.set(0);
    try {
      storage.prune(settings.keepTasks(), clock.instant().minus(settings.keepFor()));
    } catch (ProblemException e) {
      LOG.log(System.Logger.Level.WARNING, "old tasks cannot be forgotten yet", e);
    }
  }

  /**
   * Interrupts what is under way and waits for it, for a while. The tasks stay as they are
   * recorded; the next engine resumes them.
   */
  @Override
  public void close() {
    closed = true;
    closing.countDown();
    runs.values().forEach(TaskRun::close);
    Instant deadline = SteadyTime.now().plus(settings.closeTimeout());
    try {
      for (TaskRun<?> run : List.copyOf(runs.values())) {
        Duration left = Duration.between(SteadyTime.now(), deadline);
        if (!run.join(left.isPositive() ? left : Duration.ofMillis(1))) {
          LOG.log(
              System.Logger.Level.WARNING,
              "task " + run.id() + " does not react to its interruption; it is left behind");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    notifier.close();
  }
}
