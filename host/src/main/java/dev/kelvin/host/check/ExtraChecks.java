package dev.kelvin.host.check;

import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.HostFacts.Extras;
import dev.kelvin.model.HostFacts.FileServer;
import dev.kelvin.model.HostFacts.FileServerKind;
import dev.kelvin.model.HostFacts.UefiFirmware;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether the host has what only some VMs want: Secure Boot, TPMs, shared directories. */
final class ExtraChecks {
  private final Optional<Distribution> distribution;
  private final boolean root;

  ExtraChecks(Optional<Distribution> distribution, boolean root) {
    this.distribution = distribution;
    this.root = root;
  }

  List<Check> all(Extras extras) {
    return List.of(
        secureBoot(extras.secureUefi(), extras.enrolledUefi()),
        tpm(extras.swtpm()),
        shares(extras.virtiofsd()));
  }

  private Check secureBoot(@Nullable UefiFirmware secure, @Nullable UefiFirmware enrolled) {
    var check = new Checks("secure-boot", "Secure Boot");
    String remedy = Requirements.remedyFor("ovmf", distribution);
    if (enrolled != null && secure != null) {
      return check.ok(
          "can read " + enrolled.code() + " with Microsoft's keys in " + enrolled.variables());
    } else if (enrolled != null) {
      return check.limited("the firmware has Microsoft's keys only, none can be added", remedy);
    } else if (secure != null) {
      return check.limited("the firmware is there without Microsoft's keys", remedy);
    }
    return check.absent("found no firmware with Secure Boot", remedy);
  }

  private Check tpm(@Nullable String swtpm) {
    var check = new Checks("tpm", "TPM 2.0 for guests");
    return swtpm != null
        ? check.ok(swtpm + " says that it emulates TPM 2.0")
        : check.absent(
            "found no swtpm that emulates TPM 2.0",
            Requirements.remedyFor(Requirements.SWTPM, distribution));
  }

  private Check shares(@Nullable FileServer server) {
    var check = new Checks("shares", "shared directories (virtiofs)");
    if (server == null) {
      return check.absent("found no virtiofsd", Requirements.remedyFor("virtiofsd", distribution));
    }
    if (server.kind() == FileServerKind.QEMU && !root) {
      return check.limited(
          server.program() + " is the one of QEMU, which only root can run",
          "run the daemon as root, or install the virtiofsd written in Rust (Debian 13 has it)");
    }
    return check.ok(server.program() + " answers; it is the one of kind " + server.kind().wire());
  }
}
