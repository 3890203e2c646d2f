package dev.kelvin.qmp;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Reads a message token by token, and counts: a tree is never larger than its {@link Bounds} allow,
 * whatever the peer sends. The long texts in base64 are decoded as they are read, so that they are
 * never held as text.
 */
final class Json {
  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(200)
                          .maxStringLength(QmpClient.MAX_MESSAGE)
                          .build())
                  .build())
          .build();

  private static final JsonNodeFactory NODES = MAPPER.getNodeFactory();
  private static final Set<String> BASE64 = Set.of("buf-b64", "out-data", "err-data");

  private final JsonParser parser;
  private final Bounds bounds;
  private int tokens;

  private Json(JsonParser parser, Bounds bounds) {
    this.parser = parser;
    this.bounds = bounds;
  }

  /**
   * A message.
   *
   * @param tokens how many it has
   */
  record Message(JsonNode tree, int tokens) {}

  /**
   * Reads a line.
   *
   * @throws QmpException.ProtocolViolation when it is beyond the bounds
   * @throws JacksonException when it is not JSON
   */
  static Message read(byte[] line, int length, Bounds bounds)
      throws QmpException.ProtocolViolation {
    try (var parser = MAPPER.createParser(line, 0, length)) {
      var reader = new Json(parser, bounds);
      JsonNode tree = reader.value(reader.next(), 0, null);
      if (parser.nextToken() != null) {
        throw new QmpException.ProtocolViolation("more than one value in a line", null);
      }
      return new Message(tree, reader.tokens);
    } catch (StreamConstraintsException e) {
      throw new QmpException.ProtocolViolation("a message is beyond what it may be", e);
    }
  }

  private @Nullable JsonToken next() throws QmpException.ProtocolViolation {
    if (++tokens > bounds.tokens()) {
      throw new QmpException.ProtocolViolation(
          "a message has more than " + bounds.tokens() + " parts", null);
    }
    return parser.nextToken();
  }

  private JsonNode value(@Nullable JsonToken token, int depth, @Nullable String name)
      throws QmpException.ProtocolViolation {
    if (depth > bounds.depth()) {
      throw new QmpException.ProtocolViolation(
          "a message is nested deeper than " + bounds.depth(), null);
    }
    if (token == null) {
      return NODES.missingNode();
    }
    return switch (token) {
      case START_OBJECT -> object(depth);
      case START_ARRAY -> array(depth);
      case VALUE_STRING -> text(name);
      case VALUE_NUMBER_INT -> number();
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      case END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
          throw new IllegalStateException("no value begins with " + token);
    };
  }

  private JsonNode object(int depth) throws QmpException.ProtocolViolation {
    var object = NODES.objectNode();
    for (JsonToken token = next(); token == JsonToken.PROPERTY_NAME; token = next()) {
      String name = parser.currentName();
      object.set(name, value(next(), depth + 1, name));
    }
    return object;
  }

  private JsonNode array(int depth) throws QmpException.ProtocolViolation {
    var array = NODES.arrayNode();
    for (JsonToken token = next(); token != null && token != JsonToken.END_ARRAY; token = next()) {
      array.add(value(token, depth + 1, null));
    }
    return array;
  }

  private JsonNode text(@Nullable String name) throws QmpException.ProtocolViolation {
    if (name == null || !BASE64.contains(name)) {
      return NODES.stringNode(parser.getString());
    }
    try {
      return NODES.binaryNode(parser.getBinaryValue());
    } catch (JacksonException e) {
      throw new QmpException.ProtocolViolation("the agent sent data that is not base64", e);
    }
  }

  private JsonNode number() {
    return switch (parser.getNumberType()) {
      case INT -> NODES.numberNode(parser.getIntValue());
      case LONG -> NODES.numberNode(parser.getLongValue());
      case BIG_INTEGER, FLOAT, DOUBLE, BIG_DECIMAL -> NODES.numberNode(parser.getBigIntegerValue());
    };
  }
}
