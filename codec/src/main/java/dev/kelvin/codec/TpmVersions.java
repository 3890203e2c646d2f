package dev.kelvin.codec;

import dev.kelvin.model.spec.TpmVersion;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.std.StdDeserializer;

/** {@link TpmVersion} in documents: what people write without quotes is a number to YAML. */
final class TpmVersions extends StdDeserializer<TpmVersion> {
  private static final long serialVersionUID = 1L;

  TpmVersions() {
    super(TpmVersion.class);
  }

  @Override
  public TpmVersion deserialize(JsonParser in, DeserializationContext context) {
    boolean scalar =
        in.currentToken() == JsonToken.VALUE_NUMBER_FLOAT
            || in.currentToken() == JsonToken.VALUE_STRING;
    if (!scalar) {
      return (TpmVersion) context.handleUnexpectedToken(getValueType(context), in);
    }
    String text = in.getString();
    for (TpmVersion version : TpmVersion.values()) {
      if (version.wire().equals(text)) {
        return version;
      }
    }
    return (TpmVersion)
        context.handleWeirdStringValue(TpmVersion.class, text, "not a version of TPM");
  }
}
