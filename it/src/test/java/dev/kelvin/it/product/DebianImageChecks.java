package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.spec.CloudInit;
import dev.kelvin.storage.QemuImg;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What must be right of an image of Debian that was built, whoever has built it. */
public final class DebianImageChecks {
  private static final Commands COMMANDS = new Commands();
  private static final QemuImg QEMU_IMG = new QemuImg(COMMANDS, CellConfiner.ofHost());
  private static final String KEY =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFZGHVnuNhWu4hPOE64GslA+afSjTdle1w9FWLpl7JqN test";

  private DebianImageChecks() {}

  /**
   * The same packages give the same image: of all that are built in one run of the tests, in
   * whichever process.
   *
   * @param digest of the image, of the recipe that {@code kelvin run debian} has
   */
  public static void isWhatOthersHaveBuilt(String digest) throws IOException {
    // Two processes may be here at the same time.
    Path place = Files.createDirectories(Path.of("target"));
    Path own = Files.writeString(Files.createTempFile(place, "debian-image-", null), digest);
    Path first = place.resolve("debian-image-" + System.getProperty("kelvin.test.run") + ".sha256");
    try {
      Files.createLink(first, own);
    } catch (FileAlreadyExistsException e) {
      assertThat(digest).as("the digest of another image").isEqualTo(Files.readString(first));
    } finally {
      Files.delete(own);
    }
  }

  /**
   * It boots under UEFI and without a card; under BIOS and with one, users do. Where there is no
   * UEFI, that is said, and the test goes on.
   */
  public static void bootsUnderUefi(Path image, Path directory) throws Exception {
    if (!UefiGuest.possible()) {
      System.out.println("This host has no OVMF: an image is not booted under UEFI");
      return;
    }
    try (UefiGuest guest = boot(image, directory)) {
      assertThat(guest.awaitCloudInit()).contains("status: done").contains("NoCloud");
      isSetUp(guest);
      assertThat(guest.run("ls", "/sys/firmware/efi")).contains("fw_platform_size");
      assertThat(guest.run("ls", "/boot/efi/EFI/BOOT")).containsIgnoringCase("BOOTX64.EFI");
    }
  }

  private static UefiGuest boot(Path image, Path directory) throws Exception {
    Path disk = directory.resolve("disk.qcow2");
    QEMU_IMG.create(disk, QemuImg.Target.of("qcow2"), ByteSize.ofGiB(8), image);
    Path seed = directory.resolve("seed.iso");
    var config = new CloudInit(null, "kelvin", List.of(KEY), null, List.of(), null, null);
    new SeedIso(COMMANDS).write(seed, config, "web1", "i-1", true);
    return UefiGuest.start(directory, disk, seed);
  }

  private static void isSetUp(UefiGuest guest) throws Exception {
    assertThat(guest.run("hostname").strip()).isEqualTo("web1");
    assertThat(guest.run("cat", "/home/kelvin/.ssh/authorized_keys")).contains(KEY);
    assertThat(guest.run("sudo", "-u", "kelvin", "sudo", "-n", "id", "-un").strip())
        .isEqualTo("root");
    String size =
        guest.run("df", "--output=size", "--block-size=1M", "/").lines().toList().getLast();
    assertThat(Long.parseLong(size.strip())).isBetween(7500L, 8192L);
    assertThat(guest.run("systemctl", "--failed", "--plain", "--no-legend").strip()).isEmpty();
    assertThat(guest.run("ls", "/etc/ssh")).contains("ssh_host_ed25519_key");
    assertThat(guest.run("ssh-keyscan", "-T", "10", "127.0.0.1")).contains("ssh-ed25519");
    assertThat(guest.run("systemctl", "is-active", "serial-getty@ttyS0").strip())
        .isEqualTo("active");
    assertThat(guest.console()).contains("Linux version", "web1 login:");
    assertThat(guest.run("cat", "/proc/cmdline")).contains("console=tty0 console=ttyS0,115200");
  }

  /**
   * Neither the paths of the build, nor what makes one machine another's twin.
   *
   * @param place below which it was built
   */
  public static void hasNoTraceOfTheHost(Path image, Path place, Path directory) throws Exception {
    Path raw = directory.resolve("disk.raw");
    QEMU_IMG.convert(image, "qcow2", raw, QemuImg.Target.of("raw"), ProgressSink.none());
    Path root = directory.resolve("root.raw");
    assertThat(
            COMMANDS
                .run(Command.of("dd", "if=" + raw, "of=" + root, "bs=1M", "skip=34", "conv=sparse"))
                .ok())
        .isTrue();
    assertThat(COMMANDS.run(Command.of("e2fsck", "-fn", root.toString())).ok()).isTrue();
    Path tree = Files.createDirectory(directory.resolve("tree"));
    COMMANDS.run(Command.of("debugfs", "-R", "rdump / " + tree, root.toString()));

    assertThat(Files.readString(tree.resolve("etc/apt/sources.list.d/debian.sources")))
        .contains("URIs: http://deb.debian.org/debian\n");
    for (String absent :
        List.of(
            "etc/apt/sources.list",
            "etc/apt/apt.conf.d/99mmdebstrap",
            "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
            "etc/apt/preferences.d/build",
            "etc/resolv.conf.old")) {
      assertThat(tree.resolve(absent)).doesNotExist();
    }
    assertThat(tree.resolve("etc/machine-id")).isEmptyFile();
    assertThat(tree.resolve("etc/hostname")).hasContent("debian");
    try (var keys = Files.list(tree.resolve("etc/ssh"))) {
      assertThat(keys).noneMatch(key -> key.getFileName().toString().startsWith("ssh_host"));
    }
    String hits =
        COMMANDS
            .run(Command.of("grep", "-rIlF", "--devices=skip", place.toString(), tree.toString()))
            .stdout();
    assertThat(hits).isEmpty();
    // Its links lead out of the test's directory, which JUnit would warn of.
    TestClasses.deleteTree(tree);
  }
}
