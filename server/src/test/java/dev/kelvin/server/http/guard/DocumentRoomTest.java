package dev.kelvin.server.http.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DocumentRoomTest {
  private static final int LARGEST = 64 << 10;

  private static ByteArrayInputStream bytes(int count) {
    return new ByteArrayInputStream(new byte[count]);
  }

  private final DocumentRoom room = new DocumentRoom(LARGEST, Duration.ofMillis(50));

  @Test
  void whatHasComeCountsAndNothingElse() throws IOException {
    try (var small = room.placeFor("a")) {
      assertThat(small.read(bytes(100))).hasSize(100);
      assertThat(room.inUse()).isLessThanOrEqualTo(8 << 10);
      try (var large = room.placeFor("b")) {
        assertThat(large.read(bytes(LARGEST))).hasSize(LARGEST);
        assertThat(room.inUse()).isGreaterThanOrEqualTo(LARGEST);
      }
    }
    assertThat(room.inUse()).isZero();
    assertThat(room.clients()).as("nothing is kept of who has left").isZero();
  }

  @Test
  void aDocumentThatIsTooLargeIsReadNoFurther() throws IOException {
    var endless = bytes(10 * LARGEST);
    try (var place = room.placeFor("a")) {
      assertThat(place.read(endless)).hasSize(LARGEST + 1);
    }
    assertThat(endless.available()).isEqualTo(9 * LARGEST - 1);
  }

  @Test
  void oneClientDoesNotHaveAllOfIt() throws IOException {
    try (var first = room.placeFor("a");
        var second = room.placeFor("a");
        var third = room.placeFor("a");
        var other = room.placeFor("b")) {
      first.read(bytes(LARGEST));
      second.read(bytes(LARGEST));
      assertThatThrownBy(() -> third.read(bytes(1)))
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(Code.TOO_MANY));
      assertThat(other.read(bytes(LARGEST))).hasSize(LARGEST);
    }
    assertThat(room.inUse()).isZero();
  }

  @Test
  void whoFindsNoRoomWaitsForIt() throws Exception {
    var patient = new DocumentRoom(LARGEST, Duration.ofSeconds(30));
    CompletableFuture<Integer> read = new CompletableFuture<>();
    try (var first = patient.placeFor("a");
        var second = patient.placeFor("a")) {
      first.read(bytes(LARGEST));
      second.read(bytes(LARGEST));
      Thread waiting =
          Thread.ofVirtual()
              .start(() -> {
                try (var third = patient.placeFor("a")) {
                  read.complete(third.read(bytes(LARGEST)).length);
                } catch (IOException | ProblemException e) {
                  read.completeExceptionally(e);
                }
              });
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (waiting.getState() != Thread.State.TIMED_WAITING && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      assertThat(read).isNotDone();
    }
    assertThat(read.get()).isEqualTo(LARGEST);
  }
}
