package dev.kelvin.codec;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.WireName;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.jr.ob.JSON;
import tools.jackson.jr.ob.JSONObjectException;
import tools.jackson.jr.ob.JacksonJrExtension;
import tools.jackson.jr.ob.api.ExtensionContext;
import tools.jackson.jr.ob.api.ReaderWriterProvider;
import tools.jackson.jr.ob.api.ValueReader;
import tools.jackson.jr.ob.impl.JSONReader;

/**
 * Reads what a daemon answers, as {@link Documents#readTrusted(byte[], Class)} does, but for
 * programs that end after one answer. To get ready, Jackson's databind takes several times what the
 * rest of such a program takes; its small sister gets ready for one type at a time. It knows no
 * more than records, lists, maps and plain values; a test reads all kinds of documents with both.
 */
public final class Answers {
  private static final JSON READER = JSON.builder().register(new Extension()).build();

  private static final byte[] NONE = "{\"items\":[]}".getBytes(StandardCharsets.US_ASCII);

  private Answers() {}

  /**
   * A page of a list.
   *
   * @param next where the next page begins; null on the last one
   * @param revision 0 where none is told
   * @param asOf null where none is told
   */
  public record Listing<T>(
      List<T> items, @Nullable String next, long revision, @Nullable Instant asOf) {
    public Listing {
      items = List.copyOf(items);
    }
  }

  /** Gets ready to read objects of a type, which otherwise the first one that is read has to. */
  public static void prepare(Class<?> type) {
    list(NONE, type);
  }

  /**
   * Reads one object. Fields that are not known are passed over.
   *
   * @throws tools.jackson.core.JacksonException when it is no document of this type
   */
  public static <T> T read(byte[] json, Class<T> type) {
    return READER.beanFrom(type, json);
  }

  /**
   * Reads a page of objects.
   *
   * @throws tools.jackson.core.JacksonException when it is no list of this type
   */
  public static <T> Listing<T> list(byte[] json, Class<T> type) {
    List<T> items = List.of();
    String next = null;
    long revision = 0;
    Instant asOf = null;
    try (JsonParser in = READER.createParser(json)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw JSONObjectException.from(in, "it is no page of a list");
      }
      for (String name = in.nextName(); name != null; name = in.nextName()) {
        JsonToken value = in.nextToken();
        switch (name) {
          case "items" -> {
            if (value != JsonToken.VALUE_NULL) {
              items = READER.listOfFrom(type, in);
            }
          }
          case "next" -> next = value == JsonToken.VALUE_STRING ? in.getString() : null;
          case "revision" -> revision = in.getValueAsLong();
          case "asOf" -> asOf = value == JsonToken.VALUE_STRING ? instant(in) : null;
          default -> in.skipChildren();
        }
      }
    }
    return new Listing<>(items, next, revision, asOf);
  }

  private static final class Extension extends JacksonJrExtension {
    @Override
    protected void register(ExtensionContext context) {
      context.insertProvider(new Readers());
    }
  }

  /** Reads what is a text in documents and something else in the model. */
  private static final class Readers extends ReaderWriterProvider {
    @Override
    public @Nullable ValueReader findValueReader(JSONReader context, Class<?> type) {
      if (type == Instant.class) {
        return new OfText(type, Instant::parse);
      } else if (type == ByteSize.class) {
        return new OfText(type, ByteSize::parse);
      } else if (type.isEnum() && WireName.class.isAssignableFrom(type)) {
        Object[] constants = type.getEnumConstants();
        return new OfText(type, text -> constant(constants, text));
      }
      return null;
    }

    private static Object constant(Object[] constants, String text) {
      for (Object constant : constants) {
        if (((WireName) constant).wire().equals(text)) {
          return constant;
        }
      }
      throw new IllegalArgumentException("it has no value " + text);
    }
  }

  private static @Nullable Instant instant(JsonParser in) {
    return (@Nullable Instant) new OfText(Instant.class, Instant::parse).read(in);
  }

  /** A value that is made of a text or a number. */
  private static final class OfText extends ValueReader {
    private final Function<String, Object> make;

    OfText(Class<?> type, Function<String, Object> make) {
      super(type);
      this.make = make;
    }

    @Override
    public @Nullable Object read(JSONReader reader, JsonParser in) {
      return read(in);
    }

    private @Nullable Object read(JsonParser in) {
      if (in.currentToken() == JsonToken.VALUE_NULL) {
        return null;
      }
      try {
        return make.apply(in.getString());
      } catch (IllegalArgumentException | DateTimeParseException e) {
        throw JSONObjectException.from(in, e, "%s is no %s", _tokenDesc(in), _valueTypeDesc());
      }
    }
  }
}
