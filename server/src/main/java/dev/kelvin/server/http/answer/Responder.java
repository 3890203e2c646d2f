package dev.kelvin.server.http.answer;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Task;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.http.guard.HeldBytes;
import dev.kelvin.server.http.request.MediaTypes;
import dev.kelvin.server.http.route.Route;
import dev.kelvin.server.http.route.Route.Trait;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/** Turns outcomes into answers. */
public final class Responder {
  /** What requests may have waiting whatever others have: their number is bounded, too. */
  private static final int SMALL = 64 << 10;

  private record PageDocument(
      List<?> items, @Nullable String next, long revision, @Nullable Instant asOf) {}

  private record TicketDocument(String ticket, String path, long validSeconds) {}

  private final Duration keepAlive;
  private final Live live;
  private final Encodings encodings;
  private final HeldBytes waiting;

  /**
   * One for a way to the daemon.
   *
   * @param waiting the room that answers have until their clients take them
   */
  public Responder(Duration keepAlive, Live live, Encodings encodings, HeldBytes waiting) {
    this.keepAlive = keepAlive;
    this.live = live;
    this.encodings = encodings;
    this.waiting = waiting;
  }

  /**
   * Writes an answer to its end.
   *
   * @param whenDone the status when nothing is left to say
   * @throws IOException when the client is gone
   */
  public void answer(
      Outcome outcome,
      Route route,
      int whenDone,
      Projection projection,
      Request request,
      Response response)
      throws IOException {
    var headers = response.getHeaders();
    switch (outcome) {
      case Outcome.Document(Object body, Long revision) -> {
        if (revision != null) {
          headers.put(HttpHeader.ETAG, "\"" + revision + "\"");
        }
        document(body, route.is(Trait.YAML), request, response);
      }
      case Outcome.Page(List<?> items, String next, long revision, Instant asOf) ->
          json(
              response,
              200,
              new PageDocument(items.stream().map(projection::of).toList(), next, revision, asOf));
      case Outcome.Accepted(Task task) -> {
        headers.put(HttpHeader.LOCATION, "/v1/tasks/" + task.id());
        json(response, 202, task);
      }
      case Outcome.Done() -> {
        response.setStatus(whenDone);
        Content.Sink.write(response, true, ByteBuffer.allocate(0));
      }
      case Outcome.Bytes(String type, byte[] content) -> {
        if (route.is(Trait.OPEN)) {
          send(response, 200, type, content);
        } else {
          sendOwn(response, 200, type, content);
        }
      }
      case Outcome.Download(String type, Outcome.Download.Content content) -> {
        response.setStatus(200);
        headers.put(HttpHeader.CONTENT_TYPE, type);
        if (!request.getMethod().equals("HEAD")) {
          // Not closed when it fails: the client then sees that the end is missing.
          OutputStream out = Content.Sink.asOutputStream(response);
          content.writeTo(out);
          out.close();
        }
      }
      case Outcome.Stream(Outcome.Subscription subscription) -> {
        try (subscription) {
          if (!request.getMethod().equals("HEAD")) {
            new EventStreamWriter(subscription, projection, encodings, keepAlive)
                .run(request, response, live);
          }
        }
      }
      case Outcome.Ticket(String ticket, String path, Duration validFor) ->
          json(response, 201, new TicketDocument(ticket, path, validFor.toSeconds()));
    }
  }

  private void document(Object body, boolean alsoYaml, Request request, Response response)
      throws IOException {
    if (alsoYaml) {
      response.getHeaders().put(HttpHeader.VARY, "Accept");
    }
    if (alsoYaml && MediaTypes.preferred(request.getHeaders()) == Syntax.YAML) {
      byte[] yaml = Documents.yaml(body).getBytes(StandardCharsets.UTF_8);
      sendOwn(response, 200, MediaTypes.YAML, yaml);
    } else {
      json(response, 200, body);
    }
  }

  private void json(Response response, int status, Object body) throws IOException {
    sendOwn(response, status, MediaTypes.JSON, Documents.json(body));
  }

  /** Made for this answer, unlike a page: it counts until the client has taken it. */
  private void sendOwn(Response response, int status, String type, byte[] content)
      throws IOException {
    if (content.length <= SMALL) {
      // It tells what has been done: a refusal now would have it done twice.
      send(response, status, type, content);
      return;
    }
    try (var _ = waiting.take(content.length)) {
      send(response, status, type, content);
    }
  }

  private static void send(Response response, int status, String type, byte[] content)
      throws IOException {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    Content.Sink.write(response, true, ByteBuffer.wrap(content));
  }
}
