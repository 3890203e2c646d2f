package dev.kelvin.image.pull;

import dev.kelvin.host.process.BootId;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Properties;

/**
 * A file that has come in part, and beside it what is needed to go on: where it came from, how the
 * server knows that it is still the same, and how much of it is on the medium for sure. After the
 * host itself went down only that much counts.
 */
final class PartialFile {
  /** How many bytes are written between two moments at which all is on the medium. */
  private static final long FLUSH = 64L << 20;

  private final Path path;
  private final Path notes;
  private final Properties known = new Properties();
  private long flushed;

  private PartialFile(Path path) {
    this.path = path;
    this.notes = path.resolveSibling(path.getFileName() + ".from");
  }

  /** The file as an earlier attempt, of this daemon or one before it, has left it. */
  static PartialFile open(Path path) throws IOException {
    var file = new PartialFile(path);
    file.load();
    return file;
  }

  private void load() throws IOException {
    if (!Files.exists(notes) || !Files.exists(path)) {
      discard();
      return;
    }
    try (Reader in = Files.newBufferedReader(notes)) {
      known.load(in);
    } catch (IllegalArgumentException | java.nio.charset.CharacterCodingException e) {
      discard(); // notes that were cut off lead nowhere
      return;
    }
    flushed = number("flushed");
    if (!BootId.current().equals(known.getProperty("boot"))) {
      try (var out = FileChannel.open(path, StandardOpenOption.WRITE)) {
        out.truncate(Math.max(flushed, 0));
      }
    }
  }

  private long number(String key) {
    String text = known.getProperty(key, "");
    return text.matches("-?[0-9]{1,18}") ? Long.parseLong(text) : 0;
  }

  Path path() {
    return path;
  }

  long length() {
    try {
      return Files.exists(path) ? Files.size(path) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Length of the whole file as the server told it; negative when it did not. */
  long total() {
    return known.isEmpty() ? -1 : number("total");
  }

  /** What tells the server which file is meant; empty when it must be sent from the start. */
  Optional<String> validator(URI uri) {
    String url = known.getProperty("url", "");
    String validator = known.getProperty("validator", "");
    return url.equals(uri.toString()) && !validator.isEmpty()
        ? Optional.of(validator)
        : Optional.empty();
  }

  /** Begins anew. */
  void begin(URI uri, Optional<String> etag, Optional<String> modified, long total)
      throws IOException {
    discard();
    // A weak tag stands for files that differ in their bytes (RFC 9110, 8.8.3).
    String validator =
        etag.filter(tag -> tag.startsWith("\""))
            .orElse(etag.isPresent() ? "" : modified.orElse(""));
    known.setProperty("url", uri.toString());
    known.setProperty("validator", validator);
    known.setProperty("total", Long.toString(total));
    known.setProperty("boot", BootId.current());
    Files.createFile(path);
    flushed = 0;
    save();
  }

  /** To be told of each piece that was written. */
  void written(FileChannel out, long length) throws IOException {
    if (length - flushed >= FLUSH) {
      out.force(true);
      flushed = length;
      save();
    }
  }

  private void save() throws IOException {
    known.setProperty("flushed", Long.toString(flushed));
    Path fresh = notes.resolveSibling(notes.getFileName() + ".new");
    try (Writer out = Files.newBufferedWriter(fresh)) {
      known.store(out, null);
    }
    Files.move(fresh, notes, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Forgets all of it. */
  void discard() throws IOException {
    Files.deleteIfExists(notes);
    Files.deleteIfExists(path);
    known.clear();
    flushed = 0;
  }

  ProblemException failed(IOException e) {
    return Problem.of(Code.HOST_FAILURE, "The file cannot be stored")
        .on(String.valueOf(path.getFileName()))
        .because(e.toString())
        .remedy("check the room and the health of the file system of Kelvin's state")
        .asException(e);
  }
}
