package dev.kelvin.qemu;

import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Accelerator;
import dev.kelvin.model.spec.GraphicsType;
import dev.kelvin.model.spec.NicModel;
import dev.kelvin.model.spec.VmSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Turns what a spec leaves open into what this host has, once, at creation: from then on no upgrade
 * changes the guest's hardware. Refuses what this host cannot do.
 */
public final class Pinning {
  private static final Set<String> COMPUTED_MODELS = Set.of("auto", "host", "max");

  private Pinning() {}

  /**
   * Pins a spec to this host.
   *
   * @param newMac gives addresses, such as {@link #randomMac}
   * @return the spec with a versioned machine type and with a MAC for each NIC
   * @throws ProblemException invalid-argument for a machine type or CPU model that this QEMU has
   *     not, capability-missing for what the host lacks
   */
  public static VmSpec pin(VmSpec spec, HostFacts facts, Supplier<String> newMac) {
    String machine = machine(spec.machine(), facts);
    accelerator(spec, facts);
    cpuModel(spec, facts);
    Extras.check(spec, facts);
    devices(spec, machine, facts);
    var nics =
        spec.nics().stream()
            .map(nic -> nic.mac() == null ? nic.withMac(newMac.get()) : nic)
            .toList();
    return spec.withMachine(machine).withNics(nics);
  }

  private static String machine(String wanted, HostFacts facts) {
    String alias = wanted.equals("i440fx") ? "pc" : wanted;
    String machine = facts.machineAliases().getOrDefault(alias, wanted);
    if (facts.machines().contains(machine) && MachineKind.of(machine).isPresent()) {
      return machine;
    }
    List<String> known =
        facts.machines().stream()
            .filter(name -> MachineKind.of(name).isPresent())
            .sorted()
            .toList();
    throw Problem.of(Code.INVALID_ARGUMENT, "QEMU has no machine type " + wanted)
        .at("spec.machine")
        .because("QEMU " + facts.qemuVersion() + " of this host does not list it")
        .remedy(
            Names.nearest(wanted, known)
                .map(name -> "did you mean " + name + "?")
                .orElse("use q35, i440fx or microvm"))
        .asException();
  }

  private static void accelerator(VmSpec spec, HostFacts facts) {
    if (spec.accelerator() == Accelerator.KVM && !facts.accelerators().contains("kvm")) {
      throw Problem.of(Code.CAPABILITY_MISSING, "This host cannot run guests on KVM")
          .at("spec.accelerator")
          .because("the host's KVM is not proven to work")
          .remedy("run kelvin doctor to see why, or let the accelerator be auto or tcg")
          .asException();
    }
  }

  private static void cpuModel(VmSpec spec, HostFacts facts) {
    String model = spec.cpu().model();
    boolean kvm =
        switch (spec.accelerator()) {
          case KVM -> true;
          case TCG -> false;
          case AUTO -> facts.defaultAccelerator().equals("kvm");
        };
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
          .remedy(
              Names.nearest(model, facts.cpuModels().stream().sorted().toList())
                  .map(name -> "did you mean " + name + "?")
                  .orElse("let the model be auto"))
          .asException();
    }
  }

  private static void devices(VmSpec spec, String machine, HostFacts facts) {
    var missing = new TreeSet<>(wantedDevices(spec, machine));
    missing.removeAll(facts.devices());
    if (!missing.isEmpty()) {
      throw Problem.of(Code.CAPABILITY_MISSING, "QEMU lacks devices that this VM wants")
          .because(
              "QEMU " + facts.qemuVersion() + " of this host has no " + String.join(", ", missing))
          .remedy("install the whole QEMU of the distribution, or choose other devices")
          .asException();
    }
  }

  private static List<String> wantedDevices(VmSpec spec, String machine) {
    var kind = MachineKind.of(machine).orElseThrow();
    String bus = kind == MachineKind.MICROVM ? "-device" : "-pci";
    var wanted = new ArrayList<String>();
    for (var disk : spec.disks()) {
      switch (disk.bus()) {
        case VIRTIO_BLK -> wanted.add("virtio-blk" + bus);
        case VIRTIO_SCSI -> wanted.addAll(List.of("virtio-scsi" + bus, "scsi-hd"));
        case NVME -> wanted.add("nvme");
        case SATA -> wanted.addAll(List.of("ich9-ahci", "ide-hd"));
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
      wanted.add(nic.model() == NicModel.E1000E ? "e1000e" : "virtio-net" + bus);
    }
    if (spec.graphics().type() == GraphicsType.VNC) {
      wanted.addAll(List.of("VGA", "qemu-xhci", "usb-tablet"));
    }
    if (spec.guestAgent()) {
      wanted.addAll(List.of("virtio-serial" + bus, "virtserialport"));
    }
    if (spec.rng()) {
      wanted.add("virtio-rng" + bus);
    }
    if (spec.tpm() != null) {
      wanted.add(kind == MachineKind.Q35 ? "tpm-crb" : "tpm-tis");
    }
    if (!spec.shares().isEmpty()) {
      wanted.add("vhost-user-fs-pci");
    }
    if (spec.cloudInit() != null) {
      wanted.add("virtio-blk" + bus);
    }
    if (kind == MachineKind.Q35) {
      wanted.add("pcie-root-port");
    }
    if (kind != MachineKind.MICROVM) {
      wanted.add("pvpanic");
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
