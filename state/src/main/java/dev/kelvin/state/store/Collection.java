package dev.kelvin.state.store;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Typed documents under a prefix, each in an envelope that names its version: {@code
 * {"v":1,"doc":{…}}}. A document of an earlier version is upgraded when it is read and written back
 * in the new form when it is next changed.
 *
 * <p>Problems name the object by its key, so a prefix such as {@code vm/} makes them say {@code
 * vm/web1}.
 *
 * @param <T> a record that {@link Documents} can write and read
 */
public final class Collection<T> {

  /**
   * How documents are stored.
   *
   * @param prefix of their keys; ends with a slash
   * @param version of the documents that are written, from 1
   * @param upgrades for each version before {@code version}, what makes the next one of it
   */
  public record Form<T>(
      String prefix, Class<T> type, int version, Map<Integer, UnaryOperator<JsonNode>> upgrades) {
    public Form {
      upgrades = Map.copyOf(upgrades);
      for (int v = 1; v < version; v++) {
        if (!upgrades.containsKey(v)) {
          throw new IllegalArgumentException(prefix + " has no upgrade from version " + v);
        }
      }
    }

    /** Documents that never had another form. */
    public static <T> Form<T> first(String prefix, Class<T> type) {
      return new Form<>(prefix, type, 1, Map.of());
    }
  }

  /** How a document is wrapped. */
  record Envelope(int v, @Nullable JsonNode doc) {}

  /**
   * Documents of one moment.
   *
   * @param items by id, in the order of ids
   * @param damaged those that cannot be read, and why
   * @param revision from which a watch can follow on
   * @param more whether there are more after the last one
   */
  public record Page<T>(
      List<Item<T>> items, Map<String, Problem> damaged, long revision, boolean more) {}

  /**
   * A document of a list.
   *
   * @param revision at which it was last changed
   */
  public record Item<T>(String id, T value, long revision) {}

  /** What happened to a document. */
  public sealed interface Event<T> {
    String id();

    long revision();

    record Put<T>(String id, T value, long revision) implements Event<T> {}

    record Deleted<T>(String id, long revision) implements Event<T> {}
  }

  /** Is told events; see {@link WatchListener}. */
  @FunctionalInterface
  public interface Listener<T> {
    void changed(Event<T> event);

    default void ended(Problem why) {}
  }

  private final Store store;
  private final String prefix;
  private final Class<T> type;
  private final int version;
  private final Map<Integer, UnaryOperator<JsonNode>> upgrades;

  /** What an envelope of this version begins with. */
  private final byte[] head;

  /**
   * Documents that never had another form.
   *
   * @param prefix ends with a slash
   * @param version of the documents that are written, from 1
   */
  public Collection(Store store, String prefix, Class<T> type, int version) {
    this(store, prefix, type, version, Map.of());
  }

  /**
   * Documents of which there may be earlier versions.
   *
   * @param upgrades for each version before {@code version}, what makes the next one of it
   */
  public Collection(
      Store store,
      String prefix,
      Class<T> type,
      int version,
      Map<Integer, UnaryOperator<JsonNode>> upgrades) {
    this(store, new Form<>(prefix, type, version, upgrades));
  }

  public Collection(Store store, Form<T> form) {
    this.store = store;
    this.prefix = form.prefix();
    this.type = form.type();
    this.version = form.version();
    this.upgrades = form.upgrades();
    this.head = ("{\"v\":" + version + ",\"doc\":{").getBytes(StandardCharsets.UTF_8);
  }

  /** The key of a document. */
  public String key(String id) {
    return prefix + id;
  }

  /** The id of a key under this prefix. */
  public String id(String key) {
    return key.substring(prefix.length());
  }

  /** A document; empty also for an id that none can have. */
  public Optional<Versioned<T>> get(String id) {
    String key = key(id);
    return StoreKeys.valid(key) && !id.isEmpty()
        ? store.get(key).map(this::read)
        : Optional.empty();
  }

  /**
   * A document that must be there.
   *
   * @throws ProblemException not-found
   */
  public Versioned<T> require(String id) {
    return get(id).orElseThrow(() -> absent(id));
  }

  /** All documents that can be read, of one moment, in the order of ids. */
  public List<Versioned<T>> list() {
    return listing().items().stream()
        .map(item -> new Versioned<>(item.value(), item.revision()))
        .toList();
  }

  /**
   * All documents with their ids, of one moment. One that is damaged does not hide the others; one
   * that a newer Kelvin wrote does, since this Kelvin must not work on what it does not understand.
   *
   * @throws ProblemException wrong-state
   */
  public Page<T> listing() {
    List<Item<T>> items = new ArrayList<>();
    Map<String, Problem> damaged = new TreeMap<>();
    long revision =
        store.scan(
            prefix,
            entry -> {
              try {
                items.add(new Item<>(id(entry.key()), value(entry), entry.modRevision()));
              } catch (ProblemException e) {
                if (e.problem().code() != Code.HOST_FAILURE) {
                  throw e;
                }
                damaged.put(id(entry.key()), e.problem());
              }
            });
    return new Page<>(List.copyOf(items), Map.copyOf(damaged), revision, false);
  }

  /**
   * Some documents, in the order of ids, each of which must be readable.
   *
   * @param afterId null for the first page
   * @param revision of the first page; 0 for now
   */
  public Page<T> page(@Nullable String afterId, int limit, long revision) {
    Range range = store.range(prefix, afterId == null ? null : key(afterId), limit, revision);
    List<Item<T>> items =
        range.entries().stream()
            .map(entry -> new Item<>(id(entry.key()), value(entry), entry.modRevision()))
            .toList();
    return new Page<>(items, Map.of(), range.revision(), range.more());
  }

  /**
   * Adds a document.
   *
   * @throws ProblemException already-exists
   */
  public Versioned<T> create(String id, T value) {
    Result result = store.commit(Txn.when(isAbsent(id)).andThen(put(id, value)));
    if (!result.succeeded()) {
      throw Problem.of(Code.ALREADY_EXISTS, key(id) + " exists already")
          .on(key(id))
          .remedy("choose another name")
          .asException();
    }
    return new Versioned<>(value, result.revision());
  }

  /**
   * Replaces a document that has not changed since.
   *
   * @throws ProblemException revision-mismatch, not-found
   */
  public Versioned<T> replace(String id, T value, long expectedRevision) {
    Result result = store.commit(Txn.when(isAt(id, expectedRevision)).andThen(put(id, value)));
    if (!result.succeeded()) {
      throw changed(id, expectedRevision);
    }
    return new Versioned<>(value, result.revision());
  }

  /**
   * Changes a document whatever it is now.
   *
   * @param change is called again when somebody else was faster
   * @throws ProblemException not-found
   */
  public Versioned<T> update(String id, UnaryOperator<T> change) {
    while (true) {
      Versioned<T> now = require(id);
      T value = change.apply(now.value());
      Result result = store.commit(Txn.when(isAt(id, now.revision())).andThen(put(id, value)));
      if (result.succeeded()) {
        return new Versioned<>(value, result.revision());
      }
    }
  }

  /**
   * Deletes a document that has not changed since.
   *
   * @throws ProblemException revision-mismatch, not-found
   */
  public void delete(String id, long expectedRevision) {
    Result result = store.commit(Txn.when(isAt(id, expectedRevision)).andThen(remove(id)));
    if (!result.succeeded()) {
      throw changed(id, expectedRevision);
    }
  }

  /** Deletes a document whatever it is now; does nothing when there is none. */
  public void delete(String id) {
    store.commit(Txn.of(remove(id)));
  }

  /** For transactions over several keys. */
  public Op put(String id, T value) {
    return Op.put(key(id), Documents.json(new Envelope(version, Documents.tree(value))));
  }

  /** For transactions over several keys. */
  public Op remove(String id) {
    return Op.delete(key(id));
  }

  /** For transactions over several keys. */
  public Compare isAbsent(String id) {
    return Compare.absent(key(id));
  }

  /** For transactions over several keys: it has not changed since {@code revision}. */
  public Compare isAt(String id, long revision) {
    return Compare.modRevision(key(id), revision);
  }

  /** As {@link Store#watch}. A document that cannot be read ends the watch. */
  public Watch watch(long fromRevision, Listener<T> listener) {
    return store.watch(
        prefix,
        fromRevision,
        new WatchListener() {
          @Override
          public void changed(Change change) {
            String id = id(change.key());
            listener.changed(
                switch (change) {
                  case Change.Put(Entry entry) ->
                      new Event.Put<>(id, value(entry), entry.modRevision());
                  case Change.Delete(String _, long revision) -> new Event.Deleted<>(id, revision);
                });
          }

          @Override
          public void ended(Problem why) {
            listener.ended(why);
          }
        });
  }

  /**
   * Reads an entry under this prefix.
   *
   * @throws ProblemException wrong-state when a newer Kelvin wrote it, host-failure when it is not
   *     such a document
   */
  public Versioned<T> read(Entry entry) {
    return new Versioned<>(value(entry), entry.modRevision());
  }

  private T value(Entry entry) {
    try {
      byte[] bytes = entry.value();
      if (isCurrent(bytes)) {
        // A tree of it would take twice the time, and a start reads thousands of documents.
        return Documents.readTrusted(bytes, head.length - 1, bytes.length - head.length, type);
      }
      @Nullable Envelope envelope = Documents.readTrusted(entry.value(), Envelope.class);
      JsonNode doc = envelope == null ? null : envelope.doc();
      if (envelope == null || doc == null || doc.isNull()) {
        throw new IllegalArgumentException("it is no envelope with a version and a document");
      }
      if (envelope.v() > version) {
        throw Problem.of(Code.WRONG_STATE, "A document was written by a newer Kelvin")
            .on(entry.key())
            .because("it has version " + envelope.v() + "; this Kelvin knows up to " + version)
            .remedy("run that version of Kelvin or a later one")
            .asException();
      }
      return Documents.readTrusted(upgraded(envelope.v(), doc), type);
    } catch (ProblemException e) {
      throw e;
    } catch (RuntimeException e) { // from the parser, an upgrade or the record itself
      throw Problem.of(Code.HOST_FAILURE, "A document in the store cannot be read")
          .on(entry.key())
          .because(e instanceof JacksonException known ? known.getOriginalMessage() : e.toString())
          .remedy("restore the store from a backup: kelvin state restore --replace FILE")
          .asException(e);
    }
  }

  /** Whether it is an envelope as it is written now, to the byte. */
  private boolean isCurrent(byte[] bytes) {
    return bytes.length > head.length
        && bytes[bytes.length - 1] == '}'
        && Arrays.equals(bytes, 0, head.length, head, 0, head.length);
  }

  private JsonNode upgraded(int from, JsonNode old) {
    JsonNode doc = old;
    for (int v = from; v < version; v++) {
      UnaryOperator<JsonNode> upgrade = upgrades.get(v);
      if (upgrade == null) {
        throw new IllegalArgumentException("there was never a version " + v);
      }
      doc = upgrade.apply(doc);
    }
    return doc;
  }

  private ProblemException changed(String id, long expected) {
    Optional<Entry> now = store.get(key(id));
    if (now.isEmpty()) {
      return absent(id);
    }
    return Problem.of(Code.REVISION_MISMATCH, key(id) + " has changed meanwhile")
        .on(key(id))
        .because("it is at revision " + now.get().modRevision() + ", not at " + expected)
        .remedy("read it again and repeat your change")
        .asException();
  }

  private ProblemException absent(String id) {
    return Problem.of(Code.NOT_FOUND, "There is no " + key(id))
        .on(key(id))
        .remedy("list what there is")
        .asException();
  }
}
