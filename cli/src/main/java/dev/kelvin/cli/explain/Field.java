package dev.kelvin.cli.explain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * A field of a document, as a JSON Schema describes it.
 *
 * @param path from the document's kind on, with {@code []} behind lists: {@code vm.spec.disks[]}
 * @param place what its parent says of it, and what that refers to
 * @param required whether a document must have it
 */
record Field(String path, List<JsonNode> place, JsonNode root, boolean required) {
  /** A whole document. */
  static Field document(String kind, JsonNode root) {
    return new Field(kind, List.of(root), root, true);
  }

  /** The fields in it, or in each of its items. */
  Map<String, Field> children() {
    var children = new LinkedHashMap<String, Field>();
    String base = isList() ? path + "[]" : path;
    for (JsonNode schema : isList() ? items() : place) {
      Set<String> needed = new TreeSet<>();
      schema.path("required").forEach(name -> needed.add(name.asString()));
      schema
          .path("properties")
          .properties()
          .forEach(entry -> {
            String name = entry.getKey();
            children.putIfAbsent(
                name,
                new Field(
                    base + "." + name,
                    places(entry.getValue(), root),
                    root,
                    needed.contains(name)));
          });
    }
    return children;
  }

  /** A schema and all that it refers to, the nearest first. */
  private static List<JsonNode> places(JsonNode schema, JsonNode root) {
    var all = new ArrayList<JsonNode>();
    all.add(schema);
    String reference = schema.path("$ref").asString("");
    if (!reference.isEmpty()) {
      all.addAll(places(root.at(reference.substring(1)), root));
    }
    for (String several : List.of("anyOf", "oneOf")) {
      for (JsonNode one : schema.path(several)) {
        if (!one.path("type").asString("").equals("null")) {
          all.addAll(places(one, root));
        }
      }
    }
    return List.copyOf(all);
  }

  boolean isList() {
    return place.stream().anyMatch(schema -> schema.has("items"));
  }

  private List<JsonNode> items() {
    return place.stream()
        .filter(schema -> schema.has("items"))
        .flatMap(schema -> places(schema.path("items"), root).stream())
        .toList();
  }

  /** What it is, and what its values mean: every description that differs. */
  List<String> meaning() {
    var all = new ArrayList<String>();
    place.forEach(schema -> all.add(schema.path("description").asString("").strip()));
    items().forEach(schema -> all.add(schema.path("description").asString("").strip()));
    return all.stream().filter(text -> !text.isEmpty()).distinct().toList();
  }

  /** Its type in words. */
  String type() {
    if (isList()) {
      List<String> items =
          items().stream().map(Field::plainType).flatMap(Optional::stream).toList();
      return "list of " + (items.isEmpty() ? "values" : plural(items.getFirst()));
    }
    boolean nullable =
        place.stream().anyMatch(schema -> hasNull(schema.path("type")) || hasNullChoice(schema));
    List<String> types =
        place.stream().map(Field::plainType).flatMap(Optional::stream).distinct().toList();
    return (types.isEmpty() ? "value" : String.join(" or ", types)) + (nullable ? ", or null" : "");
  }

  private static String plural(String type) {
    return switch (type) {
      case "text" -> "texts";
      case "whole number" -> "whole numbers";
      case "object" -> "objects";
      default -> type;
    };
  }

  private static boolean hasNull(JsonNode type) {
    for (JsonNode one : type) {
      if (one.asString("").equals("null")) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasNullChoice(JsonNode schema) {
    for (JsonNode one : schema.path("anyOf")) {
      if (one.path("type").asString("").equals("null")) {
        return true;
      }
    }
    return false;
  }

  private static Optional<String> plainType(JsonNode schema) {
    JsonNode type = schema.path("type");
    String name = type.isArray() ? type.path(0).asString("") : type.asString("");
    return switch (name) {
      case "string" ->
          Optional.of(schema.path("format").asString("").equals("date-time") ? "time" : "text");
      case "integer" -> Optional.of("whole number");
      case "number" -> Optional.of("number");
      case "boolean" -> Optional.of("true or false");
      case "object" ->
          Optional.of(schema.has("properties") ? "object" : "object with names of your own");
      case "array" -> Optional.of("list");
      // Values of several types, of which the first is how it is written.
      default -> schema.has("enum") ? Optional.of("text") : Optional.empty();
    };
  }

  /** What may stand there; empty when the type says all. */
  List<String> allowed() {
    for (JsonNode schema : isList() ? items() : place) {
      if (schema.has("enum")) {
        var values = new ArrayList<String>();
        schema.path("enum").forEach(value -> values.add(value.asString()));
        return values.stream().distinct().toList();
      } else if (schema.has("const")) {
        return List.of(schema.path("const").asString());
      }
    }
    return List.of();
  }

  /** The limits of numbers, lengths and lists, in words. */
  List<String> limits() {
    var limits = new ArrayList<String>();
    first("minimum").ifPresent(value -> limits.add("at least " + value.asString()));
    first("maximum")
        // The largest number that a program can hold is no limit to tell people of.
        .filter(value -> value.asLong() < Integer.MAX_VALUE)
        .ifPresent(value -> limits.add("at most " + value.asString()));
    first("maxLength")
        .ifPresent(value -> limits.add("at most " + value.asString() + " characters"));
    first("maxItems").ifPresent(value -> limits.add("at most " + value.asString() + " items"));
    return limits;
  }

  Optional<JsonNode> byDefault() {
    return first("default");
  }

  /** Something that may stand there: an example, a value other than the default, or the default. */
  Optional<JsonNode> example() {
    Optional<JsonNode> given = first("examples").map(examples -> examples.path(0));
    if (given.isPresent()) {
      return given;
    }
    for (JsonNode schema : place) {
      for (JsonNode value : schema.path("enum")) {
        if (!value.asString().equals(byDefault().map(JsonNode::asString).orElse(""))) {
          return Optional.of(value);
        }
      }
    }
    return byDefault().filter(JsonNode::isValueNode);
  }

  private Optional<JsonNode> first(String keyword) {
    return place.stream()
        .filter(schema -> schema.has(keyword))
        .map(schema -> schema.path(keyword))
        .findFirst();
  }
}
