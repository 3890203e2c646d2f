package dev.kelvin.state.store;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.KEEP;
import static dev.kelvin.state.store.StoreConformance.bytes;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Being told changes. */
interface WatchConformance extends StoreFixture {
  @Test
  default void aWatchFromNowTellsWhatFollows() {
    store().commit(Txn.of(put("a", "before")));
    var recorder = new Recorder();
    try (Watch _ = store().watch("", 0, recorder)) {
      store().commit(Txn.of(put("a", "after"), put("b", "")));
      store().commit(Txn.of(Op.delete("a")));
      assertThat(recorder.next(3))
          .containsExactly(
              new Change.Put(new Entry("a", bytes("after"), 2, 3, 2, null)),
              new Change.Put(new Entry("b", bytes(""), 3, 3, 1, null)),
              new Change.Delete("a", 4));
    }
  }

  @Test
  default void aWatchFromARevisionTellsWhatFollowedIt() {
    for (int i = 0; i < 6; i++) {
      store().commit(Txn.of(put("a", Integer.toString(i))));
    }
    var recorder = new Recorder();
    try (Watch _ = store().watch("", 4, recorder)) {
      store().commit(Txn.of(put("b", "live")));
      assertThat(recorder.next(4)).extracting(Change::revision).containsExactly(5L, 6L, 7L, 8L);
    }
  }

  @Test
  default void aWatchFromAFutureRevisionWaitsForIt() {
    var recorder = new Recorder();
    try (Watch _ = store().watch("", 3, recorder)) {
      for (int i = 0; i < 4; i++) {
        store().commit(Txn.of(put("a", "")));
      }
      assertThat(recorder.next(2)).extracting(Change::revision).containsExactly(4L, 5L);
    }
  }

  @Test
  default void aWatchTellsItsPrefixOnly() {
    var recorder = new Recorder();
    try (Watch _ = store().watch("a/", 0, recorder)) {
      store().commit(Txn.of(put("a", ""), put("a/1", ""), put("a0", ""), put("b", "")));
      store().commit(Txn.of(Op.deletePrefix("a")));
      assertThat(recorder.next(2))
          .containsExactly(
              new Change.Put(new Entry("a/1", bytes(""), 2, 2, 1, null)),
              new Change.Delete("a/1", 3));
      assertThat(recorder.rest()).isEmpty();
    }
  }

  @Test
  default void aClosedWatchTellsNothing() {
    var recorder = new Recorder();
    var marker = new Recorder();
    Watch watch = store().watch("", 0, recorder);
    try (Watch _ = store().watch("", 0, marker)) {
      store().commit(Txn.of(put("a", "")));
      recorder.next();
      watch.close();
      store().commit(Txn.of(put("b", "")));
      marker.next(2);
    }
    assertThat(recorder.rest()).isEmpty();
    assertThat(recorder.hasEnded()).isFalse();
  }

  @Test
  default void aWatchFromACompactedRevisionIsRefused() {
    for (int i = 0; i < 2 * KEEP; i++) {
      store().commit(Txn.of(put("a", "")));
    }
    var problem = refused(Code.REVISION_MISMATCH, () -> store().watch("", 1, new Recorder()));
    assertThat(problem.cause()).contains("compacted");
    var recorder = new Recorder();
    long oldest = store().revision() - KEEP;
    try (Watch _ = store().watch("", oldest, recorder)) {
      assertThat(recorder.next(KEEP)).extracting(Change::revision).startsWith(oldest + 1);
    }
  }

  @Test
  default void aWatchWithNothingToTellIsNotOvertakenByCompaction() {
    var recorder = new Recorder();
    try (Watch _ = store().watch("quiet", 0, recorder)) {
      for (int i = 0; i < 4 * KEEP; i++) {
        store().commit(Txn.of(put("loud", "")));
      }
      store().commit(Txn.of(put("quiet", "")));
      assertThat(recorder.next().revision()).isEqualTo(4L * KEEP + 2);
    }
  }

  @Test
  default void aWatchThatIsTooSlowEndsWithAProblem() throws Exception {
    var blocked = new CountDownLatch(1);
    var inside = new CountDownLatch(1);
    var recorder = new Recorder();
    var slow =
        new WatchListener() {
          @Override
          public void changed(Change change) {
            recorder.changed(change);
            inside.countDown();
            try {
              blocked.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }

          @Override
          public void ended(dev.kelvin.model.Problem why) {
            recorder.ended(why);
          }
        };
    try (Watch _ = store().watch("", 0, slow)) {
      store().commit(Txn.of(put("a", "")));
      inside.await();
      for (int i = 0; i < 3 * KEEP; i++) {
        store().commit(Txn.of(put("a", "")));
      }
      blocked.countDown();
      assertThat(recorder.end().code()).isEqualTo(Code.REVISION_MISMATCH);
      assertThat(recorder.rest()).extracting(Change::revision).containsExactly(2L);
    }
  }

  @Test
  default void aListenerThatFailsEndsItsWatchOnly() {
    var recorder = new Recorder();
    var other = new Recorder();
    var failing =
        new WatchListener() {
          @Override
          public void changed(Change change) {
            throw new IllegalStateException("on purpose");
          }

          @Override
          public void ended(dev.kelvin.model.Problem why) {
            recorder.ended(why);
          }
        };
    try (Watch _ = store().watch("", 0, failing);
        Watch _ = store().watch("", 0, other)) {
      store().commit(Txn.of(put("a", "")));
      assertThat(recorder.end().code()).isEqualTo(Code.INTERNAL);
      store().commit(Txn.of(put("b", "")));
      other.next(2);
    }
  }

  @Test
  default void closingTheStoreEndsItsWatches() {
    var recorder = new Recorder();
    try (Watch _ = store().watch("", 0, recorder)) {
      store().close();
      assertThat(recorder.end().code()).isEqualTo(Code.UNAVAILABLE);
    }
  }

  @Test
  default void aListenerMayUseTheStore() {
    var recorder = new Recorder();
    WatchListener echo =
        change -> {
          store().commit(Txn.of(Op.put("copy/" + change.key(), bytes("" + store().revision()))));
          recorder.changed(change);
        };
    try (Watch _ = store().watch("from/", 0, echo)) {
      store().commit(Txn.of(put("from/1", ""), put("from/2", "")));
      recorder.next(2);
    }
    assertThat(store().range("copy/", null, 10).entries())
        .extracting(Entry::key)
        .isEqualTo(List.of("copy/from/1", "copy/from/2"));
  }
}
