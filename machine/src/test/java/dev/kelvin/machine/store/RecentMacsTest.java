package dev.kelvin.machine.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Addresses are chosen faster than they come to the store, and never twice. */
class RecentMacsTest {
  private final RecentMacs recent = new RecentMacs();

  @Test
  void anAddressIsNotedOnce() {
    assertThat(recent.add("52:54:00:00:00:01")).isTrue();
    assertThat(recent.add("52:54:00:00:00:02")).isTrue();
    assertThat(recent.add("52:54:00:00:00:01")).isFalse();
  }

  /** By then the first are in the store. */
  @Test
  void onlySoManyAreKeptAndTheOldestGo() {
    for (int i = 0; i < 4096; i++) {
      assertThat(recent.add(Integer.toString(i))).isTrue();
    }
    assertThat(recent.add("0")).as("it is kept still").isFalse();
    assertThat(recent.add("one more")).isTrue();
    assertThat(recent.add("1")).as("the second is kept still").isFalse();
    assertThat(recent.add("0")).as("the first is not").isTrue();
  }
}
