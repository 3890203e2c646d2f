package dev.kelvin.server.http.docs;

import dev.kelvin.codec.Documents;
import dev.kelvin.server.http.docs.ApiDocument.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** The reference of the API as one web page that loads nothing else. */
public final class ReferencePage {
  private final ApiDocument api;
  private final Html html = new Html();

  private ReferencePage(ApiDocument api) {
    this.api = api;
  }

  public static byte[] html() {
    return new ReferencePage(ApiDocument.load()).page().getBytes(StandardCharsets.UTF_8);
  }

  private String page() {
    JsonNode info = api.root().path("info");
    String title = text(info, "title") + " API";
    html.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .raw("<meta name=\"color-scheme\" content=\"light dark\">")
        .element("title", title)
        .raw("<style>" + style() + "</style></head>\n<body>\n");
    contents(title);
    html.raw("<main>\n").element("h1", title);
    html.prose(text(info, "description"));
    html.raw("<p>As a document for programs: <a href=\"/openapi.yaml\">openapi.yaml</a>, ")
        .raw("<a href=\"/schemas/vm.json\">JSON Schema of VM documents</a>.</p>\n");
    for (JsonNode tag : api.root().path("tags")) {
      String name = text(tag, "name");
      html.raw("<section id=\"tag-" + Html.escape(name) + "\">").element("h2", name);
      html.prose(text(tag, "description"));
      api.operations().stream().filter(one -> one.has(name)).forEach(this::operation);
      html.raw("</section>\n");
    }
    html.raw("<section id=\"schemas\">").element("h2", "Schemas");
    api.schemas().properties().forEach(one -> schema(one.getKey(), one.getValue()));
    return html.raw("</section>\n</main>\n</body></html>\n").toString();
  }

  private static String style() {
    try (var in = ReferencePage.class.getResourceAsStream("reference.css")) {
      if (in == null) {
        throw new IllegalStateException("reference.css is missing from the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asString("");
  }

  private void contents(String title) {
    html.raw("<nav aria-label=\"Contents\">").element("b", title);
    for (JsonNode tag : api.root().path("tags")) {
      String name = text(tag, "name");
      html.raw("<details open><summary>").link("tag-" + name, name).raw("</summary><ul>");
      for (Operation one : api.operations()) {
        if (one.has(name)) {
          html.raw("<li>").link(one.id(), text(one.node(), "summary")).raw("</li>");
        }
      }
      html.raw("</ul></details>");
    }
    html.raw("<details><summary>").link("schemas", "Schemas").raw("</summary><ul>");
    for (String name : api.schemas().propertyNames()) {
      html.raw("<li>").link("schema-" + name, name).raw("</li>");
    }
    html.raw("</ul></details></nav>\n");
  }

  private void operation(Operation one) {
    html.raw("<article id=\"" + Html.escape(one.id()) + "\">")
        .element("h3", text(one.node(), "summary"))
        .raw("<p class=\"call\"><span class=\"method " + one.method() + "\">" + one.method())
        .raw("</span> <code>")
        .text(one.path())
        .raw("</code>");
    if (one.node().path("security").isArray() && one.node().path("security").isEmpty()) {
      html.raw(" <span class=\"note\">no token needed</span>");
    }
    html.raw("</p>").prose(text(one.node(), "description"));
    if (!one.parameters().isEmpty()) {
      html.element("h4", "Parameters").raw("<table>");
      header("Name", "In", "Type", "What it is");
      one.parameters().forEach(this::parameter);
      html.raw("</table>");
    }
    JsonNode body = api.follow(one.node().path("requestBody"));
    if (!body.isMissingNode()) {
      boolean required = body.path("required").asBoolean(false);
      html.element("h4", required ? "Request" : "Request (may be left out)");
      content(body);
    }
    responses(one);
    html.raw("</article>\n");
  }

  private void header(String... names) {
    html.raw("<tr>");
    for (String name : names) {
      html.element("th", name);
    }
    html.raw("</tr>");
  }

  private void parameter(JsonNode parameter) {
    JsonNode schema = parameter.path("schema");
    html.raw("<tr><td>").element("code", text(parameter, "name"));
    required(parameter.path("required").asBoolean(false));
    html.raw("</td><td>").text(text(parameter, "in")).raw("</td><td>");
    SchemaTypes.write(html, schema);
    html.raw("</td><td>").prose(text(parameter, "description"));
    facts(schema);
    example(parameter.path("example"));
    html.raw("</td></tr>");
  }

  private void required(boolean required) {
    if (required) {
      html.raw(" <span class=\"note\">required</span>");
    }
  }

  /** Default and limits of a value, and the values of an enumeration. */
  private void facts(JsonNode schema) {
    var facts = new ArrayList<String>();
    if (schema.has("default")) {
      facts.add("default " + value(schema.path("default")));
    }
    facts.addAll(SchemaTypes.limits(schema));
    JsonNode values = schema.path("enum");
    if (values.isArray()) {
      List<String> words = new ArrayList<>();
      values.forEach(word -> words.add(value(word)));
      facts.add("one of " + String.join(", ", words));
    }
    if (!facts.isEmpty()) {
      html.raw("<p class=\"facts\">").text(String.join("; ", facts)).raw("</p>");
    }
    schema.path("examples").forEach(this::example);
  }

  private void example(JsonNode value) {
    if (!value.isMissingNode()) {
      html.raw("<p class=\"facts\">such as ").element("code", value(value)).raw("</p>");
    }
  }

  private static String value(JsonNode node) {
    return node.isString()
        ? node.asString()
        : new String(Documents.json(node), StandardCharsets.UTF_8);
  }

  /** The media types of a body, with their schemas and examples. */
  private void content(JsonNode body) {
    content(body, "content");
    // What another parameter brings: apart, so that clients that are made of it have one type.
    content(body, "x-watch-content");
  }

  private void content(JsonNode body, String field) {
    for (Map.Entry<String, JsonNode> one : body.path(field).properties()) {
      html.raw("<p><code>").text(one.getKey()).raw("</code> ");
      SchemaTypes.write(html, one.getValue().path("schema"));
      html.raw("</p>");
      block(one.getValue().path("example"), "");
      for (Map.Entry<String, JsonNode> named : one.getValue().path("examples").properties()) {
        String summary = text(named.getValue(), "summary");
        block(named.getValue().path("value"), summary.isEmpty() ? named.getKey() : summary);
      }
    }
  }

  private void block(JsonNode example, String caption) {
    if (example.isMissingNode()) {
      return;
    }
    if (!caption.isEmpty()) {
      html.raw("<p class=\"facts\">").text(caption).raw("</p>");
    }
    String shown = example.isString() ? example.asString() : Documents.prettyJson(example);
    html.raw("<pre>").text(shown).raw("</pre>");
  }

  private void responses(Operation one) {
    html.element("h4", "Answers").raw("<table>");
    header("Status", "What it means");
    for (Map.Entry<String, JsonNode> each : one.node().path("responses").properties()) {
      JsonNode response = api.follow(each.getValue());
      boolean problem = response.path("content").has("application/problem+json");
      html.raw("<tr><td>").element("code", each.getKey()).raw("</td><td>");
      html.prose(text(response, "description"));
      for (Map.Entry<String, JsonNode> header : response.path("headers").properties()) {
        html.raw("<p>Header <code>").text(header.getKey()).raw("</code>: ");
        html.text(text(api.follow(header.getValue()), "description")).raw("</p>");
      }
      if (!problem) {
        content(response);
      }
      html.raw("</td></tr>");
    }
    html.raw("</table>");
  }

  private void schema(String name, JsonNode schema) {
    html.raw("<article id=\"schema-" + Html.escape(name) + "\">").element("h3", name);
    html.prose(text(schema, "description"));
    if (schema.path("properties").isEmpty()) {
      html.raw("<p class=\"facts\">");
      SchemaTypes.write(html, schema);
      html.raw("</p>");
      facts(schema);
    } else {
      for (JsonNode base : schema.path("allOf")) {
        html.raw("<p>All fields of ");
        SchemaTypes.write(html, base);
        html.raw(", and:</p>");
      }
      Set<String> needed = new HashSet<>();
      schema.path("required").forEach(field -> needed.add(field.asString()));
      html.raw("<table>");
      header("Field", "Type", "What it is");
      for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
        html.raw("<tr><td>").element("code", field.getKey());
        required(needed.contains(field.getKey()));
        html.raw("</td><td>");
        SchemaTypes.write(html, field.getValue());
        html.raw("</td><td>");
        html.prose(fieldDescription(field.getValue()));
        facts(field.getValue());
        html.raw("</td></tr>");
      }
      html.raw("</table>");
    }
    html.raw("</article>\n");
  }

  /** The field's own words, or else those of its type. */
  private String fieldDescription(JsonNode field) {
    String own = text(field, "description");
    return own.isEmpty() ? text(api.follow(field), "description") : own;
  }
}
