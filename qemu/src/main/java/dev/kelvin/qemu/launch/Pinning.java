package dev.kelvin.qemu.launch;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Accelerator;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.Board;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a spec leaves open into what this host has, once, at creation: from then on no upgrade
 * changes the guest's hardware. Refuses what this host cannot do.
 */
public final class Pinning {
  private static final ByteSize MOST_EMULATED = ByteSize.ofGiB(960);
  private static final int SUGGESTIONS = 3;
  private static final Set<String> COMPUTED_MODELS = Set.of("auto", "host", "max");

  private Pinning() {}

  /**
   * Pins a spec to this host.
   *
   * @param newMac gives addresses, such as {@link #randomMac}
   * @param host what the host has, for any architecture
   * @return the spec with a versioned machine type and with a MAC for each NIC
   * @throws ProblemException invalid-argument for a machine type or CPU model that this QEMU has
   *     not, capability-missing for what the host lacks
   */
  public static VmSpec pin(VmSpec spec, HostFacts host, Supplier<String> newMac) {
    return pin(spec, host, null, newMac);
  }

  /**
   * As {@link #pin(VmSpec, HostFacts, Supplier)}, for a VM that was pinned before.
   *
   * @param kept the machine type that it has: it may run on a QEMU that was picked earlier, and can
   *     be changed then although today's lacks the type
   */
  public static VmSpec pin(
      VmSpec spec, HostFacts host, @Nullable String kept, Supplier<String> newMac) {
    HostFacts facts = host.of(spec.architecture());
    String machine = spec.machine().equals(kept) ? spec.machine() : machine(spec, facts);
    accelerator(spec, facts);
    emulatedMemory(spec, facts);
    cpuModel(spec, facts);
    Extras.check(spec, facts);
    devices(spec, machine, facts);
    var nics =
        spec.nics().stream()
            .map(nic -> nic.mac() == null ? nic.withMac(newMac.get()) : nic)
            .toList();
    return spec.withMachine(machine).withNics(nics);
  }

  /**
   * Makes sure that this QEMU has the machine type that a VM was pinned to: it may be another than
   * the one that the VM was made with.
   *
   * @param facts those for the VM's architecture
   * @throws ProblemException capability-missing
   */
  public static void requireMachine(VmSpec spec, HostFacts facts) {
    String machine = spec.machine();
    if (!facts.machines().contains(machine)) {
      throw Problem.of(
              Code.CAPABILITY_MISSING, "This QEMU does not have the machine type " + machine)
          .at("spec.machine")
          .because(
              "the VM is pinned to it, and %s (version %s) does not list it"
                  .formatted(facts.qemuBinary(), facts.qemuVersion()))
          .remedy(
              "pick a QEMU that has it (\"kelvin doctor\" lists those of this host), or give the VM"
                  + " another machine: its guest then sees other hardware")
          .asException();
    }
  }

  /** What to do about a lack of UEFI firmware. */
  static String uefiRemedy(Architecture architecture) {
    return switch (architecture) {
      case X86_64 -> "install the distribution's package (ovmf or edk2-ovmf), or use bios";
      case I386 -> "use bios: distributions have no UEFI for 32-bit guests";
      case AARCH64 ->
          "install the distribution's package (qemu-efi-aarch64 or edk2-aarch64), or start a kernel"
              + " directly";
    };
  }

  private static String machine(VmSpec spec, HostFacts facts) {
    String wanted = spec.machine();
    String alias = wanted.equals("i440fx") ? "pc" : wanted;
    String machine = facts.machineAliases().getOrDefault(alias, wanted);
    if (facts.machines().contains(machine) && Board.of(machine).isPresent()) {
      return machine;
    }
    List<String> known =
        facts.machines().stream().filter(name -> Board.of(name).isPresent()).sorted().toList();
    throw Problem.of(Code.INVALID_ARGUMENT, "QEMU has no machine type " + wanted)
        .at("spec.machine")
        .because("QEMU " + facts.qemuVersion() + " of this host does not list it")
        .remedy(
            MachineVersion.nearest(wanted, known)
                .or(() -> Names.nearest(wanted, known).map(name -> "did you mean " + name + "?"))
                .orElse(spec.architecture().isX86() ? "use q35, i440fx or microvm" : "use virt"))
        .asException();
  }

  private static void accelerator(VmSpec spec, HostFacts facts) {
    if (spec.accelerator() == Accelerator.KVM && !facts.accelerators().contains("kvm")) {
      throw Problem.of(Code.CAPABILITY_MISSING, "This host cannot run guests on KVM")
          .at("spec.accelerator")
          .because(
              spec.architecture().isX86()
                  ? "the host's KVM is not proven to work"
                  : "its CPU does not run " + spec.architecture().wire() + ", which is emulated")
          .remedy(
              spec.architecture().isX86()
                  ? "run kelvin doctor to see why, or let the accelerator be auto or tcg"
                  : "let the accelerator be auto or tcg")
          .asException();
    }
  }

  private static boolean isKvm(VmSpec spec, HostFacts facts) {
    return switch (spec.accelerator()) {
      case KVM -> true;
      case TCG -> false;
      case AUTO -> facts.defaultAccelerator().equals("kvm");
    };
  }

  /** A PC's emulated CPU has 40 bits of addresses, of which QEMU keeps some for devices. */
  private static void emulatedMemory(VmSpec spec, HostFacts facts) {
    if (spec.architecture() == Architecture.X86_64
        && !spec.isOn(Board.MICROVM)
        && !isKvm(spec, facts)
        && spec.memory().size().compareTo(MOST_EMULATED) > 0) {
      throw Problem.of(Code.INVALID_ARGUMENT, "An emulated VM cannot have that much memory")
          .at("spec.memory.size")
          .because(
              "a CPU that is emulated in software (tcg) addresses 1TiB, of which devices have a"
                  + " part")
          .remedy("give it at most " + MOST_EMULATED + ", or run it on KVM")
          .asException();
    }
  }

  private static void cpuModel(VmSpec spec, HostFacts facts) {
    String model = spec.cpu().model();
    boolean kvm = isKvm(spec, facts);
    if (model.equals("host") && !kvm) {
      throw Problem.of(Code.CAPABILITY_MISSING, "The CPU model host needs KVM")
          .at("spec.cpu.model")
          .because("this VM would be emulated in software (tcg)")
          .remedy("let the model be auto")
          .asException();
    }
    if (!COMPUTED_MODELS.contains(model) && !facts.cpuModels().contains(model)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "QEMU has no CPU model " + model)
          .at("spec.cpu.model")
          .because("QEMU " + facts.qemuVersion() + " of this host does not list it")
          .remedy(otherModels(model, spec.architecture(), List.copyOf(facts.cpuModels())))
          .asException();
    }
  }

  private static String otherModels(String model, Architecture architecture, List<String> known) {
    List<String> near = Names.nearest(model, known, SUGGESTIONS);
    String all =
        "\"kelvin cpu models"
            + (architecture == Architecture.X86_64 ? "" : " --arch " + architecture.wire())
            + "\" lists all that there are";
    if (near.isEmpty()) {
      return "let the model be auto; " + all;
    }
    int last = near.size() - 1;
    String first = String.join(", ", near.subList(0, last));
    return "did you mean " + first + (last == 0 ? "" : " or ") + near.get(last) + "? " + all;
  }

  private static void devices(VmSpec spec, String machine, HostFacts facts) {
    var missing = new TreeSet<>(wantedDevices(spec, machine));
    missing.removeAll(facts.devices());
    if (!missing.isEmpty()) {
      throw Problem.of(Code.CAPABILITY_MISSING, "QEMU lacks devices that this VM wants")
          .because(
              "QEMU " + facts.qemuVersion() + " of this host has no " + String.join(", ", missing))
          .remedy(
              missing.stream().anyMatch(device -> device.startsWith("qxl"))
                  ? "install QEMU's qxl (Debian: qemu-system-common), or choose the model virtio"
                  : "install the whole QEMU of the distribution, or choose other devices")
          .asException();
    }
  }

  private static List<String> wantedDevices(VmSpec spec, String machine) {
    var kind = Board.of(machine).orElseThrow();
    String bus = kind == Board.MICROVM ? "-device" : "-pci";
    var wanted = new ArrayList<String>();
    for (var disk : spec.disks()) {
      switch (disk.bus()) {
        case VIRTIO_BLK -> wanted.add("virtio-blk" + bus);
        case VIRTIO_SCSI -> wanted.addAll(List.of("virtio-scsi" + bus, "scsi-hd"));
        case NVME -> wanted.add("nvme");
        case SATA -> wanted.addAll(List.of("ich9-ahci", "ide-hd"));
        case IDE -> wanted.add("ide-hd");
      }
    }
    for (var cdrom : spec.cdroms()) {
      switch (cdrom.bus()) {
        case SATA -> wanted.addAll(List.of("ich9-ahci", "ide-cd"));
        case IDE -> wanted.add("ide-cd");
        case VIRTIO_SCSI -> wanted.addAll(List.of("virtio-scsi" + bus, "scsi-cd"));
      }
    }
    for (var nic : spec.nics()) {
      wanted.add(
          switch (nic.model()) {
            case VIRTIO -> "virtio-net" + bus;
            case E1000E -> "e1000e";
            case RTL8139 -> "rtl8139";
          });
    }
    wanted.addAll(Peripherals.wanted(spec, kind));
    if (spec.guestAgent()) {
      wanted.addAll(List.of("virtio-serial" + bus, "virtserialport"));
    }
    if (spec.rng()) {
      wanted.add("virtio-rng" + bus);
    }
    if (spec.hasTpm()) {
      wanted.add(Topology.tpm(kind));
    }
    if (!spec.shares().isEmpty()) {
      wanted.add("vhost-user-fs-pci");
    }
    if (spec.cloudInit() != null) {
      wanted.add("virtio-blk" + bus);
    }
    if (kind.hasPorts()) {
      wanted.add("pcie-root-port");
    }
    return wanted;
  }

  /**
   * A MAC address of QEMU's own range, {@code 52:54:00}: locally administered, unicast.
   *
   * @param random 24 bits of it are used
   */
  public static String randomMac(java.util.random.RandomGenerator random) {
    int bits = random.nextInt(1 << 24);
    return "52:54:00:%02x:%02x:%02x".formatted(bits >> 16, bits >> 8 & 0xff, bits & 0xff);
  }
}
