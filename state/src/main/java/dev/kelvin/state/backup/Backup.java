package dev.kelvin.state.backup;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Version;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Range;
import dev.kelvin.state.store.Store;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;

/**
 * Writes all that a store holds at one revision: gzip (RFC 1952) around lines of JSON, the first
 * saying what it is, then one for each key, and a last one with their number and the SHA-256 of all
 * lines before it. Keys that are tied to a lease, and whose the store is, are left out.
 */
public final class Backup {
  /** Of what is written here; a larger one is refused. */
  static final int FORMAT = 1;

  private static final int PAGE = 200;

  /** The first line. */
  record Header(int kelvinBackup, String version, long revision, Instant createdAt) {}

  /** A key. */
  @SuppressWarnings("ArrayRecordComponent") // lines are written and read, not compared
  record Line(String key, byte[] value) {}

  /** The last line. */
  record Trailer(long entries, String sha256) {}

  private Backup() {}

  /** Whether a backup has this entry. */
  static boolean belongs(Entry entry) {
    return entry.lease() == null
        && !entry.key().equals(Store.OWNER)
        && !entry.key().equals(Restore.MARKER);
  }

  /**
   * Writes a backup while the store is used.
   *
   * @return the number of its entries
   * @throws dev.kelvin.model.ProblemException revision-mismatch when the store has changed so much
   *     meanwhile that the revision is compacted
   * @throws IOException when {@code out} fails
   */
  public static long write(Store store, OutputStream out, Instant now) throws IOException {
    MessageDigest digest = digest();
    try (var zipped = new GZIPOutputStream(new Unclosed(out), 1 << 14);
        var lines = new DigestOutputStream(zipped, digest)) {
      Range page = store.range("", null, PAGE);
      long revision = page.revision();
      line(lines, new Header(FORMAT, Version.NUMBER, revision, now));
      long entries = 0;
      while (true) {
        for (Entry entry : page.entries()) {
          if (belongs(entry)) {
            line(lines, new Line(entry.key(), entry.value()));
            entries++;
          }
        }
        if (!page.more()) {
          break;
        }
        page = store.range("", page.entries().getLast().key(), PAGE, revision);
      }
      lines.on(false);
      line(lines, new Trailer(entries, HexFormat.of().formatHex(digest.digest())));
      return entries;
    }
  }

  private static void line(OutputStream out, Object content) throws IOException {
    out.write(Documents.json(content));
    out.write("\n".getBytes(StandardCharsets.US_ASCII));
  }

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) { // every Java platform has it
      throw new UncheckedIOException(new IOException(e));
    }
  }

  /** The end of the backup is not the end of the stream. */
  private static final class Unclosed extends FilterOutputStream {
    Unclosed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
