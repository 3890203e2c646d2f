package dev.kelvin.state.store;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.bytes;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.state.store.Compare.Field;
import dev.kelvin.state.store.Compare.Relation;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Revisions, compares and operations. */
interface TransactionConformance extends StoreFixture {
  @Test
  default void anEmptyStoreIsAtRevisionOne() {
    assertThat(store().revision()).isEqualTo(1);
    assertThat(store().get("a")).isEmpty();
  }

  @Test
  default void aTransactionThatChangesSomethingHasOneRevision() {
    assertThat(store().commit(Txn.of(put("a", "1"), put("b", "1")))).isEqualTo(new Result(true, 2));
    assertThat(store().commit(Txn.of(put("a", "2"), Op.delete("b"), put("c", "1"))))
        .isEqualTo(new Result(true, 3));
    assertThat(store().revision()).isEqualTo(3);
    assertThat(store().get("a")).hasValue(new Entry("a", bytes("2"), 2, 3, 2, null));
    assertThat(store().get("b")).isEmpty();
    assertThat(store().get("c")).hasValue(new Entry("c", bytes("1"), 3, 3, 1, null));
  }

  @Test
  default void aTransactionThatChangesNothingHasNone() {
    store().commit(Txn.of(put("a", "1")));
    assertThat(store().commit(Txn.of(Op.delete("b"), Op.deletePrefix("c"))))
        .isEqualTo(new Result(true, 2));
    assertThat(store().commit(Txn.when(Compare.absent("a")).andThen(put("a", "2"))))
        .isEqualTo(new Result(false, 2));
    assertThat(store().commit(Txn.of())).isEqualTo(new Result(true, 2));
    assertThat(store().revision()).isEqualTo(2);
  }

  @Test
  default void puttingTheSameValueIsAChange() {
    store().commit(Txn.of(put("a", "1")));
    assertThat(store().commit(Txn.of(put("a", "1"))).revision()).isEqualTo(3);
    assertThat(store().get("a")).hasValue(new Entry("a", bytes("1"), 2, 3, 2, null));
  }

  @Test
  default void aKeyThatIsPutAgainAfterItsDeletionIsNew() {
    store().commit(Txn.of(put("a", "1")));
    store().commit(Txn.of(put("a", "2")));
    store().commit(Txn.of(Op.delete("a")));
    store().commit(Txn.of(put("a", "3")));
    assertThat(store().get("a")).hasValue(new Entry("a", bytes("3"), 5, 5, 1, null));
  }

  @Test
  default void valuesMayBeEmptyAndHaveAnyBytes() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    store().commit(Txn.of(Op.put("all", all), Op.put("none", new byte[0])));
    assertThat(store().get("all").orElseThrow().value()).isEqualTo(all);
    assertThat(store().get("none").orElseThrow().value()).isEmpty();
  }

  @Test
  default void theOtherwiseBranchIsExecutedWhenACompareFails() {
    store().commit(Txn.of(put("a", "1")));
    Txn txn =
        Txn.when(Compare.exists("a"), Compare.value("a", bytes("2")))
            .andThen(put("then", ""))
            .orElse(put("otherwise", ""));
    assertThat(store().commit(txn)).isEqualTo(new Result(false, 3));
    assertThat(store().get("then")).isEmpty();
    assertThat(store().get("otherwise")).isPresent();
  }

  private boolean holds(Compare compare) {
    return store().commit(Txn.when(compare)).succeeded();
  }

  @Test
  default void everyNumberComparesInEveryRelation() {
    store().commit(Txn.of(put("other", "")));
    store().commit(Txn.of(put("a", "1"))); // created at 3
    store().commit(Txn.of(put("a", "2")));
    store().commit(Txn.of(put("a", "3"))); // modified at 5, version 3
    for (Field field : Field.values()) {
      long there =
          switch (field) {
            case CREATE_REVISION -> 3;
            case MOD_REVISION -> 5;
            case VERSION -> 3;
          };
      for (String key : List.of("a", "absent")) {
        long actual = key.equals("a") ? there : 0;
        for (long operand = 0; operand <= 6; operand++) {
          for (Relation relation : Relation.values()) {
            boolean expected =
                switch (relation) {
                  case EQUAL -> actual == operand;
                  case NOT_EQUAL -> actual != operand;
                  case LESS -> actual < operand;
                  case GREATER -> actual > operand;
                };
            var compare = new Compare.OfNumber(key, field, relation, operand);
            assertThat(holds(compare)).as(compare.toString()).isEqualTo(expected);
          }
        }
      }
    }
  }

  @Test
  default void valuesCompareAsUnsignedBytes() {
    store().commit(Txn.of(Op.put("a", new byte[] {(byte) 0x80})));
    assertThat(holds(new Compare.OfValue("a", Relation.GREATER, new byte[] {0x7f}))).isTrue();
    assertThat(holds(new Compare.OfValue("a", Relation.LESS, new byte[] {(byte) 0x80, 0})))
        .isTrue();
    assertThat(holds(new Compare.OfValue("a", Relation.NOT_EQUAL, new byte[0]))).isTrue();
    assertThat(holds(Compare.value("a", new byte[] {(byte) 0x80}))).isTrue();
  }

  @Test
  default void noCompareOfAValueHoldsForAnAbsentKey() {
    for (Relation relation : Relation.values()) {
      assertThat(holds(new Compare.OfValue("absent", relation, bytes("x")))).isFalse();
    }
  }

  @Test
  default void shorthandsForComparesMeanWhatTheySay() {
    store().commit(Txn.of(put("a", "1")));
    store().commit(Txn.of(put("a", "2")));
    assertThat(holds(Compare.exists("a"))).isTrue();
    assertThat(holds(Compare.exists("b"))).isFalse();
    assertThat(holds(Compare.absent("b"))).isTrue();
    assertThat(holds(Compare.absent("a"))).isFalse();
    assertThat(holds(Compare.modRevision("a", 3))).isTrue();
    assertThat(holds(Compare.createRevision("a", 2))).isTrue();
    assertThat(holds(Compare.version("a", 2))).isTrue();
  }

  @Test
  default void deletingAPrefixDeletesNothingElse() {
    store()
        .commit(Txn.of(put("a", ""), put("a/1", ""), put("a/2", ""), put("a0", ""), put("b", "")));
    assertThat(store().commit(Txn.of(Op.deletePrefix("a/"), put("c", ""))).revision()).isEqualTo(3);
    assertThat(store().range("", null, 10).entries())
        .extracting(Entry::key)
        .containsExactly("a", "a0", "b", "c");
    assertThat(store().commit(Txn.of(Op.deletePrefix(""))).revision()).isEqualTo(4);
    assertThat(store().range("", null, 10).entries()).isEmpty();
  }

  @Test
  default void overlappingDeletionsDeleteOnce() {
    store().commit(Txn.of(put("a/1", ""), put("a/2", "")));
    var recorder = new Recorder();
    try (Watch _ = store().watch("", 2, recorder)) {
      store().commit(Txn.of(Op.delete("a/2"), Op.deletePrefix("a/"), Op.deletePrefix("")));
      store().commit(Txn.of(put("end", "")));
      assertThat(recorder.next(3)).extracting(Change::key).containsExactly("a/2", "a/1", "end");
    }
  }

  @Test
  default void aKeyIsNotChangedTwiceInOneTransaction() {
    refused(Code.INVALID_ARGUMENT, () -> store().commit(Txn.of(put("a", "1"), put("a", "2"))));
    refused(Code.INVALID_ARGUMENT, () -> store().commit(Txn.of(put("a", "1"), Op.delete("a"))));
    refused(
        Code.INVALID_ARGUMENT,
        () -> store().commit(Txn.of(put("a/b", "1"), Op.deletePrefix("a/"))));
    refused(
        Code.INVALID_ARGUMENT,
        () -> store().commit(Txn.when().orElse(put("a", "1"), put("a", "2"))));
    assertThat(store().revision()).isEqualTo(1);
  }

  @Test
  default void keysThatNoStoreCanHoldAreRefused() {
    for (String key : List.of("", "a\nb", "a\u0000", "\ud800", "\udbff\udfff", "k".repeat(1025))) {
      refused(Code.INVALID_ARGUMENT, () -> store().get(key));
      refused(Code.INVALID_ARGUMENT, () -> store().commit(Txn.of(put(key, ""))));
      refused(Code.INVALID_ARGUMENT, () -> store().commit(Txn.of(Op.delete(key))));
      refused(Code.INVALID_ARGUMENT, () -> store().commit(Txn.when(Compare.exists(key))));
    }
    store().commit(Txn.of(put("k".repeat(1024), "")));
  }

  @Test
  default void transactionsThatAreTooLargeAreRefused() {
    byte[] half = new byte[Store.MAX_TXN_BYTES / 2];
    refused(Code.TOO_LARGE, () -> store().commit(Txn.of(Op.put("a", half), Op.put("b", half))));
    List<Op> many =
        IntStream.rangeClosed(0, Store.MAX_OPS).mapToObj(i -> put("k" + i, "")).toList();
    refused(Code.TOO_LARGE, () -> store().commit(Txn.of(many)));
    refused(
        Code.TOO_LARGE,
        () ->
            store()
                .commit(
                    new Txn(
                        Collections.nCopies(Store.MAX_OPS + 1, Compare.absent("a")),
                        List.of(),
                        List.of())));
    assertThat(store().revision()).isEqualTo(1);
    store().commit(Txn.of(many.subList(0, Store.MAX_OPS)));
    store().commit(Txn.of(Op.put("a", half)));
    assertThat(store().get("a").orElseThrow().value()).hasSize(half.length);
  }

  @Test
  default void anInterruptedCallerGetsItsAnswer() {
    Thread.currentThread().interrupt();
    Result result = store().commit(Txn.of(put("a", "1")));
    boolean still = Thread.interrupted();
    assertThat(result).isEqualTo(new Result(true, 2));
    assertThat(still).isTrue();
    Thread.currentThread().interrupt();
    assertThat(store().get("a")).isPresent();
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  default void aClosedStoreRefusesEverything() {
    store().close();
    refused(Code.UNAVAILABLE, () -> store().get("a"));
    refused(Code.UNAVAILABLE, () -> store().range("", null, 1));
    refused(Code.UNAVAILABLE, () -> store().commit(Txn.of(put("a", "1"))));
    refused(Code.UNAVAILABLE, () -> store().watch("", 0, new Recorder()));
    refused(Code.UNAVAILABLE, () -> store().grant(java.time.Duration.ofSeconds(1)));
    store().close();
  }
}
