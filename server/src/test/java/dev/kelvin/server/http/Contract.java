package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.kelvin.api.OpenApi;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.server.http.request.MediaTypes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Holds answers against the OpenAPI document. */
final class Contract {
  private static final JsonNode ROOT = Documents.read(OpenApi.yaml(), Syntax.YAML, JsonNode.class);

  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private Contract() {}

  record Operation(
      String method,
      String path,
      String id,
      Set<String> queryParameters,
      boolean open,
      JsonNode node) {}

  static List<Operation> operations() {
    var all = new ArrayList<Operation>();
    ROOT.path("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .properties()
                .forEach(one -> {
                  if (!one.getKey().equals("parameters")) {
                    all.add(operation(path.getKey(), path.getValue(), one.getKey()));
                  }
                }));
    return all;
  }

  private static Operation operation(String path, JsonNode shared, String method) {
    JsonNode node = shared.path(method);
    var query = new HashSet<String>();
    for (JsonNode list : List.of(shared.path("parameters"), node.path("parameters"))) {
      list.forEach(one -> {
        JsonNode parameter = follow(one);
        if (parameter.path("in").asString().equals("query")) {
          query.add(parameter.path("name").asString());
        }
      });
    }
    return new Operation(
        method.toUpperCase(Locale.ROOT),
        path,
        node.path("operationId").asString(),
        query,
        node.has("security") && node.path("security").isEmpty(),
        node);
  }

  private static JsonNode follow(JsonNode node) {
    return node.has("$ref") ? follow(ROOT.at(node.path("$ref").asString().substring(1))) : node;
  }

  /** The operation that a request means. */
  static Optional<Operation> find(String method, String target) {
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    String wanted = method.equals("HEAD") ? "GET" : method;
    return operations().stream()
        .filter(one -> one.method().equals(wanted))
        .filter(one -> path.matches(one.path().replaceAll("\\{[a-z]+}", "[^/]+")))
        .findFirst();
  }

  /** Fails when the document does not allow this answer to this request. */
  static void check(String method, String target, UnixClient.Answer answer) {
    Operation operation =
        find(method, target).orElseThrow(() -> new AssertionError(method + " " + target));
    String where = method + " " + target + " → " + answer.status();
    JsonNode responses = operation.node().path("responses");
    String status = Integer.toString(answer.status());
    assertThat(responses.has(status) || (answer.status() >= 400 && responses.has("default")))
        .as(where + " is documented")
        .isTrue();
    JsonNode response = follow(responses.path(responses.has(status) ? status : "default"));
    JsonNode content = response.path("content");
    if (content.isMissingNode()) {
      assertThat(answer.body()).as(where).isEmpty();
      return;
    }
    String type = String.valueOf(MediaTypes.essence(answer.header("content-type")));
    assertThat(content.propertyNames()).as(where).contains(type);
    if (type.endsWith("json")) {
      assertThat(errors(content.path(type).path("schema"), Documents.tree(answer.body())))
          .as(where + " " + answer.text())
          .isEmpty();
    }
  }

  /** What is wrong with a value by a schema of the document. */
  static List<Error> errors(JsonNode schema, JsonNode value) {
    ObjectNode whole = ((ObjectNode) schema.deepCopy()).set("components", ROOT.path("components"));
    Schema compiled = SCHEMAS.getSchema(whole);
    return compiled.validate(value);
  }

  /** The same for a schema that stands alone. */
  static List<Error> errorsAlone(JsonNode schema, JsonNode value) {
    return SCHEMAS.getSchema(schema).validate(value);
  }
}
