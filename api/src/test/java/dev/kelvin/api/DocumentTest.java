package dev.kelvin.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The OpenAPI document keeps the promises that every part of it makes. */
class DocumentTest {
  private static final Spec SPEC = Spec.load();

  @Test
  void everyReferenceLeadsSomewhere() {
    var refs = new TreeSet<String>();
    SPEC.root().findValuesAsString("$ref").forEach(refs::add);
    assertThat(refs).hasSizeGreaterThan(50);
    assertThat(refs)
        .allSatisfy(ref -> assertThat(SPEC.root().at(ref.substring(1)).isObject()).isTrue());
  }

  @Test
  void everyOperationIsNamedAndExplained() {
    Set<String> tags = new HashSet<>();
    SPEC.root().path("tags").forEach(tag -> tags.add(tag.path("name").asString()));
    var ids = new ArrayList<String>();
    SPEC.operations((where, operation) -> {
      ids.add(operation.path("operationId").asString(""));
      assertThat(operation.path("summary").asString("")).as(where).isNotEmpty();
      assertThat(tags).as(where).containsAll(Spec.texts(operation.path("tags")));
      assertThat(operation.path("tags")).as(where).hasSize(1);
    });
    assertThat(ids).doesNotHaveDuplicates().doesNotContain("").hasSizeGreaterThan(40);
  }

  @Test
  void everyErrorIsAProblem() {
    SPEC.operations((where, operation) ->
        operation
            .path("responses")
            .properties()
            .forEach(response -> {
              String status = response.getKey();
              if (status.startsWith("1") || status.startsWith("2") || status.startsWith("3")) {
                return;
              }
              JsonNode content = SPEC.follow(response.getValue()).path("content");
              assertThat(Spec.refName(content.path("application/problem+json").path("schema")))
                  .as("%s %s", where, status)
                  .isEqualTo("ProblemDocument");
            }));
  }

  @Test
  void everyGuardedOperationSaysWhatOtherProblemsLookLike() {
    SPEC.operations((where, operation) -> {
      if (!operation.has("security")) {
        assertThat(operation.path("responses").propertyNames())
            .as(where)
            .contains("401", "403", "default");
      }
      if (operation.has("requestBody")) {
        assertThat(operation.path("responses").propertyNames()).as(where).contains("400");
      }
    });
  }

  @Test
  void requestsRefuseUnknownFields() {
    SPEC.operations((where, operation) -> {
      JsonNode json =
          SPEC.follow(operation.path("requestBody"))
              .path("content")
              .path("application/json")
              .path("schema");
      if (json.isObject()) {
        closed(where, json, new HashSet<>());
      }
    });
  }

  private static void closed(String where, JsonNode node, Set<JsonNode> seen) {
    JsonNode schema = SPEC.follow(node);
    if (!seen.add(schema)) {
      return;
    }
    if (schema.has("properties")) {
      assertThat(schema.path("additionalProperties").asBoolean(true)).as(where).isFalse();
      schema
          .path("properties")
          .properties()
          .forEach(property -> {
            String inner = where + "." + property.getKey();
            Spec.choices(property.getValue()).forEach(choice -> closed(inner, choice, seen));
          });
    }
    if (schema.has("items")) {
      closed(where + "[]", schema.path("items"), seen);
    }
  }

  @Test
  void everySchemaAndFieldIsExplained() {
    SPEC.schemas()
        .properties()
        .forEach(schema -> {
          assertThat(schema.getValue().path("description").asString(""))
              .as(schema.getKey())
              .isNotEmpty();
          schema
              .getValue()
              .path("properties")
              .properties()
              .forEach(field -> {
                boolean own = field.getValue().has("description");
                boolean by = SPEC.follow(field.getValue()).has("description");
                assertThat(own || by).as(schema.getKey() + "." + field.getKey()).isTrue();
              });
        });
  }

  @Test
  void everyPathParameterIsDeclared() {
    SPEC.root()
        .path("paths")
        .properties()
        .forEach(path -> {
          var declared = new ArrayList<String>();
          List<JsonNode> lists = new ArrayList<>();
          lists.add(path.getValue().path("parameters"));
          path.getValue().forEach(operation -> lists.add(operation.path("parameters")));
          for (JsonNode list : lists) {
            list.forEach(one -> {
              JsonNode parameter = SPEC.follow(one);
              if (parameter.path("in").asString().equals("path")) {
                declared.add(parameter.path("name").asString());
              }
            });
          }
          for (String name : declared) {
            assertThat(path.getKey()).contains("{" + name + "}");
          }
          assertThat(path.getKey().chars().filter(c -> c == '{').count())
              .as(path.getKey())
              .isEqualTo(declared.size());
        });
  }

  /** A generated client would otherwise ask for them when a VM is made. */
  @Test
  void whatTheServerSetsIsReadOnlyAndNotWantedInRequests() {
    assertThat(readOnly("Metadata")).containsExactlyInAnyOrder("id", "revision", "createdAt");
    assertThat(readOnly("Vm")).containsExactly("status");
    for (String schema : List.of("Metadata", "Vm")) {
      assertThat(Spec.texts(SPEC.schema(schema).path("required")))
          .doesNotContainAnyElementsOf(readOnly(schema));
    }
    SPEC.schemas()
        .properties()
        .forEach(schema ->
            schema
                .getValue()
                .path("properties")
                .properties()
                .forEach(field -> {
                  boolean passedOver =
                      field.getValue().path("description").asString("").contains("Passed over in");
                  assertThat(field.getValue().path("readOnly").asBoolean(false))
                      .as("%s.%s", schema.getKey(), field.getKey())
                      .isEqualTo(passedOver);
                }));
  }

  private static List<String> readOnly(String schema) {
    var fields = new ArrayList<String>();
    SPEC.schema(schema)
        .path("properties")
        .properties()
        .forEach(field -> {
          if (field.getValue().path("readOnly").asBoolean(false)) {
            fields.add(field.getKey());
          }
        });
    return fields;
  }

  /** Two media types would be one type that is neither: a page without items. */
  @Test
  void everySuccessHasOneType() {
    SPEC.operations((where, operation) ->
        operation
            .path("responses")
            .properties()
            .forEach(response -> {
              if (response.getKey().startsWith("2")) {
                JsonNode content = SPEC.follow(response.getValue()).path("content");
                assertThat(content.size()).as("%s %s", where, response.getKey()).isLessThan(2);
              }
            }));
    SPEC.operations((where, operation) -> {
      boolean watched =
          operation.path("parameters").findValuesAsString("$ref").stream()
              .anyMatch(ref -> ref.endsWith("/Watch"));
      JsonNode ok = operation.path("responses").path("200");
      assertThat(ok.path("x-watch-content").has("text/event-stream")).as(where).isEqualTo(watched);
    });
  }

  @Test
  void everySchemaOfADocumentIsServed() {
    for (DocumentKind kind : DocumentKind.values()) {
      assertThat(SPEC.root().path("paths").has("/schemas/" + kind.word() + ".json"))
          .as(kind.word())
          .isTrue();
    }
  }
}
