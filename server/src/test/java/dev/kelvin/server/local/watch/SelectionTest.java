package dev.kelvin.server.local.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.server.action.Action.Condition;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Outcome;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private static final List<Vm> ALL =
      IntStream.range(0, 10).mapToObj(i -> vm("vm" + i, i % 2 == 0 ? "web" : "db")).toList();

  private static Vm vm(String name, String tier) {
    var spec =
        new VmSpec.Builder()
            .disks(
                List.of(
                    Disk.of("root", null, ByteSize.ofGiB(1)),
                    Disk.of("data-" + name, null, ByteSize.ofGiB(2))))
            .build();
    return new Vm(Metadata.named(name).withLabels(Map.of("tier", tier)), spec, VmStatus.initial());
  }

  private static Outcome.Page page(
      Map<String, String> labels, List<Condition> fields, @Nullable String after, int limit) {
    return Selection.page(
        ALL, new Query(labels, fields, after, limit), vm -> vm.metadata().name(), 7);
  }

  private static List<String> names(Outcome.Page page) {
    return page.items().stream().map(vm -> ((Vm) vm).metadata().name()).toList();
  }

  @Test
  void pagesFollowOneAnother() {
    var first = page(Map.of(), List.of(), null, 4);
    assertThat(names(first)).containsExactly("vm0", "vm1", "vm2", "vm3");
    assertThat(first.next()).isEqualTo("vm3");
    assertThat(first.revision()).isEqualTo(7);
    var last = page(Map.of(), List.of(), "vm7", 4);
    assertThat(names(last)).containsExactly("vm8", "vm9");
    assertThat(last.next()).isNull();
  }

  @Test
  void aPageThatEndsWithTheListHasNoNext() {
    assertThat(page(Map.of(), List.of(), "vm5", 4).next()).isNull();
  }

  @Test
  void labelsAndFieldsFilter() {
    assertThat(names(page(Map.of("tier", "db"), List.of(), null, 500)))
        .containsExactly("vm1", "vm3", "vm5", "vm7", "vm9");
    assertThat(names(page(Map.of("tier", "none"), List.of(), null, 500))).isEmpty();
    assertThat(names(page(Map.of(), List.of(equal("metadata.name", "vm4")), null, 500)))
        .containsExactly("vm4");
    assertThat(page(Map.of(), List.of(equal("status.phase", "pending")), null, 500).items())
        .hasSize(10);
    assertThat(
            page(Map.of(), List.of(new Condition("status.phase", false, "pending")), null, 500)
                .items())
        .isEmpty();
  }

  @Test
  void aPathGoesThroughLists() {
    assertThat(names(page(Map.of(), List.of(equal("spec.disks.name", "data-vm3")), null, 500)))
        .containsExactly("vm3");
  }

  private static Condition equal(String path, String value) {
    return new Condition(path, true, value);
  }
}
