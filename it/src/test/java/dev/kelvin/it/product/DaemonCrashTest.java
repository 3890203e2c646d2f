package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.host.process.Users;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kill -9} of the daemon: no guest notices, and nothing is half done. */
class DaemonCrashTest {
  private static final Pattern TICK = Pattern.compile("TICK (\\d+)");

  @Test
  void guestsGoOnAndAreTakenOver() throws IOException, InterruptedException {
    TinyGuest guest = TinyGuest.obtain();
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.tiny("clock", guest, "tick", spec -> spec));
      daemon.create(Guests.empty("other", spec -> spec));
      daemon.awaitSerial("clock", "TICK 3");
      long pid = daemon.client().vm("clock").status().pid();

      daemon.kill();
      int before = lastTick(daemon);
      daemon.restart();
      long answering = System.nanoTime();
      Await.until(
          "all VMs are taken over",
          Duration.ofSeconds(1),
          () ->
              daemon.client().allVms(ListQuery.all()).stream()
                  .allMatch(vm -> vm.status().phase() == Phase.RUNNING));
      assertThat(Duration.ofNanos(System.nanoTime() - answering)).isLessThan(Duration.ofSeconds(1));
      assertThat(daemon.client().vm("clock").status().pid()).isEqualTo(pid);

      Await.until(
          "the guest's counter goes on",
          Duration.ofSeconds(10),
          () -> lastTick(daemon) > before + 1);
      assertThat(daemon.serial("clock").split(TinyGuest.READY, -1)).as("boots").hasSize(2);
      daemon.done(daemon.client().pauseVm("clock"));
      daemon.done(daemon.client().resumeVm("clock"));
    }
  }

  @Test
  void theHeadStartOfAStartIsTakenBack() throws IOException, InterruptedException {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.empty("early", spec -> spec));
      long pid = daemon.client().vm("early").status().pid();
      Path group = Path.of("/proc/" + pid + "/autogroup");
      assumeTrue(
          Files.exists(group) && Users.isRoot(),
          "only root gives a head start, where the kernel groups sessions");
      assertThat(Files.readString(group)).endsWith(" nice 0\n");

      daemon.kill();
      // What a daemon leaves that ends in the middle of a start.
      Files.writeString(group, "-10");
      daemon.restart();
      Await.until(
          "it has the share of every guest",
          Duration.ofSeconds(10),
          () -> Files.readString(group).endsWith(" nice 0\n"));
    }
  }

  /** The last number that the only guest wrote, read from the log's file while no daemon runs. */
  private static int lastTick(TestDaemon daemon) throws IOException {
    var files = new ArrayList<Path>();
    try (var all = Files.walk(daemon.layout().state().resolve("kept"))) {
      all.filter(file -> file.getFileName().toString().startsWith("serial.log"))
          .forEach(files::add);
    }
    int last = 0;
    for (var file : files) {
      var match = TICK.matcher(Files.readString(file));
      while (match.find()) {
        last = Math.max(last, Integer.parseInt(match.group(1)));
      }
    }
    return last;
  }

  /** Each delay lets the kill hit another step, from the reservation to the running VM. */
  @ParameterizedTest
  @ValueSource(ints = {0, 15, 40, 90})
  void creatingAndDeletingAreFinishedOrUndone(int millis) throws IOException, InterruptedException {
    try (TestDaemon daemon = TestDaemon.start()) {
      Vm vm =
          Guests.empty(
              "half",
              spec ->
                  spec.disks(
                      List.of(
                          Disk.of("one", null, ByteSize.ofMiB(64)),
                          Disk.of("two", null, ByteSize.ofMiB(64)))));
      Task creating = daemon.client().createVm(VmDocument.of(vm));
      killAfter(daemon, millis);
      Task created = daemon.ended(creating);
      if (created.state() == TaskState.SUCCEEDED) {
        assertThat(daemon.client().vm("half").status().phase()).isEqualTo(Phase.RUNNING);
      } else {
        assertThat(daemon.client().allVms(ListQuery.all())).isEmpty();
        assertThat(daemon.leftovers()).isEmpty();
        daemon.create(vm);
      }
      assertThat(daemon.vmProcesses()).hasSize(1);

      Task deleting = daemon.client().deleteVm("half", true);
      killAfter(daemon, millis);
      daemon.done(deleting);
      assertThat(daemon.client().allVms(ListQuery.all())).isEmpty();
      assertThat(daemon.leftovers()).isEmpty();
    }
  }

  private static void killAfter(TestDaemon daemon, int millis)
      throws IOException, InterruptedException {
    // The time is not waited for anything: it chooses the moment of the crash.
    long moment = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    while (System.nanoTime() < moment) {
      LockSupport.parkNanos(moment - System.nanoTime());
    }
    daemon.kill();
    daemon.restart();
  }
}
