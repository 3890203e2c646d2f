package dev.kelvin.machine.supervise;

import java.util.Map;

/** Where happenings are told. */
@FunctionalInterface
public interface EventSink {
  void publish(String type, String object, String message, Map<String, String> data);
}
