package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.StartedCompanion;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmIsolation;
import dev.kelvin.model.VmIsolation.ConfinedProcess;
import dev.kelvin.model.VmIsolation.Wall;
import dev.kelvin.model.VmIsolation.WallState;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What confines a VM is what the kernel shows of its processes. */
@Timeout(60)
class WallsTest extends OnSupervisedVm {
  private VmIsolation isolation() {
    return Walls.of(vm().machines(), "web");
  }

  private RunRecord onRecord() {
    return vm().repository().run(SupervisedVm.ID).orElseThrow();
  }

  /** The same machine with these helpers. */
  private RunRecord withHelpers(RunRecord run, StartedCompanion... helpers) {
    return SupervisedVm.holding(run, run.companions(), List.of(helpers));
  }

  @Test
  void eachProcessIsToldWithEachWall() throws Exception {
    Process tpm = new ProcessBuilder("sleep", "100").start();
    Process ended = new ProcessBuilder("sleep", "100").start();
    try {
      ProcessId gone = ProcessId.of(ended.pid()).orElseThrow();
      var run =
          withHelpers(
              onRecord(),
              new StartedCompanion("tpm", ProcessId.of(tpm.pid()).orElseThrow().encode(), null),
              new StartedCompanion("share-work", gone.encode(), null));
      assertThat(gone.kill(Duration.ofSeconds(20))).isTrue();
      VmIsolation seen = Walls.of("web", Phase.RUNNING, run);
      assertThat(seen.vm()).isEqualTo("web");
      assertThat(seen.processes())
          .extracting(ConfinedProcess::name, ConfinedProcess::pid)
          .containsExactly(tuple("qemu", vm().process().pid()), tuple("tpm", tpm.pid()));
      assertThat(seen.processes())
          .allSatisfy(process ->
              assertThat(process.walls())
                  .extracting(Wall::wall)
                  .containsExactlyElementsOf(
                      Arrays.stream(Layer.values()).map(Layer::wire).toList()));
      Wall network = wall(seen, Layer.NETWORK);
      assertThat(network.state()).isEqualTo(WallState.MISSING);
      assertThat(network.protects()).isEqualTo(Layer.NETWORK.purpose());
      assertThat(wall(seen, Layer.LANDLOCK).state()).isEqualTo(WallState.UNSEEN);
    } finally {
      tpm.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
      ended.destroyForcibly();
    }
  }

  private static Wall wall(VmIsolation seen, Layer layer) {
    return seen.processes().getFirst().walls().stream()
        .filter(one -> one.wall().equals(layer.wire()))
        .findAny()
        .orElseThrow();
  }

  @Test
  void aVmThatHangsIsLookedAtWithoutWaiting() throws Exception {
    vm().qemu().silent(true);
    assertThat(isolation().processes())
        .extracting(ConfinedProcess::pid)
        .containsExactly(vm().process().pid());
  }

  @Test
  void aVmWithoutAProcessIsRefusedWithWhatToDo() throws Exception {
    vm().supervisor().ask(new VmRequest.Stop());
    var refusal = catchThrowableOfType(ProblemException.class, this::isolation);
    assertThat(refusal.problem().code()).isEqualTo(Code.WRONG_STATE);
    assertThat(refusal.problem().code().httpStatus()).isEqualTo(409);
    assertThat(refusal.problem().object()).isEqualTo("vm/web");
    assertThat(refusal.problem().remedy()).contains("kelvin start web");
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> Walls.of(vm().machines(), "wbe"))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.NOT_FOUND));
  }

  /** Its supervisor has not heard of the end yet. */
  @Test
  void aProcessThatHasJustEndedIsNoFault() throws IOException {
    RunRecord run = onRecord();
    assertThat(ProcessId.decode(run.process()).kill(Duration.ofSeconds(20))).isTrue();
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> Walls.of("web", Phase.RUNNING, run))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.WRONG_STATE))
        .satisfies(e -> assertThat(e.problem().remedy()).contains("kelvin show web"));
  }

  @Test
  void wallsAreCountedInEachState() throws Exception {
    Map<WallState, Integer> walls = new VmMeasures(vm().machines()).all().getFirst().walls();
    assertThat(walls).containsOnlyKeys(WallState.values());
    assertThat(walls.values().stream().mapToInt(Integer::intValue).sum())
        .isEqualTo(Layer.values().length);
    assertThat(walls.get(WallState.MISSING)).isPositive();
    vm().supervisor().ask(new VmRequest.Stop());
    assertThat(new VmMeasures(vm().machines()).all().getFirst().walls()).isEmpty();
  }
}
