package dev.kelvin.api;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import tools.jackson.databind.JsonNode;

/** The OpenAPI document as a tree, with its references followed. */
record Spec(JsonNode root) {
  private static final String SCHEMAS = "#/components/schemas/";

  static Spec load() {
    return new Spec(Documents.read(OpenApi.yaml(), Syntax.YAML, JsonNode.class));
  }

  JsonNode schema(String name) {
    return root.path("components").path("schemas").path(name);
  }

  JsonNode schemas() {
    return root.path("components").path("schemas");
  }

  /** The node that a reference in {@code node} leads to, or the node itself. */
  JsonNode follow(JsonNode node) {
    JsonNode at = node;
    while (at.has("$ref")) {
      at = root.at(at.path("$ref").asString().substring(1));
    }
    return at;
  }

  /** The name of the schema that {@code node} refers to, directly or beside null. */
  static String refName(JsonNode node) {
    for (JsonNode choice : choices(node)) {
      String ref = choice.path("$ref").asString("");
      if (ref.startsWith(SCHEMAS)) {
        return ref.substring(SCHEMAS.length());
      }
    }
    return "";
  }

  /** The alternatives of a schema, or the schema itself when it has none. */
  static List<JsonNode> choices(JsonNode node) {
    var all = new ArrayList<JsonNode>();
    for (String word : List.of("anyOf", "oneOf")) {
      node.path(word).forEach(all::add);
    }
    return all.isEmpty() ? List.of(node) : all;
  }

  static boolean nullable(JsonNode node) {
    for (JsonNode choice : choices(node)) {
      JsonNode type = choice.path("type");
      if (type.asString("").equals("null")) {
        return true;
      }
      for (JsonNode one : type) {
        if (one.asString("").equals("null")) {
          return true;
        }
      }
    }
    return false;
  }

  static List<String> texts(JsonNode array) {
    var all = new ArrayList<String>();
    array.forEach(one -> all.add(one.asString()));
    return all;
  }

  /** Calls {@code visitor} with "METHOD path" and the operation, for each operation. */
  void operations(BiConsumer<String, JsonNode> visitor) {
    root.path("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .properties()
                .forEach(operation -> {
                  if (!operation.getKey().equals("parameters")) {
                    String method = operation.getKey().toUpperCase(java.util.Locale.ROOT);
                    visitor.accept(method + " " + path.getKey(), operation.getValue());
                  }
                }));
  }
}
