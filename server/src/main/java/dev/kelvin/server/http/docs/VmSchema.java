package dev.kelvin.server.http.docs;

import dev.kelvin.codec.Documents;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The schema of VM documents on its own: that of the OpenAPI document, with all it refers to, as
 * one JSON Schema of dialect 2020-12.
 */
public final class VmSchema {
  private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";
  private static final String ROOT = "Vm";

  private VmSchema() {}

  public static byte[] json() {
    return Documents.prettyJson(bundle(ApiDocument.load())).getBytes(StandardCharsets.UTF_8);
  }

  static JsonNode bundle(ApiDocument api) {
    ObjectNode bundle = JsonNodeFactory.instance.objectNode();
    bundle.put("$schema", DIALECT);
    bundle.put("title", "Kelvin VM");
    bundle.setAll((ObjectNode) api.schemas().path(ROOT).deepCopy());
    ObjectNode definitions = JsonNodeFactory.instance.objectNode();
    var reached = new LinkedHashSet<String>();
    var open = new ArrayDeque<JsonNode>();
    open.add(bundle);
    while (!open.isEmpty()) {
      JsonNode node = open.remove();
      String name = ApiDocument.schemaName(node);
      if (name != null) {
        ((ObjectNode) node).put("$ref", "#/$defs/" + name);
        if (reached.add(name)) {
          JsonNode copy = api.schemas().path(name).deepCopy();
          definitions.set(name, copy);
          open.add(copy);
        }
      }
      node.forEach(open::add);
    }
    bundle.set("$defs", definitions);
    return bundle;
  }
}
