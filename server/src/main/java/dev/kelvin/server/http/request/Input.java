package dev.kelvin.server.http.request;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.http.guard.DocumentRoom;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** What a request says, read strictly. */
public final class Input {
  private static final Problem UNREADABLE =
      Problem.of(Code.MALFORMED, "The request ended before all of it had arrived")
          .remedy("send it again");

  private final Request request;
  private final Map<String, String> path;
  private final QueryParameters query;
  private final Room room;

  /**
   * How large documents may be, and where they wait.
   *
   * @param client who sends them, told apart by {@code equals}
   */
  public record Room(DocumentRoom documents, Object client) {}

  public Input(Request request, Map<String, String> path, QueryParameters query, Room room) {
    this.request = request;
    this.path = path;
    this.query = query;
    this.room = room;
  }

  /** The part of the path that the route's template calls {@code name}. */
  public String path(String name) {
    return Objects.requireNonNull(path.get(name), name);
  }

  public QueryParameters query() {
    return query;
  }

  /** A JSON document, which must be there. */
  public <T> T json(Class<T> type) {
    return document(type, false, null);
  }

  /** A JSON document, or {@code absent} when the request has no body. */
  public <T> T json(Class<T> type, T absent) {
    return document(type, false, absent);
  }

  /** A document in JSON or YAML, as the Content-Type says. */
  public <T> T jsonOrYaml(Class<T> type) {
    return document(type, true, null);
  }

  private <T> T document(Class<T> type, boolean yamlToo, @Nullable T absent) {
    refuseEncoded();
    int most = room.documents().largest();
    long length = request.getLength();
    if (length > most) {
      throw tooLarge(length + " bytes were announced");
    }
    // As long as it is read: what is made of it is no larger than the limit of its parts allows.
    try (var place = room.documents().placeFor(room.client())) {
      return parse(body(place), type, yamlToo, absent);
    }
  }

  private <T> T parse(byte[] body, Class<T> type, boolean yamlToo, @Nullable T absent) {
    if (body.length == 0) {
      if (absent != null) {
        return absent;
      }
      throw Problem.of(Code.MALFORMED, "The request has no body")
          .because("this operation wants a document")
          .remedy("send one; see /docs for its fields")
          .asException();
    }
    String contentType = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    String essence = MediaTypes.essence(contentType);
    Syntax syntax = essence == null ? Syntax.JSON : MediaTypes.syntax(essence);
    if (syntax == null || (syntax == Syntax.YAML && !yamlToo)) {
      throw unsupported(
          "it is " + essence,
          yamlToo
              ? "send Content-Type: application/json or application/yaml"
              : "send Content-Type: application/json");
    } else if (MediaTypes.otherCharset(contentType)) {
      throw unsupported("its character set is not UTF-8", "send UTF-8");
    }
    return Documents.read(body, syntax, type);
  }

  /** Makes sure that nothing is sent to an operation that has nothing to read. */
  public void nothing() {
    json(Bodies.Nothing.class, Bodies.Nothing.NONE);
  }

  private byte[] body(DocumentRoom.Place place) {
    int most = room.documents().largest();
    try {
      byte[] body = place.read(stream());
      if (body.length > most) {
        throw tooLarge("it goes on after " + most + " bytes");
      }
      return body;
    } catch (IOException e) {
      throw UNREADABLE.because(e.toString()).asException(e);
    }
  }

  /**
   * The bytes of a file, to be read once. Reading throws an IOException when the client goes away
   * before the end.
   */
  public InputStream upload() {
    refuseEncoded();
    String essence = MediaTypes.essence(request.getHeaders().get(HttpHeader.CONTENT_TYPE));
    if (essence != null && !essence.equals(MediaTypes.BYTES)) {
      throw unsupported("it is " + essence, "send Content-Type: application/octet-stream");
    }
    return stream();
  }

  /** Closing it does nothing: Jetty would break the connection instead of sending the answer. */
  private InputStream stream() {
    return new FilterInputStream(Content.Source.asInputStream(request)) {
      @Override
      public void close() {}
    };
  }

  /** How many bytes the body has as announced; -1 when it was not. */
  public long length() {
    return request.getLength();
  }

  private void refuseEncoded() {
    String encoding = request.getHeaders().get(HttpHeader.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw unsupported("its Content-Encoding is " + encoding, "send it as it is");
    }
  }

  /** The revision in If-Match; null without one and for {@code *}. */
  public @Nullable Long ifMatch() {
    List<String> values = request.getHeaders().getValuesList(HttpHeader.IF_MATCH);
    if (values.isEmpty() || values.equals(List.of("*"))) {
      return null;
    }
    String value = String.join(", ", values);
    if (value.matches("\"[0-9]{1,18}\"")) {
      return Long.valueOf(value.substring(1, value.length() - 1));
    }
    throw Problem.of(Code.INVALID_ARGUMENT, "If-Match is not valid")
        .at("If-Match")
        .because("it is " + value + ", which is not an ETag of Kelvin")
        .remedy("send the ETag of the object as it was read, such as \"42\"")
        .asException();
  }

  /** The last event that the client has seen; null when it does not say. */
  public @Nullable Long lastEventId() {
    String value = request.getHeaders().get("Last-Event-ID");
    if (value == null || value.isEmpty()) {
      return null;
    } else if (value.matches("[0-9]{1,18}")) {
      return Long.valueOf(value);
    }
    throw Problem.of(Code.INVALID_ARGUMENT, "Last-Event-ID is not valid")
        .at("Last-Event-ID")
        .because("\"" + value + "\" is not an id of an event of Kelvin")
        .remedy("send the id of the last event as it came, or leave the header out")
        .asException();
  }

  private static ProblemException unsupported(String cause, String remedy) {
    return Problem.of(Code.UNSUPPORTED_MEDIA_TYPE, "The body cannot be read")
        .because(cause)
        .remedy(remedy)
        .asException();
  }

  private ProblemException tooLarge(String cause) {
    return Problem.of(Code.TOO_LARGE, "The document is too large")
        .because(cause + "; the limit is " + room.documents().largest())
        .remedy("send a smaller document")
        .asException();
  }
}
