package dev.kelvin.qemu.control;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.qemu.Topology;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.QmpException;
import dev.kelvin.qmp.Texts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The devices with an id that a running machine has, as QEMU's object model tells (qom.json). */
final class DeviceList {
  /** Far more than fit in a machine; whoever says more lies. */
  private static final int MOST = 512;

  /** For all questions about the places together. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final String CHILD = "child<";

  private final Calls calls;

  DeviceList(Calls calls) {
    this.calls = calls;
  }

  /** The drivers by id. */
  Map<String, String> drivers() throws InterruptedException {
    var found = new TreeMap<String, String>();
    for (var device : calls.list(Calls.PERIPHERAL)) {
      String type = device.type();
      if (type.startsWith(CHILD) && type.endsWith(">")) {
        found.put(
            Texts.shown(device.name()),
            Texts.shown(type.substring(CHILD.length(), type.length() - 1)));
      }
    }
    if (found.size() > MOST) {
      throw Problem.of(Code.HOST_FAILURE, "QEMU says that it has " + found.size() + " devices")
          .because("no machine has room for more than " + MOST)
          .remedy("end the VM with \"kelvin stop\"; something has taken over its QEMU")
          .asException();
    }
    return found;
  }

  /** Each with its bus and its address. One that goes meanwhile is left out. */
  List<DevicePlace> places() throws InterruptedException {
    var found = new ArrayList<DevicePlace>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (var device : drivers().entrySet()) {
      if (System.nanoTime() > deadline) {
        throw Problem.of(Code.TIMEOUT, "QEMU does not tell its devices")
            .because("it has told %d in %d s".formatted(found.size(), PATIENCE.toSeconds()))
            .remedy("look at the load of the host, and at the VM: kelvin show")
            .asException();
      }
      String id = device.getKey();
      String path = Calls.PERIPHERAL + "/" + id;
      String bus = property(path, "parent_bus");
      found.add(
          new DevicePlace(
              id,
              device.getValue(),
              bus == null ? null : bus.substring(bus.lastIndexOf('/') + 1),
              address(path, device.getValue())));
    }
    return found;
  }

  private @Nullable String address(String path, String driver) throws InterruptedException {
    if (driver.startsWith("scsi-")) {
      return property(path, "scsi-id");
    } else if (driver.startsWith("ide-")) {
      return property(path, "unit");
    }
    String number = property(path, "addr");
    try {
      return number == null ? null : Topology.address(Integer.parseInt(number));
    } catch (NumberFormatException e) {
      return number;
    }
  }

  /** A property as text; null for a device that has none of that name. */
  private @Nullable String property(String path, String name) throws InterruptedException {
    try {
      String text =
          calls.attempt("qom-get", Map.of("path", path, "property", name), Cost.QUICK).asString("");
      return text.isEmpty() ? null : Texts.shown(text);
    } catch (QmpException.CommandFailed e) {
      return null;
    }
  }
}
