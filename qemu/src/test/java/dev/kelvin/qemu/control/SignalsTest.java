package dev.kelvin.qemu.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.qmp.QmpEvent;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** Events as the QAPI schema of QEMU describes them. */
class SignalsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static Optional<QemuSignal> signal(String name, String data) {
    return Signals.of(new QmpEvent(name, JSON.readTree(data), Instant.EPOCH));
  }

  static Stream<Arguments> events() {
    return Stream.of(
        Arguments.of(
            "SHUTDOWN",
            "{\"guest\": true, \"reason\": \"guest-shutdown\"}",
            new QemuSignal.GuestShutdown(true, "guest-shutdown")),
        Arguments.of(
            "RESET",
            "{\"guest\": false, \"reason\": \"host-qmp-system-reset\"}",
            new QemuSignal.GuestReset(false)),
        Arguments.of(
            "GUEST_PANICKED",
            "{\"action\": \"pause\"}",
            new QemuSignal.GuestPanicked("no details")),
        Arguments.of(
            "GUEST_PANICKED",
            "{\"action\": \"pause\", \"info\": {\"type\": \"hyper-v\"}}",
            new QemuSignal.GuestPanicked("{\"type\":\"hyper-v\"}")),
        Arguments.of("WATCHDOG", "{\"action\": \"pause\"}", new QemuSignal.WatchdogFired("pause")),
        Arguments.of("STOP", "{}", new QemuSignal.Paused()),
        Arguments.of("RESUME", "{}", new QemuSignal.Resumed()),
        Arguments.of(
            "DEVICE_DELETED",
            "{\"device\": \"disk-a\", \"path\": \"/machine/peripheral/disk-a\"}",
            new QemuSignal.DeviceDeleted("disk-a")),
        Arguments.of(
            "DEVICE_TRAY_MOVED",
            "{\"device\": \"\", \"id\": \"/machine/peripheral/cd-a\", \"tray-open\": true}",
            new QemuSignal.TrayMoved("cd-a", true)),
        Arguments.of(
            "DEVICE_TRAY_MOVED",
            "{\"device\": \"\", \"id\": \"cd-a\", \"tray-open\": false}",
            new QemuSignal.TrayMoved("cd-a", false)),
        Arguments.of(
            "BLOCK_IO_ERROR",
            "{\"device\": \"\", \"node-name\": \"disk-a\", \"operation\": \"write\","
                + " \"action\": \"stop\", \"nospace\": true,"
                + " \"reason\": \"No space left on device\"}",
            new QemuSignal.BlockError("disk-a", true, true, "No space left on device")),
        Arguments.of(
            "BLOCK_IO_ERROR",
            "{\"device\": \"\", \"node-name\": \"disk-a\", \"operation\": \"read\","
                + " \"action\": \"report\", \"reason\": \"Input/output error\"}",
            new QemuSignal.BlockError("disk-a", false, false, "Input/output error")),
        Arguments.of(
            "VSERPORT_CHANGE",
            "{\"id\": \"agent\", \"open\": true}",
            new QemuSignal.AgentPort(true)));
  }

  @ParameterizedTest
  @MethodSource("events")
  void eventsAreSignals(String name, String data, QemuSignal signal) {
    assertThat(signal(name, data)).contains(signal);
  }

  @Test
  void theRestIsPassedOver() {
    assertThat(signal("RTC_CHANGE", "{\"offset\": 1}")).isEmpty();
    assertThat(signal("DEVICE_DELETED", "{\"path\": \"/machine/x/virtio-backend\"}")).isEmpty();
    assertThat(signal("VSERPORT_CHANGE", "{\"id\": \"other\", \"open\": true}")).isEmpty();
    assertThat(signal("SOMETHING_NEW", "{}")).isEmpty();
  }

  @Test
  void statesThatKelvinDoesNotKnowAreOther() {
    assertThat(RunState.of("running")).isEqualTo(RunState.RUNNING);
    assertThat(RunState.of("guest-panicked")).isEqualTo(RunState.GUEST_PANICKED);
    assertThat(RunState.of("finish-migrate")).isEqualTo(RunState.OTHER);
    assertThat(RunState.of("something-new")).isEqualTo(RunState.OTHER);
  }
}
