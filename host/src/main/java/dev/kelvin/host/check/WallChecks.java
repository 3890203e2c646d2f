package dev.kelvin.host.check;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.DoctorReport.Check;
import java.util.Arrays;
import java.util.List;

/**
 * Which walls of a cell can be built for VMs here. A wall that cannot be built is left out when a
 * VM starts: so the check says what is lost with it.
 */
final class WallChecks {
  private static final String AS_ROOT =
      "only a daemon of root builds it: run the daemon as root, as the package's service does";

  private static final String NAMESPACES =
      "let the daemon have CAP_SYS_ADMIN and call unshare(2), which a container or a unit's"
          + " RestrictNamespaces= may forbid; the kernel needs ";

  private final boolean root;

  /**
   * @param root whether the daemon is root
   */
  WallChecks(boolean root) {
    this.root = root;
  }

  /** One for each wall. */
  List<Check> all(CellSupport support) {
    return Arrays.stream(Layer.values())
        .map(layer -> check(layer, support.missing().getOrDefault(layer, "")))
        .toList();
  }

  private Check check(Layer layer, String fault) {
    var check = new Checks(DoctorReport.WALL + layer.wire(), "wall around VMs: " + layer.wire());
    return fault.isEmpty()
        ? check.ok("built one: " + layer.purpose())
        : check.limited(
            "it cannot be built (" + fault + "); lost is that " + layer.purpose(), remedy(layer));
  }

  private String remedy(Layer layer) {
    return switch (layer) {
      case USER -> forRoot("let the daemon have CAP_SETUID and CAP_SETGID");
      case ROOT -> forRoot(NAMESPACES + "Linux 5.8; let it call mount(2) and pivot_root(2), too");
      case PID -> forRoot(NAMESPACES + "CONFIG_PID_NS");
      case IPC -> forRoot(NAMESPACES + "CONFIG_IPC_NS");
      case UTS -> forRoot(NAMESPACES + "CONFIG_UTS_NS");
      case CGROUP -> forRoot(NAMESPACES + "CONFIG_CGROUPS");
      case NETWORK -> forRoot(NAMESPACES + "CONFIG_NET_NS");
      case CAPABILITIES -> forRoot("let the daemon have CAP_SETPCAP, to take capabilities away");
      case NO_NEW_PRIVILEGES -> "let the daemon call prctl(2), which a seccomp profile forbids it";
      case LANDLOCK ->
          "use Linux 5.13 or newer, built with CONFIG_SECURITY_LANDLOCK, and add landlock to the"
              + " kernel's boot parameter lsm=";
      case SECCOMP ->
          "use a kernel that is built with CONFIG_SECCOMP_FILTER, and let the daemon call prctl(2)";
      case LIMITS -> "let the daemon call prlimit(2), which a seccomp profile forbids it";
    };
  }

  private String forRoot(String remedy) {
    return root ? remedy : AS_ROOT;
  }
}
