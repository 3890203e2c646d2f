package dev.kelvin.model;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * Something that happened.
 *
 * @param sequence rises by one with every event of a daemon's run; what a client resumes from
 * @param type such as {@code vm.running}, {@code vm.guest-panic}, {@code task.failed}
 * @param object such as {@code vm/web1}
 * @param message for people
 * @param data for programs; depends on the type
 */
public record Event(
    long sequence,
    Instant time,
    String type,
    String object,
    String message,
    Map<String, String> data) {
  public Event {
    data = data == null ? Map.of() : java.util.Collections.unmodifiableMap(new TreeMap<>(data));
  }
}
