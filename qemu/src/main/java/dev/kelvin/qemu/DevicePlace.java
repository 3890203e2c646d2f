package dev.kelvin.qemu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A device of a machine, and where it sits.
 *
 * @param id by which QEMU calls it
 * @param driver QEMU's name of its kind
 * @param bus the name of the bus that it is plugged into; null for one that was not told, such as a
 *     device of the board
 * @param address on that bus: a PCI slot with its function ({@code 0x3.0x1}), the target of a SCSI
 *     disk, the unit of an IDE disk; null where the bus has room for one only, or QEMU chooses
 */
public record DevicePlace(
    String id, String driver, @Nullable String bus, @Nullable String address) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The properties that say where on its bus a device is, by kind of bus. */
  private static final List<String> ADDRESSES = List.of("addr", "scsi-id", "unit");

  /** The place that a device is given. */
  static DevicePlace of(Props device) {
    Map<String, Object> values = device.map();
    return new DevicePlace(
        String.valueOf(values.get("id")),
        String.valueOf(values.get("driver")),
        text(values.get("bus")),
        ADDRESSES.stream()
            .map(name -> text(values.get(name)))
            .filter(value -> value != null)
            .findFirst()
            .orElse(null));
  }

  /** The properties that put a device here. */
  public Props props() {
    var props = new Props();
    props.setIf("bus", bus);
    if (address == null) {
      return props;
    }
    return driver.startsWith("scsi-")
        ? Topology.scsiAddress(String.valueOf(bus), Integer.parseInt(address))
        : props.set("addr", address);
  }

  private static @Nullable String text(@Nullable Object value) {
    return value == null ? null : String.valueOf(value);
  }

  /**
   * The devices that a command line of QEMU makes, in their order; those without an id left out.
   */
  public static List<DevicePlace> of(List<String> words) {
    var found = new ArrayList<DevicePlace>();
    for (int i = 0; i + 1 < words.size(); i++) {
      if (words.get(i).equals("-device")) {
        var device = new Props();
        read(words.get(i + 1))
            .properties()
            .forEach(field -> device.set(field.getKey(), field.getValue().asString()));
        if (device.map().containsKey("id")) {
          found.add(of(device));
        }
      }
    }
    return List.copyOf(found);
  }

  private static JsonNode read(String device) {
    try {
      return JSON.readTree(device);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("not a device in JSON: " + device, e);
    }
  }

  /** Whether what QEMU says of a device is what is on record of it. */
  private boolean agreesWith(DevicePlace found) {
    return id.equals(found.id)
        && driver.equals(found.driver)
        && (bus == null || bus.equals(found.bus))
        && (address == null || address.equals(found.address));
  }

  /** What each device is on record as, and as what QEMU has it, where that is not the same. */
  public static List<String> differences(List<DevicePlace> recorded, List<DevicePlace> found) {
    Map<String, DevicePlace> left =
        found.stream()
            .collect(
                Collectors.toMap(DevicePlace::id, Function.identity(), (a, b) -> a, TreeMap::new));
    var differences = new ArrayList<String>();
    for (DevicePlace device : recorded) {
      DevicePlace its = left.remove(device.id());
      if (its == null) {
        differences.add(device.id() + " is not there");
      } else if (!device.agreesWith(its)) {
        differences.add(
            "%s is %s, and on record as %s".formatted(device.id(), its.shown(), device.shown()));
      }
    }
    left.values()
        .forEach(its -> differences.add(its.id() + " (" + its.shown() + ") is not on record"));
    return differences;
  }

  /** As people read it. */
  private String shown() {
    return driver + (bus == null ? "" : " on " + bus) + (address == null ? "" : " at " + address);
  }
}
