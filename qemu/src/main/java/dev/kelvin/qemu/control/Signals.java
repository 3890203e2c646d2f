package dev.kelvin.qemu.control;

import dev.kelvin.qmp.QmpEvent;
import dev.kelvin.qmp.Texts;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** QMP events as signals; those that nobody needs are passed over. */
final class Signals {
  private static final String PERIPHERAL = Calls.PERIPHERAL + "/";

  private Signals() {}

  /** What a QEMU says that may have been taken over. */
  private static String text(JsonNode value) {
    return Texts.shown(value.asString(""));
  }

  static Optional<QemuSignal> of(QmpEvent event) {
    JsonNode data = event.data();
    return switch (event.name()) {
      case "SHUTDOWN" ->
          Optional.of(
              new QemuSignal.GuestShutdown(
                  data.path("guest").asBoolean(false), text(data.path("reason"))));
      case "RESET" -> Optional.of(new QemuSignal.GuestReset(data.path("guest").asBoolean(false)));
      case "GUEST_PANICKED" ->
          Optional.of(
              new QemuSignal.GuestPanicked(
                  data.has("info") ? Texts.shown(data.path("info").toString()) : "no details"));
      case "WATCHDOG" -> Optional.of(new QemuSignal.WatchdogFired(text(data.path("action"))));
      case "STOP" -> Optional.of(new QemuSignal.Paused());
      case "RESUME" -> Optional.of(new QemuSignal.Resumed());
      case "DEVICE_DELETED" ->
          data.has("device")
              ? Optional.of(new QemuSignal.DeviceDeleted(text(data.path("device"))))
              : Optional.empty();
      case "DEVICE_TRAY_MOVED" ->
          Optional.of(
              new QemuSignal.TrayMoved(
                  deviceId(text(data.path("id"))), data.path("tray-open").asBoolean(false)));
      case "BLOCK_IO_ERROR" ->
          Optional.of(
              new QemuSignal.BlockError(
                  text(data.path("node-name")),
                  data.path("action").asString("").equals("stop"),
                  data.path("nospace").asBoolean(false),
                  text(data.path("reason"))));
      case "VSERPORT_CHANGE" ->
          data.path("id").asString("").equals("agent")
              ? Optional.of(new QemuSignal.AgentPort(data.path("open").asBoolean(false)))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  /** QEMU names a device by its id or by its place in the object tree. */
  private static String deviceId(String name) {
    return name.startsWith(PERIPHERAL) ? name.substring(PERIPHERAL.length()) : name;
  }
}
