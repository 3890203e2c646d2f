package dev.kelvin.cli.command;

import dev.kelvin.api.http.EventStream;
import dev.kelvin.cli.Session;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Event;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code kelvin events}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Follows until Ctrl-C, or until the daemon ends. With -o json each event is a line of JSON, with",
      "-o yaml a document of YAML.",
      "",
      "Example:",
      "  kelvin events --object vm/web1"
    })
public final class EventsCommand extends Command {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  /** How events are written. They have no names to write alone. */
  enum Format {
    TABLE,
    JSON,
    YAML
  }

  @Option(
      names = "--after",
      paramLabel = "N",
      description =
          "Begin after this sequence number; 0 for all that are remembered. Usual: from now on.")
  @Nullable Long after;

  @Option(
      names = "--object",
      paramLabel = "KIND/NAME",
      description = "Only what happens to this object.")
  @Nullable String object;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table, json or yaml.")
  Format format = Format.TABLE;

  public EventsCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws IOException {
    try (EventStream events = session.client().events(after, object)) {
      for (var item = events.next(); item != null; item = events.next()) {
        if (item.event().equals("error")) {
          throw Documents.readTrusted(item.data().getBytes(StandardCharsets.UTF_8), Problem.class)
              .asException();
        }
        session.out().print(text(item.data()));
        if (session.out().checkError()) {
          return 0; // Whoever read it, such as head(1), has enough.
        }
      }
    }
    return 0;
  }

  private String text(String json) {
    return switch (format) {
      case TABLE -> line(event(json)) + "\n";
      case JSON -> json + "\n";
      case YAML -> "---\n" + Documents.yaml(event(json));
    };
  }

  private static Event event(String json) {
    return Documents.readTrusted(json.getBytes(StandardCharsets.UTF_8), Event.class);
  }

  private String line(Event event) {
    String time = event.time().atZone(ZoneId.systemDefault()).format(TIME);
    var style = session.style();
    return style.dim(time)
        + "  "
        + String.format("%-20s  %-22s  ", event.object(), event.type())
        + event.message();
  }
}
