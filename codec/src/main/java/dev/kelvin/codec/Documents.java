package dev.kelvin.codec;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.Nulls;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.TpmVersion;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.cfg.MapperBuilder;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.introspect.AnnotationIntrospectorPair;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
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
    var texts = new SimpleModule("kelvin-texts");
    texts.addDeserializer(String.class, new Texts());
    return common(builder)
        .addModule(texts)
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
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
    ObjectMapper mapper = syntax == Syntax.JSON ? Json.STRICT : Yaml.STRICT;
    try {
      if (syntax == Syntax.YAML) {
        Yaml.refuseAliases(decoded);
      }
      T value = Texts.read(mapper, decoded, type);
      if (value == null) {
        throw empty(type).asException();
      }
      return value;
    } catch (JacksonException e) {
      throw (isEnd(e) ? empty(type) : Faults.explain(e, decoded, mapper)).asException(e);
    }
  }

  private static Problem empty(Class<?> type) {
    return Problem.of(Code.MALFORMED, "The document is empty")
        .because("there is nothing in it")
        .remedy("send a document of kind " + type.getSimpleName());
  }

  /** The word of an enum's constant in documents. */
  static String word(Object constant) {
    return Json.STRICT.convertValue(constant, String.class);
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

  static Problem tooLarge(String cause) {
    return Problem.of(Code.TOO_LARGE, "The document is too large")
        .because(cause)
        .remedy("send a smaller or flatter document");
  }
}
