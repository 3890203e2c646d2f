package dev.kelvin.state.store;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.state.engine.MemoryStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class CollectionTest {
  /** A document that had two earlier forms: with a text for a size, and with no owner. */
  record Box(String label, int size, String owner) {}

  private final Store store = new MemoryStore();
  private final Collection<Box> boxes =
      new Collection<>(store, "box/", Box.class, 3, Map.of(1, this::sizeIsNumber, 2, this::owner));

  private JsonNode sizeIsNumber(JsonNode doc) {
    var box = (ObjectNode) doc;
    return box.put("size", Integer.parseInt(box.get("size").asString()));
  }

  private JsonNode owner(JsonNode doc) {
    return ((ObjectNode) doc).put("owner", "nobody");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static Box box(String label) {
    return new Box(label, 1, "me");
  }

  @Test
  void keepsDocumentsInEnvelopes() {
    Versioned<Box> made = boxes.create("a", new Box("A", 2, "me"));
    assertThat(made).isEqualTo(new Versioned<>(new Box("A", 2, "me"), 2));
    assertThat(new String(store.get("box/a").orElseThrow().value(), StandardCharsets.UTF_8))
        .isEqualTo("{\"v\":3,\"doc\":{\"label\":\"A\",\"size\":2,\"owner\":\"me\"}}");
    assertThat(boxes.get("a")).hasValue(made);
    assertThat(boxes.require("a")).isEqualTo(made);
    assertThat(boxes.key("a")).isEqualTo("box/a");
    assertThat(boxes.id("box/a")).isEqualTo("a");
  }

  @Test
  void createsOnce() {
    boxes.create("a", box("A"));
    Problem problem = refused(Code.ALREADY_EXISTS, () -> boxes.create("a", box("B")));
    assertThat(problem.object()).isEqualTo("box/a");
    assertThat(boxes.require("a").value()).isEqualTo(box("A"));
  }

  @Test
  void replacesWhatHasNotChanged() {
    long first = boxes.create("a", box("A")).revision();
    Versioned<Box> second = boxes.replace("a", box("B"), first);
    assertThat(boxes.get("a")).hasValue(second);
    Problem problem = refused(Code.REVISION_MISMATCH, () -> boxes.replace("a", box("C"), first));
    assertThat(problem.cause()).contains("revision 3").contains("not at 2");
    refused(Code.NOT_FOUND, () -> boxes.replace("b", box("C"), first));
    assertThat(boxes.get("a")).hasValue(second);
  }

  @Test
  void deletesWhatHasNotChanged() {
    long first = boxes.create("a", box("A")).revision();
    long second = boxes.replace("a", box("B"), first).revision();
    refused(Code.REVISION_MISMATCH, () -> boxes.delete("a", first));
    boxes.delete("a", second);
    assertThat(boxes.get("a")).isEmpty();
    refused(Code.NOT_FOUND, () -> boxes.delete("a", second));
    refused(Code.NOT_FOUND, () -> boxes.require("a"));
    boxes.delete("a");
    boxes.create("a", box("A"));
    boxes.delete("a");
    assertThat(boxes.get("a")).isEmpty();
  }

  @Test
  void anIdThatNoDocumentCanHaveIsNotThere() {
    assertThat(boxes.get("")).isEmpty();
    assertThat(boxes.get("a\nb")).isEmpty();
    assertThat(boxes.get("x".repeat(5_000))).isEmpty();
    refused(Code.NOT_FOUND, () -> boxes.require("\u0000"));
    refused(Code.INVALID_ARGUMENT, () -> boxes.create("a\nb", box("A")));
  }

  @Test
  void listsWhatIsThereAndNothingElse() {
    store.commit(Txn.of(put("box", "x"), put("boxes/1", "x")));
    for (String id : List.of("c", "a", "b")) {
      boxes.create(id, box(id));
    }
    assertThat(boxes.list())
        .containsExactly(
            new Versioned<>(box("a"), 4),
            new Versioned<>(box("b"), 5),
            new Versioned<>(box("c"), 3));
    assertThat(boxes.listing().items())
        .containsExactly(
            new Collection.Item<>("a", box("a"), 4),
            new Collection.Item<>("b", box("b"), 5),
            new Collection.Item<>("c", box("c"), 3));
    assertThat(boxes.listing().revision()).isEqualTo(5);
    Collection.Page<Box> page = boxes.page(null, 2, 0);
    assertThat(page.more()).isTrue();
    boxes.delete("c");
    assertThat(boxes.page("b", 2, page.revision()).items())
        .extracting(Collection.Item::id)
        .containsExactly("c");
  }

  @Test
  void listsMoreThanAPage() {
    for (int i = 0; i < 1_100; i++) {
      boxes.create("n%04d".formatted(i), box("x"));
    }
    assertThat(boxes.listing().items()).hasSize(1_100).doesNotHaveDuplicates();
  }

  @Test
  void updatesUnderContentionLoseNothing() throws Exception {
    boxes.create("a", new Box("A", 0, "me"));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Versioned<Box>>> all = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        all.add(
            threads.submit(
                () -> boxes.update("a", old -> new Box(old.label(), old.size() + 1, old.owner()))));
      }
      for (Future<Versioned<Box>> one : all) {
        one.get();
      }
    }
    assertThat(boxes.require("a").value().size()).isEqualTo(100);
    refused(Code.NOT_FOUND, () -> boxes.update("b", UnaryOperator.identity()));
  }

  @Test
  void transactionsSpanCollections() {
    var names = new Collection<>(store, "name/", Box.class, 1);
    Txn txn =
        Txn.when(boxes.isAbsent("a"), names.isAbsent("n"))
            .andThen(boxes.put("a", box("A")), names.put("n", box("N")));
    assertThat(store.commit(txn).succeeded()).isTrue();
    assertThat(store.commit(txn).succeeded()).isFalse();
    long revision = boxes.require("a").revision();
    Txn swap =
        Txn.when(boxes.isAt("a", revision)).andThen(boxes.remove("a"), names.put("n", box("M")));
    assertThat(store.commit(swap).succeeded()).isTrue();
    assertThat(boxes.get("a")).isEmpty();
    assertThat(names.require("n").value()).isEqualTo(box("M"));
  }

  @Test
  void documentsOfEarlierVersionsAreUpgraded() {
    store.commit(
        Txn.of(
            put("box/1", "{\"v\":1,\"doc\":{\"label\":\"one\",\"size\":\"7\"}}"),
            put("box/2", "{\"v\":2,\"doc\":{\"label\":\"two\",\"size\":8}}"),
            put("box/3", "{\"v\":3,\"doc\":{\"label\":\"three\",\"size\":9,\"owner\":\"me\"}}")));
    assertThat(boxes.list())
        .extracting(Versioned::value)
        .containsExactly(
            new Box("one", 7, "nobody"), new Box("two", 8, "nobody"), new Box("three", 9, "me"));
    boxes.update("1", UnaryOperator.identity());
    assertThat(new String(store.get("box/1").orElseThrow().value(), StandardCharsets.UTF_8))
        .startsWith("{\"v\":3,");
  }

  @Test
  void documentsOfNewerVersionsAreRefused() {
    store.commit(Txn.of(put("box/1", "{\"v\":4,\"doc\":{\"labels\":[]}}")));
    Problem problem = refused(Code.WRONG_STATE, () -> boxes.get("1"));
    assertThat(problem.object()).isEqualTo("box/1");
    assertThat(problem.cause()).contains("version 4").contains("up to 3");
    refused(Code.WRONG_STATE, boxes::list);
  }

  @Test
  void whatIsNoDocumentIsRefused() {
    List<String> bad =
        List.of(
            "",
            "junk",
            "{}",
            "[]",
            "null",
            "{\"v\":0,\"doc\":{}}",
            "{\"v\":3}",
            "{\"v\":3,\"doc\":null}",
            "{\"v\":3,\"doc\":{\"size\":[]}}",
            "{\"doc\":{}}",
            "{\"v\":1,\"doc\":{\"label\":\"no size\"}}",
            "{\"v\":2,\"doc\":[]}");
    for (String text : bad) {
      store.commit(Txn.of(put("box/1", text)));
      Problem problem = refused(Code.HOST_FAILURE, () -> boxes.get("1"));
      assertThat(problem.object()).as(text).isEqualTo("box/1");
      assertThat(problem.cause()).as(text).isNotBlank();
    }
  }

  @Test
  void everyEarlierVersionNeedsItsUpgrade() {
    assertThatThrownBy(() -> new Collection<>(store, "box/", Box.class, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("version 1");
  }

  @Test
  void watchesTellDocuments() throws Exception {
    BlockingQueue<Collection.Event<Box>> events = new LinkedBlockingQueue<>();
    var ended = new CompletableFuture<Problem>();
    var listener =
        new Collection.Listener<Box>() {
          @Override
          public void changed(Collection.Event<Box> event) {
            events.add(event);
          }

          @Override
          public void ended(Problem why) {
            ended.complete(why);
          }
        };
    boxes.create("before", box("B"));
    try (Watch _ = boxes.watch(boxes.listing().revision(), listener)) {
      boxes.create("a", box("A"));
      boxes.delete("a");
      assertThat(events.poll(20, TimeUnit.SECONDS))
          .isEqualTo(new Collection.Event.Put<>("a", box("A"), 3));
      assertThat(events.poll(20, TimeUnit.SECONDS))
          .isEqualTo(new Collection.Event.Deleted<>("a", 4));
      store.commit(Txn.of(put("box/new", "{\"v\":4,\"doc\":{}}")));
      assertThat(ended.get(20, TimeUnit.SECONDS).code()).isEqualTo(Code.WRONG_STATE);
    }
    assertThat(events).isEmpty();
  }
}
