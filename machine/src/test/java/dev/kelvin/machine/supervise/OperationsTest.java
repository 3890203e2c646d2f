package dev.kelvin.machine.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.machine.SupervisedVm;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Phase;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A guest that does not give its disk up holds nothing else up. */
class OperationsTest {
  private static final Disk DATA = Disk.of("data", null, ByteSize.ofMiB(1));

  /** Far less than a guest has for an unplug. */
  private static final Duration SOON = Duration.ofSeconds(8);

  @TempDir private Path directory;
  private SupervisedVm vm;
  private VmRecord with;

  @BeforeEach
  void plugIn() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/qemu-img")), "no qemu-img here");
    vm = new SupervisedVm(directory);
    with = vm.stored(SupervisedVm.spec().withDisks(List.of(DATA)));
    vm.supervisor().ask(new VmRequest.Converge(with));
    assertThat(vm.qemu().devices()).containsExactly("disk-data");
    vm.qemu().keepsDevices();
  }

  @AfterEach
  void close() throws IOException {
    if (vm != null) {
      vm.close();
    }
  }

  private CompletableFuture<Void> unplugging() {
    var pulled = vm.asking(new VmRequest.Converge(vm.stored(SupervisedVm.spec())));
    SupervisedVm.await("it is asked for", () -> vm.qemu().count("device_del") == 1);
    return pulled;
  }

  @Test
  void aStopTakesEffectAtOnceAndTheRestHoldsFromTheNextStart() {
    var pulled = unplugging();
    assertThat(vm.asking(new VmRequest.Stop())).succeedsWithin(SOON);
    assertThat(vm.status().phase()).isEqualTo(Phase.STOPPED);
    assertThat(pulled).succeedsWithin(SOON);
    assertThat(vm.repository().run(SupervisedVm.ID)).isEmpty();
    assertThat(vm.supervisor().record().spec().disks()).isEmpty();
  }

  @Test
  void whatElseIsAskedIsDone() {
    var pulled = unplugging();
    assertThat(vm.asking(new VmRequest.Pause())).succeedsWithin(SOON);
    assertThat(vm.status().phase()).isEqualTo(Phase.PAUSED);
    assertThat(pulled).isNotDone();
  }

  @Test
  void aProcessThatEndsEndsIt() throws IOException {
    var pulled = unplugging();
    vm.process().destroyForcibly();
    vm.qemu().hangUp();
    assertThat(pulled).failsWithin(Duration.ofSeconds(20));
    vm.awaitPhase(Phase.CRASHED);
  }

  @Test
  void aConnectionThatIsLostEndsItAndTheDiskStaysOnRecord() throws IOException {
    var pulled = unplugging();
    vm.qemu().hangUp();
    assertThat(pulled).failsWithin(Duration.ofSeconds(20));
    vm.awaitPhase(Phase.RUNNING);
    VmSpec running = vm.repository().run(SupervisedVm.ID).orElseThrow().spec();
    assertThat(running.disks()).extracting(Disk::name).containsExactly("data");
    assertThat(vm.qemu().devices()).containsExactly("disk-data");
  }

  @Test
  void oneThatNobodyWaitsForIsBrokenOffForTheNext() throws InterruptedException {
    VmRecord without = vm.stored(SupervisedVm.spec());
    Thread user =
        Thread.ofVirtual()
            .start(() -> {
              try {
                vm.supervisor().ask(new VmRequest.Converge(without));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    SupervisedVm.await("it is asked for", () -> vm.qemu().count("device_del") == 1);
    user.interrupt();
    user.join();
    VmRecord before = vm.stored(with.spec());
    assertThat(vm.asking(new VmRequest.GoBack(before))).succeedsWithin(SOON);
    assertThat(vm.status().restartRequired()).isEmpty();
  }

  @Test
  void aDaemonThatEndsDoesNotWaitForIt() throws InterruptedException {
    var pulled = unplugging();
    long begun = System.nanoTime();
    vm.restart();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
    assertThat(pulled).failsWithin(SOON);
    assertThat(vm.status().phase()).isEqualTo(Phase.RUNNING);
  }
}
