package dev.kelvin.machine;

import dev.kelvin.machine.launch.Meanwhile;
import dev.kelvin.machine.qemu.QemuInstance;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.state.backup.StateScan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Compares the devices that QEMUs say they have with what is on record of them. */
public final class DeviceCheck {
  private final Machines machines;

  public DeviceCheck(Machines machines) {
    this.machines = machines;
  }

  private record Asked(Supervisor vm, QemuInstance then, Meanwhile<List<DevicePlace>> answer) {}

  /** Reports what differs. A VM whose devices are being changed, or that hangs, is left out. */
  public void report(StateScan scan) throws InterruptedException {
    var asked = new ArrayList<Asked>();
    for (Supervisor vm : machines.vms().all()) {
      if (vm.running() instanceof QemuInstance now
          && vm.snapshot().status().phase() != Phase.UNRESPONSIVE) {
        asked.add(new Asked(vm, now, Meanwhile.start("devices", now.qemu()::devicePlaces)));
      }
    }
    for (Asked one : asked) {
      report(scan, one);
    }
  }

  private static void report(StateScan scan, Asked asked) throws InterruptedException {
    String vm = "the running VM " + asked.vm().record().metadata().name();
    String fault;
    String repair;
    try {
      List<String> differences =
          DevicePlace.differences(asked.then().run().devices(), asked.answer().result());
      if (differences.isEmpty()) {
        return;
      }
      fault = vm + " has not the devices on record: " + String.join("; ", differences);
      repair =
          "its next start brings both together; of disks and NICs its next change of devices does, too";
    } catch (ProblemException e) {
      fault = vm + " does not tell its devices: " + e.problem().oneLine();
      repair = Objects.requireNonNullElse(e.problem().remedy(), "look at the VM, then check again");
    }
    String key = VmRepository.RUNS + asked.vm().record().metadata().id();
    boolean unchanged = asked.then().equals(asked.vm().running());
    if (unchanged && scan.stillSo(key, asked.vm().record().ref())) {
      scan.report(key, fault, repair);
    }
  }
}
