package dev.kelvin.server.http.docs;

import dev.kelvin.api.OpenApi;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The OpenAPI document as clients are generated from it. What a field is when it is left out stands
 * there as {@code x-default}: generators take a field with a {@code default} for one that is always
 * there (openapi-typescript), or send the default themselves, and so pin what Kelvin would choose
 * by what the VM is for. A list's items are of one type, since those of which {@code fields} leaves
 * a part are none that a generated client could read; that stands as {@code x-with-fields}.
 * Otherwise it is the document as it was written.
 */
public final class ServedDocument {
  private static final JsonNode SELECTION =
      Documents.tree(Map.of("$ref", "#/components/schemas/Selection"));

  private ServedDocument() {}

  /** In YAML. */
  public static byte[] yaml() {
    JsonNode root = Documents.read(OpenApi.yaml(), Syntax.YAML, JsonNode.class);
    simplify(root.path("components").path("schemas"));
    return Documents.yaml(root).getBytes(StandardCharsets.UTF_8);
  }

  private static void simplify(JsonNode node) {
    for (Map.Entry<String, JsonNode> property : node.path("properties").properties()) {
      if (property.getValue() instanceof ObjectNode field && field.has("default")) {
        JsonNode usual = field.remove("default");
        field.set("x-default", usual);
      }
    }
    if (node instanceof ObjectNode items && items.path("anyOf").path(1).equals(SELECTION)) {
      JsonNode choices = items.remove("anyOf");
      items.set("$ref", choices.path(0).path("$ref"));
      items.set("x-with-fields", choices.path(1));
    }
    node.forEach(ServedDocument::simplify);
  }
}
