package dev.kelvin.model;

import dev.kelvin.model.spec.Architecture;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What this host can do, each capability with its proof.
 *
 * @param host one line: CPU, kernel, memory
 * @param accelerator the default that follows from the checks: {@code kvm} or {@code tcg}
 * @param checks in the order to show
 * @param missingPackages of the distribution, which Kelvin cannot do without
 * @param qemus all that there are on the host, those in use and others
 */
public record DoctorReport(
    String host,
    String accelerator,
    List<Check> checks,
    List<String> missingPackages,
    List<FoundQemu> qemus,
    Instant checkedAt) {

  /** What the ids of checks of walls around VMs begin with. */
  public static final String WALL = "wall-";

  /** The ids of the other checks of what keeps guests, VMs and clients apart. */
  public static final Set<String> OF_SECURITY =
      Set.of("qemu", "seccomp", "vm-users", "nftables", "landlock", "mac", "api.tls");

  public DoctorReport {
    checks = checks == null ? List.of() : List.copyOf(checks);
    missingPackages = missingPackages == null ? List.of() : List.copyOf(missingPackages);
    qemus = qemus == null ? List.of() : List.copyOf(qemus);
  }

  /** The same with those checks only that say what keeps guests, VMs and clients apart. */
  public DoctorReport ofSecurity() {
    List<Check> some =
        checks.stream()
            .filter(check -> check.id().startsWith(WALL) || OF_SECURITY.contains(check.id()))
            .toList();
    return new DoctorReport(host, accelerator, some, missingPackages, qemus, checkedAt);
  }

  /**
   * A QEMU of the host.
   *
   * @param architecture of the guests that it runs
   * @param binary its absolute path
   * @param version as it says itself; null when it was not asked or said nothing
   * @param used whether it runs the VMs that are started from now on
   * @param why it is used, or is not
   */
  public record FoundQemu(
      Architecture architecture,
      String binary,
      @Nullable String version,
      boolean used,
      String why) {}

  public enum CheckState implements WireName {
    /** Proven to work. */
    OK("ok"),
    /** Works with a limit that the detail tells. */
    LIMITED("limited"),
    /** Absent; Kelvin works without it. */
    ABSENT("absent"),
    /** Present and does not work. */
    BROKEN("broken"),
    /** Needed and absent. */
    REQUIRED("required");

    private final String wire;

    CheckState(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /**
   * One capability.
   *
   * @param id stable, such as {@code kvm}
   * @param title for people
   * @param proof what was done to find out, and what was seen
   * @param remedy what to do about a lack; null when nothing is lacking
   * @param packages of the distribution, which would mend it; empty when none would, or none is
   *     known
   */
  public record Check(
      String id,
      String title,
      CheckState state,
      String proof,
      @Nullable String remedy,
      List<String> packages) {
    public Check {
      packages = packages == null ? List.of() : List.copyOf(packages);
    }

    /** One that no package mends. */
    public Check(String id, String title, CheckState state, String proof, @Nullable String remedy) {
      this(id, title, state, proof, remedy, List.of());
    }
  }
}
