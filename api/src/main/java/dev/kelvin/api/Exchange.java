package dev.kelvin.api;

import dev.kelvin.api.http.Answer;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.api.http.Request;
import dev.kelvin.api.http.TlsTransport;
import dev.kelvin.api.http.Transport;
import dev.kelvin.api.http.UnixTransport;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Sends requests and turns whatever is not a good answer into a problem. */
final class Exchange implements Closeable {
  /** How long work that goes on before an answer may keep quiet. */
  static final Duration SLOW = Duration.ofMinutes(10);

  static final String OCTETS = "application/octet-stream";

  private final Endpoint endpoint;
  private final Transport transport;

  Exchange(Endpoint endpoint) {
    this(endpoint, transport(endpoint));
  }

  Exchange(Endpoint endpoint, Transport transport) {
    this.endpoint = endpoint;
    this.transport = transport;
  }

  private static Transport transport(Endpoint endpoint) {
    return switch (endpoint) {
      case Endpoint.Local local -> new UnixTransport(local.socket());
      case Endpoint.Remote remote ->
          new TlsTransport(remote.url(), remote.token(), remote.fingerprint());
    };
  }

  static Request get(String target) {
    return Request.of("GET", target);
  }

  static Request post(String target) {
    return Request.of("POST", target);
  }

  static Request post(String target, Object json) {
    return post(target).body(json(json));
  }

  static Request delete(String target) {
    return Request.of("DELETE", target);
  }

  static Request.Body json(Object value) {
    byte[] text = Documents.json(value);
    return new Request.Body("application/json", new ByteArrayInputStream(text), text.length);
  }

  /** The open answer to a request that was granted. */
  Answer open(Request request) {
    try {
      Answer answer = transport.send(request);
      if (answer.ok()) {
        return answer;
      }
      try (answer) {
        throw Problems.of(answer.status(), answer.bytes()).asException();
      }
    } catch (IOException e) {
      throw Problems.of(endpoint, e).asException(e);
    }
  }

  /** Whether anything answers; false when nothing is there. */
  boolean answers(Request request) {
    try (Answer answer = transport.send(request)) {
      answer.bytes(); // whoever answers is not cut off in the middle
      return true;
    } catch (IOException e) {
      Problem problem = Problems.of(endpoint, e);
      if (problem.code() == Code.UNAVAILABLE) {
        return false;
      }
      throw problem.asException(e);
    }
  }

  /** What an answer complains of; empty when it is a good one. */
  Optional<Problem> complaint(Request request) {
    try (Answer answer = transport.send(request)) {
      return answer.ok()
          ? Optional.empty()
          : Optional.of(Problems.of(answer.status(), answer.bytes()));
    } catch (IOException e) {
      throw Problems.of(endpoint, e).asException(e);
    }
  }

  byte[] bytes(Request request) {
    try (Answer answer = open(request)) {
      return answer.bytes();
    } catch (IOException e) {
      throw Problems.of(endpoint, e).asException(e);
    }
  }

  void done(Request request) {
    bytes(request);
  }

  <T> T read(Request request, Class<T> type) {
    byte[] body = bytes(request);
    try {
      return Documents.readTrusted(body, type);
    } catch (JacksonException e) {
      throw Problems.unreadable(endpoint.name(), e).asException(e);
    }
  }

  <T> Page<T> page(Request request, Class<T> type) {
    byte[] body = bytes(request);
    try {
      JsonNode page = Documents.tree(body);
      var items = new ArrayList<T>();
      page.path("items").forEach(item -> items.add(Documents.readTrusted(item, type)));
      String next = page.path("next").isString() ? page.path("next").asString() : null;
      JsonNode asOf = page.path("asOf");
      return new Page<>(
          items,
          next,
          page.path("revision").asLong(0),
          asOf.isString() ? Instant.parse(asOf.asString()) : null);
    } catch (JacksonException | DateTimeParseException e) {
      throw Problems.unreadable(endpoint.name(), e).asException(e);
    }
  }

  <T> Page<T> page(String path, ListQuery query, Class<T> type) {
    return page(get(path + query.encoded()), type);
  }

  /** All objects of a list, page after page. */
  <T> List<T> all(String path, ListQuery query, Class<T> type) {
    var all = new ArrayList<T>();
    ListQuery at = query;
    while (true) {
      Page<T> page = page(path, at, type);
      all.addAll(page.items());
      String next = page.next();
      if (next == null) {
        return all;
      }
      at = at.after(next);
    }
  }

  Task task(Request request) {
    return read(request, Task.class);
  }

  InputStream stream(Request request) {
    return open(request).body();
  }

  MessageSocket upgrade(String path) {
    try {
      return transport.upgrade(path);
    } catch (Transport.UpgradeRefused refused) {
      throw Problems.of(refused.status(), refused.body()).asException(refused);
    } catch (IOException e) {
      throw Problems.of(endpoint, e).asException(e);
    }
  }

  @Override
  public void close() throws IOException {
    transport.close();
  }
}
