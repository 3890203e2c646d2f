package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.qemu.testkit.DebianPackages;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests without a system that boot from the network: from a web server, and by TFTP. */
@Tag("slow")
class NetworkBootTest {
  private static final String LOADED = "KELVIN-LOADED-BY-TFTP";
  private static final Path ROMS = Path.of("/usr/lib/ipxe/qemu");

  @TempDir private Path work;
  private TestDaemon daemon;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(Files.isDirectory(ROMS), "ipxe-qemu is not installed");
    // What TFTP serves is read by the VM's own user.
    Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
    daemon = TestDaemon.start();
  }

  @AfterEach
  void end() throws IOException {
    if (daemon != null) {
      daemon.close();
    }
  }

  private void run(String... options) throws IOException, InterruptedException {
    var words = new ArrayList<>(List.of("run", "--no-wait", "--memory", "384MiB"));
    words.addAll(List.of("--disk", "64MiB", "--cpus", "1"));
    words.addAll(List.of(options));
    var ran = daemon.kelvin(words.toArray(String[]::new));
    assertThat(ran.exitCode()).as(ran.output()).isZero();
  }

  /** What iPXE is told; names are relative to where it was loaded from. */
  private static String script(String word) {
    return """
    #!ipxe
    kernel vmlinuz initrd=initrd %s %s
    initrd initrd
    boot
    """
        .formatted(TinyGuest.CMDLINE, word);
  }

  @Test
  void aGuestBootsFromAWebServer() throws Exception {
    TinyGuest guest = TinyGuest.obtain();
    Path script = Files.writeString(work.resolve("boot.ipxe"), script("by=http"));
    var files =
        Map.of(
            "/net/boot.ipxe", script,
            "/net/vmlinuz", guest.kernel(),
            "/net/initrd", guest.initrd());
    try (var server = new FileServer(files)) {
      run("--name", "web", "--netboot", server.guestsUrl("/net/boot.ipxe").toString());
      daemon.awaitSerial("web", TinyGuest.READY);
      assertThat(new Typist(daemon, "web").run("cat /proc/cmdline")).contains("by=http");
      assertThat(server.asked())
          .hasSize(3)
          .allSatisfy(request -> assertThat(request).contains("iPXE"))
          .anySatisfy(request -> assertThat(request).startsWith("/net/boot.ipxe "));
    }
  }

  @Test
  void uefiBootsFromAWebServer() throws Exception {
    needOvmf();
    try (var server = new FileServer(Map.of("/loader.efi", TalkingLoader.make(work, LOADED)))) {
      String url = server.guestsUrl("/loader.efi").toString();
      run("--name", "uefi-web", "--uefi", "--netboot", url);
      daemon.awaitSerial("uefi-web", LOADED);
    }
  }

  @Test
  void aGuestBootsByTftp() throws Exception {
    TinyGuest guest = TinyGuest.obtain();
    Files.copy(guest.kernel(), work.resolve("vmlinuz"));
    Files.copy(guest.initrd(), work.resolve("initrd"));
    Path script = Files.writeString(work.resolve("boot.ipxe"), script("by=tftp"));
    run("--name", "pxe", "--netboot", script.toString());
    daemon.awaitSerial("pxe", TinyGuest.READY);
    assertThat(new Typist(daemon, "pxe").run("cat /proc/cmdline")).contains("by=tftp");
  }

  private static void needOvmf() {
    assumeTrue(Files.isReadable(Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd")), "ovmf is missing");
  }

  @Test
  void uefiBootsByTftp() throws Exception {
    needOvmf();
    Path loader = TalkingLoader.make(work, LOADED);
    run("--name", "uefi", "--uefi", "--netboot", loader.toString());
    daemon.awaitSerial("uefi", LOADED);
  }

  @Test
  void withSecureBootNothingUnsignedBootsFromTheNetwork() throws Exception {
    assumeTrue(
        Files.isReadable(Path.of("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd")), "ovmf is missing");
    Path loader = TalkingLoader.make(work, LOADED);
    run("--name", "unsigned", "--secure-boot", "--netboot", loader.toString());
    daemon.awaitSerial("unsigned", "Access Denied");
    assertThat(daemon.serial("unsigned")).doesNotContain(LOADED);
  }

  @Test
  void anArmGuestBootsByTftp() throws Exception {
    assumeTrue(
        Files.isReadable(Path.of("/usr/share/AAVMF/AAVMF_CODE.fd"))
            && Files.isExecutable(Path.of("/usr/bin/qemu-system-aarch64")),
        "qemu-system-arm or qemu-efi-aarch64 is not installed");
    Path grub =
        DebianPackages.file(
            "arm64",
            "grub-efi-arm64-signed",
            "usr/lib/grub/arm64-efi-signed/grubnetaa64.efi.signed");
    Files.copy(grub, work.resolve("grub.efi"));
    grubFiles(TinyGuest.obtain("arm64", "linux-image-arm64"), "ttyAMA0");
    run("--name", "arm", "--arch", "aarch64", "--netboot", work.resolve("grub.efi").toString());
    daemon.awaitSerial("arm", TinyGuest.READY);
    assertThat(new Typist(daemon, "arm").run("uname -m; cat /proc/cmdline"))
        .contains("aarch64", "by=grub");
  }

  /** What Debian's GRUB for networks looks for beside itself. */
  private void grubFiles(TinyGuest guest, String console) throws IOException {
    Files.copy(guest.kernel(), work.resolve("vmlinuz"));
    Files.copy(guest.initrd(), work.resolve("initrd"));
    Files.createDirectories(work.resolve("grub"));
    Files.writeString(
        work.resolve("grub/grub.cfg"),
        "linux /vmlinuz console=%s quiet rdinit=/init by=grub\ninitrd /initrd\nboot\n"
            .formatted(console));
  }
}
