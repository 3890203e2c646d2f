package dev.kelvin.api;

import java.io.IOException;
import java.io.UncheckedIOException;

/** The OpenAPI document that ships with the program, and what is made from it. */
public final class OpenApi {
  private OpenApi() {}

  /** The document as it was written, in YAML. */
  public static byte[] yaml() {
    return resource("openapi.yaml");
  }

  /** The JSON Schema of a kind of documents, which is made from it. */
  public static byte[] schema(DocumentKind kind) {
    return resource(kind.word() + ".schema.json");
  }

  private static byte[] resource(String name) {
    try (var in = OpenApi.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the program");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
