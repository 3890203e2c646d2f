package dev.kelvin.api;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/** Says in Markdown what a schema says in JSON. */
record Words(Spec spec, UnaryOperator<String> links) {
  /** A table of the fields of an object. */
  String fields(JsonNode object) {
    var required = Spec.texts(object.path("required"));
    var table = new StringBuilder("| Field | Type | Default | What it is |\n|---|---|---|---|\n");
    allFields(object)
        .forEach(part ->
            part.properties()
                .forEach(field ->
                    table
                        .append("| `")
                        .append(field.getKey())
                        .append("` | ")
                        .append(type(field.getValue()))
                        .append(" | ")
                        .append(fallback(field.getValue(), required.contains(field.getKey())))
                        .append(" | ")
                        .append(meaning(field.getValue()))
                        .append(" |\n")));
    return table.toString();
  }

  private List<JsonNode> allFields(JsonNode object) {
    var parts = new ArrayList<JsonNode>();
    parts.add(object.path("properties"));
    object.path("allOf").forEach(part -> parts.add(spec.follow(part).path("properties")));
    return parts;
  }

  private static String fallback(JsonNode field, boolean required) {
    if (field.has("default")) {
      JsonNode value = field.path("default");
      boolean composed = value.isObject() && !value.isEmpty();
      return composed ? "those below" : "`" + (value.isString() ? quoted(value) : value) + "`";
    }
    return required ? "**required**" : "";
  }

  private static String quoted(JsonNode text) {
    return text.asString().isEmpty() ? "\"\"" : text.asString();
  }

  /** What a field is: its own words, those of its type, an example. */
  String meaning(JsonNode field) {
    var sentences = new StringJoiner(" ");
    String own = field.path("description").asString("");
    if (!own.isEmpty()) {
      sentences.add(own);
    }
    JsonNode target = spec.follow(Spec.choices(field).getFirst());
    if (own.isEmpty() || target.has("enum")) {
      String more = target.path("description").asString("");
      if (!more.equals(own)) {
        sentences.add(more);
      }
    }
    limits(target).forEach(sentences::add);
    JsonNode examples = field.has("examples") ? field.path("examples") : target.path("examples");
    boolean plain = field.has("examples") || !field.has("default");
    if (!examples.isEmpty() && plain && !target.has("properties")) {
      var list = new StringJoiner(", ");
      examples.forEach(
          example -> list.add("`" + (example.isString() ? example.asString() : example) + "`"));
      sentences.add("Example: " + list + ".");
    }
    return cell(sentences.toString());
  }

  private static List<String> limits(JsonNode schema) {
    var limits = new ArrayList<String>();
    boolean low = schema.has("minimum");
    boolean high = schema.has("maximum");
    if (low && high) {
      limits.add(schema.path("minimum") + " to " + schema.path("maximum") + ".");
    } else if (low) {
      limits.add("At least " + schema.path("minimum") + ".");
    }
    if (schema.has("maxItems")) {
      limits.add("At most " + schema.path("maxItems") + ".");
    }
    if (schema.has("maxLength") && schema.path("maxLength").asInt() > 100) {
      limits.add("At most " + schema.path("maxLength") + " characters.");
    }
    return limits;
  }

  /** The type in a few words, as a link where it has fields of its own. */
  String type(JsonNode field) {
    String words = plainType(Spec.choices(field).getFirst());
    return Spec.nullable(field) ? words + " or null" : words;
  }

  private String plainType(JsonNode schema) {
    String name = Spec.refName(schema);
    JsonNode target = spec.follow(schema);
    if (target.has("enum")) {
      var values = new StringJoiner(", ");
      target.path("enum").forEach(value -> values.add("`" + value.asString() + "`"));
      return values.toString();
    } else if (name.equals("ByteSize")) {
      return "size";
    } else if (name.endsWith("Name") || name.equals("Name")) {
      return "name";
    } else if (!name.isEmpty() && target.has("properties")) {
      return links.apply(name);
    }
    JsonNode type = target.path("type");
    String word = type.isArray() ? type.path(0).asString() : type.asString("");
    return switch (word) {
      case "array" -> "list of " + plainType(target.path("items"));
      case "object" -> "map of texts";
      case "integer" -> "whole number";
      case "boolean" -> "true or false";
      default ->
          target.path("format").asString("").equals("date-time")
              ? "time"
              : target.has("const") ? "`" + target.path("const").asString() + "`" : "text";
    };
  }

  static String cell(String text) {
    return text.strip().replace("\n", " ").replace("|", "\\|");
  }
}
