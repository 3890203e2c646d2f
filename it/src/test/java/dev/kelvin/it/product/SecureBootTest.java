package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.SecureBootCertificates;
import dev.kelvin.model.spec.SecureBootKeys;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.testkit.DebianPackages;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Secure Boot with real boot chains: what is signed by a key that the firmware has boots, all else
 * is refused.
 */
@Tag("slow")
class SecureBootTest {
  private static final String OWN_LOADER = "KELVIN-OWN-LOADER-RUNS";

  /** What edk2 says when a signature is missing or of a key that it has not. */
  private static final String REFUSED = "Access Denied";

  @TempDir private Path work;
  private TestDaemon daemon;

  @BeforeEach
  void start() throws IOException {
    Assumptions.assumeTrue(
        Files.isReadable(Path.of("/usr/share/OVMF/OVMF_VARS_4M.ms.fd")), "ovmf is not installed");
    daemon = TestDaemon.start();
  }

  @AfterEach
  void end() throws IOException {
    if (daemon != null) {
      daemon.close();
    }
  }

  @Test
  void theDistributionsShimBootsItsSignedKernel() throws IOException, InterruptedException {
    TinyGuest guest = TinyGuest.obtain();
    importDisk("chain", shimChain(guest));
    boot("chain", "chain", Firmware.secure());
    daemon.awaitSerial("chain", TinyGuest.READY);
    var typist = new Typist(daemon, "chain");
    assertThat(typist.run("dmesg | grep -i 'secure boot'")).contains("Secure boot enabled");
    assertThat(typist.run("cat /sys/kernel/security/lockdown || dmesg | grep -i lockdown"))
        .containsIgnoringCase("lockdown");
  }

  @Test
  void whatNoKnownKeyHasSignedIsRefused() throws IOException, InterruptedException {
    Path key = keyPair("owner");
    importDisk("own", Map.of("EFI/BOOT/BOOTX64.EFI", signed(ownLoader(), key)));
    importDisk("unsigned", Map.of("EFI/BOOT/BOOTX64.EFI", ownLoader()));
    importDisk("chain", shimChain(TinyGuest.obtain()));

    // Microsoft's keys: neither what has no signature nor what has the owner's.
    boot("unsigned-microsoft", "unsigned", Firmware.secure());
    boot("own-microsoft", "own", Firmware.secure());
    daemon.awaitSerial("unsigned-microsoft", REFUSED);
    daemon.awaitSerial("own-microsoft", REFUSED);
    assertThat(daemon.serial("unsigned-microsoft")).doesNotContain(OWN_LOADER);
    assertThat(daemon.serial("own-microsoft")).doesNotContain(OWN_LOADER);
    remove("unsigned-microsoft", "own-microsoft");

    // The owner's keys: what the owner has signed, and nothing of Microsoft's.
    boot("own-own", "own", ownKeys(key));
    boot("chain-own", "chain", ownKeys(key));
    daemon.awaitSerial("own-own", OWN_LOADER);
    daemon.awaitSerial("chain-own", REFUSED);
    assertThat(daemon.serial("chain-own")).doesNotContain("Linux version");
    remove("own-own", "chain-own");

    // Without Secure Boot all of it starts: it was the keys, not the disk.
    boot("unsigned-open", "unsigned", Firmware.of(FirmwareType.UEFI));
    daemon.awaitSerial("unsigned-open", OWN_LOADER);
  }

  private void boot(String name, String image, Firmware firmware) {
    var spec =
        new VmSpec.Builder()
            .memory(Memory.of(ByteSize.ofMiB(384)))
            .guestAgent(false)
            .firmware(firmware)
            .disks(List.of(Disk.of("root", image, null).withBootIndex(0)))
            .build();
    daemon.create(Guests.vm(name, spec));
  }

  private void remove(String... names) {
    for (String name : names) {
      daemon.done(daemon.client().deleteVm(name, true));
    }
  }

  private Firmware ownKeys(Path key) throws IOException {
    String certificate = Files.readString(certificate(key));
    return new Firmware(
        FirmwareType.UEFI,
        true,
        SecureBootKeys.CUSTOM,
        new SecureBootCertificates(certificate, List.of(certificate), List.of(certificate)));
  }

  // ---- what is booted

  private Map<String, Path> shimChain(TinyGuest guest) throws IOException, InterruptedException {
    Path shim = DebianPackages.file("shim-signed", "usr/lib/shim/shimx64.efi.signed");
    Path grub =
        DebianPackages.file(
            "grub-efi-amd64-signed", "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed");
    Path config = work.resolve("chain.cfg");
    Files.writeString(
        config,
        "linux /vmlinuz " + TinyGuest.CMDLINE + "\ninitrd /initrd\nboot\n",
        StandardCharsets.UTF_8);
    var files = new TreeMap<String, Path>();
    files.put("EFI/BOOT/BOOTX64.EFI", shim);
    files.put("EFI/BOOT/grubx64.efi", grub);
    files.put("EFI/debian/grub.cfg", config);
    files.put("vmlinuz", guest.kernel());
    files.put("initrd", guest.initrd());
    return files;
  }

  /** A boot loader of GRUB's parts that says {@link #OWN_LOADER} and waits. */
  private Path ownLoader() throws IOException, InterruptedException {
    Path loader = work.resolve("loader.efi");
    return Files.exists(loader)
        ? loader
        : TalkingLoader.make(work, OWN_LOADER, "--sbat", sbat().toString());
  }

  /** Which generation the loader is of, without which a firmware with a newer shim refuses it. */
  private Path sbat() throws IOException {
    return Files.writeString(
        work.resolve("sbat.csv"),
        """
        sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md
        grub,4,Free Software Foundation,grub,2.06,https://www.gnu.org/software/grub/
        """);
  }

  private Path keyPair(String name) throws IOException, InterruptedException {
    Path key = work.resolve(name + ".key");
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        key.toString(),
        "-out",
        certificate(key).toString(),
        "-subj",
        "/CN=Owner of a test/",
        "-days",
        "30");
    return key;
  }

  private static Path certificate(Path key) {
    return key.resolveSibling(key.getFileName() + ".pem");
  }

  private Path signed(Path program, Path key) throws IOException, InterruptedException {
    Path signed = work.resolve("signed.efi");
    run(
        "sbsign",
        "--key",
        key.toString(),
        "--cert",
        certificate(key).toString(),
        "--output",
        signed.toString(),
        program.toString());
    return signed;
  }

  private void importDisk(String name, Map<String, Path> files)
      throws IOException, InterruptedException {
    FatDisk.importAs(daemon, name, files, work);
  }

  private void run(String... command) throws IOException, InterruptedException {
    FatDisk.run(work, command);
  }
}
