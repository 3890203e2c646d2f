package dev.kelvin.qemu.launch;

import dev.kelvin.model.HostFacts;
import dev.kelvin.model.spec.Tpm;
import dev.kelvin.model.spec.TpmVersion;
import dev.kelvin.model.spec.VmSpec;

/**
 * What a guest's system wants and gets where the host has it: Windows 11 asks for Secure Boot and a
 * TPM, and its elders go without. Chosen once, when the VM is made, and kept from then on.
 */
public final class HostChoices {
  private HostChoices() {}

  /**
   * A new VM's spec with nothing left open.
   *
   * @param facts for the spec's architecture
   */
  public static VmSpec choose(VmSpec spec, HostFacts facts) {
    boolean secure = spec.leavesSecureBootOpen() && facts.extras().enrolledUefi() != null;
    boolean tpm = spec.leavesTpmOpen() && facts.extras().swtpm() != null;
    return spec.toBuilder()
        .firmware(spec.firmware().withDefaultSecureBoot(secure))
        .tpm(tpm ? new Tpm(TpmVersion.V2_0) : spec.tpm())
        .build();
  }

  /** A VM's new spec with what was chosen for it before, where the new one leaves it open. */
  public static VmSpec keep(VmSpec before, VmSpec wanted) {
    return wanted.toBuilder()
        .firmware(wanted.firmware().withDefaultSecureBoot(before.firmware().isSecure()))
        .tpm(wanted.leavesTpmOpen() ? before.tpm() : wanted.tpm())
        .build();
  }
}
