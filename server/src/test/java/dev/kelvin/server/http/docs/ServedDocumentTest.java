package dev.kelvin.server.http.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.OpenApi;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What generators of clients make of the document compiles; see docs/api.md. */
class ServedDocumentTest {
  private static final JsonNode WRITTEN =
      Documents.read(OpenApi.yaml(), Syntax.YAML, JsonNode.class);
  private static final JsonNode SERVED =
      Documents.read(ServedDocument.yaml(), Syntax.YAML, JsonNode.class);

  @Test
  void isWhatWasWrittenButForDefaults() {
    JsonNode back = SERVED.deepCopy();
    int[] moved = new int[2];
    restore(back, moved);
    assertThat(moved[0]).isGreaterThan(100);
    assertThat(moved[1]).isGreaterThan(3);
    assertThat(back).isEqualTo(WRITTEN);
  }

  private static void restore(JsonNode node, int[] moved) {
    if (node instanceof ObjectNode object && object.has("x-default")) {
      object.set("default", object.remove("x-default"));
      moved[0]++;
    }
    if (node instanceof ObjectNode items && items.has("x-with-fields")) {
      items.putArray("anyOf").addObject().set("$ref", items.remove("$ref"));
      ((tools.jackson.databind.node.ArrayNode) items.path("anyOf"))
          .add(items.remove("x-with-fields"));
      moved[1]++;
    }
    node.forEach(child -> restore(child, moved));
  }

  /** A client of openapi-typescript asks for what is required, and for what has a default. */
  @Test
  void noFieldThatARequestMayLeaveOutIsAskedFor() {
    JsonNode schemas = SERVED.path("components").path("schemas");
    for (JsonNode schema : schemas) {
      for (JsonNode field : schema.path("properties")) {
        assertThat(field.has("default")).as("%s", field).isFalse();
      }
    }
    assertThat(required(schemas, "Vm")).containsExactly("metadata");
    assertThat(required(schemas, "Metadata")).containsExactly("name");
    assertThat(required(schemas, "VmSpec")).isEmpty();
    assertThat(required(schemas, "ExecRequest")).containsExactly("command");
    assertThat(required(schemas, "VmList")).contains("items");
    assertThat(schemas.at("/VmList/properties/items/items/$ref").asString())
        .isEqualTo("#/components/schemas/Vm");
  }

  private static java.util.List<String> required(JsonNode schemas, String name) {
    var fields = new java.util.ArrayList<String>();
    schemas.path(name).path("required").forEach(field -> fields.add(field.asString()));
    return fields;
  }
}
