package dev.kelvin.state.store;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.bytes;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reading many entries. */
interface RangeConformance extends StoreFixture {
  private List<String> keys(Range range) {
    return range.entries().stream().map(Entry::key).toList();
  }

  @Test
  default void aPrefixBoundsWhatIsRead() {
    store().commit(Txn.of(put("vm/1", ""), put("vm/2", ""), put("vm", ""), put("vm0", "")));
    assertThat(keys(store().range("vm/", null, 10))).containsExactly("vm/1", "vm/2");
    assertThat(keys(store().range("vm", null, 10))).containsExactly("vm", "vm/1", "vm/2", "vm0");
    assertThat(keys(store().range("w", null, 10))).isEmpty();
    assertThat(keys(store().range("", null, 10))).hasSize(4);
  }

  @Test
  default void keysAreInTheOrderOfTheirBytes() {
    // By UTF-16, which Java's strings order by, 😀 (d83d de00) would be before ｡ (ff61).
    List<String> ordered = List.of("A", "a", "a/", "a0", "ab", "z", "é", "｡", "😀", "😀z");
    for (String key : ordered.reversed()) {
      store().commit(Txn.of(put(key, key)));
    }
    assertThat(keys(store().range("", null, 100))).isEqualTo(ordered);
    assertThat(keys(store().range("😀", null, 100))).containsExactly("😀", "😀z");
    assertThat(keys(store().range("", "｡", 100))).containsExactly("😀", "😀z");
    assertThat(keys(store().range("", "é", 1))).containsExactly("｡");
  }

  @Test
  default void aPageSaysWhetherThereIsMore() {
    store().commit(Txn.of(put("a", ""), put("b", ""), put("c", "")));
    assertThat(store().range("", null, 2).more()).isTrue();
    assertThat(store().range("", null, 3).more()).isFalse();
    assertThat(store().range("", "b", 1)).matches(page -> !page.more());
    assertThat(keys(store().range("", "b", 1))).containsExactly("c");
    assertThat(keys(store().range("", "bb", 1)))
        .as("after a key that is not there")
        .containsExactly("c");
    assertThat(keys(store().range("b", "a", 5)))
        .as("after a key before the prefix")
        .containsExactly("b");
    assertThat(keys(store().range("a", "b", 5))).as("after a key behind the prefix").isEmpty();
    assertThatThrownBy(() -> store().range("", null, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  default void pagesOfOneRevisionAreOfOneMoment() {
    for (int i = 0; i < 9; i++) {
      store().commit(Txn.of(put("k" + i, "old")));
    }
    Range page = store().range("k", null, 2);
    assertThat(page.revision()).isEqualTo(10);
    List<Entry> read = new ArrayList<>(page.entries());
    int round = 0;
    while (page.more()) {
      // What changes meanwhile: a value, a deletion behind and ahead, new keys behind and ahead.
      store().commit(Txn.of(put("k8", "new" + round), put("k7x" + round, "new"), put("k0x", "")));
      store().commit(Txn.of(Op.delete("k0"), Op.delete("k6"), Op.delete("k5")));
      round++;
      page = store().range("k", read.getLast().key(), 2, page.revision());
      assertThat(page.revision()).isEqualTo(10);
      read.addAll(page.entries());
    }
    assertThat(read).hasSize(9);
    for (int i = 0; i < 9; i++) {
      assertThat(read.get(i)).isEqualTo(new Entry("k" + i, bytes("old"), i + 2, i + 2, 1, null));
    }
  }

  @Test
  default void aRevisionThatIsNotThereYetIsRefused() {
    refused(Code.REVISION_MISMATCH, () -> store().range("", null, 1, 2));
    assertThat(store().range("", null, 1, 1).entries()).isEmpty();
  }

  @Test
  default void aRevisionThatIsCompactedIsRefused() {
    store().commit(Txn.of(put("constant", "1"), put("gone", "1")));
    store().commit(Txn.of(Op.delete("gone")));
    for (int i = 0; i < 3 * StoreConformance.KEEP; i++) {
      store().commit(Txn.of(put("a", Integer.toString(i))));
    }
    refused(Code.REVISION_MISMATCH, () -> store().range("", null, 10, 3));
    assertThat(store().get("constant")).hasValue(new Entry("constant", bytes("1"), 2, 2, 1, null));
    long kept = store().revision() - StoreConformance.KEEP + 1;
    Range then = store().range("", null, 10, kept);
    assertThat(keys(then)).containsExactly("a", "constant");
    assertThat(then.entries().getFirst())
        .isEqualTo(new Entry("a", bytes(Long.toString(kept - 4)), 4, kept, kept - 3, null));
  }
}
