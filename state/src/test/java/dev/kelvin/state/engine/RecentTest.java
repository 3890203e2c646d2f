package dev.kelvin.state.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Entry;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecentTest {
  private static Change put(String key, long revision) {
    return put(key, revision, 1);
  }

  private static Change put(String key, long revision, int bytes) {
    return new Change.Put(new Entry(key, new byte[bytes], revision, revision, 1, null));
  }

  private static List<String> keys(Optional<Watches.Changes> changes) {
    return changes.orElseThrow().changes().stream().map(Change::key).toList();
  }

  @Test
  void givesWhatFollowsARevisionInOrder() {
    var recent = new Recent(100);
    recent.add(5, List.of(put("/a/1", 5), put("/b/1", 5), put("/a/2", 5)));
    recent.add(6, List.of(new Change.Delete("/a/1", 6)));
    recent.add(7, List.of(put("/b/2", 7)));

    assertThat(keys(recent.after("/a/", 4))).containsExactly("/a/1", "/a/2", "/a/1");
    assertThat(keys(recent.after("/", 5))).containsExactly("/a/1", "/b/2");
    assertThat(keys(recent.after("/a/", 6))).isEmpty();
    assertThat(recent.after("/a/", 6).orElseThrow().upTo()).isEqualTo(7);
  }

  @Test
  void saysNothingOfWhatItDoesNotHave() {
    var recent = new Recent(2);
    assertThat(recent.after("/", 0)).isEmpty();
    for (int revision = 1; revision <= 4; revision++) {
      recent.add(revision, List.of(put("/" + revision, revision)));
    }

    assertThat(recent.after("/", 1)).as("2 is forgotten").isEmpty();
    assertThat(keys(recent.after("/", 2))).containsExactly("/3", "/4");
    assertThat(recent.after("/", 4)).as("nothing followed yet").isEmpty();
  }

  @Test
  void holdsLargeValuesForAShortTimeOnly() {
    var recent = new Recent(100);
    recent.add(1, List.of(put("/1", 1, Recent.BYTES)));
    recent.add(2, List.of(put("/2", 2, 1)));

    assertThat(recent.after("/", 0)).isEmpty();
    assertThat(keys(recent.after("/", 1))).containsExactly("/2");
  }

  @Test
  void aGapEmptiesIt() {
    var recent = new Recent(100);
    recent.add(1, List.of(put("/1", 1)));
    recent.add(3, List.of(put("/3", 3)));

    assertThat(recent.after("/", 0)).isEmpty();
    assertThat(keys(recent.after("/", 2))).containsExactly("/3");
  }
}
