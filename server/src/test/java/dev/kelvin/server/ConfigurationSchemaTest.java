package dev.kelvin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.DocumentKind;
import dev.kelvin.api.OpenApi;
import dev.kelvin.codec.Documents;
import dev.kelvin.image.pull.CatalogueFile;
import dev.kelvin.model.WireName;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The files that users write are read with the fields that their schemas have, and no others. */
class ConfigurationSchemaTest {
  @Test
  @SuppressWarnings("NullAway") // nulls ask for the defaults
  void theConfigurationHasTheFieldsAndDefaultsOfItsSchema() {
    JsonNode schema = Documents.tree(OpenApi.schema(DocumentKind.CONFIG));
    JsonNode defaults = Documents.tree(new Settings(null, null, null, null, null, null));
    assertThat(agree(Settings.class, schema, schema, defaults)).isEqualTo(32);
  }

  @Test
  void aCatalogueHasTheFieldsOfItsSchema() {
    JsonNode schema = Documents.tree(OpenApi.schema(DocumentKind.CATALOGUE));
    JsonNode none = Documents.tree("{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(agree(CatalogueFile.class, schema, schema, none)).isEqualTo(23);
  }

  /** Returns how many fields were compared. */
  private static int agree(Class<?> type, JsonNode schema, JsonNode root, JsonNode defaults) {
    assertThat(schema.path("properties").propertyNames())
        .as(type.getSimpleName())
        .containsExactlyElementsOf(
            Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList());
    int fields = 0;
    for (RecordComponent component : type.getRecordComponents()) {
      String where = type.getSimpleName() + "." + component.getName();
      JsonNode property = schema.path("properties").path(component.getName());
      JsonNode actual = defaults.path(component.getName());
      if (property.path("default").isValueNode() && !actual.isMissingNode()) {
        assertThat(actual).as(where).isEqualTo(property.path("default"));
      }
      JsonNode target = property;
      Type field = component.getGenericType();
      if (component.getType() == java.util.List.class) {
        target = property.path("items");
        field = ((ParameterizedType) field).getActualTypeArguments()[0];
      }
      if (target.has("$ref")) {
        target = root.at(target.path("$ref").asString().substring(1));
      }
      fields++;
      if (field instanceof Class<?> known && known.isRecord() && target.has("properties")) {
        fields += agree(known, target, root, actual);
      } else if (field instanceof Class<?> known && known.isEnum()) {
        assertThat(target.path("enum").valueStream().map(JsonNode::asString))
            .as(where)
            .containsExactlyElementsOf(
                Arrays.stream(known.getEnumConstants())
                    .map(one -> ((WireName) one).wire())
                    .toList());
      }
    }
    return fields;
  }
}
