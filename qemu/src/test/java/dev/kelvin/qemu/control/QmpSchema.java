package dev.kelvin.qemu.control;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A QEMU's own description of its commands ({@code query-qmp-schema}; docs/devel/qapi-code-gen,
 * "Client JSON Protocol introspection"), and what a command breaks of it.
 */
final class QmpSchema {
  private final Map<String, JsonNode> entities = new HashMap<>();

  QmpSchema(JsonNode schema) {
    for (JsonNode entity : schema) {
      entities.put(entity.path("name").asString() + "/" + kind(entity), entity);
    }
  }

  private static String kind(JsonNode entity) {
    String meta = entity.path("meta-type").asString();
    return meta.equals("command") || meta.equals("event") ? meta : "type";
  }

  private JsonNode type(String name) {
    var type = entities.get(name + "/type");
    if (type == null) {
      throw new AssertionError("the schema has no type " + name);
    }
    return type;
  }

  /** What is wrong with a command; empty when QEMU would take it. */
  List<String> check(JsonNode command) {
    var faults = new ArrayList<String>();
    String name = command.path("execute").asString();
    JsonNode known = entities.get(name + "/command");
    if (known == null) {
      faults.add("there is no command " + name);
      return faults;
    }
    JsonNode arguments = command.path("arguments");
    // The properties of a device are the device's own; the schema knows only these three.
    if (name.equals("device_add")) {
      for (String member : List.of("driver", "id", "bus")) {
        if (!arguments.path(member).isString()) {
          faults.add("device_add." + member + " is no text");
        }
      }
      return faults;
    }
    check(name, type(known.path("arg-type").asString()), arguments, faults);
    return faults;
  }

  private void check(String at, JsonNode type, JsonNode value, List<String> faults) {
    switch (type.path("meta-type").asString()) {
      case "object" -> object(at, type, value, faults);
      case "array" -> {
        if (!value.isArray()) {
          faults.add(at + " is no list");
        }
        JsonNode element = type(type.path("element-type").asString());
        for (JsonNode one : value) {
          check(at + "[]", element, one, faults);
        }
      }
      case "enum" -> {
        if (values(type).stream().noneMatch(value.asString("")::equals)) {
          faults.add(at + " cannot be " + value);
        }
      }
      case "alternate" -> {
        boolean fits = false;
        for (JsonNode member : type.path("members")) {
          var inner = new ArrayList<String>();
          check(at, type(member.path("type").asString()), value, inner);
          fits |= inner.isEmpty();
        }
        if (!fits) {
          faults.add(at + " fits no alternative: " + value);
        }
      }
      case "builtin" -> builtin(at, type.path("json-type").asString(), value, faults);
      default -> faults.add(at + " has a type of an unknown kind: " + type);
    }
  }

  private static List<String> values(JsonNode type) {
    var values = new ArrayList<String>();
    type.path("members").forEach(member -> values.add(member.path("name").asString()));
    type.path("values").forEach(value -> values.add(value.asString()));
    return values;
  }

  private void object(String at, JsonNode type, JsonNode value, List<String> faults) {
    var members = new HashMap<String, JsonNode>();
    members(type, value, members);
    for (var member : members.entrySet()) {
      String inner = at + "." + member.getKey();
      if (value.has(member.getKey())) {
        check(
            inner,
            type(member.getValue().path("type").asString()),
            value.path(member.getKey()),
            faults);
      } else if (!member.getValue().has("default")) {
        faults.add(inner + " is missing");
      }
    }
    for (String name : value.propertyNames()) {
      if (!members.containsKey(name)) {
        faults.add(at + " has no member " + name);
      }
    }
  }

  /** An object's members, those included that the value's own tag brings with it. */
  private void members(JsonNode type, JsonNode value, Map<String, JsonNode> found) {
    for (JsonNode member : type.path("members")) {
      found.put(member.path("name").asString(), member);
    }
    String tag = value.path(type.path("tag").asString("")).asString("");
    for (JsonNode variant : type.path("variants")) {
      if (variant.path("case").asString().equals(tag)) {
        members(type(variant.path("type").asString()), value, found);
      }
    }
  }

  private static void builtin(String at, String json, JsonNode value, List<String> faults) {
    boolean fits =
        switch (json) {
          case "string" -> value.isString();
          case "int" -> value.isIntegralNumber();
          case "number" -> value.isNumber();
          case "boolean" -> value.isBoolean();
          case "null" -> value.isNull();
          case "value" -> true;
          default -> false;
        };
    if (!fits) {
      faults.add(at + " is no " + json + ": " + value);
    }
  }
}
