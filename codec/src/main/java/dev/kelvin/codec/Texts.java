package dev.kelvin.codec;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Problem.Violation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * Texts in what users write: what YAML's core schema (YAML 1.2.2, 10.3.2) takes for a number or a
 * truth is refused, since another reader would make something else of it: {@code 1.10} is the
 * number 1.1. The refusal has the text as it was written.
 */
final class Texts extends StdDeserializer<String> {
  private static final long serialVersionUID = 1L;

  /** Whoever made more mistakes has these to begin with. */
  private static final int MOST_TOLD = 20;

  /** Of a reader: the document, to see whether a text is in quotes there. */
  private static final String DOCUMENT = Texts.class.getName();

  /** What the parser leaves as a text, though it is a number by the core schema. */
  private static final Pattern NUMBER =
      Pattern.compile(
          "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
              + "|[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?"
              + "|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");

  Texts() {
    super(String.class);
  }

  /** Whether a text would be a number without quotes. */
  static boolean isNumber(String text) {
    return NUMBER.matcher(text).matches();
  }

  /**
   * Reads a document; of texts that are none all are told at once.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument
   * @throws tools.jackson.core.JacksonException for anything else
   */
  static <T> @Nullable T read(ObjectMapper mapper, String document, Class<T> type) {
    var written = new Written(document);
    T value = mapper.readerFor(type).withAttribute(DOCUMENT, written).readValue(document);
    if (!written.found.isEmpty()) {
      Violation first = written.found.getFirst();
      int count = written.found.size();
      throw Problem.of(
              Code.INVALID_ARGUMENT,
              count == 1
                  ? "Field " + first.field() + " wants a text"
                  : count + " fields want a text")
          .at(first.field())
          .because(first.cause())
          .remedy(first.remedy())
          .violations(written.found)
          .asException();
    }
    return value;
  }

  @Override
  public @Nullable String deserialize(JsonParser in, DeserializationContext context) {
    JsonToken token = in.currentToken();
    if (token == JsonToken.VALUE_STRING) {
      String text = in.getString();
      if (in instanceof YAMLParser
          && NUMBER.matcher(text).matches()
          && isPlain(in, context, text)) {
        return misread(in, context, text, "number");
      }
      return text;
    } else if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
      return misread(in, context, in.getString(), "truth value");
    } else if (token.isNumeric()) {
      return misread(in, context, in.getString(), "number");
    }
    return (@Nullable String) context.handleUnexpectedToken(getValueType(context), in);
  }

  private static String misread(
      JsonParser in, DeserializationContext context, String text, String kind) {
    String cause = text + " is a " + kind + " as it stands there, and a text is wanted";
    if (!(context.getAttribute(DOCUMENT) instanceof Written document)) {
      throw InvalidFormatException.from(in, cause, text, String.class);
    }
    if (document.found.size() < MOST_TOLD) {
      document.found.add(
          new Violation(
              place(in.streamReadContext()), cause, "put it in quotes: \"" + text + "\""));
    }
    return text;
  }

  /** The field's place as users write it: {@code spec.disks[0].serial}. */
  private static String place(TokenStreamContext context) {
    var parts = new ArrayDeque<String>();
    for (TokenStreamContext at = context; at != null; at = at.getParent()) {
      if (at.inArray()) {
        parts.addFirst("[" + at.getCurrentIndex() + "]");
      } else if (at.inObject()) {
        parts.addFirst("." + at.currentName());
      }
    }
    String path = String.join("", parts);
    return path.startsWith(".") ? path.substring(1) : path;
  }

  /** Whether the text stands in the document as it is, and not in quotes or a block. */
  private static boolean isPlain(JsonParser in, DeserializationContext context, String text) {
    return context.getAttribute(DOCUMENT) instanceof Written document
        && document.hasAt(in.currentTokenLocation().getCharOffset(), text);
  }

  /** A document of which places are told in code points, as the parser of YAML counts. */
  private static final class Written {
    private final String text;
    private final List<Violation> found = new ArrayList<>();
    private int @Nullable [] points;

    Written(String text) {
      this.text = text;
    }

    boolean hasAt(long place, String wanted) {
      int[] all = points == null ? text.codePoints().toArray() : points;
      points = all;
      if (place < 0 || place + wanted.length() > all.length) {
        return false;
      }
      // A number has no characters beyond ASCII.
      return IntStream.range(0, wanted.length())
          .allMatch(i -> all[(int) place + i] == wanted.charAt(i));
    }
  }
}
