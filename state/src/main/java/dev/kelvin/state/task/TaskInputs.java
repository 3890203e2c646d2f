package dev.kelvin.state.task;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What tasks were given: stored with each as its input, or, for kinds that have drafts, a document
 * of a collection that the input names.
 */
final class TaskInputs {
  private final Store store;
  private final TaskStorage storage;

  TaskInputs(Store store, TaskStorage storage) {
    this.store = store;
    this.storage = storage;
  }

  /**
   * The input of a task that has a draft.
   *
   * @param draft the key of the draft
   */
  record DraftName(String draft) {}

  /**
   * What is stored with a new task.
   *
   * @param draft puts its draft; null where it has none
   */
  record Written(JsonNode input, @Nullable Op draft) {}

  /** What a task was given cannot be had; the message tells why. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1;

    UnreadableException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** What is to be stored of what a new task is given. */
  <I> Written write(TaskType<I> type, TaskRecord task, I input) {
    Collection.Form<I> form = type.draft();
    String key = task.draft();
    if (form == null || key == null) {
      return new Written(Documents.tree(input), null);
    }
    var drafts = new Collection<>(store, form);
    return new Written(Documents.tree(new DraftName(key)), drafts.put(task.id(), input));
  }

  /**
   * What a task was given that an earlier engine has begun; a draft of an earlier version is
   * upgraded.
   */
  <I> I read(TaskType<I> type, String id) throws UnreadableException {
    Entry input =
        storage
            .input(id)
            .orElseThrow(() -> new UnreadableException("its input is not there", null));
    try {
      JsonNode stored = storage.read(input);
      Collection.Form<I> form = type.draft();
      return form == null
          ? Documents.readTrusted(stored, type.inputType())
          : draft(form, Documents.readTrusted(stored, DraftName.class).draft());
    } catch (JacksonException e) {
      throw new UnreadableException("its input cannot be read: " + e.getOriginalMessage(), e);
    } catch (ProblemException e) {
      throw new UnreadableException("its input cannot be read: " + e.problem().oneLine(), e);
    }
  }

  private <I> I draft(Collection.Form<I> form, @Nullable String key) throws UnreadableException {
    Optional<Entry> stored = key == null ? Optional.empty() : store.get(key);
    if (stored.isEmpty()) {
      throw new UnreadableException("its draft " + key + " is not there", null);
    }
    return new Collection<>(store, form).read(stored.get()).value();
  }
}
