package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.process.Users;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Serial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * As many VMs as the host has CPUs, whose users have put pipes, links, giants and each other's
 * sockets where a daemon looks: the next daemon starts at once and serves, nothing outside is
 * changed, and all VMs can be ended and deleted.
 */
@Tag("slow")
@Timeout(180)
class HostileHomesTest {
  /** Whatever Kelvin has put, or puts, into a directory of a VM's user. */
  private static final List<String> NAMES =
      List.of(
          "serial.log",
          "serial.log.1",
          "qemu.log",
          "tpm.log",
          "share-0.log",
          "seed.key",
          "nvram.key",
          "windows-setup.key",
          "windows-setup.iso",
          "seed.iso",
          "kernel",
          "initrd",
          "nvram.fd.old",
          "tpm");

  @Test
  void theNextDaemonStartsAndServes() throws Exception {
    assumeTrue(Users.isRoot(), "VMs have users of their own only where root runs the daemon");
    int count = Math.max(2, Runtime.getRuntime().availableProcessors());
    try (TestDaemon daemon = TestDaemon.start()) {
      Path outside = Files.createDirectory(daemon.home().resolve("outside"));
      Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("rwxr-xr-x"));
      Path secret = Files.writeString(outside.resolve("secret"), "secret");
      var vms = new ArrayList<Vm>();
      for (int i = 0; i < count; i++) {
        vms.add(
            daemon.create(
                Guests.empty("v" + i, spec -> spec.serial(new Serial(true, ByteSize.ofMiB(1))))));
      }
      daemon.kill();
      for (int i = 0; i < count; i++) {
        plant(daemon, vms.get(i), vms.get((i + 1) % count), outside, i);
      }

      long begin = System.nanoTime();
      daemon.restart();
      for (Vm vm : vms) {
        String name = vm.metadata().name();
        Await.until(
            name + " is looked at",
            Duration.ofSeconds(30),
            () -> daemon.client().vm(name).status().phase().hasProcess());
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
      // Its serial port is that of another VM, which is told and not taken.
      Await.until(
          "the swapped socket is seen",
          Duration.ofSeconds(30),
          () -> daemon.client().vm("v0").status().phase() == Phase.UNRESPONSIVE);
      assertThat(daemon.client().vm("v0").status().message()).contains("serial.sock");
      daemon.awaitPhase("v1", Phase.RUNNING);
      assertThat(daemon.client().vm("v1").status().pid()).isEqualTo(vms.get(1).status().pid());

      for (Vm vm : vms) {
        String name = vm.metadata().name();
        daemon.done(daemon.client().stopVm(name));
        daemon.done(daemon.client().startVm(name));
        daemon.awaitPhase(name, Phase.RUNNING);
      }
      assertThat(secret).hasContent("secret");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(outside)))
          .isEqualTo("rwxr-xr-x");
      assertThat(Files.getAttribute(outside, "unix:uid")).isEqualTo(0);
      daemon.clear();
    }
  }

  /** Puts what harms into the directories of a VM, as its user. */
  private static void plant(TestDaemon daemon, Vm vm, Vm next, Path outside, int turn)
      throws IOException, InterruptedException {
    Path state = daemon.layout().vmState(vm.metadata().id());
    int uid = (Integer) Files.getAttribute(state, "unix:uid");
    assertThat(uid).isNotZero();
    var script = new StringBuilder("set -e; umask 077; cd \"$1\";");
    for (int i = 0; i < NAMES.size(); i++) {
      String name = NAMES.get(i);
      script.append("rm -rf ").append(name).append(';');
      script.append(
          switch ((i + turn) % 4) {
            case 0 -> "mkfifo " + name + ";";
            case 1 -> "ln -s \"$3\" " + name + ";";
            case 2 -> "truncate -s 1G " + name + ";";
            default -> "mkdir -p " + name + "/deep/deeper; ln -s \"$3\" " + name + "/deep/link;";
          });
    }
    script.append("cd \"$2\"; ln -s \"$3/secret\" screen.png;");
    if (turn == 0) {
      script.append("mv serial.sock own; ln -s \"$4/serial.sock\" serial.sock;");
    }
    Process user =
        new ProcessBuilder(
                "setpriv",
                "--reuid=" + uid,
                "--regid=" + uid,
                "--clear-groups",
                "sh",
                "-c",
                script.toString(),
                "sh",
                state.toString(),
                daemon.layout().vmRuntime(vm.metadata().id()).toString(),
                outside.toString(),
                daemon.layout().vmRuntime(next.metadata().id()).toString())
            .redirectErrorStream(true)
            .redirectOutput(daemon.home().resolve("plant.log").toFile())
            .start();
    assertThat(user.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(user.exitValue()).as(Files.readString(daemon.home().resolve("plant.log"))).isZero();
  }
}
