package dev.kelvin.cli.explain;

import dev.kelvin.api.DocumentKind;
import dev.kelvin.api.OpenApi;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What a field of a document is: for people, from the schemas that ship with the program. */
public final class Explanation {
  private static final int WIDTH = 78;

  private Explanation() {}

  /** Every path there is, for completion and tests; lists have {@code []} behind them. */
  public static List<String> paths() {
    return Arrays.stream(DocumentKind.values()).flatMap(kind -> paths(kind).stream()).toList();
  }

  private static List<String> paths(DocumentKind kind) {
    var paths = new ArrayList<String>();
    collect(document(kind), paths);
    return paths;
  }

  private static Field document(DocumentKind kind) {
    return Field.document(kind.word(), Documents.tree(OpenApi.schema(kind)));
  }

  /** The documents there are. */
  public static String kinds() {
    var text = new StringBuilder();
    for (DocumentKind kind : DocumentKind.values()) {
      text.append(kind.word()).append(" ".repeat(11 - kind.word().length()));
      text.append(kind.title()).append('\n');
    }
    return text.toString();
  }

  private static void collect(Field field, List<String> paths) {
    paths.add(field.path());
    field.children().values().forEach(child -> collect(child, paths));
  }

  /**
   * Explains a field.
   *
   * @param path such as {@code vm.spec.disks[].cache} or {@code config.state.engine}; {@code vm.}
   *     and {@code []} may be left out, and a list may have an index
   * @throws dev.kelvin.model.ProblemException invalid-argument for what is no field
   */
  public static String of(String path) {
    // As people copy it from a document or from a message.
    var words = new ArrayList<>(List.of(path.replaceAll("\\[\\d*]", "").split("\\.", -1)));
    Optional<DocumentKind> named = DocumentKind.of(words.getFirst());
    if (named.isPresent()) {
      words.removeFirst();
    }
    DocumentKind kind = named.orElse(DocumentKind.VM);
    Field field = document(kind);
    for (String word : words) {
      Field child = field.children().get(word);
      if (child == null) {
        throw unknown(path, kind, field, word).asException();
      }
      field = child;
    }
    return text(field);
  }

  private static Problem unknown(String path, DocumentKind kind, Field parent, String word) {
    List<String> names = List.copyOf(parent.children().keySet());
    String base = parent.path() + (parent.isList() ? "[]" : "");
    String cause = base + " has no field " + word;
    String remedy =
        Names.nearest(word, names)
            .map(name -> base + "." + name)
            .or(() -> elsewhere(kind, word))
            .map(name -> "did you mean " + name + "?")
            .orElse("see what there is: kelvin explain " + parent.path());
    return Problem.of(Code.INVALID_ARGUMENT, "There is no field " + path)
        .because(names.isEmpty() ? base + " has no fields in it" : cause)
        .remedy(remedy);
  }

  /** A field of this name somewhere in the document, but for what nobody writes. */
  private static Optional<String> elsewhere(DocumentKind kind, String word) {
    String status = kind.word() + ".status";
    return paths(kind).stream()
        .filter(path -> path.endsWith("." + word) && !path.startsWith(status))
        .findFirst();
  }

  private static String text(Field field) {
    var text = new StringBuilder(field.path() + (field.isList() ? "[]" : "")).append("\n\n");
    row(text, "type", field.type());
    if (field.required()) {
      row(text, "required", "yes");
    }
    field
        .byDefault()
        .ifPresent(
            value -> row(text, "default", value.isString() ? value.asString() : value.toString()));
    if (!field.allowed().isEmpty()) {
      row(text, "allowed", String.join(", ", field.allowed()));
    }
    if (!field.limits().isEmpty()) {
      row(text, "limits", String.join(", ", field.limits()));
    }
    for (String meaning : field.meaning()) {
      text.append('\n').append(wrapped(meaning.replace("`", ""), "  "));
    }
    Map<String, Field> children = field.children();
    if (!children.isEmpty()) {
      text.append("\nFields:\n");
      int width = children.keySet().stream().mapToInt(String::length).max().orElse(0);
      children.forEach((name, child) -> {
        String what = child.meaning().isEmpty() ? child.type() : child.meaning().getFirst();
        String head = "  " + name + " ".repeat(width - name.length() + 2);
        text.append(head)
            .append(wrapped(what.replace("`", ""), " ".repeat(width + 4)).strip())
            .append('\n');
      });
    } else {
      field.example().ifPresent(value -> text.append("\nExample:\n").append(example(field, value)));
    }
    return text.toString();
  }

  private static void row(StringBuilder text, String name, String value) {
    text.append("  ").append(name).append(" ".repeat(10 - name.length()));
    text.append(wrapped(value, " ".repeat(12)).strip()).append('\n');
  }

  /** The field in its place in a document. */
  private static String example(Field field, JsonNode value) {
    var text = new StringBuilder();
    String indent = "  ";
    String[] words = field.path().split("\\.", -1);
    boolean item = false;
    for (int i = 1; i < words.length; i++) {
      String name = words[i].replace("[]", "");
      text.append(indent).append(item ? "- " : "").append(name).append(':');
      indent += item ? "    " : "  ";
      item = words[i].endsWith("[]");
      if (i < words.length - 1) {
        text.append('\n');
      }
    }
    String yaml = value.isContainer() ? value.toString() : Documents.yaml(value).strip();
    return text.append(' ').append(yaml).append('\n').toString();
  }

  private static String wrapped(String words, String indent) {
    var text = new StringBuilder();
    var line = new StringBuilder(indent);
    for (String word : words.split("\\s+", -1)) {
      if (line.length() + word.length() > WIDTH && line.length() > indent.length()) {
        text.append(line.toString().stripTrailing()).append('\n');
        line = new StringBuilder(indent);
      }
      line.append(word).append(' ');
    }
    return text.append(line.toString().stripTrailing()).append('\n').toString();
  }
}
