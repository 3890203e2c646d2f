package dev.kelvin.state.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What needs no full disk; that is {@link FullReserveChild}'s. */
class DiskReserveTest {
  private static final DiskReserve.Size SIZE = new DiskReserve.Size(1 << 20, 64 << 10);

  @TempDir private Path directory;

  /** Else whoever writes and discards beside the mark makes an event each time. */
  @Test
  void aDiskThatWasFullNeedsMoreThanTheMarkToHaveRoomAgain() {
    assertThat(DiskReserve.mark(false, SIZE)).isEqualTo(64 << 10);
    assertThat(DiskReserve.mark(true, SIZE)).isEqualTo(256 << 10);
  }

  @Test
  void isGivenBackPieceByPieceAndMadeWholeAgain() throws IOException {
    Path store = directory.resolve("store.db");
    Path pieces = directory.resolve("store.db.reserve");
    try (var reserve = new DiskReserve(store, SIZE, one -> {})) {
      assertThat(reserve.release()).as("there is none yet").isFalse();
      assertThat(reserve.fill()).isTrue();
      assertThat(held(pieces)).isEqualTo(SIZE.whole());
      assertThat(reserve.release()).isTrue();
      assertThat(held(pieces)).isEqualTo(SIZE.whole() - SIZE.piece());
      assertThat(reserve.inUse()).isTrue();
      assertThat(reserve.refuses()).as("there is room for all of it").isFalse();
    }
    try (var next = new DiskReserve(store, SIZE, one -> {})) {
      assertThat(next.inUse()).as("a piece is missing").isTrue();
      assertThat(next.fill()).isTrue();
      assertThat(next.inUse()).isFalse();
    }
  }

  /** It was a file, of which a part was given back by making it shorter. */
  @Test
  void theReserveOfAnOlderVersionIsUsedAndReplaced() throws IOException {
    Path file = directory.resolve("store.db.reserve");
    Files.write(file, new byte[SIZE.whole()]);
    try (var reserve = new DiskReserve(directory.resolve("store.db"), SIZE, one -> {})) {
      assertThat(reserve.inUse()).isFalse();
      assertThat(reserve.release()).isTrue();
      assertThat(reserve.inUse()).isTrue();
      assertThat(reserve.release()).as("that was all of it").isFalse();
      assertThat(reserve.fill()).isTrue();
      assertThat(held(file)).isEqualTo(SIZE.whole());
    }
    Path cut = directory.resolve("other.db.reserve");
    Files.write(cut, new byte[SIZE.piece()]);
    try (var reserve = new DiskReserve(directory.resolve("other.db"), SIZE, one -> {})) {
      assertThat(reserve.inUse()).isTrue();
    }
  }

  /** Nobody may take it for one that is in use. */
  @Test
  void oneThatIsNotWholeYetHasAnotherName() throws IOException {
    Path store = directory.resolve("store.db");
    Path fresh = Files.createDirectory(directory.resolve("store.db.reserve.new"));
    Files.write(fresh.resolve("0"), new byte[SIZE.piece()]); // a daemon was killed here
    Files.write(fresh.resolve("1"), new byte[7]);
    try (var reserve = new DiskReserve(store, SIZE, one -> {})) {
      assertThat(reserve.inUse()).isFalse();
      assertThat(reserve.fill()).isTrue();
      assertThat(held(directory.resolve("store.db.reserve"))).isEqualTo(SIZE.whole());
      assertThat(fresh).doesNotExist();
    }
  }

  private static long held(Path pieces) throws IOException {
    long held = 0;
    try (var files = Files.newDirectoryStream(pieces)) {
      for (Path piece : files) {
        held += Files.size(piece);
      }
    }
    return held;
  }

  /** Whoever rescues a deleted store needs room for it. */
  @Test
  void whyAnotherFailureCameAboutIsLookedAt() throws IOException {
    try (var reserve = new DiskReserve(directory.resolve("store.db"), SIZE, one -> {})) {
      var other = new IllegalStateException("gone", new IOException("the disk is well"));
      assertThat(reserve.isWanted(other)).isFalse();
    }
  }
}
