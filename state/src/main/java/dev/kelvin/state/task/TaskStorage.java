package dev.kelvin.state.task;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreKeys;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Versioned;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Where tasks are in the store: {@code task/ID} for as long as they are kept; and while they are
 * under way {@code task-input/ID}, {@code task-cancel/ID} when they are to be cancelled, and {@code
 * task-lock/OBJECT}, which holds the id of the exclusive task on an object.
 */
public final class TaskStorage {
  private static final System.Logger LOG = System.getLogger(TaskStorage.class.getName());

  private final Store store;
  private final Collection<TaskRecord> records;
  private final Collection<JsonNode> inputs;

  /** Tasks, and why others cannot be read. */
  record Listing(List<TaskRecord> records, List<Problem> problems) {}

  TaskStorage(Store store) {
    this.store = store;
    this.records = new Collection<>(store, form());
    this.inputs = new Collection<>(store, inputForm());
  }

  public static Collection.Form<TaskRecord> form() {
    return Collection.Form.first("task/", TaskRecord.class);
  }

  public static Collection.Form<JsonNode> inputForm() {
    return Collection.Form.first("task-input/", JsonNode.class);
  }

  /**
   * Stores a new task. May be repeated with the same task, also while it is not known what has
   * become of an earlier attempt: it is stored once at most.
   *
   * @param sparing whether it is refused on a full disk
   * @return its revision
   * @throws ProblemException conflict when it is exclusive and another such is under way
   */
  long create(TaskRecord task, TaskInputs.Written input, boolean sparing) {
    List<Compare> free =
        task.exclusive() ? List.of(Compare.absent(lock(task.object()))) : List.of();
    while (true) {
      var compares = new ArrayList<Compare>(free);
      compares.add(records.isAbsent(task.id()));
      var ops = new ArrayList<Op>();
      ops.add(records.put(task.id(), task));
      ops.add(inputs.put(task.id(), input.input()));
      if (input.draft() != null) {
        ops.add(input.draft());
      }
      if (task.exclusive()) {
        ops.add(Op.put(lock(task.object()), bytes(task.id())));
      }
      Result result = store.commit(new Txn(compares, ops, List.of(), sparing));
      if (result.succeeded()) {
        return result.revision();
      }
      Optional<Versioned<TaskRecord>> there = records.get(task.id());
      if (there.isPresent()) {
        if (there.get().value().equals(task)) {
          return there.get().revision();
        }
        throw new IllegalStateException("the task id " + task.id() + " was used before");
      }
      free = task.exclusive() ? lockIsFree(task) : List.of();
    }
  }

  /**
   * Under which conditions the lock of an object can be taken. One whose owner is not there, or has
   * ended, is taken from it in the transaction that takes it: nobody else would free it.
   *
   * @throws ProblemException conflict when its owner is under way
   */
  private List<Compare> lockIsFree(TaskRecord task) {
    String key = lock(task.object());
    Optional<Entry> lock = store.get(key);
    if (lock.isEmpty()) {
      return List.of(Compare.absent(key));
    }
    String owner = new String(lock.get().value(), StandardCharsets.UTF_8);
    Optional<Versioned<TaskRecord>> holder = records.get(owner);
    if (holder.isPresent() && !holder.get().value().state().ended()) {
      throw underWay(task, holder.get().value());
    }
    var free = new ArrayList<Compare>();
    free.add(Compare.modRevision(key, lock.get().modRevision()));
    if (StoreKeys.valid(records.key(owner))) {
      free.add(records.isAt(owner, holder.map(Versioned::revision).orElse(0L)));
    }
    return free;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Stores that a task never began, whatever has become of attempts to create it: none that is
   * still on its way takes effect after this. May be repeated.
   *
   * @return its revision
   */
  long withdraw(TaskRecord ended) {
    var all = new ArrayList<Op>(List.of(records.put(ended.id(), ended)));
    all.addAll(forgetInput(ended));
    Op[] always = all.toArray(Op[]::new);
    String lock = lock(ended.object());
    return store
        .commit(
            Txn.when(Compare.value(lock, bytes(ended.id())))
                .andThen(always)
                .andThen(Op.delete(lock))
                .orElse(always))
        .revision();
  }

  /** What a task that has ended needs no more. */
  private List<Op> forgetInput(TaskRecord ended) {
    var ops = new ArrayList<Op>();
    ops.add(inputs.remove(ended.id()));
    ops.add(Op.delete(cancel(ended.id())));
    if (ended.draft() != null) {
      ops.add(Op.delete(ended.draft()));
    }
    return ops;
  }

  /**
   * Forgets drafts whose tasks have ended or are not there: a Kelvin that knows no drafts has ended
   * them. One whose task cannot be read stays.
   *
   * @param prefix of the keys of drafts
   */
  void dropDrafts(String prefix) {
    var left = new ArrayList<String>();
    store.scan(prefix, entry -> left.add(entry.key()));
    for (String key : left) {
      String id = key.substring(prefix.length());
      try {
        Optional<Versioned<TaskRecord>> task = records.get(id);
        if (task.isEmpty() || task.get().value().state().ended()) {
          Compare still = records.isAt(id, task.map(Versioned::revision).orElse(0L));
          store.commit(Txn.when(still).andThen(Op.delete(key)));
        }
      } catch (ProblemException e) {
        LOG.log(System.Logger.Level.WARNING, key + " stays: " + e.problem().oneLine());
      }
    }
  }

  private static ProblemException underWay(TaskRecord refused, TaskRecord holder) {
    return Problem.of(Code.CONFLICT, "Another task works on " + refused.object())
        .on(refused.object())
        .because("task " + holder.id() + " (" + holder.type() + ") is " + holder.state().wire())
        .remedy(
            "wait for its end (\"kelvin task wait %1$s\"), or cancel it (\"kelvin task cancel %1$s\")"
                .formatted(holder.id()))
        .asException();
  }

  /**
   * Stores how a task that is under way goes on. May be repeated; an earlier attempt that is still
   * on its way does not take effect after this.
   *
   * @param revision of the last write that is known
   * @return the revision of this one
   */
  long save(TaskRecord task, long revision) {
    Op put = records.put(task.id(), task);
    long at = revision;
    while (true) {
      Result result = store.commit(Txn.when(records.isAt(task.id(), at)).andThen(put));
      if (result.succeeded()) {
        return result.revision();
      }
      Optional<Entry> now = store.get(records.key(task.id()));
      at = now.map(Entry::modRevision).orElse(0L);
      if (now.isPresent() && holds(now.get(), put)) {
        return at; // an attempt whose outcome was not known
      }
    }
  }

  private static boolean holds(Entry now, Op op) {
    return op instanceof Op.Put put && Arrays.equals(now.value(), put.value());
  }

  /**
   * Stores the end of a task and forgets what it needed. May be repeated, as {@link #save}.
   *
   * @param unlessCancelled whether nothing is stored when it is to be cancelled
   * @return whether it was stored
   */
  boolean end(TaskRecord task, long revision, boolean unlessCancelled) {
    Op put = records.put(task.id(), task);
    Compare ownsLock = Compare.value(lock(task.object()), bytes(task.id()));
    boolean owns = task.exclusive();
    long at = revision;
    while (true) {
      var compares = new ArrayList<Compare>();
      var ops = new ArrayList<Op>();
      compares.add(records.isAt(task.id(), at));
      ops.add(put);
      ops.addAll(forgetInput(task));
      if (owns) {
        compares.add(ownsLock);
        ops.add(Op.delete(lock(task.object())));
      }
      if (unlessCancelled) {
        compares.add(Compare.absent(cancel(task.id())));
      }
      if (store.commit(new Txn(compares, ops, List.of())).succeeded()) {
        return true;
      }
      Optional<Entry> now = store.get(records.key(task.id()));
      if (now.isPresent() && holds(now.get(), put)) {
        return true; // an attempt whose outcome was not known
      }
      if (unlessCancelled && cancelRequested(task.id())) {
        return false;
      }
      at = now.map(Entry::modRevision).orElse(0L);
      owns =
          task.exclusive()
              && store
                  .get(lock(task.object()))
                  .filter(lock -> Arrays.equals(lock.value(), bytes(task.id())))
                  .isPresent();
    }
  }

  /** As it is, or about to be undone where nothing finishes tasks of its version any more. */
  Versioned<TaskRecord> outdated(TaskType<?> type, Versioned<TaskRecord> task) {
    if (!type.onlyUndone() || task.value().state() != Task.TaskState.RUNNING) {
      return task;
    }
    TaskRecord next = task.value().failed(AbandonedTask.outdated(task.value()));
    return new Versioned<>(next, save(next, task.revision()));
  }

  /** Stores that a task is to be cancelled; false when it has ended. */
  boolean requestCancel(String id) {
    return store
        .commit(Txn.when(Compare.exists(inputs.key(id))).andThen(Op.put(cancel(id), new byte[0])))
        .succeeded();
  }

  boolean cancelRequested(String id) {
    return store.get(cancel(id)).isPresent();
  }

  Optional<TaskRecord> find(String id) {
    return records.get(id).map(Versioned::value);
  }

  /** A task as it is now, and when that was stored. */
  Optional<Versioned<TaskRecord>> now(String id) {
    return records.get(id);
  }

  /** What was stored as the input of a task; of one that has ended, nothing. */
  Optional<Entry> input(String id) {
    return store.get(inputs.key(id));
  }

  /**
   * Reads an input.
   *
   * @throws ProblemException host-failure or wrong-state when that cannot be read
   */
  JsonNode read(Entry input) {
    return inputs.read(input).value();
  }

  /** All tasks that can be read, by id. */
  Listing list() {
    List<TaskRecord> found = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    store.scan(
        "task/",
        entry -> {
          try {
            found.add(records.read(entry).value());
          } catch (ProblemException e) {
            problems.add(e.problem());
          }
        });
    return new Listing(found, problems);
  }

  /** Forgets ended tasks that ended before {@code oldest}, or are more than {@code keep}. */
  void prune(int keep, Instant oldest) {
    List<TaskRecord> ended =
        list().records().stream().filter(task -> task.state().ended()).toList();
    int tooMany = Math.max(0, ended.size() - keep);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < ended.size(); i++) {
      Instant finished = ended.get(i).finishedAt();
      if (i < tooMany || (finished != null && finished.isBefore(oldest))) {
        ids.add(ended.get(i).id());
      }
    }
    remove(ids);
  }

  private void remove(List<String> ids) {
    for (int i = 0; i < ids.size(); i += Store.MAX_OPS) {
      store.commit(
          Txn.of(
              ids.subList(i, Math.min(ids.size(), i + Store.MAX_OPS)).stream()
                  .map(records::remove)
                  .toList()));
    }
  }

  private static String cancel(String id) {
    return "task-cancel/" + id;
  }

  static String lock(String object) {
    return "task-lock/" + object;
  }
}
