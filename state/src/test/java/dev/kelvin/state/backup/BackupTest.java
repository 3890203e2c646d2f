package dev.kelvin.state.backup;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.store.DyingStore;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is backed up comes back, all of it or nothing. */
class BackupTest {
  private final Store store = new MemoryStore();
  private final Store other = new MemoryStore();

  @TempDir Path directory;

  @AfterEach
  void close() {
    store.close();
    other.close();
  }

  private Path backup() throws IOException {
    Path file = directory.resolve("backup");
    try (OutputStream out = Files.newOutputStream(file)) {
      Backup.write(store, out, Instant.EPOCH);
    }
    return file;
  }

  private static List<String> held(Store store) {
    return store.range("", null, 10_000).entries().stream()
        .map(entry -> entry.key() + "=" + new String(entry.value(), StandardCharsets.UTF_8))
        .toList();
  }

  private void fill(int count) {
    for (int i = 0; i < count; i++) {
      store.commit(Txn.of(put("k%04d".formatted(i), "value " + i)));
    }
  }

  @Test
  void allComesBackAndNothingElseStays() throws IOException {
    fill(450);
    store.commit(Txn.of(Op.put("large", new byte[700_000]), Op.put("huge", new byte[800_000])));
    store.commit(Txn.of(put(Store.OWNER, "one")));
    store.commit(Txn.of(Op.put("leased", new byte[0], store.grant(Duration.ofMinutes(1)))));
    other.commit(Txn.of(put("old", "gone"), put(Store.OWNER, "two")));
    assertThat(Restore.isEmpty(other)).isFalse();
    Restore.Summary summary = new Restore(backup()).into(other);
    assertThat(summary.entries()).isEqualTo(452);
    assertThat(summary.revision()).isEqualTo(store.revision());
    store.commit(Txn.of(Op.delete("leased"), put(Store.OWNER, "two")));
    assertThat(held(other)).isEqualTo(held(store));
  }

  /**
   * Whoever writes while the backup is made does not tear it: each page is followed by a change.
   */
  @Test
  void itIsOfOneMoment() throws IOException {
    fill(900);
    for (int i = 0; i < 900; i++) { // nothing that could wait in a buffer until the end
      byte[] noise = new byte[500];
      new Random(i).nextBytes(noise);
      store.commit(Txn.of(Op.put("k%04d".formatted(i), noise)));
    }
    List<String> then = held(store);
    var file = new ByteArrayOutputStream();
    List<Integer> disturbed = new ArrayList<>();
    var disturbing =
        new OutputStream() {
          @Override
          public void write(int one) {
            file.write(one);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            if (file.size() > 0) { // after gzip's header, which comes before the first page
              store.commit(Txn.of(put("k0899", "later"), put("k0000", "later"), put("new", "")));
              disturbed.add(file.size());
            }
            file.write(bytes, offset, length);
          }
        };
    Backup.write(store, disturbing, Instant.EPOCH);
    assertThat(disturbed).hasSizeGreaterThan(10);
    assertThat(held(store)).isNotEqualTo(then);
    Path path = Files.write(directory.resolve("backup"), file.toByteArray());
    new Restore(path).into(other);
    assertThat(held(other)).isEqualTo(then);
  }

  @Test
  void whatIsDamagedIsRefusedAndChangesNothing() throws IOException {
    fill(30);
    other.commit(Txn.of(put("kept", "")));
    byte[] whole = Files.readAllBytes(backup());
    String text;
    try (var in = new GZIPInputStream(Files.newInputStream(directory.resolve("backup")))) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    List<byte[]> bad = new ArrayList<>();
    for (int length = 0; length < whole.length; length += 7) {
      bad.add(java.util.Arrays.copyOf(whole, length));
    }
    bad.add(zip(text.substring(0, text.lastIndexOf("{\"entries\""))));
    bad.add(zip(text.replaceFirst("\"k0003\"", "\"k9999\"")));
    bad.add(zip(text.replaceFirst("\n\\{\"key\":\"k0003\"[^\n]*", "")));
    bad.add(zip("{}\n"));
    bad.add(zip("\n"));
    bad.add(zip("no JSON\n"));
    bad.add("no gzip".getBytes(StandardCharsets.UTF_8));
    for (byte[] one : bad) {
      Path file = Files.write(directory.resolve("bad"), one);
      refused(Code.MALFORMED, () -> new Restore(file).into(other));
    }
    assertThat(held(other)).containsExactly("kept=");
    Path newer =
        Files.write(
            directory.resolve("newer"),
            zip(text.replaceFirst("\"kelvinBackup\":1", "\"kelvinBackup\":2")));
    refused(Code.WRONG_STATE, () -> new Restore(newer).into(other));
    refused(Code.NOT_FOUND, () -> new Restore(directory.resolve("none")).into(other));
  }

  private static byte[] zip(String text) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zipped = new GZIPOutputStream(out)) {
      zipped.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return out.toByteArray();
  }

  /** The process dies at each write: the marker says so until the restore is done again. */
  @Test
  void anInterruptedRestoreIsMarked() throws IOException {
    fill(300);
    Path file = backup();
    List<String> all = held(store);
    int points = 0;
    for (int at = 1; ; at++) {
      try (var target = new MemoryStore()) {
        target.commit(Txn.of(put("old", "")));
        var dying = new DyingStore(target, DyingStore.dead(at, new AtomicInteger()));
        boolean died = false;
        try {
          new Restore(file).into(dying);
        } catch (ProblemException e) {
          died = true;
        }
        boolean old = held(target).equals(List.of("old="));
        boolean complete = held(target).equals(all);
        assertThat(old || complete || target.get(Restore.MARKER).isPresent()).isTrue();
        new Restore(file).into(target);
        assertThat(held(target)).isEqualTo(all);
        if (!died) {
          break;
        }
        points++;
      }
    }
    assertThat(points).isGreaterThan(6);
  }

  @Test
  void aFailingStreamIsTold() {
    fill(5);
    var full =
        new OutputStream() {
          @Override
          public void write(int one) throws IOException {
            throw new IOException("no space");
          }
        };
    assertThatThrownBy(() -> Backup.write(store, full, Instant.EPOCH))
        .isInstanceOf(IOException.class);
  }
}
