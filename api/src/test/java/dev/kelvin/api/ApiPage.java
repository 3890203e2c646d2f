package dev.kelvin.api;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import tools.jackson.databind.JsonNode;

/** Makes the reference of the API, a section for each tag. */
final class ApiPage {
  private final Spec spec;
  private final SpecPage specPage;
  private final Words words;
  private final Set<String> schemas = new LinkedHashSet<>();

  ApiPage(Spec spec) {
    this.spec = spec;
    this.specPage = new SpecPage(spec);
    this.words = new Words(spec, this::link);
  }

  /** A link to where a schema's fields are described: here, or on the page of the spec. */
  private String link(String schema) {
    String path = specPage.path(schema);
    if (path != null) {
      return "[" + schema + "](spec.md#" + SpecPage.anchor(path) + ")";
    } else if (schema.equals("Vm")) {
      return "[Vm](spec.md#the-document)";
    }
    schemas.add(schema);
    return "[" + schema + "](#" + schema.toLowerCase(Locale.ROOT) + ")";
  }

  String markdown() {
    var page = new StringBuilder("<!-- Made from openapi.yaml. Do not edit. -->\n# The API\n\n");
    page.append(spec.root().path("info").path("description").asString().strip()).append("\n\n");
    page.append(
        """
        The daemon serves the same reference at `/docs` and the OpenAPI document that both are made from at
        `/openapi.yaml`.

        ```
        curl --unix-socket /run/kelvin/api.sock http://localhost/v1/vms
        ```
        """);
    spec.root().path("tags").forEach(tag -> section(page, tag));
    page.append("\n## Schemas\n");
    var done = new LinkedHashSet<String>();
    // Describing a schema can bring up others.
    while (done.size() < schemas.size()) {
      for (String name : List.copyOf(schemas)) {
        if (done.add(name)) {
          page.append("\n### ").append(name).append("\n\n");
          page.append(spec.schema(name).path("description").asString().strip()).append("\n\n");
          page.append(words.fields(spec.schema(name)));
        }
      }
    }
    return page.toString();
  }

  private void section(StringBuilder page, JsonNode tag) {
    String name = tag.path("name").asString();
    page.append("\n## ").append(name).append("\n\n");
    page.append(tag.path("description").asString()).append('\n');
    spec.operations((where, operation) -> {
      if (Spec.texts(operation.path("tags")).contains(name)) {
        operation(page, where, operation);
      }
    });
  }

  private void operation(StringBuilder page, String where, JsonNode operation) {
    page.append("\n### ").append(where).append("\n\n");
    page.append(operation.path("summary").asString()).append('.');
    String more = operation.path("description").asString("").strip();
    page.append(more.isEmpty() ? "" : " " + more).append("\n\n");
    String path = where.substring(where.indexOf(' ') + 1);
    var parameters = new ArrayList<JsonNode>();
    spec.root().path("paths").path(path).path("parameters").forEach(parameters::add);
    operation.path("parameters").forEach(parameters::add);
    if (!parameters.isEmpty()) {
      page.append("| Parameter | Where | Type | Default | What it is |\n|---|---|---|---|---|\n");
      parameters.forEach(one -> parameter(page, spec.follow(one)));
      page.append('\n');
    }
    JsonNode content = spec.follow(operation.path("requestBody")).path("content");
    content
        .properties()
        .forEach(type ->
            page.append("- body `")
                .append(type.getKey())
                .append('`')
                .append(schema(type.getValue()))
                .append('\n'));
    operation
        .path("responses")
        .properties()
        .forEach(response -> response(page, response.getKey(), spec.follow(response.getValue())));
  }

  private void parameter(StringBuilder page, JsonNode parameter) {
    JsonNode schema = parameter.path("schema");
    page.append("| `").append(parameter.path("name").asString()).append("` | ");
    page.append(parameter.path("in").asString()).append(" | ");
    page.append(words.type(schema)).append(" | ");
    boolean must = parameter.path("required").asBoolean(false);
    String fallback = schema.has("default") ? "`" + schema.path("default").asString() + "`" : "";
    page.append(must ? "**required**" : fallback).append(" | ");
    page.append(Words.cell(parameter.path("description").asString())).append(" |\n");
  }

  private void response(StringBuilder page, String status, JsonNode response) {
    page.append("- ").append(status).append(": ");
    page.append(Words.cell(response.path("description").asString()));
    if (status.startsWith("2")) {
      var kinds = new StringJoiner("; ");
      response
          .path("content")
          .properties()
          .forEach(type -> kinds.add("`" + type.getKey() + "`" + schema(type.getValue())));
      response
          .path("x-watch-content")
          .properties()
          .forEach(
              type -> kinds.add("with `watch` `" + type.getKey() + "`" + schema(type.getValue())));
      page.append(kinds.length() == 0 ? "" : " " + kinds);
    }
    page.append('\n');
  }

  private String schema(JsonNode type) {
    String name = Spec.refName(type.path("schema"));
    boolean fields = spec.schema(name).has("properties");
    return name.isEmpty() ? "" : " " + (fields ? link(name) : name);
  }
}
