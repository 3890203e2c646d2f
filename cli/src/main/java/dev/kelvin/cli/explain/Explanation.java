package dev.kelvin.cli.explain;

import dev.kelvin.api.OpenApi;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What a field of a VM's document is: for people, from the schema that ships with the program. */
public final class Explanation {
  private static final String KIND = "vm";
  private static final int WIDTH = 78;

  private final JsonNode schema = Documents.tree(OpenApi.vmSchema());

  /** Every path there is, for completion and tests; lists have {@code []} behind them. */
  public List<String> paths() {
    var paths = new ArrayList<String>();
    collect(Field.document(KIND, schema), paths);
    return List.copyOf(paths);
  }

  private static void collect(Field field, List<String> paths) {
    paths.add(field.path());
    field.children().values().forEach(child -> collect(child, paths));
  }

  /**
   * Explains a field.
   *
   * @param path such as {@code vm.spec.disks[].cache}; {@code vm.} and {@code []} may be left out,
   *     and a list may have an index
   * @throws dev.kelvin.model.ProblemException invalid-argument for what is no field
   */
  public String of(String path) {
    Field field = Field.document(KIND, schema);
    // As people copy it from a document or from a message.
    var words = new ArrayList<>(List.of(path.replaceAll("\\[\\d*]", "").split("\\.", -1)));
    if (words.getFirst().equalsIgnoreCase(KIND)) {
      words.removeFirst();
    }
    for (String word : words) {
      Field child = field.children().get(word);
      if (child == null) {
        throw unknown(path, field, word).asException();
      }
      field = child;
    }
    return text(field);
  }

  private Problem unknown(String path, Field parent, String word) {
    List<String> names = List.copyOf(parent.children().keySet());
    String base = parent.path() + (parent.isList() ? "[]" : "");
    String cause = base + " has no field " + word;
    String remedy =
        Names.nearest(word, names)
            .map(name -> base + "." + name)
            .or(() -> elsewhere(word))
            .map(name -> "did you mean " + name + "?")
            .orElse("see what there is: kelvin explain " + parent.path());
    return Problem.of(Code.INVALID_ARGUMENT, "There is no field " + path)
        .because(names.isEmpty() ? base + " has no fields in it" : cause)
        .remedy(remedy);
  }

  /** A field of this name somewhere in the document. */
  private Optional<String> elsewhere(String word) {
    return paths().stream()
        .filter(path -> path.endsWith("." + word) && !path.startsWith("vm.status"))
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
