package dev.kelvin.api.http;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Server-sent events (HTML standard, section 9.2). */
public final class EventStream implements Closeable {
  private final InputStream body;
  private final BufferedReader lines;
  private String lastId = "";

  /**
   * One event.
   *
   * @param id of this one or the last before it that had one; empty when none had
   * @param event its type; {@code message} when it has none
   */
  public record Item(String id, String event, String data) {}

  public EventStream(InputStream body) {
    this.body = body;
    this.lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
  }

  /** The next event; null when the stream has ended. */
  public @Nullable Item next() throws IOException {
    String event = "message";
    StringBuilder data = null;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.isEmpty()) {
        if (data != null) {
          return new Item(lastId, event, data.toString());
        }
        event = "message";
        continue;
      }
      int colon = line.indexOf(':');
      String field = colon < 0 ? line : line.substring(0, colon);
      String value = colon < 0 ? "" : line.substring(colon + 1);
      if (value.startsWith(" ")) {
        value = value.substring(1);
      }
      switch (field) {
        case "id" -> lastId = value;
        case "event" -> event = value;
        case "data" ->
            data = data == null ? new StringBuilder(value) : data.append('\n').append(value);
        default -> {
          // Comments have an empty name; unknown fields are passed over as the standard says.
        }
      }
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    body.close();
  }
}
