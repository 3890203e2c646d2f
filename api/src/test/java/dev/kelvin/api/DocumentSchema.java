package dev.kelvin.api;

import dev.kelvin.codec.Documents;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Makes a JSON Schema of a kind of documents that needs no other file. */
record DocumentSchema(Spec spec, DocumentKind kind) {
  private static final String COMPONENTS = "#/components/schemas/";

  String json() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("$id", "https://kelvin.dev/schemas/" + kind.word() + ".json");
    schema.put("title", kind.title());
    ObjectNode document = (ObjectNode) spec.schema(kind.schema()).deepCopy();
    schema.setAll(document);
    ObjectNode definitions = schema.putObject("$defs");
    var open = new TreeSet<String>();
    collect(document, open);
    while (!open.isEmpty()) {
      String name = open.pollFirst();
      JsonNode definition = spec.schema(name).deepCopy();
      definitions.set(name, definition);
      collect(definition, open);
      open.removeIf(definitions::has);
    }
    return Documents.prettyJson(schema).replace(COMPONENTS, "#/$defs/") + "\n";
  }

  private static void collect(JsonNode node, TreeSet<String> names) {
    for (String ref : node.findValuesAsString("$ref")) {
      names.add(ref.substring(COMPONENTS.length()));
    }
  }
}
