package dev.kelvin.api;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is made from the OpenAPI document is what it would be made as today. */
class GeneratedDocsTest {
  private final Spec spec = Spec.load();

  @Test
  void theReferenceOfTheSpec() throws IOException {
    Generated.check("docs/spec.md", new SpecPage(spec).markdown());
  }

  @Test
  void theReferenceOfTheApi() throws IOException {
    Generated.check("docs/api.md", new ApiPage(spec).markdown());
  }

  @ParameterizedTest
  @EnumSource
  void theSchemasOfDocuments(DocumentKind kind) throws IOException {
    String schema = new DocumentSchema(spec, kind).json();
    Generated.check("docs/schemas/" + kind.word() + ".json", schema);
    Generated.check(
        "api/src/main/resources/dev/kelvin/api/" + kind.word() + ".schema.json", schema);
  }
}
