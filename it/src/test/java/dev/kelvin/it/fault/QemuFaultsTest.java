package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.api.Client;
import dev.kelvin.api.ExecRequest;
import dev.kelvin.it.product.Await;
import dev.kelvin.it.product.Guests;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.it.product.TestDaemon.Program;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** QEMU and what runs in it fail: it is said, and the other VMs do not notice. */
@Tag("slow")
class QemuFaultsTest {
  private static void signal(String signal, long pid) throws InterruptedException {
    Disks.run("kill", "-" + signal, Long.toString(pid));
  }

  private static void othersWork(TestDaemon daemon) {
    long begin = System.nanoTime();
    daemon.done(daemon.client().pauseVm("other"));
    daemon.done(daemon.client().resumeVm("other"));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void aQemuThatIsStopped() throws IOException, InterruptedException {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.empty("other", spec -> spec));
      long pid = daemon.create(Guests.empty("frozen", spec -> spec)).status().pid();
      signal("STOP", pid);
      var problem =
          catchThrowableOfType(ProblemException.class, () -> daemon.client().screenshot("frozen"))
              .problem();
      assertThat(problem.code()).isIn(Code.TIMEOUT, Code.UNAVAILABLE, Code.WRONG_STATE);
      assertThat(problem.remedy()).isNotBlank();
      othersWork(daemon);
      daemon.awaitPhase("frozen", Phase.UNRESPONSIVE);
      othersWork(daemon);

      signal("CONT", pid);
      daemon.awaitPhase("frozen", Phase.RUNNING);
      assertThat(daemon.client().vm("frozen").status().pid()).isEqualTo(pid);

      signal("STOP", pid);
      long begin = System.nanoTime();
      daemon.done(daemon.client().stopVm("frozen"));
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
      assertThat(daemon.client().vm("frozen").status().phase()).isEqualTo(Phase.STOPPED);
      assertThat(ProcessHandle.of(pid)).isEmpty();
      assertThat(Agreement.faults(daemon)).isEmpty();
    }
  }

  @Test
  void aDiskThatDoesNotAnswer() throws IOException, InterruptedException {
    TinyGuest guest = TinyGuest.obtain();
    Path home = TestDaemon.home("");
    Closeable disk = Disks.ext4(home.resolve("var/volumes"));
    try (TestDaemon daemon = TestDaemon.start(Program.usual(), home)) {
      daemon.whenEnded(disk);
      daemon.create(Guests.empty("other", spec -> spec));
      var data = Disk.of("data", null, ByteSize.ofMiB(16));
      daemon.create(Guests.tiny("hangs", guest, "", spec -> spec.disks(List.of(data))));
      daemon.awaitSerial("hangs", TinyGuest.READY);
      long pid = daemon.client().vm("hangs").status().pid();
      Closeable frozen = Disks.freeze(home.resolve("var/volumes"));
      try {
        type(
            daemon,
            "hangs",
            "dd if=/dev/zero of=/dev/vda bs=64k count=32 conv=fsync; echo DD-DONE");
        Await.until(
            "QEMU hangs in a wait for the disk", Duration.ofSeconds(30), () -> waitsForDisk(pid));
        // Stopping its virtual CPUs waits for the disk, and that is waited for with a limit.
        var paused = daemon.ended(daemon.client().pauseVm("hangs"));
        assertThat(paused.problem()).isNotNull();
        othersWork(daemon);
        assertThat(ProcessHandle.of(pid)).isPresent();
      } finally {
        frozen.close();
      }
      // QEMU does late what it was asked to.
      daemon.awaitPhase("hangs", Phase.PAUSED);
      daemon.done(daemon.client().resumeVm("hangs"));
      daemon.awaitSerial("hangs", "DD-DONE");
      assertThat(daemon.client().vm("hangs").status().pid()).isEqualTo(pid);
      daemon.done(daemon.client().stopVm("hangs"));
    }
  }

  /** Whether a thread is in the state D of proc_pid_stat(5). */
  private static boolean waitsForDisk(long pid) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path thread : threads.toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        if (stat.charAt(stat.lastIndexOf(')') + 2) == 'D') {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void anAgentThatIsNotThereOrFloods() throws IOException, InterruptedException {
    TinyGuest guest = TinyGuest.obtain();
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.empty("other", spec -> spec));
      daemon.create(Guests.tiny("rude", guest, "", spec -> spec.guestAgent(true)));
      daemon.awaitSerial("rude", TinyGuest.READY);
      refusesExec(daemon);

      type(
          daemon,
          "rude",
          "tr '\\0' 'a' < /dev/zero | dd of=$(ls /dev/vport*p1) bs=1M count=100 iflag=fullblock;"
              + " echo FLOOD-DONE");
      daemon.awaitSerial("rude", "FLOOD-DONE");
      refusesExec(daemon);
      othersWork(daemon);
      long resident = residentKiB(daemon.pid());
      assertThat(resident).as("KiB after 100 MB of garbage").isLessThan(400 * 1024);
      assertThat(daemon.client().vm("rude").status().phase()).isEqualTo(Phase.RUNNING);
    }
  }

  private static void refusesExec(TestDaemon daemon) {
    var request = new ExecRequest(List.of("true"), List.of(), new byte[0], Duration.ofSeconds(5));
    var problem =
        catchThrowableOfType(
                ProblemException.class, () -> daemon.client().guest("rude").exec(request))
            .problem();
    assertThat(problem.code()).isIn(Code.GUEST_AGENT, Code.TIMEOUT);
    assertThat(problem.remedy()).isNotBlank();
  }

  /** VmRSS of proc_pid_status(5). */
  private static long residentKiB(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  private static void type(TestDaemon daemon, String vm, String line) throws IOException {
    try (var console = daemon.client().console(vm, Client.Console.SERIAL)) {
      console.send((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }
}
