package dev.kelvin.codec;

import dev.kelvin.model.ByteSize;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.ser.std.StdSerializer;

/** {@link ByteSize} in documents: written as {@code "2GiB"}, read also from a number of bytes. */
final class ByteSizes {
  private ByteSizes() {}

  static final class Writer extends StdSerializer<ByteSize> {
    Writer() {
      super(ByteSize.class);
    }

    @Override
    public void serialize(ByteSize value, JsonGenerator out, SerializationContext context) {
      out.writeString(value.toString());
    }
  }

  static final class Reader extends StdDeserializer<ByteSize> {
    private static final long serialVersionUID = 1L;

    Reader() {
      super(ByteSize.class);
    }

    @Override
    public ByteSize deserialize(JsonParser in, DeserializationContext context) {
      String text =
          in.currentToken() == JsonToken.VALUE_NUMBER_INT
                  || in.currentToken() == JsonToken.VALUE_STRING
              ? in.getString()
              : null;
      if (text == null) {
        return (ByteSize) context.handleUnexpectedToken(getValueType(context), in);
      }
      try {
        return ByteSize.parse(text);
      } catch (IllegalArgumentException e) {
        return (ByteSize)
            context.handleWeirdStringValue(
                ByteSize.class, text, "%s", String.valueOf(e.getMessage()));
      }
    }
  }
}
