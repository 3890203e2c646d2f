package dev.kelvin.server.http.docs;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Says in a few words what values a schema allows. */
final class SchemaTypes {
  private SchemaTypes() {}

  /** The type, with a link to the schema where it has a name. */
  static void write(Html html, JsonNode schema) {
    String name = ApiDocument.schemaName(schema);
    if (name != null) {
      html.link("schema-" + name, name);
      return;
    }
    List<JsonNode> choices = choices(schema);
    if (!choices.isEmpty()) {
      for (int i = 0; i < choices.size(); i++) {
        html.raw(i == 0 ? "" : " or ");
        write(html, choices.get(i));
      }
    } else if (schema.path("type").asString("").equals("array")) {
      html.text("list of ");
      write(html, schema.path("items"));
    } else if (schema.path("additionalProperties").isObject()) {
      html.text("map of ");
      write(html, schema.path("additionalProperties"));
    } else {
      html.text(plain(schema));
    }
  }

  static List<JsonNode> choices(JsonNode schema) {
    var all = new ArrayList<JsonNode>();
    for (String word : List.of("anyOf", "oneOf", "allOf")) {
      schema.path(word).forEach(all::add);
    }
    return all;
  }

  private static String plain(JsonNode schema) {
    JsonNode type = schema.path("type");
    var names = new ArrayList<String>();
    if (type.isArray()) {
      type.forEach(one -> names.add(one.asString()));
    } else if (type.isString()) {
      names.add(type.asString());
    } else {
      names.add("any");
    }
    return String.join(" or ", names);
  }

  /** Bounds, patterns and the like; empty when there are none. */
  static List<String> limits(JsonNode schema) {
    var all = new ArrayList<String>();
    limit(all, schema, "format", "");
    limit(all, schema, "const", "always ");
    limit(all, schema, "minimum", "at least ");
    limit(all, schema, "maximum", "at most ");
    limit(all, schema, "minLength", "characters at least ");
    limit(all, schema, "maxLength", "characters at most ");
    limit(all, schema, "minItems", "items at least ");
    limit(all, schema, "maxItems", "items at most ");
    limit(all, schema, "pattern", "pattern ");
    limit(all, schema, "contentEncoding", "");
    return all;
  }

  private static void limit(List<String> all, JsonNode schema, String word, String before) {
    JsonNode value = schema.path(word);
    if (!value.isMissingNode()) {
      all.add(before + value.asString());
    }
  }
}
