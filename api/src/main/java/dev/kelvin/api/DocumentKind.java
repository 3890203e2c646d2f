package dev.kelvin.api;

import java.util.Arrays;
import java.util.Optional;

/** The documents that users write or see, each with a schema that ships with the program. */
public enum DocumentKind {
  VM("vm", "Vm", "A VM of Kelvin"),
  IMAGE("image", "Image", "An image of Kelvin"),
  VOLUME("volume", "Volume", "A volume of Kelvin"),
  TASK("task", "Task", "A task of Kelvin"),
  CONFIG("config", "Configuration", "kelvin.yaml, the configuration of Kelvin"),
  CATALOGUE("catalogue", "CatalogueFile", "catalogue.yaml, images that Kelvin can pull");

  private final String word;
  private final String schema;
  private final String title;

  DocumentKind(String word, String schema, String title) {
    this.word = word;
    this.schema = schema;
    this.title = title;
  }

  /** What people call it, such as {@code vm}. */
  public String word() {
    return word;
  }

  /** The name of its schema in the OpenAPI document. */
  String schema() {
    return schema;
  }

  /** What its schema is called. */
  public String title() {
    return title;
  }

  public static Optional<DocumentKind> of(String word) {
    return Arrays.stream(values()).filter(kind -> kind.word.equalsIgnoreCase(word)).findAny();
  }
}
