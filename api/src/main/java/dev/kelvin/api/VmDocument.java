package dev.kelvin.api;

import dev.kelvin.api.http.Request;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Vm;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;

/** A VM as it is sent to a daemon: as a user wrote it, or made by a program. */
public record VmDocument(String text, Syntax syntax) {
  public static VmDocument of(Vm vm) {
    return new VmDocument(new String(Documents.json(vm), StandardCharsets.UTF_8), Syntax.JSON);
  }

  Request.Body body() {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    String type = syntax == Syntax.JSON ? "application/json" : "application/yaml";
    return new Request.Body(type, new ByteArrayInputStream(bytes), bytes.length);
  }
}
