package dev.kelvin.server.http.docs;

import dev.kelvin.api.OpenApi;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The OpenAPI document as a tree. */
record ApiDocument(JsonNode root) {
  private static final String SCHEMAS = "#/components/schemas/";

  /** Keys of a path item that are no operations. */
  private static final String SHARED_PARAMETERS = "parameters";

  /**
   * One operation.
   *
   * @param method of HTTP, in capitals
   * @param parameters those of its path included, references followed
   */
  record Operation(String method, String path, JsonNode node, List<JsonNode> parameters) {
    String id() {
      return node.path("operationId").asString("");
    }

    boolean has(String tag) {
      for (JsonNode own : node.path("tags")) {
        if (own.asString("").equals(tag)) {
          return true;
        }
      }
      return false;
    }
  }

  static ApiDocument load() {
    return new ApiDocument(Documents.read(OpenApi.yaml(), Syntax.YAML, JsonNode.class));
  }

  JsonNode schemas() {
    return root.path("components").path("schemas");
  }

  /** What a reference in {@code node} leads to, or the node itself. */
  JsonNode follow(JsonNode node) {
    JsonNode at = node;
    while (at.has("$ref")) {
      at = root.at(at.path("$ref").asString().substring(1));
    }
    return at;
  }

  /** The name of the schema that {@code node} is a reference to; null when it is none. */
  static @Nullable String schemaName(JsonNode node) {
    String ref = node.path("$ref").asString("");
    return ref.startsWith(SCHEMAS) ? ref.substring(SCHEMAS.length()) : null;
  }

  List<Operation> operations() {
    var all = new ArrayList<Operation>();
    for (Map.Entry<String, JsonNode> path : root.path("paths").properties()) {
      JsonNode shared = path.getValue().path(SHARED_PARAMETERS);
      for (Map.Entry<String, JsonNode> one : path.getValue().properties()) {
        if (one.getKey().equals(SHARED_PARAMETERS)) {
          continue;
        }
        var parameters = new ArrayList<JsonNode>();
        shared.forEach(parameter -> parameters.add(follow(parameter)));
        one.getValue()
            .path(SHARED_PARAMETERS)
            .forEach(parameter -> parameters.add(follow(parameter)));
        all.add(
            new Operation(
                one.getKey().toUpperCase(Locale.ROOT), path.getKey(), one.getValue(), parameters));
      }
    }
    return all;
  }
}
