package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.api.Client;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Smbios;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.model.spec.Watchdog;
import dev.kelvin.model.spec.WatchdogAction;
import dev.kelvin.qemu.testkit.DebianPackages;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests of other architectures, through the daemon to their shell; and their watchdogs. */
@Tag("slow")
class ForeignGuestTest extends OnOneDaemon {
  @TempDir private Path work;

  private static void need(Architecture architecture) {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin", architecture.program())),
        architecture.program() + " is not installed");
  }

  private static VmSpec.Builder spec(Architecture architecture, TinyGuest guest, String console) {
    return new VmSpec.Builder()
        .architecture(architecture)
        .memory(Memory.of(ByteSize.ofMiB(320)))
        .guestAgent(false)
        .boot(
            Boot.kernel(
                guest.kernel().toString(),
                guest.initrd().toString(),
                "console=" + console + " quiet rdinit=/init"));
  }

  private static TinyGuest i386() throws IOException, InterruptedException {
    need(Architecture.I386);
    return TinyGuest.obtain("i386", "linux-image-686-pae");
  }

  private static void type(String vm, String line) throws IOException {
    try (MessageSocket console = daemon.client().console(vm, Client.Console.SERIAL)) {
      console.send((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void anArmGuestReachesItsShellAndSeesItsDevices() throws Exception {
    need(Architecture.AARCH64);
    var guest = TinyGuest.obtain("arm64", "linux-image-arm64");
    Vm vm =
        daemon.create(
            Guests.vm(
                "arm",
                spec(Architecture.AARCH64, guest, "ttyAMA0")
                    .disks(List.of(Disk.of("data", null, ByteSize.ofMiB(64))))
                    .nics(List.of(Nic.of("net0")))
                    .build()));
    assertThat(vm.spec().machine()).startsWith("virt-");
    assertThat(vm.status().accelerator()).isEqualTo("tcg");
    daemon.awaitSerial("arm", TinyGuest.READY);
    type(
        "arm", "echo $(uname -m) $(ls /sys/block | grep vd) $(ls /sys/class/net | grep -v lo) END");
    daemon.awaitSerial("arm", "aarch64 vda eth0 END");
    assertThat(daemon.client().screenshot("arm")).startsWith(0x89, 'P', 'N', 'G');
    type("arm", "poweroff -f");
    daemon.awaitPhase("arm", Phase.STOPPED);
    assertThat(lastExit("arm")).isEqualTo(ExitReason.GUEST_POWEROFF);
  }

  @Test
  void anArmGuestStartsThroughUefiFromItsDisk() throws Exception {
    need(Architecture.AARCH64);
    assumeTrue(
        Files.isReadable(Path.of("/usr/share/AAVMF/AAVMF_CODE.fd")),
        "qemu-efi-aarch64 is not installed");
    var guest = TinyGuest.obtain("arm64", "linux-image-arm64");
    Path grub =
        DebianPackages.file(
            "arm64", "grub-efi-arm64-signed", "usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed");
    Path config =
        Files.writeString(
            work.resolve("grub.cfg"),
            "linux /vmlinuz console=ttyAMA0 quiet rdinit=/init by=disk\ninitrd /initrd\nboot\n");
    FatDisk.importAs(
        daemon,
        "esp",
        Map.of(
            "EFI/BOOT/BOOTAA64.EFI",
            grub,
            "EFI/debian/grub.cfg",
            config,
            "vmlinuz",
            guest.kernel(),
            "initrd",
            guest.initrd()),
        work);
    var spec =
        new VmSpec.Builder()
            .architecture(Architecture.AARCH64)
            .memory(Memory.of(ByteSize.ofMiB(384)))
            .guestAgent(false)
            .disks(List.of(Disk.of("root", "esp", null).withBootIndex(0)))
            .build();
    assertThat(spec.firmware().type()).isEqualTo(FirmwareType.UEFI);
    try {
      daemon.create(Guests.vm("arm-disk", spec));
      daemon.awaitSerial("arm-disk", TinyGuest.READY);
      var typist = new Typist(daemon, "arm-disk");
      assertThat(typist.run("uname -m; cat /proc/cmdline; ls -d /sys/firmware/efi"))
          .contains("aarch64", "by=disk", "/sys/firmware/efi");
    } finally {
      daemon.done(daemon.client().deleteVm("arm-disk", true));
      daemon.done(daemon.client().images().delete("esp"));
    }
  }

  @Test
  void a32BitGuestReachesItsShellAndReadsItsSmbios() throws Exception {
    var guest = i386();
    daemon.create(
        Guests.vm(
            "old",
            spec(Architecture.I386, guest, "ttyS0")
                .smbios(new Smbios("Acme", null, null, "SN-7", null, "A-9"))
                .build()));
    daemon.awaitSerial("old", TinyGuest.READY);
    type(
        "old",
        "cd /sys/class/dmi/id; echo $(uname -m) $(cat sys_vendor product_serial chassis_asset_tag)"
            + " $(grep -c '^flags.* lm ' /proc/cpuinfo) END");
    daemon.awaitSerial("old", "i686 Acme SN-7 A-9 0 END");
  }

  private static ExitReason lastExit(String vm) {
    return Objects.requireNonNull(daemon.client().vm(vm).status().lastExit()).reason();
  }

  /** The guest starts its watchdog, which runs out after some seconds, and never feeds it. */
  private static void watched(String name, WatchdogAction action, int seconds) throws Exception {
    var spec = spec(Architecture.I386, i386(), "ttyS0").watchdog(Watchdog.of(action)).build();
    daemon.create(Guests.vm(name, spec));
    daemon.awaitSerial(name, TinyGuest.READY);
    type(name, "watchdog -T " + seconds + " -t 600 /dev/watchdog && echo WATCHDOG-ARMED");
  }

  @Test
  void aHungGuestIsPoweredOffAndItsEndIsToldAsWhatItIs() throws Exception {
    watched("hung", WatchdogAction.POWEROFF, 2);
    daemon.awaitPhase("hung", Phase.CRASHED);
    assertThat(lastExit("hung")).isEqualTo(ExitReason.WATCHDOG);
    assertThat(daemon.vmProcesses()).isEmpty();
  }

  @Test
  void aHungGuestIsPausedAndCanBeResumed() throws Exception {
    watched("still", WatchdogAction.PAUSE, 2);
    daemon.awaitPhase("still", Phase.PAUSED);
    assertThat(daemon.client().vm("still").status().message()).contains("watchdog");
    daemon.done(daemon.client().resumeVm("still"));
    assertThat(daemon.client().vm("still").status().phase()).isEqualTo(Phase.RUNNING);
  }

  @Test
  void theNextDaemonEndsAGuestThatHungWhileNoneWatched() throws Exception {
    watched("alone", WatchdogAction.POWEROFF, 6);
    daemon.awaitSerial("alone", "WATCHDOG-ARMED");
    daemon.kill();
    daemon.restart();
    daemon.awaitPhase("alone", Phase.CRASHED);
    assertThat(lastExit("alone")).isEqualTo(ExitReason.WATCHDOG);
  }
}
