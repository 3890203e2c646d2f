package dev.kelvin.machine.launch.home;

import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.SecureBootCertificates;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qemu.launch.EfiVariables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/**
 * A UEFI guest's own copy of the firmware's variables: its boot entries, and with Secure Boot its
 * keys. It is made at the first start, and anew when other keys are wanted; then the guest's boot
 * entries are gone, and the copy before stays beside it.
 */
public final class Nvram {
  /** Copies without a note are from a Kelvin that knew no other. */
  private static final String PLAIN = "plain";

  private Nvram() {}

  public static void provide(VmRecord vm, HostFacts facts, VmHome home) {
    Firmware wanted = vm.spec().firmware();
    if (wanted.type() != FirmwareType.UEFI) {
      return;
    }
    UefiFirmware firmware = Objects.requireNonNull(LaunchPlan.uefi(wanted, facts));
    String key = key(wanted);
    VmFiles files = home.files(vm.metadata().id());
    Path nvram = files.nvram();
    String name = nvram.getFileName().toString();
    try (var state = home.state(vm.metadata().id())) {
      if (state.has(name)) {
        String before = Files.exists(files.nvramKey()) ? Files.readString(files.nvramKey()) : PLAIN;
        if (before.equals(key)) {
          return;
        }
        state.rename(name, name + ".old");
      }
      byte[] template = Files.readAllBytes(Path.of(firmware.variables()));
      SecureBootCertificates own = wanted.certificates();
      Path made = files.kept().resolve(name);
      VmHome.write(made, own == null ? template : EfiVariables.enroll(template, own));
      home.hand(made, nvram, vm);
      VmHome.write(files.nvramKey(), key.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The variables of the VM's firmware cannot be written")
          .on(vm.ref())
          .because(e.toString())
          .remedy("check space, permissions and mount options of Kelvin's directories")
          .asException(e);
    }
  }

  /** What the copy is made from, in a word. */
  private static String key(Firmware wanted) {
    if (!wanted.isSecure()) {
      return PLAIN;
    }
    SecureBootCertificates own = wanted.certificates();
    if (own == null) {
      return wanted.keys().wire();
    }
    try {
      byte[] text = own.toString().getBytes(StandardCharsets.UTF_8);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text);
      return wanted.keys().wire() + " " + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
