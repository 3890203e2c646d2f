package dev.kelvin.state.store;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.bytes;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Keys that go with a lease. */
interface LeaseConformance extends StoreFixture {
  private Op leased(String key, Lease lease) {
    return Op.put(key, bytes("x"), lease);
  }

  @Test
  default void grantingIsNoRevision() {
    Lease first = store().grant(ttl());
    Lease second = store().grant(ttl());
    assertThat(first.id()).isNotEqualTo(second.id());
    assertThat(first.ttl()).isEqualTo(ttl());
    assertThat(store().revision()).isEqualTo(1);
    store().revoke(first);
    assertThat(store().revision()).as("it had no keys").isEqualTo(1);
  }

  @Test
  default void revokingDeletesTheKeysInOneRevision() {
    Lease lease = store().grant(ttl());
    Lease other = store().grant(ttl());
    store()
        .commit(Txn.of(leased("a", lease), leased("b", lease), leased("c", other), put("d", "")));
    assertThat(store().get("a").orElseThrow().lease()).isEqualTo(lease.id());
    var recorder = new Recorder();
    try (Watch _ = store().watch("", 0, recorder)) {
      store().revoke(lease);
      assertThat(recorder.next(2))
          .containsExactly(new Change.Delete("a", 3), new Change.Delete("b", 3));
    }
    assertThat(store().get("a")).isEmpty();
    assertThat(store().get("c")).isPresent();
    assertThat(store().get("d")).isPresent();
    refused(Code.NOT_FOUND, () -> store().revoke(lease));
    refused(Code.NOT_FOUND, () -> store().keepAlive(lease));
  }

  @Test
  default void aLeaseExpiresByTheClock() {
    Lease lease = store().grant(ttl());
    store().commit(Txn.of(leased("a", lease), leased("b", lease)));
    var recorder = new Recorder();
    try (Watch _ = store().watch("", 0, recorder)) {
      pass(ttl());
      assertThat(recorder.next(2))
          .containsExactly(new Change.Delete("a", 3), new Change.Delete("b", 3));
    }
    refused(Code.NOT_FOUND, () -> store().commit(Txn.of(leased("c", lease))));
    assertThat(store().get("c")).isEmpty();
  }

  @Test
  default void aLeaseThatIsKeptAliveDoesNotExpire() {
    Lease kept = store().grant(ttl());
    Lease marker = store().grant(ttl());
    store().commit(Txn.of(leased("kept", kept), leased("marker", marker)));
    for (int i = 0; i < 5; i++) {
      pass(ttl().dividedBy(2));
      store().keepAlive(kept);
    }
    Await.until("the other lease expires", () -> store().get("marker").isEmpty());
    assertThat(store().get("kept")).isPresent();
    pass(ttl());
    Await.until("it expires", () -> store().get("kept").isEmpty());
  }

  @Test
  default void aLeaseThatIsOverCannotBeKeptAlive() {
    Lease lease = store().grant(ttl());
    pass(ttl());
    refused(Code.NOT_FOUND, () -> store().keepAlive(lease));
  }

  @Test
  default void aKeyBelongsToTheLeaseItWasLastPutWith() {
    Lease first = store().grant(ttl());
    Lease second = store().grant(ttl());
    store().commit(Txn.of(leased("free", first), leased("moved", first), leased("gone", first)));
    store().commit(Txn.of(put("free", "now"), leased("moved", second), Op.delete("gone")));
    store().commit(Txn.of(put("gone", "again")));
    store().revoke(first);
    assertThat(store().revision()).as("no key was left to delete").isEqualTo(4);
    assertThat(store().get("free").orElseThrow().lease()).isNull();
    store().revoke(second);
    assertThat(store().range("", null, 10).entries())
        .extracting(Entry::key)
        .containsExactly("free", "gone");
  }

  @Test
  default void anUnknownLeaseIsRefusedAndNothingIsPut() {
    var unknown = new Lease(4711, ttl());
    refused(Code.NOT_FOUND, () -> store().commit(Txn.of(put("a", ""), leased("b", unknown))));
    assertThat(store().revision()).isEqualTo(1);
    refused(Code.NOT_FOUND, () -> store().revoke(unknown));
    refused(Code.NOT_FOUND, () -> store().keepAlive(unknown));
    assertThatThrownBy(() -> store().grant(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  default void aLeaseSurvivesTheCompactionOfItsKeysHistory() {
    Lease lease = store().grant(ttl());
    store().commit(Txn.of(leased("a", lease)));
    for (int i = 0; i < 3 * StoreConformance.KEEP; i++) {
      store().commit(Txn.of(put("other", "")));
    }
    store().revoke(lease);
    assertThat(store().get("a")).isEmpty();
  }
}
