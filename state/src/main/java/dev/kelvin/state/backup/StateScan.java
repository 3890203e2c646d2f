package dev.kelvin.state.backup;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.StateReport;
import dev.kelvin.model.StateReport.Finding;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreKeys;
import dev.kelvin.state.task.TaskRecord;
import dev.kelvin.state.task.TaskStorage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All that a store holds at one revision, and what is found wrong with it. */
public final class StateScan {
  private static final String LOCKS = "task-lock/";

  private final NavigableMap<String, Entry> entries = new TreeMap<>(StoreKeys.ORDER);

  /** What keys begin with that somebody has asked for. */
  private final Set<String> known = new HashSet<>(Set.of(Store.OWNER, Restore.MARKER));

  private final List<Finding> findings = new ArrayList<>();
  private final long revision;
  private final Store store;

  public StateScan(Store store) {
    this.store = store;
    this.revision = store.scan("", entry -> entries.put(entry.key(), entry));
    for (String fault : store.faults()) {
      report("", fault, "back the state up if it can still be read, and restore the last good one");
    }
  }

  /** The values below a prefix as text, by what follows it in the key. */
  public Map<String, String> texts(String prefix) {
    known.add(prefix);
    var found = new TreeMap<String, String>();
    below(prefix)
        .forEach((key, entry) ->
            found.put(
                key.substring(prefix.length()), new String(entry.value(), StandardCharsets.UTF_8)));
    return found;
  }

  /** The documents of a form by id; one that cannot be read is reported, and null here. */
  public <T> Map<String, @Nullable T> documents(Collection.Form<T> form) {
    known.add(form.prefix());
    var collection = new Collection<>(store, form);
    var found = new TreeMap<String, @Nullable T>();
    below(form.prefix())
        .forEach((key, entry) -> {
          T value = null;
          try {
            value = collection.read(entry).value();
          } catch (ProblemException e) {
            report(
                key,
                e.problem().detail() + ": " + e.problem().cause(),
                Objects.requireNonNullElse(e.problem().remedy(), "restore it from a backup"));
          }
          found.put(collection.id(key), value);
        });
    return found;
  }

  private Map<String, Entry> below(String prefix) {
    return entries.subMap(prefix, true, prefix + StoreKeys.LAST, false);
  }

  public void report(String key, String fault, String repair) {
    findings.add(new Finding(key, fault, repair));
  }

  /**
   * Checks the tasks: what belongs to one that has ended or is not there, and which nobody runs.
   *
   * @param unattended why nobody works on a task that is under way; empty when somebody does, or
   *     the next daemon will
   */
  public void checkTasks(Function<String, Optional<String>> unattended) {
    Map<String, @Nullable TaskRecord> tasks = documents(TaskStorage.form());
    var inputs = documents(TaskStorage.inputForm()).keySet();
    Map<String, String> locks = texts(LOCKS);
    tasks.forEach((id, task) -> {
      if (task != null && !task.state().ended()) {
        checkUnderWay(task, inputs.contains(id), locks, unattended.apply(id).orElse(null));
      }
    });
    for (String id : inputs) {
      requireUnderWay("task-input/" + id, id, tasks);
    }
    texts("task-cancel/").keySet().forEach(id -> requireUnderWay("task-cancel/" + id, id, tasks));
    locks.forEach((object, id) -> requireUnderWay(LOCKS + object, id, tasks));
  }

  /** The objects that a task holds which is under way. */
  public Set<String> heldByTasks() {
    var held = new TreeSet<String>();
    var tasks = new Collection<>(store, TaskStorage.form());
    texts(LOCKS)
        .forEach((object, id) -> {
          if (isUnderWay(tasks, entries.get(tasks.key(id)))) {
            held.add(object);
          }
        });
    return held;
  }

  /** Whether a key is as it was when the scan began, and no task has begun since on its object. */
  public boolean stillSo(String key, String object) {
    Entry then = entries.get(key);
    return then != null
        && store.get(key).filter(now -> now.modRevision() == then.modRevision()).isPresent()
        && store.get(LOCKS + object).isEmpty();
  }

  private static boolean isUnderWay(Collection<TaskRecord> tasks, @Nullable Entry task) {
    try {
      return task != null && !tasks.read(task).value().state().ended();
    } catch (ProblemException e) {
      return false; // it is reported where tasks are checked
    }
  }

  private static boolean hasEnded(Collection<TaskRecord> tasks, Entry task) {
    try {
      return tasks.read(task).value().state().ended();
    } catch (ProblemException e) {
      return false; // as above
    }
  }

  private void checkUnderWay(
      TaskRecord task, boolean hasInput, Map<String, String> locks, @Nullable String unattended) {
    String key = "task/" + task.id();
    String draft = task.draft();
    if (!hasInput) {
      report(key, "it is under way and has no input", "restore the state from a backup");
    } else if (draft != null && !entries.containsKey(draft)) {
      report(key, "it is under way and has no draft", "restore the state from a backup");
    } else if (unattended != null) {
      report(
          key,
          "it is " + task.state().wire() + ", but does not go on: " + unattended,
          "start the daemon again, which goes on with it (kelvin down, then kelvin up), or cancel"
              + " it: kelvin task cancel "
              + task.id());
    }
    if (task.exclusive() && !task.id().equals(locks.get(task.object()))) {
      report(
          key,
          "it works on " + task.object() + " without the lock that keeps other tasks away",
          "begin no other task on " + task.object() + " before it has ended");
    }
  }

  /** Reports drafts whose tasks have ended or are not there. */
  public void checkDrafts(Collection.Form<?> form) {
    var tasks = new Collection<>(store, TaskStorage.form());
    for (String id : documents(form).keySet()) {
      Entry task = entries.get(tasks.key(id));
      if (task == null || hasEnded(tasks, task)) {
        report(
            form.prefix() + id,
            "task " + id + (task == null ? " is not there" : " has ended"),
            "none is needed: the next daemon removes it");
      }
    }
  }

  private void requireUnderWay(String key, String id, Map<String, @Nullable TaskRecord> tasks) {
    TaskRecord task = tasks.get(id);
    boolean unreadable = tasks.containsKey(id) && task == null;
    if (!unreadable && (task == null || task.state().ended())) {
      report(
          key,
          "task " + id + (task == null ? " is not there" : " has ended"),
          key.startsWith(LOCKS)
              ? "none is needed: the next task on that object removes it"
              : "none is needed: nothing reads it");
    }
  }

  /** The result. A key that nobody has asked for is one that no check knows. */
  public StateReport done() {
    for (String key : entries.keySet()) {
      if (known.stream().noneMatch(key::startsWith)) {
        report(
            key,
            "this Kelvin knows no such key",
            "none is needed, unless another program wrote it");
      }
    }
    return new StateReport(
        revision,
        entries.size(),
        findings.stream().sorted(Comparator.comparing(Finding::key)).toList());
  }
}
