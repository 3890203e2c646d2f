package dev.kelvin.model;

import dev.kelvin.model.spec.Architecture;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the host has that decides how QEMU is called. All of it was observed. QEMU, accelerators,
 * machine types, devices, CPU models and firmware are those for one architecture, the host's own
 * unless {@link #of} has chosen another.
 *
 * @param qemuBinary absolute path of QEMU
 * @param qemuVersion such as {@code 7.2.22}
 * @param accelerators those proven to run guests, best first
 * @param machineAliases what each unversioned machine type means in this QEMU, such as {@code q35}
 *     → {@code pc-q35-7.2}
 * @param machines every machine type that this QEMU has
 * @param devices every device type ({@code qom-list-types}) that this QEMU has
 * @param cpuModels named CPU models that this QEMU has
 * @param cpus logical CPUs of the host
 * @param memory of the host
 * @param uefi the firmware for UEFI guests; null when none is installed
 * @param runAsRoot whether the daemon can give each VM a user of its own
 * @param tscKhz how fast the CPU's time-stamp counter runs; 0 when that is not known
 * @param extras what only some VMs want
 * @param others the QEMU of each further architecture that is installed
 * @param lacking what to do about each architecture that has no QEMU here
 * @param files by what QEMU finds what belongs to it
 */
public record HostFacts(
    String qemuBinary,
    String qemuVersion,
    List<String> accelerators,
    Map<String, String> machineAliases,
    Set<String> machines,
    Set<String> devices,
    Set<String> cpuModels,
    int cpus,
    ByteSize memory,
    @Nullable UefiFirmware uefi,
    boolean runAsRoot,
    long tscKhz,
    Extras extras,
    Map<Architecture, Emulator> others,
    Map<Architecture, String> lacking,
    QemuFiles files) {

  public HostFacts {
    accelerators = List.copyOf(accelerators);
    machineAliases = Map.copyOf(machineAliases);
    machines = Set.copyOf(machines);
    devices = Set.copyOf(devices);
    cpuModels = Set.copyOf(cpuModels);
    extras = extras == null ? Extras.none() : extras;
    others = others == null ? Map.of() : Map.copyOf(others);
    lacking = lacking == null ? Map.of() : Map.copyOf(lacking);
    files = files == null ? QemuFiles.usual() : files;
  }

  /** The two files of a UEFI firmware: its code, and the template of a VM's own NVRAM. */
  public record UefiFirmware(String code, String variables) {}

  /**
   * What only some VMs want; null for what this host has not.
   *
   * @param secureUefi firmware with Secure Boot whose variables have no keys yet
   * @param enrolledUefi firmware with Secure Boot whose variables have Microsoft's keys
   * @param swtpm absolute path of the TPM emulator
   * @param virtiofsd the server of shared directories
   */
  public record Extras(
      @Nullable UefiFirmware secureUefi,
      @Nullable UefiFirmware enrolledUefi,
      @Nullable String swtpm,
      @Nullable FileServer virtiofsd) {
    public static Extras none() {
      return new Extras(null, null, null, null);
    }
  }

  /**
   * A virtiofsd. Two programs have that name, with different options.
   *
   * @param program its absolute path
   * @param kind which of the two
   * @param readOnlyOption whether it has an option to refuse writes
   */
  public record FileServer(String program, FileServerKind kind, boolean readOnlyOption) {}

  /** The two programs named virtiofsd. */
  public enum FileServerKind implements WireName {
    /** Written in C, part of QEMU up to 7.2. It needs root. */
    QEMU("qemu"),
    /** Its successor, written in Rust, a project of its own. */
    RUST("rust");

    private final String wire;

    FileServerKind(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /**
   * The facts with the QEMU of an architecture. Hardware virtualization runs what the host's CPU
   * runs, 32-bit x86 among it; the rest is emulated.
   *
   * @throws ProblemException capability-missing when that QEMU is not installed
   */
  public HostFacts of(Architecture architecture) {
    if (architecture == Architecture.X86_64) {
      return this;
    }
    Emulator qemu = others.get(architecture);
    if (qemu == null) {
      throw Problem.of(
              Code.CAPABILITY_MISSING, "This host cannot run " + architecture.wire() + " guests")
          .at("spec.architecture")
          .because(architecture.program() + " is not installed")
          .remedy(
              lacking.getOrDefault(
                  architecture, "install the package that has " + architecture.program()))
          .asException();
    }
    return new HostFacts(
        qemu.binary(),
        qemu.version(),
        architecture.isX86() ? accelerators : List.of("tcg"),
        qemu.machineAliases(),
        qemu.machines(),
        qemu.devices(),
        qemu.cpuModels(),
        cpus,
        memory,
        qemu.uefi(),
        runAsRoot,
        architecture.isX86() ? tscKhz : 0,
        // Distributions have no UEFI for 32-bit guests; that of 64-bit ones does not run there.
        architecture == Architecture.I386
            ? new Extras(null, null, extras.swtpm(), extras.virtiofsd())
            : extras,
        others,
        lacking,
        qemu.files());
  }

  /** The accelerator that a VM without a wish gets. */
  public String defaultAccelerator() {
    return accelerators.isEmpty() ? "tcg" : accelerators.getFirst();
  }
}
