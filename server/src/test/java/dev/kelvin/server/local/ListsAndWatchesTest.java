package dev.kelvin.server.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Event;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.Condition;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Action.Resource;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.action.Outcome.Subscription;
import dev.kelvin.server.action.Outcome.Subscription.Item;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Lists of a node, and what those who watch one are told while VMs come, change and go. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ListsAndWatchesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Query BLUE = new Query(Map.of("team", "blue"), List.of(), null, 500);

  private TestNode node;

  @BeforeAll
  void open(@TempDir Path home) throws IOException, InterruptedException {
    node = TestNode.open(home);
  }

  @AfterEach
  void clear() throws InterruptedException {
    node.clear();
  }

  @AfterAll
  void close() {
    node.close();
  }

  private void make(String name, Map<String, String> labels) throws InterruptedException {
    node.done(TestNode.create(TestNode.vm(name, labels)));
  }

  private void label(String name, Map<String, String> labels) throws InterruptedException {
    Vm vm = node.vm(name);
    node.done(
        new Action.UpdateVm(name, vm.withMetadata(vm.metadata().withLabels(labels)), null, false));
  }

  private static List<String> names(Outcome.Page page) {
    return page.items().stream().map(one -> ((Vm) one).metadata().name()).toList();
  }

  private static Item next(Subscription watch) throws InterruptedException {
    return Objects.requireNonNull(watch.next(PATIENCE), "nothing is told");
  }

  /** What is told up to where something is gone: its name last. */
  private static List<String> toldUpToTheEnd(Subscription watch) throws InterruptedException {
    var told = new ArrayList<String>();
    for (Item item = next(watch); ; item = next(watch)) {
      if (item.event().equals("delete")) {
        var gone = Documents.tree(item.data());
        told.add("gone " + gone.path("kind").asString() + " " + gone.path("name").asString());
        return told;
      }
      String line = item.event() + " " + ((Vm) item.data()).metadata().name();
      if (told.isEmpty() || !told.getLast().equals(line)) {
        told.add(line);
      }
    }
  }

  @Test
  void aListComesInPagesInTheOrderOfNames() throws InterruptedException {
    for (String name : List.of("c", "a", "d", "b")) {
      make(name, Map.of("team", name.equals("b") ? "red" : "blue"));
    }
    Outcome.Page first = node.page(Resource.VMS, new Query(Map.of(), List.of(), null, 3));
    assertThat(names(first)).containsExactly("a", "b", "c");
    assertThat(first.next()).isEqualTo("c");
    assertThat(first.asOf()).isNull();
    Outcome.Page last = node.page(Resource.VMS, new Query(Map.of(), List.of(), "c", 3));
    assertThat(names(last)).containsExactly("d");
    assertThat(last.next()).isNull();

    assertThat(names(node.page(Resource.VMS, BLUE))).containsExactly("a", "c", "d");
    var notA = new Condition("metadata.name", false, "a");
    var running = new Condition("status.phase", true, "running");
    assertThat(names(node.page(Resource.VMS, new Query(Map.of(), List.of(notA), null, 500))))
        .containsExactly("b", "c", "d");
    assertThat(names(node.page(Resource.VMS, new Query(Map.of(), List.of(running), null, 500))))
        .isEmpty();
    Outcome.Page volumes = node.page(Resource.VOLUMES, Query.all());
    assertThat(volumes.items()).hasSize(4);
    var made =
        List.of(new Condition("type", true, "vm.create"), new Condition("object", true, "vm/d"));
    assertThat(node.page(Resource.TASKS, new Query(Map.of(), made, null, 9)).items())
        .singleElement()
        .satisfies(one -> assertThat(((Task) one).state().ended()).isTrue());
  }

  @Test
  void whoWatchesFromTheListOnMissesNothing() throws InterruptedException {
    make("old", Map.of());
    Outcome.Page list = node.page(Resource.VMS, Query.all());
    make("fresh", Map.of());
    node.done(new Action.RenameVm("fresh", "newer"));
    try (Subscription watch = node.watch(Resource.VMS, Query.all(), list.revision())) {
      node.done(new Action.DeleteVm("newer", false, false));
      List<String> told = toldUpToTheEnd(watch);
      assertThat(told).as("what was there already is not told").doesNotContain("put old");
      assertThat(told).last().isEqualTo("gone VM newer");
      assertThat(told.size()).isGreaterThan(1);
    }
  }

  @Test
  void whoBeginsIsToldAllThereIsThenTheChanges() throws InterruptedException {
    make("one", Map.of());
    make("two", Map.of());
    try (Subscription watch = node.watch(Resource.VMS, Query.all(), 0)) {
      assertThat(((Vm) next(watch).data()).metadata().name()).isEqualTo("one");
      Item second = next(watch);
      assertThat(second.event()).isEqualTo("put");
      assertThat(((Vm) second.data()).metadata().name()).isEqualTo("two");
      label("one", Map.of("a", "b"));
      Item changed = next(watch);
      while (!((Vm) changed.data()).metadata().labels().equals(Map.of("a", "b"))) {
        changed = next(watch);
      }
      assertThat(changed.id()).isGreaterThan(second.id());
    }
  }

  /** For it, what no longer matches is gone; what never did was never there. */
  @Test
  void whoWatchesSomeHearsOnlyOfThose() throws InterruptedException {
    make("mine", Map.of("team", "blue"));
    make("theirs", Map.of("team", "red"));
    try (Subscription watch = node.watch(Resource.VMS, BLUE, 0)) {
      assertThat(((Vm) next(watch).data()).metadata().name()).isEqualTo("mine");
      label("theirs", Map.of("team", "red", "a", "b"));
      label("mine", Map.of("team", "red"));
      assertThat(toldUpToTheEnd(watch)).last().isEqualTo("gone VM mine");
      // A second time it is not gone for this client.
      node.done(new Action.DeleteVm("mine", false, false));
      label("theirs", Map.of("team", "blue"));
      Item came = next(watch);
      assertThat(came.event()).isEqualTo("put");
      assertThat(((Vm) came.data()).metadata().name()).isEqualTo("theirs");
      node.done(new Action.DeleteVm("theirs", false, false));
      assertThat(toldUpToTheEnd(watch)).last().isEqualTo("gone VM theirs");
    }
  }

  @Test
  void tasksAreWatchedAndVolumesAreNot() throws InterruptedException {
    try (Subscription watch = node.watch(Resource.TASKS, Query.all(), 0)) {
      make("watched", Map.of());
      Item item = next(watch);
      while (!((Task) item.data()).object().equals("vm/watched")
          || !((Task) item.data()).state().ended()) {
        item = next(watch);
      }
      assertThat(((Task) item.data()).type()).isEqualTo("vm.create");
    }
    Problem problem = node.refusal(new Action.Watch(Resource.VOLUMES, Query.all(), 0));
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.remedy()).contains("list them again");
  }

  @Test
  void eventsOfOneObjectAreTold() throws InterruptedException {
    var all = (Outcome.Stream) node.perform(new Action.Events(null, "vm/heard"));
    try (Subscription events = all.subscription()) {
      make("unheard", Map.of());
      make("heard", Map.of());
      var event = (Event) next(events).data();
      assertThat(event.object()).isEqualTo("vm/heard");
    }
  }
}
