package dev.kelvin.codec;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.Nulls;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.TpmVersion;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.MapperBuilder;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.InvalidNullException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.introspect.AnnotationIntrospectorPair;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.type.LogicalType;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLParser;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/**
 * Reads and writes documents. What users send is read strictly: an unknown field, a wrong type, a
 * field given twice, text that is not UTF-8, more than {@value #MAX_BYTES} bytes, {@value
 * #MAX_DEPTH} levels or {@value #MAX_TOKENS} names, values and brackets are refused with a problem
 * that names the field. What other versions of Kelvin send is read leniently: unknown fields are
 * passed over.
 */
public final class Documents {
  /** The largest document that is read, in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  /** The deepest nesting that is read. */
  public static final int MAX_DEPTH = 32;

  /** The most names, values and brackets that are read: what is made of them takes memory. */
  public static final int MAX_TOKENS = 50_000;

  /** How a document is written down. */
  public enum Syntax {
    JSON,
    YAML
  }

  private static final StreamReadConstraints LIMITS =
      StreamReadConstraints.builder()
          .maxNestingDepth(MAX_DEPTH)
          .maxDocumentLength(MAX_BYTES)
          .maxTokenCount(MAX_TOKENS)
          .maxStringLength(MAX_BYTES)
          .maxNumberLength(64)
          .build();

  private Documents() {}

  /** Not ready before something is read or written: the command line often does neither. */
  private static final class Trusted {
    static final ObjectMapper JSON =
        common(JsonMapper.builder())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
  }

  /** What users wrote is read by the daemon, and by few commands. */
  private static final class Json {
    static final ObjectMapper STRICT =
        strict(
                JsonMapper.builder(
                    JsonFactory.builder()
                        .streamReadConstraints(LIMITS)
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build()))
            .build();
  }

  /** YAML is read by few commands only; its parser is loaded when one does. */
  private static final class Yaml {
    static final ObjectMapper STRICT =
        strict(
                YAMLMapper.builder(
                    YAMLFactory.builder()
                        .streamReadConstraints(LIMITS)
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                        .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                        .stringQuotingChecker(new YamlQuoting())
                        .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                        .build()))
            .build();

    /** The parser takes an alias for a text, namely the name of its anchor. */
    static void refuseAliases(String text) {
      if (text.indexOf('*') < 0) {
        return;
      }
      try (JsonParser parser = STRICT.createParser(text)) {
        while (parser.nextToken() != null) {
          if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw Problem.of(Code.MALFORMED, "The document has an alias, *" + parser.getString())
                .because(
                    "it is in line "
                        + parser.currentTokenLocation().getLineNr()
                        + "; aliases of YAML are not read, since few of them can stand for very much")
                .remedy(
                    "write the value there that it stands for; a text that begins with * in quotes")
                .asException();
          }
        }
      }
    }
  }

  private static <M extends ObjectMapper, B extends MapperBuilder<M, B>> B strict(B builder) {
    return common(builder)
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .withCoercionConfig(
            LogicalType.Textual,
            texts -> {
              texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail);
              texts.setCoercion(CoercionInputShape.Float, CoercionAction.Fail);
              texts.setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
            })
        .changeDefaultNullHandling(nulls -> nulls.withContentNulls(Nulls.FAIL))
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS);
  }

  private static <M extends ObjectMapper, B extends MapperBuilder<M, B>> B common(B builder) {
    var sizes = new SimpleModule("kelvin");
    sizes.addSerializer(ByteSize.class, new ByteSizes.Writer());
    sizes.addDeserializer(ByteSize.class, new ByteSizes.Reader());
    sizes.addDeserializer(TpmVersion.class, new TpmVersions());
    sizes.setValueInstantiators(new Constructors());
    return builder
        .addModule(sizes)
        .annotationIntrospector(
            new AnnotationIntrospectorPair(new WireNames(), new JacksonAnnotationIntrospector()))
        .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
        // A record's components are its fields; a method such as isMicrovm is a question about
        // them.
        .changeDefaultVisibility(
            seen -> seen.withIsGetterVisibility(JsonAutoDetect.Visibility.NONE))
        .changeDefaultPropertyInclusion(value ->
            value.withValueInclusion(
                com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL));
  }

  /**
   * Reads what a user wrote.
   *
   * @throws ProblemException malformed when it cannot be parsed, invalid-argument when a field is
   *     unknown or has a wrong type, too-large when it exceeds a limit
   */
  public static <T> T read(byte[] text, Syntax syntax, Class<T> type) {
    if (text.length > MAX_BYTES) {
      throw tooLarge("it has " + text.length + " bytes; the limit is " + MAX_BYTES).asException();
    }
    String decoded = utf8(text);
    if (decoded.isBlank()) {
      throw empty(type).asException();
    }
    try {
      if (syntax == Syntax.YAML) {
        Yaml.refuseAliases(decoded);
      }
      T value = (syntax == Syntax.JSON ? Json.STRICT : Yaml.STRICT).readValue(decoded, type);
      if (value == null) {
        throw empty(type).asException();
      }
      return value;
    } catch (JacksonException e) {
      throw (isEnd(e) ? empty(type) : explain(e)).asException(e);
    }
  }

  private static Problem empty(Class<?> type) {
    return Problem.of(Code.MALFORMED, "The document is empty")
        .because("there is nothing in it")
        .remedy("send a document of kind " + type.getSimpleName());
  }

  /** Whether the text has no value at all, such as one of comments only. */
  private static boolean isEnd(JacksonException e) {
    return e instanceof MismatchedInputException
        && e.getPath().isEmpty()
        && e.getOriginalMessage().startsWith("No content");
  }

  /** Reads what another part or version of Kelvin wrote. */
  public static <T> T readTrusted(byte[] json, Class<T> type) {
    return Trusted.JSON.readValue(json, type);
  }

  /** Reads a document that is a part of some bytes. */
  public static <T> T readTrusted(byte[] json, int offset, int length, Class<T> type) {
    return Trusted.JSON.readValue(json, offset, length, type);
  }

  public static <T> T readTrusted(JsonNode json, Class<T> type) {
    return Trusted.JSON.treeToValue(json, type);
  }

  /** A JSON tree of what another part or version of Kelvin wrote. */
  public static JsonNode tree(byte[] json) {
    return Trusted.JSON.readTree(json);
  }

  public static JsonNode tree(Object value) {
    return Trusted.JSON.valueToTree(value);
  }

  public static byte[] json(Object value) {
    return Trusted.JSON.writeValueAsBytes(value);
  }

  public static String prettyJson(Object value) {
    return Trusted.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value);
  }

  public static String yaml(Object value) {
    return Yaml.STRICT.writeValueAsString(value);
  }

  private static String utf8(byte[] text) {
    try {
      String decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
      // Some editors write a byte order mark; RFC 8259 lets a reader pass over it.
      return decoded.startsWith("\uFEFF") ? decoded.substring(1) : decoded;
    } catch (CharacterCodingException e) {
      throw Problem.of(Code.MALFORMED, "The document is not UTF-8 text")
          .because("it has bytes that no UTF-8 text has")
          .remedy("save it as UTF-8")
          .asException(e);
    }
  }

  private static Problem tooLarge(String cause) {
    return Problem.of(Code.TOO_LARGE, "The document is too large")
        .because(cause)
        .remedy("send a smaller or flatter document");
  }

  private static Problem explain(JacksonException e) {
    return switch (e) {
      case StreamConstraintsException limit -> tooLarge(limit.getOriginalMessage());
      case UnrecognizedPropertyException unknown -> explainUnknown(unknown);
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
              .remedy(describedBy(path(type)));
      case DatabindException other when other.getCause() instanceof ProblemException known ->
          known.problem();
      case JacksonException other ->
          Problem.of(Code.MALFORMED, "The document cannot be read")
              .because(
                  other.getOriginalMessage().lines().findFirst().orElse("")
                      + " (line "
                      + other.getLocation().getLineNr()
                      + ", column "
                      + other.getLocation().getColumnNr()
                      + ")")
              .remedy("mend the syntax there");
    };
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
    } else if (List.class.isAssignableFrom(type)) {
      return "a list";
    }
    return "a group of fields";
  }

  private static String wireNames(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(constant -> Json.STRICT.convertValue(constant, String.class))
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
