package dev.kelvin.machine.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.machine.SupervisedVm;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A guest that stands still since the host cannot write its disk: everybody is told why. */
class DiskFailureTest {
  @TempDir private Path directory;
  private SupervisedVm vm;

  @BeforeEach
  void takeOver() throws IOException, InterruptedException {
    Disk data = Disk.of("data", null, ByteSize.ofMiB(1));
    vm = new SupervisedVm(directory, SupervisedVm.spec().withDisks(List.of(data)));
    vm.stored(SupervisedVm.spec().withDisks(List.of(data)));
    vm.restart();
  }

  @AfterEach
  void close() throws IOException {
    vm.close();
  }

  /** As QEMU tells it: the error first, then that it stops. */
  private void fails(boolean space) throws IOException {
    vm.qemu()
        .event(
            "BLOCK_IO_ERROR",
            ("{\"device\":\"\",\"node-name\":\"disk-data\",\"operation\":\"write\","
                    + "\"action\":\"stop\",\"nospace\":%s,\"reason\":\"%s\"}")
                .formatted(space, space ? "No space left on device" : "Input/output error"));
    vm.qemu().event("STOP", "{}");
  }

  private CompletableFuture<Void> resuming() {
    return CompletableFuture.runAsync(() -> {
      try {
        ResumeStep.resume(vm.supervisor());
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
  }

  @Test
  void aFullFileSystemIsNamed() throws Exception {
    fails(true);
    vm.awaitPhase(Phase.PAUSED);
    assertThat(vm.status().message())
        .contains("the file system of its disk data", directory.resolve("volumes").toString())
        .contains("is full");
    assertThat(vm.told()).contains("vm.block-error");
  }

  @Test
  void anErrorIsToldInTheHostsWords() throws Exception {
    fails(false);
    vm.awaitPhase(Phase.PAUSED);
    assertThat(vm.status().message())
        .contains("cannot read or write its disk data", "Input/output");
  }

  @Test
  void anErrorThatOnlyTheGuestIsToldOfPausesNothing() throws Exception {
    vm.qemu()
        .event(
            "BLOCK_IO_ERROR",
            "{\"node-name\":\"disk-data\",\"action\":\"report\",\"reason\":\"Input/output error\"}");
    SupervisedVm.await("it is told", () -> vm.told().contains("vm.block-error"));
    assertThat(vm.status().phase()).isEqualTo(Phase.RUNNING);
  }

  @Test
  void resumingItWhileThatLastsFails() throws Exception {
    fails(true);
    vm.awaitPhase(Phase.PAUSED);
    var resuming = resuming();
    SupervisedVm.await("it is resumed", () -> vm.qemu().count("cont") == 1);
    fails(true);
    assertThatExceptionOfType(CompletionException.class)
        .isThrownBy(resuming::join)
        .satisfies(e -> assertThat(e.getCause()).isInstanceOf(ProblemException.class))
        .satisfies(e -> {
          var problem = ((ProblemException) Objects.requireNonNull(e.getCause())).problem();
          assertThat(problem.code()).isEqualTo(Code.WRONG_STATE);
          assertThat(problem.cause()).contains("is full");
        });
    assertThat(vm.status().phase()).isEqualTo(Phase.PAUSED);
  }

  @Test
  void oneThatGoesOnIsResumed() throws Exception {
    fails(true);
    vm.awaitPhase(Phase.PAUSED);
    resuming().join();
    assertThat(vm.status().phase()).isEqualTo(Phase.RUNNING);
    assertThat(vm.supervisor().pausedByDisk()).isFalse();
  }

  /** Only an earlier daemon was told; which disk it is QEMU still knows. */
  @Test
  void theNextDaemonKnowsIt() throws Exception {
    vm.qemu().status("io-error");
    vm.qemu()
        .blocks(
            "[{\"device\":\"\",\"io-status\":\"ok\",\"inserted\":{\"node-name\":\"disk-root\"}},"
                + "{\"device\":\"\",\"io-status\":\"nospace\",\"inserted\":{\"node-name\":\"disk-data\"}}]");
    vm.restart();
    vm.awaitPhase(Phase.PAUSED);
    assertThat(vm.status().message()).contains("its disk data", "is full");
    assertThat(vm.supervisor().pausedByDisk()).isTrue();
  }
}
