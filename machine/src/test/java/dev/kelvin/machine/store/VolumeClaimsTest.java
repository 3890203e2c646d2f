package dev.kelvin.machine.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.machine.SupervisedVm;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.PassingStore;
import dev.kelvin.state.store.Range;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.task.TaskEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VolumeClaimsTest {
  private final AtomicInteger ranges = new AtomicInteger();
  private final PassingStore store =
      new PassingStore(new MemoryStore()) {
        @Override
        public Range range(String prefix, @Nullable String after, int limit, long revision) {
          ranges.incrementAndGet();
          return super.range(prefix, after, limit, revision);
        }
      };
  private final AtomicLong nanos = new AtomicLong();
  private final VolumeClaims claims = new VolumeClaims(store, nanos::get);

  @AfterEach
  void close() {
    store.close();
  }

  private static VmRecord vm() {
    VmSpec spec =
        SupervisedVm.spec().toBuilder()
            .disks(List.of(Disk.of("data", null, ByteSize.ofMiB(1))))
            .build();
    return new VmRecord(new Metadata("web", "a", Map.of(), 0, Instant.EPOCH), spec, -1);
  }

  private boolean require(List<Disk> before) {
    var compares = new ArrayList<Compare>();
    var ops = new ArrayList<Op>();
    claims.require(vm(), before, compares, ops);
    return store.commit(new Txn(compares, ops, List.of())).succeeded();
  }

  /** Whoever gives a volume back has looked before the disk was added again. */
  @Test
  void aDiskThatIsAddedAgainKeepsItsClaim() {
    assertThat(claims.claim("a-data", "a")).isTrue();
    Map<String, Long> held = claims.revisionsHeldBy("a");
    assertThat(held).containsOnlyKeys("a-data");
    assertThat(require(List.of())).isTrue();
    held.forEach((volume, claimedAt) -> claims.release(volume, claimedAt, List.of()));
    assertThat(claims.holder("a-data")).hasValue("a");
    claims.revisionsHeldBy("a").forEach((volume, at) -> claims.release(volume, at, List.of()));
    assertThat(claims.holder("a-data")).isEmpty();
  }

  @Test
  void aDiskThatStaysIsNotClaimedAnew() {
    assertThat(require(List.of())).isTrue();
    Map<String, Long> held = claims.revisionsHeldBy("a");
    assertThat(require(vm().spec().disks())).isTrue();
    assertThat(claims.revisionsHeldBy("a")).isEqualTo(held);
  }

  /** Else a VM that gets and loses disks all its life is looked at for ever longer. */
  @Test
  void whatAVmHadLongAgoIsForgotten() {
    for (String volume : List.of("old", "kept", "soon")) {
      assertThat(claims.claim(volume, "a")).isTrue();
    }
    claims.release("old", "a");
    nanos.addAndGet(Duration.ofMinutes(11).toNanos());
    assertThat(claims.claim("soon", "a")).as("it has it, and says so again").isTrue();
    claims.release("soon", "a");
    assertThat(claims.revisionsHeldBy("a")).containsOnlyKeys("kept");
    assertThat(claims.lookedAt("a")).isEqualTo(2);
    assertThat(claims.claim("old", "a")).isTrue();
    assertThat(claims.revisionsHeldBy("a")).containsOnlyKeys("kept", "old");
  }

  /** What a task may need to undo what it did is not another's before it has ended. */
  @Test
  void nothingIsGivenBackWhileATaskChangesTheVm() {
    assertThat(claims.claim("a-data", "a")).isTrue();
    Map<String, Long> held = claims.revisionsHeldBy("a");
    var noTask = List.of(TaskEngine.unlocked("vm/web"));
    store.commit(Txn.of(Op.put("task-lock/vm/web", new byte[] {'t'})));
    assertThat(claims.hold(noTask)).isFalse();
    held.forEach((volume, claimedAt) -> claims.release(volume, claimedAt, noTask));
    assertThat(claims.holder("a-data")).hasValue("a");
    store.commit(Txn.of(Op.delete("task-lock/vm/web")));
    held.forEach((volume, claimedAt) -> claims.release(volume, claimedAt, noTask));
    assertThat(claims.holder("a-data")).isEmpty();
  }

  /** The claims of all others are read once, not at each deletion. */
  @Test
  void whatAVmHasIsFoundWithoutLookingThroughAll() {
    store.commit(Txn.of(Op.put(VolumeClaims.KEYS + "old", new byte[] {'a'})));
    assertThat(claims.heldBy("a")).containsExactly("old");
    int before = ranges.get();
    assertThat(claims.claim("b-root", "b")).isTrue();
    assertThat(require(List.of())).isTrue();
    assertThat(claims.heldBy("a")).containsExactly("a-data", "old");
    assertThat(claims.heldBy("b")).containsExactly("b-root");
    assertThat(ranges).hasValue(before);
  }
}
