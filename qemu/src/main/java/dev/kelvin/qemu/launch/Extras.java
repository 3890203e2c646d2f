package dev.kelvin.qemu.launch;

import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.FileServer;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.SecureBootKeys;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.LaunchPlan;

/** Refuses what a VM wants of firmware and of other programs and this host has not. */
public final class Extras {
  private Extras() {}

  /**
   * Looks at firmware, TPM and shares.
   *
   * @throws dev.kelvin.model.ProblemException capability-missing
   */
  public static void check(VmSpec spec, HostFacts facts) {
    firmware(spec, facts);
    if (spec.hasTpm() && facts.extras().swtpm() == null) {
      throw Problem.of(Code.CAPABILITY_MISSING, "This host cannot emulate a TPM")
          .at("spec.tpm")
          .because("the program swtpm is not installed")
          .remedy("install the distribution's package swtpm, or leave the TPM out")
          .asException();
    }
    for (int i = 0; i < spec.shares().size(); i++) {
      share("spec.shares[" + i + "]", spec.shares().get(i).readOnly(), facts);
    }
  }

  private static void firmware(VmSpec spec, HostFacts facts) {
    if (spec.firmware().type() != FirmwareType.UEFI
        || LaunchPlan.uefi(spec.firmware(), facts) != null) {
      return;
    }
    if (!spec.firmware().isSecure()) {
      throw Problem.of(Code.CAPABILITY_MISSING, "This host has no UEFI firmware")
          .at("spec.firmware.type")
          .because("no firmware for " + spec.architecture().wire() + " guests was found")
          .remedy(Pinning.uefiRemedy(spec.architecture()))
          .asException();
    }
    boolean microsoft = spec.firmware().keys() == SecureBootKeys.MICROSOFT;
    throw Problem.of(Code.CAPABILITY_MISSING, "This host has no firmware with Secure Boot")
        .at("spec.firmware.secureBoot")
        .because(
            microsoft
                ? "no OVMF with Microsoft's keys was found"
                : "no OVMF with Secure Boot and without keys was found")
        .remedy("install the distribution's package (ovmf or edk2-ovmf); see kelvin doctor")
        .asException();
  }

  private static void share(String field, boolean readOnly, HostFacts facts) {
    FileServer server = facts.extras().virtiofsd();
    if (server == null) {
      throw Problem.of(Code.CAPABILITY_MISSING, "This host cannot share directories with guests")
          .at(field)
          .because("the program virtiofsd is not installed")
          .remedy("install the package virtiofsd (on Debian 12: qemu-system-common)")
          .asException();
    }
    if (facts.runAsRoot()) {
      return;
    }
    if (Companion.needsRoot(server)) {
      throw Problem.of(Code.CAPABILITY_MISSING, "Sharing directories needs root here")
          .at(field)
          .because(server.program() + " is the virtiofsd of QEMU, which only root can run")
          .remedy("run the daemon as root, or install the virtiofsd written in Rust")
          .asException();
    }
    if (readOnly && !server.readOnlyOption()) {
      throw Problem.of(Code.CAPABILITY_MISSING, "A read-only share needs root here")
          .at(field + ".readOnly")
          .because(server.program() + " has no option --readonly")
          .remedy("install virtiofsd 1.13 or newer, or run the daemon as root")
          .asException();
    }
  }
}
