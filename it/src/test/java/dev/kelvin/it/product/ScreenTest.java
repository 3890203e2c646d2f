package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.model.ProblemException;
import dev.kelvin.qemu.testkit.DebianPackages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * CDs that say what they have to say on the screen only: what it shows is read from its picture.
 */
@Tag("slow")
class ScreenTest extends OnOneDaemon {
  private static final Path VGA_BIOS = Path.of("/usr/share/seabios/vgabios-stdvga.bin");

  private static void run(String name, Path iso, String... options) throws Exception {
    var words = new java.util.ArrayList<>(List.of("run", "--name", name, "--no-wait"));
    words.addAll(List.of("--iso", iso.toString(), "--memory", "128MiB", "--disk", "64MiB"));
    words.addAll(List.of(options));
    var ran = daemon.kelvin(words.toArray(String[]::new));
    assertThat(ran.exitCode()).as(ran.output()).isZero();
  }

  /** Waits until the screen has all these words, and gives what it shows. */
  private static String awaitScreen(String vm, ScreenText reader, String... words) {
    var last = new String[] {""};
    try {
      Await.until(
          "the words are on the screen",
          Duration.ofMinutes(2),
          () -> {
            last[0] = reader.read(daemon.client().screenshot(vm));
            return List.of(words).stream().allMatch(last[0]::contains);
          });
    } catch (AssertionError e) {
      throw new AssertionError(String.join(", ", words) + " is not on the screen:\n" + last[0], e);
    }
    return last[0];
  }

  @Test
  void grubsRescueCdShowsItsMenuAndTakesCommands() throws Exception {
    assumeTrue(Files.isReadable(VGA_BIOS), "seabios is not installed");
    Path iso = DebianPackages.file("grub-rescue-pc", "usr/lib/grub-rescue/grub-rescue-cdrom.iso");
    var reader = ScreenText.withFontOf(VGA_BIOS);
    run("rescue", iso, "--os", "other", "--video", "cirrus,std,virtio");
    String menu =
        awaitScreen("rescue", reader, "GNU GRUB  version 2.", "*GNU/Linux", "Change the colors");
    assertThat(menu).contains(" Microsoft Windows  ").doesNotContain("*GNU (aka GNU/Hurd)");

    // The other two screens are there, and are not this one.
    for (int screen : new int[] {2, 3}) {
      byte[] other = daemon.client().screenshot("rescue", screen);
      assertThat(other).startsWith(0x89, 'P', 'N', 'G');
      assertThat(reader.read(other)).doesNotContain("GRUB");
    }
    assertThatThrownBy(() -> daemon.client().screenshot("rescue", 4))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("no screen 4");

    // Down, and the mark is on the next line.
    daemon.client().sendKeys("rescue", List.of("down"));
    awaitScreen("rescue", reader, " GNU/Linux ", "*GNU (aka GNU/Hurd)");

    // Its command line sees the disks that the VM has, of their size: an IDE disk of 64 MiB.
    daemon.client().sendKeys("rescue", List.of("c"));
    awaitScreen("rescue", reader, "grub> ");
    press("l", "s", "spc", "shift-9", "h", "d", "0", "shift-0", "ret");
    awaitScreen("rescue", reader, "grub> ls (hd0)", "Device hd0:", "Total size", "65536KiB");

    // What the BIOS takes for a wish to begin anew.
    press("ctrl-alt-delete");
    awaitScreen("rescue", reader, "*GNU/Linux");
  }

  private void press(String... keys) throws IOException, InterruptedException {
    var words = new ArrayList<>(List.of("keys", "rescue"));
    words.addAll(List.of(keys));
    var ran = daemon.kelvin(words.toArray(String[]::new));
    assertThat(ran.exitCode()).as(ran.output()).isZero();
  }

  @Test
  void memtestTestsTheMemoryThatTheVmHas() throws Exception {
    assumeTrue(Files.isReadable(VGA_BIOS), "seabios is not installed");
    assumeTrue(Files.isReadable(Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd")), "ovmf is missing");
    Path iso = DebianPackages.file("memtest86+", "usr/lib/memtest86+/memtest86+x64.iso");
    run("new", iso, "--uefi", "--cpus", "1");
    run("old", iso, "--os", "other", "--cpus", "1");
    tested("old", ScreenText.withFontOf(VGA_BIOS), "QEMU Standard PC (i440FX + PIIX, 1996)");
    // With UEFI it draws by a font of its own.
    Path program = DebianPackages.file("memtest86+", "boot/memtest86+x64.efi");
    tested("new", ScreenText.withFontOf(program), "QEMU Standard PC (Q35 + ICH9, 2009)");
  }

  private static void tested(String vm, ScreenText reader, String board) throws IOException {
    String screen = awaitScreen(vm, reader, "Memtest86", "Status: Testing", board);
    assertThat(screen)
        .contains("CPU: 1 Core", "Errors: 0", "<F1> Configuration")
        .containsPattern("Memory  :  12[0-9]MB");
    daemon.done(daemon.client().deleteVm(vm, true));
  }
}
