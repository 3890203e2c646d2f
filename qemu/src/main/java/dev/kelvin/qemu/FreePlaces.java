package dev.kelvin.qemu;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.util.HashSet;
import java.util.Set;

/** Finds where a running machine has room for one more device; see {@link Topology} for the map. */
final class FreePlaces {
  private final Calls calls;
  private final LaunchPlan plan;

  FreePlaces(Calls calls, LaunchPlan plan) {
    this.calls = calls;
    this.plan = plan;
  }

  /** A place in the range of a kind of device, and its number in that range. */
  record Place(int index, Props props) {}

  Place nic() throws InterruptedException {
    return switch (plan.board()) {
      case Q35, VIRT -> port("port-nic-", Topology.MAX_NICS);
      case I440FX -> slot(Topology.I440FX_FIRST_NIC, Topology.MAX_NICS);
      case MICROVM -> throw noHotPlug();
    };
  }

  Place pciDisk() throws InterruptedException {
    return switch (plan.board()) {
      case Q35, VIRT -> port("port-disk-", Topology.Q35_DISKS);
      case I440FX -> slot(Topology.I440FX_FIRST_DISK, Topology.I440FX_DISKS);
      case MICROVM -> throw noHotPlug();
    };
  }

  /** Where a SCSI controller goes that the machine did not start with. */
  Props scsiController() throws InterruptedException {
    return switch (plan.board()) {
      case Q35, VIRT -> pciDisk().props();
      case I440FX -> new Topology(plan).scsi();
      case MICROVM -> throw noHotPlug();
    };
  }

  Props scsiDisk() throws InterruptedException {
    Set<Integer> taken = new HashSet<>();
    for (var device : calls.list(Calls.PERIPHERAL)) {
      if (device.type().equals("child<scsi-hd>")) {
        taken.add(calls.get(Calls.PERIPHERAL + "/" + device.name(), "scsi-id").asInt(-1));
      }
    }
    for (int target = 0; target < Topology.SCSI_TARGETS; target++) {
      if (!taken.contains(target)) {
        return Topology.scsiAddress("scsi.0", target);
      }
    }
    throw full("SCSI targets");
  }

  private Place port(String prefix, int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      String port = prefix + i;
      // A PCI Express port is an object with a bus of the same name; the bus's children are what is
      // plugged in, also while the firmware has not yet numbered the buses.
      var bus = calls.list(Calls.PERIPHERAL + "/" + port + "/" + port);
      if (!bus.isEmpty() && bus.stream().noneMatch(part -> part.name().startsWith("child["))) {
        return new Place(i, Props.of("bus", port));
      }
    }
    throw full("PCI Express ports");
  }

  private Place slot(int first, int count) throws InterruptedException {
    Set<Integer> taken = new HashSet<>();
    for (var part : calls.list("/machine/i440fx/pci.0")) {
      if (part.name().startsWith("child[")) {
        String device = calls.get("/machine/i440fx/pci.0", part.name()).asString("");
        taken.add(calls.get(device, "addr").asInt(0) >> 3);
      }
    }
    for (int i = 0; i < count; i++) {
      if (!taken.contains(first + i)) {
        return new Place(i, Topology.pci(first + i));
      }
    }
    throw full("PCI slots");
  }

  private ProblemException full(String what) {
    return Problem.of(Code.CONFLICT, "The running VM has no room for another device")
        .on(plan.ref())
        .because("all its " + what + " are taken")
        .remedy("detach a device, or add this one while the VM is stopped")
        .asException();
  }

  private ProblemException noHotPlug() {
    return noHotPlug(plan, "a microvm has no hot-plug");
  }

  static ProblemException noHotPlug(LaunchPlan plan, String cause) {
    return Problem.of(Code.WRONG_STATE, "The device cannot be changed while the VM runs")
        .on(plan.ref())
        .because(cause)
        .remedy("change it while the VM is stopped")
        .asException();
  }
}
