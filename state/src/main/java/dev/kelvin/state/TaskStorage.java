package dev.kelvin.state;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Where tasks are in the store: {@code task/ID} for as long as they are kept; and while they are
 * under way {@code task-input/ID}, {@code task-cancel/ID} when they are to be cancelled, and {@code
 * task-lock/OBJECT}, which holds the id of the exclusive task on an object.
 */
final class TaskStorage {
  private static final int PAGE = 500;

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

  static Collection.Form<TaskRecord> form() {
    return Collection.Form.first("task/", TaskRecord.class);
  }

  static Collection.Form<JsonNode> inputForm() {
    return Collection.Form.first("task-input/", JsonNode.class);
  }

  /**
   * Stores a new task.
   *
   * @throws ProblemException conflict when it is exclusive and another such is under way
   */
  void create(TaskRecord task, JsonNode input) {
    Txn txn =
        Txn.when(records.isAbsent(task.id()))
            .andThen(records.put(task.id(), task), inputs.put(task.id(), input));
    if (task.exclusive()) {
      byte[] id = task.id().getBytes(StandardCharsets.UTF_8);
      txn =
          Txn.when(records.isAbsent(task.id()), Compare.absent(lock(task.object())))
              .andThen(txn.then().toArray(Op[]::new))
              .andThen(Op.put(lock(task.object()), id));
    }
    while (!store.commit(txn).succeeded()) {
      Optional<Entry> lock = store.get(lock(task.object()));
      Optional<TaskRecord> holder =
          lock.map(entry -> new String(entry.value(), StandardCharsets.UTF_8)).flatMap(this::find);
      if (lock.isPresent() && holder.isEmpty()) {
        // Of a task that is not there: only damage, or a hand, leaves that. Nobody would free it.
        String id = new String(lock.get().value(), StandardCharsets.UTF_8);
        store.commit(
            Txn.when(
                    Compare.modRevision(lock(task.object()), lock.get().modRevision()),
                    Compare.absent(records.key(id)))
                .andThen(Op.delete(lock(task.object()))));
      }
      if (task.exclusive() && holder.isPresent()) {
        throw underWay(task, holder.get());
      }
      if (find(task.id()).isPresent()) {
        throw new IllegalStateException("the task id " + task.id() + " was used before");
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

  /** Stores how a task that is under way goes on. May be repeated. */
  void save(TaskRecord task) {
    store.commit(Txn.of(records.put(task.id(), task)));
  }

  /**
   * Stores the end of a task and forgets what it needed. May be repeated.
   *
   * @param unlessCancelled whether nothing is stored when it is to be cancelled
   * @return whether it was stored
   */
  boolean end(TaskRecord task, boolean unlessCancelled) {
    List<Op> ops = new ArrayList<>();
    ops.add(records.put(task.id(), task));
    ops.add(inputs.remove(task.id()));
    ops.add(Op.delete(cancel(task.id())));
    if (task.exclusive()) {
      ops.add(Op.delete(lock(task.object())));
    }
    List<Compare> compares =
        unlessCancelled ? List.of(Compare.absent(cancel(task.id()))) : List.of();
    return store.commit(new Txn(compares, ops, List.of())).succeeded();
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

  /** The input of a task that is under way. */
  JsonNode input(String id) {
    return inputs.require(id).value();
  }

  /** All tasks that can be read, by id. */
  Listing list() {
    List<TaskRecord> found = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    Range range = store.range("task/", null, PAGE);
    while (true) {
      for (Entry entry : range.entries()) {
        try {
          found.add(records.read(entry).value());
        } catch (ProblemException e) {
          problems.add(e.problem());
        }
      }
      if (!range.more()) {
        return new Listing(found, problems);
      }
      range = store.range("task/", range.entries().getLast().key(), PAGE, range.revision());
    }
  }

  /** Forgets tasks that have ended. */
  void remove(List<String> ids) {
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

  private static String lock(String object) {
    return "task-lock/" + object;
  }
}
