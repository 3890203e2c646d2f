package dev.kelvin.host.check;

import dev.kelvin.host.net.HostShield;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.host.program.Requirements.Purpose;
import dev.kelvin.host.program.Requirements.Requirement;
import dev.kelvin.model.DoctorReport.Check;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which other programs are there, and whether processes can be given users of their own. */
final class ToolChecks {
  /** A user id that no account has; nothing of it remains. */
  private static final String PROBE_UID = "61183";

  private final Commands commands;
  private final Optional<Distribution> distribution;
  private final boolean root;

  private final Set<String> provided;

  /**
   * @param provided names of requirements that the host has in its own way
   */
  ToolChecks(
      Commands commands, Optional<Distribution> distribution, boolean root, Set<String> provided) {
    this.provided = provided;
    this.commands = commands;
    this.distribution = distribution;
    this.root = root;
  }

  List<Check> all() throws InterruptedException {
    List<Check> checks = new ArrayList<>();
    List<Requirement> needed =
        Requirements.needed(root).stream().filter(one -> !provided.contains(one.name())).toList();
    for (Purpose purpose : Purpose.values()) {
      List<Requirement> all = needed.stream().filter(r -> r.purpose() == purpose).toList();
      if (!all.isEmpty()) {
        checks.add(tools(purpose, all));
      }
    }
    checks.add(users());
    checks.add(nftables());
    return List.copyOf(checks);
  }

  private Check tools(Purpose purpose, List<Requirement> all) {
    var check = new Checks("tools-" + purpose.wire(), "programs " + purpose.words());
    List<Requirement> missing = all.stream().filter(r -> !r.isThere()).toList();
    if (missing.isEmpty()) {
      return check.ok("found " + String.join(", ", all.stream().map(Requirement::name).toList()));
    }
    List<String> names = missing.stream().map(r -> r.name() + " (" + r.why() + ")").toList();
    List<String> packages =
        distribution.map(family -> Requirements.packages(family, missing)).orElse(List.of());
    String remedy =
        packages.isEmpty()
            ? "install them from the distribution's packages"
            : "sudo " + String.join(" ", distribution.get().installCommand(packages));
    return check.required("missing: " + String.join(", ", names), remedy, packages);
  }

  /** Whether each VM can be a user of its own. */
  private Check users() throws InterruptedException {
    var check = new Checks("vm-users", "a user of its own for each VM");
    if (!root) {
      return check.limited(
          "the daemon is an ordinary user: VMs run as the same one",
          "run the daemon as root to separate VMs from each other by user");
    }
    if (Programs.find("setpriv").isEmpty()) {
      return check.required("setpriv is missing", Requirements.remedyFor("setpriv", distribution));
    }
    Result result =
        commands.run(
            Command.of(
                    "setpriv",
                    "--no-new-privs",
                    "--reuid=" + PROBE_UID,
                    "--regid=" + PROBE_UID,
                    "--clear-groups",
                    "id",
                    "-u")
                .timeout(Duration.ofSeconds(10)));
    return result.ok() && result.stdout().strip().equals(PROBE_UID)
        ? check.ok("ran a program as user " + PROBE_UID)
        : check.broken(
            "running a program as another user: " + result.lastError(),
            "let the daemon change users (CAP_SETUID and CAP_SETGID)");
  }

  /** Whether guests can be kept from what the host has for itself. */
  private Check nftables() {
    var check = new Checks("nftables", "guests kept from the host's own services (nftables)");
    if (!root) {
      return check.limited(
          "the daemon is an ordinary user: its guests reach what this user reaches",
          "run the daemon as root to keep guests from the host's loopback");
    }
    String fault = HostShield.fault(commands);
    return fault == null
        ? check.ok("the kernel accepted the rules")
        : check.limited(
            "the kernel did not take the rules: " + fault,
            Requirements.remedyFor("nft", distribution) + ", and: sudo modprobe nf_tables");
  }
}
