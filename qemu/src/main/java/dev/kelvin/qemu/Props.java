package dev.kelvin.qemu;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Properties of a QEMU object in a fixed order, as command line (JSON) and as QMP arguments. */
final class Props {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Map<String, Object> values = new LinkedHashMap<>();

  static Props of(String name, Object value) {
    return new Props().set(name, value);
  }

  Props set(String name, Object value) {
    values.put(name, value);
    return this;
  }

  /** Leaves the property out when there is no value for it. */
  Props setIf(String name, @Nullable Object value) {
    if (value != null) {
      values.put(name, value);
    }
    return this;
  }

  Props setAll(Props others) {
    values.putAll(others.values);
    return this;
  }

  Map<String, Object> map() {
    return values;
  }

  String json() {
    return JSON.writeValueAsString(values);
  }
}
