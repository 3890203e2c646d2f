package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.api.Client;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.model.Phase;
import dev.kelvin.qemu.testkit.DebianPackages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Debian's installer, its questions answered by a preseed file, makes a disk that boots. It takes
 * tens of minutes without KVM, so neither {@code ./dev test} nor CI runs it: {@code ./dev it
 * -Dtest.groups=installer} does. Other installers: {@code -Dkelvin.test.installer=DIRECTORY} (with
 * {@code linux} and {@code initrd.gz}) and {@code -Dkelvin.test.suite=SUITE}; another mirror:
 * {@code -Dkelvin.test.mirror=URL/}; another file system: {@code -Dkelvin.test.filesystem=NAME}.
 */
@Tag("installer")
class InstallerTest {
  private static final String SUITE = System.getProperty("kelvin.test.suite", "bookworm");
  private static final String FILE_SYSTEM = System.getProperty("kelvin.test.filesystem", "ext4");
  private static final Duration PATIENCE = Duration.ofMinutes(90);

  /**
   * As little as makes a system that boots; each line of it answers one question. The network is
   * set up before this can be read, so its questions are answered on the kernel's command line.
   */
  private static final String ANSWERS =
      """
      d-i debian-installer/locale string en_US.UTF-8
      d-i keyboard-configuration/xkb-keymap select us
      d-i hw-detect/firmware-lookup string never
      d-i mirror/country string manual
      d-i mirror/http/hostname string @ADDRESS@
      d-i mirror/http/directory string /debian
      d-i mirror/http/proxy string
      d-i mirror/suite string SUITE
      d-i passwd/make-user boolean false
      d-i passwd/root-password password kelvin
      d-i passwd/root-password-again password kelvin
      d-i clock-setup/utc boolean true
      d-i clock-setup/ntp boolean false
      d-i time/zone string UTC
      d-i partman-auto/disk string /dev/vda
      d-i partman-auto/method string regular
      d-i partman-auto/expert_recipe string one :: 1000 10000 -1 FILESYSTEM $primary{ } \
      $bootable{ } method{ format } format{ } use_filesystem{ } filesystem{ FILESYSTEM } \
      mountpoint{ / } .
      d-i partman-auto/choose_recipe select one
      d-i partman-basicfilesystems/no_swap boolean false
      d-i partman-partitioning/confirm_write_new_label boolean true
      d-i partman/choose_partition select finish
      d-i partman/confirm boolean true
      d-i partman/confirm_nooverwrite boolean true
      d-i base-installer/install-recommends boolean false
      d-i base-installer/kernel/image string linux-image-cloud-amd64
      d-i base-installer/initramfs-tools/driver-policy select dep
      d-i apt-setup/services-select multiselect
      d-i apt-setup/enable-source-repositories boolean false
      d-i apt-setup/disable-cdrom-entries boolean true
      d-i pkgsel/run_tasksel boolean false
      d-i pkgsel/upgrade select none
      d-i pkgsel/update-policy select none
      popularity-contest popularity-contest/participate boolean false
      d-i grub-installer/only_debian boolean true
      d-i grub-installer/with_other_os boolean false
      d-i grub-installer/bootdev string /dev/vda
      d-i finish-install/reboot_in_progress note
      d-i debian-installer/exit/poweroff boolean true
      """
          .replace("SUITE", SUITE)
          .replace("FILESYSTEM", FILE_SYSTEM);

  private static String answers() {
    if (!Boolean.getBoolean("kelvin.test.unsigned")) {
      return ANSWERS;
    }
    return ANSWERS
        + "d-i mirror/udeb/suite string "
        + MirrorServer.UDEBS
        + "\nd-i debian-installer/allow_unauthenticated boolean true\n";
  }

  private static Path installer() throws IOException, InterruptedException {
    String own = System.getProperty("kelvin.test.installer");
    return own != null
        ? Path.of(own).toAbsolutePath()
        : DebianPackages.file(
            "debian-installer-12-netboot-amd64",
            "usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64");
  }

  /** The mirror from which this host itself installs. */
  private static String mirror() throws IOException, InterruptedException {
    String own = System.getProperty("kelvin.test.mirror");
    return own != null ? own : MirrorServer.ofHost();
  }

  private static Path document(TestDaemon daemon, String boot) throws IOException {
    return Files.writeString(
        daemon.home().resolve("installed.yaml"),
        """
        kind: VM
        metadata: {name: installed}
        spec:
          cpu: {cores: 2}
          memory: {size: 1GiB}
          guestAgent: false
        %s
          disks: [{name: root, size: 3GiB, cache: unsafe}]
          nics: [{name: net0}]
        """
            .formatted(boot));
  }

  private static void apply(TestDaemon daemon, Path document) throws Exception {
    var ran = daemon.kelvin("apply", "-f", document.toString());
    assertThat(ran.exitCode()).as(ran.output()).isZero();
  }

  @Test
  void theInstallerMakesADiskThatBoots() throws Exception {
    Path files = installer();
    try (var mirror = new MirrorServer(mirror(), SUITE, answers());
        TestDaemon daemon = TestDaemon.start()) {
      String boot =
          """
            boot:
              kernel: %s
              initrd: %s
              cmdline: auto=true priority=critical url=http://%s/preseed.cfg interface=auto \
          hostname=installed domain=test console=ttyS0 DEBIAN_FRONTEND=text --- console=ttyS0
          """
              .formatted(files.resolve("linux"), files.resolve("initrd.gz"), mirror.address());
      apply(daemon, document(daemon, boot));
      Await.until("the installer is through", PATIENCE, () -> isThrough(daemon, mirror));
      assumeTrue(lack(mirror) == null, () -> "the mirror lacks " + lack(mirror));
      assertThat(question(daemon)).as("it asks").doesNotContain("Prompt: ");
      var end = Objects.requireNonNull(daemon.client().vm("installed").status().lastExit());
      assertThat(end.reason().wire()).isEqualTo("guest-poweroff");

      apply(daemon, document(daemon, ""));
      if (daemon.client().vm("installed").status().phase() == Phase.STOPPED) {
        daemon.done(daemon.client().startVm("installed"));
      }
      awaitSerial(daemon, "installed login:");
      type(daemon, "root");
      awaitSerial(daemon, "Password:");
      type(daemon, "kelvin");
      awaitSerial(daemon, "root@installed:");
      String said =
          new Typist(daemon, "installed")
              .run("hostname; findmnt -no FSTYPE /; ls -d /target /boot/grub; cat /proc/cmdline");
      assertThat(said).contains("installed", FILE_SYSTEM, "/boot/grub", "BOOT_IMAGE=", "root=UUID");
      assertThat(said).contains("cannot access '/target'");
    }
  }

  /** Whether it has powered off, or has come to what keeps it from that. */
  private static boolean isThrough(TestDaemon daemon, MirrorServer mirror) {
    return lack(mirror) != null
        || question(daemon).contains("Prompt: ")
        || daemon.client().vm("installed").status().phase() == Phase.STOPPED;
  }

  /** A part of the installer that the mirror has in its lists only. */
  private static @Nullable String lack(MirrorServer mirror) {
    return mirror.missing().stream().filter(one -> one.endsWith(".udeb")).findFirst().orElse(null);
  }

  private static String question(TestDaemon daemon) {
    String all = daemon.serial("installed");
    return all.substring(Math.max(0, all.length() - 1500));
  }

  private static void awaitSerial(TestDaemon daemon, String text) {
    Await.until(
        "the system writes \"" + text + "\"",
        Duration.ofMinutes(5),
        () -> daemon.serial("installed").contains(text));
  }

  private static void type(TestDaemon daemon, String line) throws IOException {
    try (MessageSocket console = daemon.client().console("installed", Client.Console.SERIAL)) {
      console.send((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }
}
