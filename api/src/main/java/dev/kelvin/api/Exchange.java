package dev.kelvin.api;

import dev.kelvin.api.http.Answer;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.api.http.Request;
import dev.kelvin.api.http.TlsTransport;
import dev.kelvin.api.http.Transport;
import dev.kelvin.api.http.UnixTransport;
import dev.kelvin.codec.Answers;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.UnreadableAnswer;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
    // A switch over types is linked at run time by classes that no AOT cache holds.
    return endpoint instanceof Endpoint.Remote remote
        ? new TlsTransport(remote.url(), remote.token(), remote.fingerprint())
        : new UnixTransport(((Endpoint.Local) endpoint).socket());
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
      return Answers.read(body, type);
    } catch (UnreadableAnswer e) {
      throw Problems.unreadable(endpoint.name(), e).asException(e);
    }
  }

  <T> Page<T> page(Request request, Class<T> type) {
    byte[] body = bytes(request);
    try {
      Answers.Listing<T> page = Answers.list(body, type);
      return new Page<>(page.items(), page.next(), page.revision(), page.asOf());
    } catch (UnreadableAnswer e) {
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
