package dev.kelvin.api;

import dev.kelvin.codec.Documents;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Makes a JSON Schema of VM documents that needs no other file. */
record VmSchema(Spec spec) {
  private static final String COMPONENTS = "#/components/schemas/";

  String json() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("$id", "https://kelvin.dev/schemas/vm.json");
    schema.put("title", "A VM of Kelvin");
    ObjectNode vm = (ObjectNode) spec.schema("Vm").deepCopy();
    schema.setAll(vm);
    ObjectNode definitions = schema.putObject("$defs");
    var open = new TreeSet<String>();
    collect(vm, open);
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
