package dev.kelvin.cli;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task.TaskState;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/** A daemon that answers what a test says, on a Unix socket as the real one does. */
public final class FakeDaemon implements Closeable {
  /** A request as it came: {@code METHOD /path?query}, its head and its body. */
  public record Call(String line, String head, String body) {}

  /** What is answered. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
  public record Reply(int status, String type, byte[] body) {
    public static Reply json(int status, Object value) {
      return new Reply(status, "application/json", Documents.json(value));
    }

    public static Reply text(String text) {
      return new Reply(200, "text/plain", text.getBytes(StandardCharsets.UTF_8));
    }

    public static Reply problem(Problem problem) {
      return new Reply(
          problem.code().httpStatus(), "application/problem+json", Documents.json(problem));
    }

    public static Reply empty(int status) {
      return new Reply(status, "", new byte[0]);
    }
  }

  /** Makes an answer. */
  @FunctionalInterface
  public interface Route {
    Reply answer(Call call) throws Exception;
  }

  /** Takes a connection over, after the head of its request. */
  @FunctionalInterface
  public interface Takeover {
    void play(Call call, InputStream in, OutputStream out) throws Exception;
  }

  private final ServerSocketChannel server;
  private final Thread acceptor = Thread.ofVirtual().name("fake-daemon").unstarted(this::accept);
  private final Map<String, Deque<Route>> routes = new ConcurrentHashMap<>();
  private final Map<String, Takeover> takeovers = new ConcurrentHashMap<>();
  private final Map<String, Runnable> afterwards = new ConcurrentHashMap<>();
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  public FakeDaemon(Path home) throws IOException {
    this(home, daemon -> {});
  }

  /** A daemon that knows its answers before the first request comes. */
  public FakeDaemon(Path home, Consumer<FakeDaemon> answers) throws IOException {
    Path socket = home.resolve("run/api.sock");
    Files.createDirectories(socket.getParent());
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    on("GET /healthz", Reply.json(200, Map.of("status", "ok")));
    answers.accept(this);
    acceptor.start();
  }

  /** Answers a request, its query included, always in this way, or after the ways added before. */
  public FakeDaemon on(String line, Reply reply) {
    return on(line, call -> reply);
  }

  public FakeDaemon on(String line, Route route) {
    routes.computeIfAbsent(line, key -> new ConcurrentLinkedDeque<>()).add(route);
    return this;
  }

  /** Answers a request with a task that has ended well when it is looked at. */
  public void task(String line, String id, String type, String object) {
    on(line, Reply.json(202, Things.task(id, type, object, TaskState.RUNNING)));
    on("GET /v1/tasks/" + id, Reply.json(200, Things.task(id, type, object, TaskState.SUCCEEDED)));
  }

  /** Has no image of that name the next time that somebody asks. */
  public void noImage(String name) {
    on(
        "GET /v1/images/" + name,
        Reply.problem(Problem.of(Code.NOT_FOUND, "no").on("image/" + name)));
  }

  /** Is on a host that was found to be so. */
  public void doctor(List<? extends Map<String, ?>> checks, String... missingPackages) {
    on(
        "GET /v1/doctor",
        Reply.json(
            200,
            Map.of(
                "host",
                "h",
                "accelerator",
                "tcg",
                "checks",
                checks,
                "missingPackages",
                List.of(missingPackages),
                "checkedAt",
                "2026-11-21T12:00:00Z")));
  }

  /** Forgets how a request was answered. */
  public FakeDaemon off(String line) {
    routes.remove(line);
    return this;
  }

  /** Does something right after such a request was answered. */
  public FakeDaemon after(String line, Runnable action) {
    afterwards.put(line, action);
    return this;
  }

  public FakeDaemon takeOver(String line, Takeover takeover) {
    takeovers.put(line, takeover);
    return this;
  }

  /** All requests that came, without the looks that whoever waits takes again and again. */
  public List<String> lines() {
    return calls.stream().map(Call::line).filter(line -> !line.equals("GET /healthz")).toList();
  }

  /** The bodies that came with a request. */
  public List<String> bodies(String line) {
    return calls.stream().filter(call -> call.line().equals(line)).map(Call::body).toList();
  }

  /** What went wrong here; tests look that it is nothing. */
  public List<Throwable> failures() {
    return List.copyOf(failures);
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        if (server.isOpen()) {
          failures.add(e);
        }
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      InputStream in = Channels.newInputStream(client);
      OutputStream out = Channels.newOutputStream(client);
      String head = head(in);
      if (head.isEmpty()) {
        return;
      }
      String line = head.substring(0, head.indexOf(" HTTP/1.1"));
      Takeover takeover = takeovers.get(line);
      if (takeover != null) {
        var call = new Call(line, head, "");
        calls.add(call);
        takeover.play(call, in, out);
        return;
      }
      var call = new Call(line, head, body(head, in));
      calls.add(call);
      write(out, answer(call));
      afterwards.getOrDefault(line, () -> {}).run();
    } catch (Exception | AssertionError e) {
      failures.add(e);
    }
  }

  private Reply answer(Call call) throws Exception {
    Deque<Route> ways = routes.get(call.line());
    if (ways == null) {
      failures.add(new IllegalStateException("nothing is there for " + call.line()));
      return Reply.empty(501);
    }
    Route way = ways.size() > 1 ? ways.removeFirst() : ways.getFirst();
    return way.answer(call);
  }

  private static void write(OutputStream out, Reply reply) throws IOException {
    String head =
        "HTTP/1.1 %d x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(reply.status(), reply.type(), reply.body().length);
    out.write(head.getBytes(StandardCharsets.US_ASCII));
    out.write(reply.body());
  }

  private static String head(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      if (c < 0) {
        return "";
      }
      head.append((char) c);
    }
    return head.toString();
  }

  private static String body(String head, InputStream in) throws IOException {
    if (head.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked")) {
      return chunks(in);
    }
    for (String line : head.lines().toList()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        int length = Integer.parseInt(line.substring(15).strip());
        return new String(in.readNBytes(length), StandardCharsets.UTF_8);
      }
    }
    return "";
  }

  @Override
  public void close() throws IOException {
    server.close();
    try {
      acceptor.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A body of which the length was not known: pieces, each after a line with its length. */
  private static String chunks(InputStream in) throws IOException {
    var body = new ByteArrayOutputStream();
    while (true) {
      int length = Integer.parseInt(line(in), 16);
      body.write(in.readNBytes(length));
      line(in);
      if (length == 0) {
        return body.toString(StandardCharsets.UTF_8);
      }
    }
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      line.append((char) c);
    }
    return line.toString().strip();
  }
}
