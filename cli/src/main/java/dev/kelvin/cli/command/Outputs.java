package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.command.Declared.Slot;
import dev.kelvin.cli.text.Table;
import dev.kelvin.codec.Documents;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how results are written, and the writing. */
public final class Outputs {
  /** How results are written. */
  public enum Format {
    TABLE,
    JSON,
    YAML,
    NAME
  }

  private static final String LABEL = "FORMAT";
  private static final String OUTPUT =
      "Write results as table, json, yaml or name (one name a line).";
  private static final String NO_HEADERS = "Leave out the titles of the table.";

  @Option(
      names = {"-o", "--output"},
      paramLabel = LABEL,
      description = OUTPUT)
  @Nullable Format format;

  @Option(names = "--no-headers", description = NO_HEADERS)
  boolean noHeaders;

  /** The same options for a command without annotations. */
  Declared addTo(Declared command) {
    var formats = new Slot<Format>(() -> format, value -> format = value);
    var headers = new Slot<Boolean>(() -> noHeaders, value -> noHeaders = value);
    return command
        .option(Format.class, formats, LABEL, OUTPUT, "-o", "--output")
        .flag(headers, NO_HEADERS, "--no-headers");
  }

  /** Whether people read it, as they do unless something else is asked for. */
  boolean forPeople() {
    return format == null || format == Format.TABLE;
  }

  /** Writes many objects. */
  <T> void list(Session session, List<T> items, Function<T, String> name, Supplier<Table> table) {
    if (format == Format.NAME) {
      items.forEach(item -> session.out().println(name.apply(item)));
    } else if (forPeople()) {
      session.out().print(table.get().render(!noHeaders));
    } else {
      document(session, items);
    }
  }

  /** Writes one object. */
  <T> void one(Session session, T item, Function<T, String> name, Supplier<String> text) {
    if (format == Format.NAME) {
      session.out().println(name.apply(item));
    } else if (forPeople()) {
      session.out().print(text.get());
    } else {
      document(session, item);
    }
  }

  private void document(Session session, Object value) {
    if (format == Format.YAML) {
      session.out().print(Documents.yaml(value));
    } else {
      session.out().println(Documents.prettyJson(value));
    }
  }
}
