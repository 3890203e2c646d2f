package dev.kelvin.state.backup;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** Reads what {@link Backup} wrote. A file is checked to its end before anything of it is used. */
public final class Restore {
  /** Is there while a restore is under way, so that nobody takes half of it for the whole. */
  public static final String MARKER = "/restoring";

  private static final int OPERATIONS = 64;
  private static final int BYTES = 1 << 20;

  private final Path file;

  /**
   * What a backup is.
   *
   * @param version of the Kelvin that wrote it
   * @param revision of the store when it was written
   */
  public record Summary(String version, long revision, long entries) {}

  public Restore(Path file) {
    this.file = file;
  }

  /**
   * Reads all of it, and tells each key with its value.
   *
   * @throws ProblemException malformed when it is damaged, incomplete or no backup; wrong-state
   *     when a newer Kelvin wrote it; not-found
   */
  public Summary check(Consumer<Op.Put> each) {
    MessageDigest digest = Backup.digest();
    try (var reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      String line = reader.readLine();
      Backup.Header header = parse(line, Backup.Header.class);
      if (header.kelvinBackup() < 1) {
        throw damaged("its first line does not say that it is one").asException();
      }
      if (header.kelvinBackup() > Backup.FORMAT) {
        throw Problem.of(Code.WRONG_STATE, "The backup was written by a newer Kelvin")
            .on(file.toString())
            .because("Kelvin " + header.version() + " wrote it in format " + header.kelvinBackup())
            .remedy("run that version of Kelvin or a later one")
            .asException();
      }
      long entries = 0;
      String previous = line;
      for (line = reader.readLine(); line != null; line = reader.readLine()) {
        digest.update((previous + "\n").getBytes(StandardCharsets.UTF_8));
        if (line.startsWith("{\"entries\":")) {
          Backup.Trailer trailer = parse(line, Backup.Trailer.class);
          String sum = HexFormat.of().formatHex(digest.digest());
          if (trailer.entries() != entries || !sum.equals(trailer.sha256())) {
            throw damaged("its checksum is another than it says").asException();
          }
          if (reader.readLine() != null) { // this also has gzip check its own end
            throw damaged("it goes on after its end").asException();
          }
          return new Summary(header.version(), header.revision(), entries);
        }
        Backup.Line entry = parse(line, Backup.Line.class);
        each.accept(new Op.Put(entry.key(), entry.value(), null));
        entries++;
        previous = line;
      }
      throw damaged("its end is missing").asException();
    } catch (java.nio.file.NoSuchFileException e) {
      throw Problem.of(Code.NOT_FOUND, "There is no such backup")
          .on(file.toString())
          .because("there is no file of this name")
          .remedy("check the path")
          .asException(e);
    } catch (IOException e) {
      throw damaged(e.toString()).asException(e);
    }
  }

  private <T> T parse(@Nullable String line, Class<T> type) {
    try {
      T value =
          line == null ? null : Documents.readTrusted(line.getBytes(StandardCharsets.UTF_8), type);
      if (value == null || (value instanceof Backup.Line entry && entry.value() == null)) {
        throw damaged("a line is missing or empty").asException();
      }
      return value;
    } catch (JacksonException e) {
      throw damaged("a line is no JSON of a backup").asException(e);
    }
  }

  private Problem damaged(String cause) {
    return Problem.of(Code.MALFORMED, "The backup is damaged, incomplete or no backup of Kelvin's")
        .on(file.toString())
        .because(cause)
        .remedy("use another backup; nothing of this one was used");
  }

  /** Whether a store holds nothing that a restore would replace. */
  public static boolean isEmpty(Store store) {
    return store.range("", null, 3).entries().stream().noneMatch(Backup::belongs)
        && store.get(MARKER).isEmpty();
  }

  /**
   * Makes a store hold what the backup has, and nothing else. When this is interrupted, the marker
   * stays until it is done again.
   *
   * @throws ProblemException as {@link #check}, before anything is changed
   */
  public Summary into(Store store) {
    Summary summary = check(_ -> {});
    store.commit(Txn.of(Op.put(MARKER, file.toString().getBytes(StandardCharsets.UTF_8))));
    clear(store);
    var batch = new Batch(store);
    check(batch::add);
    batch.commit();
    store.commit(Txn.of(Op.delete(MARKER)));
    return summary;
  }

  private static void clear(Store store) {
    while (true) {
      List<Op> ops =
          store.range("", null, OPERATIONS).entries().stream()
              .filter(entry -> !entry.key().equals(MARKER) && !entry.key().equals(Store.OWNER))
              .map(entry -> Op.delete(entry.key()))
              .toList();
      if (ops.isEmpty()) {
        return;
      }
      store.commit(Txn.of(ops));
    }
  }

  /** Puts that are made together. */
  private static final class Batch {
    private final Store store;
    private final List<Op> ops = new ArrayList<>();
    private int bytes;

    Batch(Store store) {
      this.store = store;
    }

    void add(Op.Put put) {
      if (ops.size() == OPERATIONS || bytes + put.value().length > BYTES) {
        commit();
      }
      ops.add(put);
      bytes += put.value().length + put.key().length();
    }

    void commit() {
      store.commit(Txn.of(ops));
      ops.clear();
      bytes = 0;
    }
  }
}
