package dev.kelvin.codec;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Memory;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.InvalidNullException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/**
 * What is wrong with a document that a user wrote, in the user's words: where, and what to write.
 */
final class Faults {
  /** What SnakeYAML says, and where: its own lines, each followed by one with a place. */
  private static final Pattern YAML_PLACE =
      Pattern.compile("(?m)^(\\S.*)\\R\\s+in .*, line (\\d+), column (\\d+)");

  private Faults() {}

  /** The problem that a parser's exception is. */
  static Problem explain(JacksonException e, String text, ObjectMapper mapper) {
    return switch (e) {
      case StreamConstraintsException limit -> Documents.tooLarge(limit.getOriginalMessage());
      case UnrecognizedPropertyException unknown -> explainUnknown(unknown);
      case InvalidFormatException value when value.getTargetType() == String.class ->
          Problem.of(Code.INVALID_ARGUMENT, "Field " + path(value) + " wants a text")
              .at(path(value))
              .because(value.getOriginalMessage())
              .remedy("put it in quotes: \"" + value.getValue() + "\"");
      case InvalidFormatException value ->
          Problem.of(
                  Code.INVALID_ARGUMENT,
                  "Field " + path(value) + " has a value that it cannot have")
              .at(path(value))
              .because(badValue(value))
              .remedy(allowed(value.getTargetType()));
      case MismatchedInputException end
          when end.getOriginalMessage().startsWith("Trailing token") ->
          Problem.of(Code.MALFORMED, "The document goes on after its end")
              .because(
                  "something follows the last bracket (line " + end.getLocation().getLineNr() + ")")
              .remedy("send one document at a time");
      case InvalidNullException hole ->
          Problem.of(Code.INVALID_ARGUMENT, "Field " + path(hole) + " has an empty place")
              .at(path(hole))
              .because("something is null in it")
              .remedy("write " + want(hole.getTargetType()) + " there, or leave the entry out");
      case InputCoercionException number ->
          Problem.of(Code.INVALID_ARGUMENT, "Field " + path(number) + " has the wrong type")
              .at(path(number))
              .because("it wants " + want(number.getTargetType()) + " that is not that large")
              .remedy(describedBy(path(number)));
      case MismatchedInputException type ->
          Problem.of(Code.INVALID_ARGUMENT, "Field " + path(type) + " has the wrong type")
              .at(path(type))
              .because("it wants " + want(type.getTargetType()))
              .remedy(meantSize(type, text, mapper).orElseGet(() -> describedBy(path(type))));
      case DatabindException other when other.getCause() instanceof ProblemException known ->
          known.problem();
      case JacksonException other -> syntax(other);
    };
  }

  /** What to write for memory that was given as a size alone: {@code memory: 2048}. */
  private static Optional<String> meantSize(
      MismatchedInputException e, String text, ObjectMapper mapper) {
    if (e.getTargetType() != Memory.class) {
      return Optional.empty();
    }
    JsonNode node;
    try {
      node = mapper.readTree(text);
    } catch (JacksonException further) {
      return Optional.empty(); // another fault follows; it is told when this one is mended
    }
    for (var step : e.getPath()) {
      node =
          step.getPropertyName() == null
              ? node.path(step.getIndex())
              : node.path(step.getPropertyName());
    }
    String size = node.isIntegralNumber() ? node.asString() + "MiB" : node.asString("");
    return size.matches("[0-9]{1,9} ?[KMGTkmgt]i?[Bb]?")
        ? Optional.of("did you mean {size: " + size + "}?")
        : Optional.empty();
  }

  /** A text that is no JSON or YAML at all. */
  static Problem syntax(JacksonException e) {
    String message = e.getOriginalMessage();
    // Of YAML the last is what is wrong; before it stands what it is in, and where that began.
    MatchResult yaml = YAML_PLACE.matcher(message).results().reduce((_, last) -> last).orElse(null);
    if (yaml == null) {
      var at = e.getLocation();
      String what = message.lines().findFirst().orElse("");
      return unreadable(
          what + (at == null ? "" : place(at.getLineNr(), at.getColumnNr())),
          "mend the syntax there");
    }
    String place = " (line " + yaml.group(2) + ", column " + yaml.group(3) + ")";
    return yaml.group(1).contains("TAB")
        ? unreadable("a tab is where YAML takes spaces alone" + place, "indent with spaces")
        : unreadable(yaml.group(1) + place, "mend the syntax there");
  }

  private static Problem unreadable(String cause, String remedy) {
    return Problem.of(Code.MALFORMED, "The document cannot be read").because(cause).remedy(remedy);
  }

  static String place(int line, int column) {
    return " (line " + line + ", column " + column + ")";
  }

  /** The fields of VMs can be told of by the command line alone; all are in the reference. */
  private static String describedBy(String path) {
    return path.startsWith("spec.") || path.startsWith("metadata.")
        ? "see what it takes: kelvin explain " + path
        : "see what it takes at /docs, or with \"kelvin explain\"";
  }

  private static Problem explainUnknown(UnrecognizedPropertyException unknown) {
    List<String> known =
        unknown.getKnownPropertyIds() == null
            ? List.of()
            : unknown.getKnownPropertyIds().stream().map(Object::toString).sorted().toList();
    String remedy =
        Names.nearest(unknown.getPropertyName(), known)
            .map(name -> "did you mean \"" + name + "\"?")
            .orElse("the fields there are: " + String.join(", ", known));
    return Problem.of(Code.INVALID_ARGUMENT, "There is no field " + path(unknown))
        .at(path(unknown))
        .because("\"" + unknown.getPropertyName() + "\" is not a field there")
        .remedy(remedy);
  }

  private static String badValue(InvalidFormatException e) {
    if (e.getTargetType() == ByteSize.class) {
      String text = e.getOriginalMessage();
      return text.substring(text.lastIndexOf(": ") + 2);
    }
    return "\"" + e.getValue() + "\" is not " + want(e.getTargetType());
  }

  private static String allowed(@Nullable Class<?> type) {
    if (type != null && type.isEnum()) {
      return "write one of: " + wireNames(type);
    }
    return "write " + want(type);
  }

  private static String want(@Nullable Class<?> type) {
    if (type == null) {
      return "a value of another type";
    } else if (type.isEnum()) {
      return "one of: " + wireNames(type);
    } else if (type == Boolean.class || type == boolean.class) {
      return "true or false";
    } else if (type == Integer.class
        || type == int.class
        || type == Long.class
        || type == long.class) {
      return "a whole number";
    } else if (type == String.class) {
      return "a text";
    } else if (type == ByteSize.class) {
      return "a size such as 512MiB";
    } else if (type == Instant.class) {
      return "a date and time such as 2026-01-31T12:00:00Z";
    } else if (List.class.isAssignableFrom(type)) {
      return "a list";
    }
    return "a group of fields";
  }

  private static String wireNames(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(Documents::word)
        .collect(Collectors.joining(", "));
  }

  /** The field's place in the document as users write it: {@code spec.disks[0].size}. */
  private static String path(JacksonException e) {
    var path = new StringBuilder();
    for (var step : e.getPath()) {
      if (step.getPropertyName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
      }
    }
    return path.isEmpty() ? "(the whole document)" : path.toString();
  }
}
