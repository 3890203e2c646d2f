package dev.kelvin.api.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventStreamTest {
  private static List<EventStream.Item> read(String text) throws IOException {
    var items = new ArrayList<EventStream.Item>();
    try (var stream = new EventStream(new ByteArrayInputStream(text.getBytes(UTF_8)))) {
      for (var item = stream.next(); item != null; item = stream.next()) {
        items.add(item);
      }
    }
    return items;
  }

  @Test
  void readsEventsCommentsAndDataOfSeveralLines() throws IOException {
    assertThat(
            read(
                """
                : keep alive

                id: 7
                event: put
                data: one
                data:two
                data

                event: empty

                unknown: x\r
                data: {"a":"ü"}\r
                \r
                """))
        .containsExactly(
            new EventStream.Item("7", "put", "one\ntwo\n"),
            new EventStream.Item("7", "message", "{\"a\":\"ü\"}"));
  }

  @Test
  void anEventThatIsCutOffIsNone() throws IOException {
    assertThat(read("data: whole\n\ndata: half")).hasSize(1);
    assertThat(read("")).isEmpty();
  }
}
