package dev.kelvin.it.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The Debian package under a systemd: as a service that is ready when it says so, whose restarts
 * and deaths VMs do not notice, and that shuts them down with the host.
 */
final class SystemdChecks {
  private static final Duration PATIENCE = Duration.ofMinutes(8);

  /** Its power button ends it; it writes a word when it can be pressed. */
  private static final String TINY =
      """
      kind: VM
      metadata: {name: tiny}
      spec:
        memory: {size: 192MiB}
        guestAgent: false
        autostart: {enabled: true}
        shutdownTimeoutSeconds: 100
        boot: {kernel: /srv/vmlinuz, initrd: /srv/initrd, cmdline: "%s"}
      """
          .formatted(TinyGuest.CMDLINE);

  private SystemdChecks() {}

  /** Puts the files that it uses where the lab sees them. */
  static void bring(Path files) throws IOException, InterruptedException {
    TinyGuest guest = TinyGuest.obtain();
    Files.copy(guest.kernel(), files.resolve("vmlinuz"));
    Files.copy(guest.initrd(), files.resolve("initrd"));
    Files.writeString(files.resolve("tiny.yaml"), TINY);
  }

  /** Ends with the package removed. */
  static void isAServiceThatVmsOutlive(Lab lab) {
    isUp(lab);
    unitsAreClean(lab);
    String vm = startsAVm(lab);
    outlivesTheDaemon(lab, vm);
    goesDownAndUpWithTheHost(lab);
    isRemoved(lab);
  }

  /** What is true as soon as the package has been installed. */
  static void isUp(Lab lab) {
    assertThat(lab.run("systemctl is-active kelvin.service kelvin-guests.service").ok())
        .isEqualTo("active\nactive");
    assertThat(lab.run("kelvin info").ok())
        .as("it answers as soon as it is active")
        .contains("log:          journalctl -u kelvin.service");
    assertThat(lab.run("journalctl -u kelvin.service -o cat").ok())
        .contains("the API answers at /run/kelvin/api.sock");
    assertThat(lab.run("systemctl show kelvin.service -p Type,StatusText,NotifyAccess").ok())
        .contains("Type=notify", "StatusText=the API answers", "NotifyAccess=main");
  }

  private static void unitsAreClean(Lab lab) {
    // The manual is left out of the image.
    String verify = "systemd-analyze verify --man=no kelvin.service kelvin-guests.service";
    assertThat(lab.run(verify + " kelvin.slice").ok()).isEmpty();
    String exposure =
        lab.run("systemd-analyze security --no-pager kelvin.service | tail -n 1").ok();
    assertThat(exposure).contains("exposure level");
    System.out.println("kelvin.service: " + exposure);
  }

  private static String startsAVm(Lab lab) {
    lab.run("cp /lab/vmlinuz /lab/initrd /srv").ok();
    lab.run("kelvin create -f /lab/tiny.yaml && kelvin start tiny").ok();
    awaitGuest(lab);
    String pid = lab.run("pidof qemu-system-x86_64").ok();
    assertThat(pid).matches("\\d+");
    assertThat(lab.run("cat /proc/" + pid + "/cgroup").ok())
        .matches("0::/kelvin\\.slice/kelvin-vm-tiny-[0-9a-f]{8}\\.scope");
    assertThat(lab.run("cat /proc/" + pid + "/status").ok())
        .containsPattern("Uid:\\s+[1-9]")
        .containsPattern("CapEff:\\s+0+\n");
    return pid;
  }

  private static void awaitGuest(Lab lab) {
    lab.await(
        "the guest is up",
        PATIENCE,
        "grep -aq " + TinyGuest.READY + " /var/lib/kelvin/kept/*/serial.log");
  }

  private static void outlivesTheDaemon(Lab lab, String vm) {
    lab.run("systemctl restart kelvin.service").ok();
    isAdopted(lab, vm);

    String before = lab.run("systemctl show --value -p MainPID kelvin.service").ok();
    // To all that is in the unit, as is usual.
    lab.run("systemctl kill --signal=KILL kelvin.service").ok();
    lab.await(
        "another daemon runs",
        PATIENCE,
        "test $(systemctl show --value -p MainPID kelvin.service) != "
            + before
            + " && systemctl is-active kelvin.service");
    isAdopted(lab, vm);

    // To dpkg the same version is an upgrade like any other.
    lab.run("dpkg --install /lab/kelvin.deb").ok();
    isAdopted(lab, vm);

    lab.run("systemctl stop kelvin.service").ok();
    assertThat(lab.run("systemctl show --value -p Result kelvin.service").ok())
        .isEqualTo("success");
    assertThat(lab.run("pidof qemu-system-x86_64").ok()).isEqualTo(vm);
    // What its user types when no daemon answers.
    assertThat(lab.run("kelvin up --detach").ok()).contains("The daemon runs: pid");
    assertThat(lab.run("systemctl is-active kelvin.service").ok()).isEqualTo("active");
    isAdopted(lab, vm);
    assertThat(lab.run("journalctl -u kelvin.service -o cat").ok())
        .doesNotContain("left-over", "timed out", "SEVERE");
  }

  private static void isAdopted(Lab lab, String vm) {
    assertThat(lab.run("kelvin get vm tiny -o yaml").ok())
        .contains("phase: running", "pid: " + vm, "restarts: 0");
  }

  private static void goesDownAndUpWithTheHost(Lab lab) {
    lab.reboot();
    lab.await(
        "the VM runs",
        PATIENCE,
        "kelvin get vm tiny -o yaml | tee /tmp/vm | grep 'phase: running'");
    assertThat(lab.run("cat /tmp/vm").ok()).contains("phase: running", "reason: shutdown");
    assertThat(lab.run("journalctl -b -1 -u kelvin-guests.service -o cat").ok())
        .contains("The daemon has ended.")
        .doesNotContain("Failed");
    assertThat(lab.run("systemctl list-units --state=failed --plain --no-legend 'kelvin*'").ok())
        .isEmpty();
  }

  private static void isRemoved(Lab lab) {
    // Nobody looks after the VM when the removal begins.
    lab.run("systemctl stop kelvin.service").ok();
    lab.run("apt-get remove --yes kelvin").ok();
    assertThat(lab.run("pidof qemu-system-x86_64").exitCode()).as("the VM has ended").isEqualTo(1);
    assertThat(lab.run("systemctl list-units --all --plain --no-legend 'kelvin*'").ok())
        .doesNotContain("running", "failed");
    assertThat(lab.run("test -e /var/lib/kelvin/store.db && kelvin").exitCode()).isEqualTo(127);
    lab.run("apt-get purge --yes kelvin").ok();
    assertThat(lab.run("ls -d /var/lib/kelvin /etc/kelvin /run/kelvin").exitCode()).isEqualTo(2);
    // The image itself has a file of that name for another unit.
    String units = "find /etc/systemd /run/systemd -name 'kelvin*' ! -name kelvin.conf";
    assertThat(lab.run(units).ok()).isEmpty();
  }
}
