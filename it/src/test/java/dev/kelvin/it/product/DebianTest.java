package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.ListQuery;
import dev.kelvin.model.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The product's first promise: a running Debian from one command, and what its user does next. */
@Tag("slow")
class DebianTest {
  @Test
  void aDebianFromOneCommand() throws IOException, InterruptedException {
    Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/mmdebstrap")), "mmdebstrap is missing");
    // Nobody is there: the publisher's image is not what is tested, nor is it downloaded.
    String unreachable = "images: {mirrors: {debian: \"https://127.0.0.1:9\"}}\n";
    try (TestDaemon daemon = TestDaemon.start(unreachable)) {
      var run = daemon.kelvin("run", "debian", "--name", "web1", "--yes");
      assertThat(run.output()).contains("It cannot be pulled (", "built from packages instead");
      assertThat(run.output()).contains("web1 is ready", "kelvin ssh web1");
      assertThat(run.exitCode()).isZero();
      DebianImageChecks.isWhatOthersHaveBuilt(
          Objects.requireNonNull(daemon.client().images().get("debian-12").status().digest()));

      assertThat(daemon.kelvin("exec", "web1", "--", "uname", "-a").output())
          .startsWith("Linux web1 ")
          .contains("Debian");
      assertThat(daemon.kelvin("ssh", "web1", "--", "cloud-init", "status").output())
          .contains("status: done");
      assertThat(rootSize(daemon)).as("the root grew to the disk").isGreaterThan(8_000_000_000L);
      isSetUp(daemon);
      assertThat(daemon.kelvin("screenshot", "web1", "screen.png").exitCode()).isZero();
      assertThat(daemon.client().screenshot("web1")).startsWith(0x89, 'P', 'N', 'G');

      GuestWork.isDone(daemon, "web1");

      long pid = daemon.client().vm("web1").status().pid();
      double before = uptime(daemon);
      daemon.kill();
      daemon.restart();
      assertThat(daemon.client().vm("web1").status().phase()).isEqualTo(Phase.RUNNING);
      assertThat(daemon.client().vm("web1").status().pid()).isEqualTo(pid);
      assertThat(uptime(daemon)).isGreaterThan(before);

      assertThat(daemon.kelvin("shutdown", "web1").exitCode()).isZero();
      assertThat(daemon.kelvin("rm", "web1").exitCode()).isZero();
      assertThat(daemon.client().allVms(ListQuery.all())).isEmpty();
      assertThat(daemon.leftovers()).as("only the image").hasSize(1);
      PulledDebian.getsItsAgent(daemon, Path.of(daemon.leftovers().getFirst()));
      assertThat(daemon.leftovers()).as("only the image").hasSize(1);
      assertThat(daemon.kelvin("image", "rm", "debian-12").exitCode()).isZero();
      assertThat(daemon.leftovers()).isEmpty();
    }
  }

  /** What its user finds in the guest, which boots under BIOS and has a card. */
  private static void isSetUp(TestDaemon daemon) throws IOException, InterruptedException {
    assertThat(inGuest(daemon, "getent ahosts web1")).contains("STREAM web1");
    assertThat(inGuest(daemon, "networkctl status --no-pager")).contains("State: routable");
    assertThat(inGuest(daemon, "test -d /sys/firmware/efi || echo bios")).contains("bios");
    assertThat(inGuest(daemon, "systemctl --failed --plain --no-legend")).isBlank();
    assertThat(inGuest(daemon, "systemctl is-active serial-getty@ttyS0")).contains("active");
    assertThat(inGuest(daemon, "cat /proc/cmdline")).contains("console=tty0 console=ttyS0,115200");
    assertThat(daemon.kelvin("ssh", "web1", "--", "sudo", "-n", "id", "-un").output())
        .endsWith("root\n");
    assertThat(daemon.serial("web1")).contains("Linux version", "web1 login:");
  }

  private static String inGuest(TestDaemon daemon, String command)
      throws IOException, InterruptedException {
    return daemon.kelvin("exec", "web1", "--", "sh", "-c", command).output();
  }

  private static double uptime(TestDaemon daemon) throws IOException, InterruptedException {
    Await.until(
        "the agent answers",
        java.time.Duration.ofSeconds(60),
        () -> daemon.kelvin("exec", "web1", "--", "true").exitCode() == 0);
    String text = daemon.kelvin("exec", "web1", "--", "cat", "/proc/uptime").output();
    return Double.parseDouble(List.of(text.split(" ", -1)).getFirst());
  }

  private static long rootSize(TestDaemon daemon) throws IOException, InterruptedException {
    return Long.parseLong(inGuest(daemon, "df -B1 --output=size / | tail -1").strip());
  }
}
