package dev.kelvin.qemu.control;

import dev.kelvin.qmp.QmpEvent;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Who waits for a guest to let go of which device. */
final class Unplugs {
  enum Outcome {
    DELETED,
    /** The guest's kernel refuses. */
    REFUSED,
    /** QEMU is gone. */
    CLOSED
  }

  private final Map<String, CompletableFuture<Outcome>> waiting = new ConcurrentHashMap<>();

  CompletableFuture<Outcome> expect(String deviceId) {
    return waiting.computeIfAbsent(deviceId, id -> new CompletableFuture<>());
  }

  void forget(String deviceId) {
    waiting.remove(deviceId);
  }

  void hear(QmpEvent event) {
    switch (event.name()) {
      case "DEVICE_DELETED" -> settle(event.data().path("device").asString(""), Outcome.DELETED);
      case "DEVICE_UNPLUG_GUEST_ERROR" ->
          settle(event.data().path("device").asString(""), Outcome.REFUSED);
      default -> {}
    }
  }

  void closed() {
    waiting.keySet().forEach(id -> settle(id, Outcome.CLOSED));
  }

  private void settle(String deviceId, Outcome outcome) {
    var waiter = waiting.get(deviceId);
    if (waiter != null) {
      waiter.complete(outcome);
    }
  }
}
