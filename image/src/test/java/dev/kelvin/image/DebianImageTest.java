package dev.kelvin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.Commands;
import dev.kelvin.host.Commands.Command;
import dev.kelvin.host.Programs;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import dev.kelvin.model.spec.CloudInit;
import dev.kelvin.storage.QemuImg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Builds an image once, and boots it. Under BIOS and with a card, users do in the whole product.
 */
@Tag("slow")
class DebianImageTest {
  private static final Commands COMMANDS = new Commands();
  private static final QemuImg QEMU_IMG = new QemuImg(COMMANDS);
  private static final BuildRecipe RECIPE =
      new BuildRecipe("debian", "bookworm", ByteSize.ofGiB(2), List.of(), null);

  @TempDir static Path shared;
  private static final List<Progress> SEEN = new ArrayList<>();
  private static Path image;

  @TempDir Path directory;

  @BeforeAll
  static void build() throws Exception {
    var builder = new DebianBuilder(COMMANDS, QEMU_IMG);
    for (String tool : builder.requiredTools()) {
      assumeTrue(
          !Programs.find(tool).isEmpty() || tool.startsWith("grub-"),
          () -> "this host lacks " + tool);
    }
    image = builder.build(RECIPE, shared.resolve("first"), SEEN::add);
    // The whole product builds the same later, in another process, and compares.
    String sum = COMMANDS.run(Command.of("sha256sum", image.toString())).stdout();
    Files.writeString(
        Files.createDirectories(Path.of("target")).resolve("debian-image.sha256"),
        sum.substring(0, sum.indexOf(' ')));
  }

  @Test
  void leavesNothingButTheImageAndTellsHowFarItIs() throws Exception {
    try (var files = Files.list(shared.resolve("first"))) {
      assertThat(files).containsExactly(image);
    }
    assertThat(SEEN).extracting(Progress::done).isSorted().hasSizeGreaterThan(40);
    assertThat(SEEN.getLast().done()).isEqualTo(100);
    assertThat(SEEN).extracting(Progress::total).containsOnly(100L);
  }

  @Test
  void bootsUnderUefiWithoutAnyCard() throws Exception {
    try (Guest guest = boot()) {
      assertThat(guest.awaitCloudInit()).contains("status: done").contains("NoCloud");
      isSetUp(guest);
      assertThat(guest.run("ls", "/sys/firmware/efi")).contains("fw_platform_size");
      assertThat(guest.run("ls", "/boot/efi/EFI/BOOT")).containsIgnoringCase("BOOTX64.EFI");
    }
  }

  private Guest boot() throws Exception {
    Path disk = directory.resolve("disk.qcow2");
    QEMU_IMG.create(disk, QemuImg.Target.of("qcow2"), ByteSize.ofGiB(8), image);
    Path seed = directory.resolve("seed.iso");
    var config =
        new CloudInit(
            null,
            "kelvin",
            List.of("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVudXNlZCBrZXkgb2YgYSB0ZXN0 test"),
            null,
            List.of(),
            null,
            null);
    new SeedIso(COMMANDS).write(seed, config, "web1", "i-1", true);
    return Guest.start(directory, disk, seed);
  }

  private static void isSetUp(Guest guest) throws Exception {
    assertThat(guest.run("hostname").strip()).isEqualTo("web1");
    assertThat(guest.run("cat", "/home/kelvin/.ssh/authorized_keys")).contains("IHVudXNlZCBrZXk");
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

  @Test
  void hasNoTraceOfTheHost() throws Exception {
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
            .run(Command.of("grep", "-rIlF", "--devices=skip", shared.toString(), tree.toString()))
            .stdout();
    assertThat(hits).isEmpty();
    // Its links lead out of the test's directory, which JUnit would warn of.
    Trees.delete(tree);
  }
}
