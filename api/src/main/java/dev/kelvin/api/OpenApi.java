package dev.kelvin.api;

import java.io.IOException;
import java.io.UncheckedIOException;

/** The OpenAPI document that ships with the program. */
public final class OpenApi {
  private OpenApi() {}

  /** The document as it was written, in YAML. */
  public static byte[] yaml() {
    try (var in = OpenApi.class.getResourceAsStream("openapi.yaml")) {
      if (in == null) {
        throw new IllegalStateException("openapi.yaml is missing from the program");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
