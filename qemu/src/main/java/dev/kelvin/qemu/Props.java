package dev.kelvin.qemu;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Properties of a QEMU object in a fixed order, as command line (JSON) and as QMP arguments. */
public final class Props {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Map<String, Object> values = new LinkedHashMap<>();

  public static Props of(String name, Object value) {
    return new Props().set(name, value);
  }

  public Props set(String name, Object value) {
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

  public Props setAll(Props others) {
    values.putAll(others.values);
    return this;
  }

  public Map<String, Object> map() {
    return values;
  }

  public String json() {
    return JSON.writeValueAsString(values);
  }
}
