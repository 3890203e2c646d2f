package dev.kelvin.api;

import java.io.IOException;
import org.junit.jupiter.api.Test;

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

  @Test
  void theSchemaOfVms() throws IOException {
    String schema = new VmSchema(spec).json();
    Generated.check("docs/schemas/vm.json", schema);
    Generated.check("api/src/main/resources/dev/kelvin/api/vm.schema.json", schema);
  }
}
