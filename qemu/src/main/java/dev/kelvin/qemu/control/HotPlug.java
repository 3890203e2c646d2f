package dev.kelvin.qemu.control;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.qemu.BlockSource;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.qemu.Devices;
import dev.kelvin.qemu.LaunchedMachine;
import dev.kelvin.qemu.Props;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.QmpException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Plugs devices into a running machine and pulls them out. A plug that fails takes its pieces back.
 * A pull waits until the guest has let go, then removes what was behind the device; it can be
 * repeated after a time-out.
 */
final class HotPlug {
  private static final Duration RELEASE = Duration.ofSeconds(10);

  private final Calls calls;
  private final Unplugs unplugs;

  HotPlug(Calls calls, Unplugs unplugs) {
    this.calls = calls;
    this.unplugs = unplugs;
  }

  void attachDisk(LaunchedMachine machine, Disk disk, BlockSource source)
      throws InterruptedException {
    String id = Devices.diskId(disk.name());
    DevicePlace place = placeOf(machine, id);
    refuseTaken(machine, id);
    removeBackend(disk.name());
    try (var undo = new Undo()) {
      DevicePlace controller = machine.find("scsi");
      if (disk.bus() == DiskBus.VIRTIO_SCSI
          && controller != null
          && !calls.present(controller.id())) {
        attachScsiController(disk, controller, undo);
      }
      if (disk.bus() == DiskBus.VIRTIO_BLK && disk.ioThread()) {
        addObject(Devices.ioThread(Devices.ioThreadId(disk.name())), undo);
      }
      calls.run("blockdev-add", Devices.diskNode(disk, source).map(), Cost.NORMAL);
      undo.add(() -> calls.run("blockdev-del", Map.of("node-name", id), Cost.NORMAL));
      addDevice(Devices.disk(machine.kind(), disk, place.props(), null));
      undo.success();
    }
  }

  private void attachScsiController(Disk disk, DevicePlace place, Undo undo)
      throws InterruptedException {
    var controller = Props.of("driver", place.driver()).set("id", place.id()).setAll(place.props());
    if (disk.ioThread()) {
      addObject(Devices.ioThread("thread-scsi"), undo);
      controller.set("iothread", "thread-scsi");
    }
    addDevice(controller);
    // It stays when the disk fails: pulling it out needs the guest, and it is of use to the next.
    undo.success();
  }

  void detachDisk(String name, Duration timeout) throws InterruptedException {
    pull(Devices.diskId(name), timeout);
    removeBackend(name);
  }

  private void removeBackend(String disk) throws InterruptedException {
    String node = Devices.diskId(disk);
    for (var known : calls.run("query-named-block-nodes", Map.of("flat", true), Cost.QUICK)) {
      if (known.path("node-name").asString("").equals(node)) {
        release("blockdev-del", Map.of("node-name", node));
      }
    }
    removeObject(Devices.ioThreadId(disk));
  }

  void attachNic(LaunchedMachine machine, Nic nic, List<Forward> forwards)
      throws InterruptedException {
    String id = Devices.nicId(nic.name());
    DevicePlace place = placeOf(machine, id);
    refuseTaken(machine, id);
    removeNet(nic.name());
    int index = LaunchedMachine.nicIndex(place);
    try (var undo = new Undo()) {
      calls.run("netdev_add", Devices.net(nic, index, forwards).map(), Cost.NORMAL);
      undo.add(() -> removeNet(nic.name()));
      addDevice(Devices.nic(machine.kind(), nic, place.props(), null));
      undo.success();
    }
  }

  void detachNic(String name, Duration timeout) throws InterruptedException {
    pull(Devices.nicId(name), timeout);
    removeNet(name);
  }

  private void removeNet(String nic) throws InterruptedException {
    try {
      calls.attempt("netdev_del", Map.of("id", Devices.netId(nic)), Cost.NORMAL);
    } catch (QmpException.CommandFailed e) {
      // QEMU has no query for networks; that there is none is what was wanted.
      if (!e.errorClass().equals("DeviceNotFound")) {
        throw Calls.problem(e, "QEMU refuses to remove the network of " + nic);
      }
    }
  }

  private static DevicePlace placeOf(LaunchedMachine machine, String id) {
    DevicePlace place = machine.find(id);
    if (place == null) {
      throw new IllegalArgumentException(id + " has no place in the machine");
    }
    return place;
  }

  private void refuseTaken(LaunchedMachine machine, String id) throws InterruptedException {
    if (calls.present(id)) {
      throw Problem.of(Code.ALREADY_EXISTS, "The running VM has a device of that name")
          .on(machine.ref())
          .because(id + " is plugged in, or the guest has not yet let go of it")
          .remedy("detach it first, or choose another name")
          .asException();
    }
  }

  private void addObject(Props object, Undo undo) throws InterruptedException {
    calls.run("object-add", object.map(), Cost.QUICK);
    String id = String.valueOf(object.map().get("id"));
    undo.add(() -> calls.run("object-del", Map.of("id", id), Cost.QUICK));
  }

  private void removeObject(String id) throws InterruptedException {
    if (calls.list("/objects").stream().anyMatch(object -> object.name().equals(id))) {
      release("object-del", Map.of("id", id));
    }
  }

  private void addDevice(Props device) throws InterruptedException {
    calls.run("device_add", device.map(), Cost.NORMAL);
  }

  private void pull(String id, Duration timeout) throws InterruptedException {
    var gone = unplugs.expect(id);
    try {
      if (!requestUnplug(id)) {
        return;
      }
      switch (gone.get(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        case DELETED -> {}
        case REFUSED -> throw keeps(id, "its kernel refuses to give the device up");
        case CLOSED ->
            throw Calls.problem(
                new QmpException.Disconnected("QEMU ended while " + id + " was pulled", null), "");
      }
    } catch (TimeoutException e) {
      // An event may have been dropped in a flood; the machine itself knows best.
      if (calls.present(id)) {
        throw keeps(id, "it did not give the device up within " + timeout.toSeconds() + " s");
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("an unplug is never completed exceptionally", e);
    } finally {
      unplugs.forget(id);
    }
  }

  /** Asks for the device; false when the machine has no such device. */
  private boolean requestUnplug(String id) throws InterruptedException {
    if (!calls.present(id)) {
      return false;
    }
    try {
      calls.attempt("device_del", Map.of("id", id), Cost.NORMAL);
    } catch (QmpException.CommandFailed e) {
      if (e.errorClass().equals("DeviceNotFound")) {
        return false;
      }
      if (e.description().contains("hotplug") || e.description().contains("hot-unplug")) {
        throw Problem.of(Code.WRONG_STATE, "The device cannot be pulled out while the VM runs")
            .because(e.description())
            .remedy("remove it while the VM is stopped")
            .asException(e);
      }
      // A second request, after one that timed out, meets the first; waiting goes on.
      if (!e.description().contains("in the process of unplug")) {
        throw Calls.problem(e, "QEMU refuses to unplug " + id);
      }
    }
    return true;
  }

  private static ProblemException keeps(String id, String cause) {
    return Problem.of(Code.TIMEOUT, "The guest keeps " + id)
        .because(cause)
        .remedy("let the guest finish with it (unmount it) and try again, or stop the VM first")
        .asException();
  }

  /** Removes something that QEMU may still be letting go of. */
  private void release(String command, Map<String, ?> arguments) throws InterruptedException {
    long deadline = System.nanoTime() + RELEASE.toNanos();
    while (true) {
      try {
        calls.attempt(command, arguments, Cost.NORMAL);
        return;
      } catch (QmpException.CommandFailed e) {
        if (!e.description().contains("in use") || System.nanoTime() > deadline) {
          throw Calls.problem(e, "QEMU refuses " + command);
        }
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while QEMU let go of a device");
      }
    }
  }
}
