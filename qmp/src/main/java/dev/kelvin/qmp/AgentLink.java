package dev.kelvin.qmp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * One command at a time to a guest agent. The protocol has no ids that every agent honours, and
 * what is on the way when a caller gives up arrives later; so a connection on which anything went
 * wrong is dropped, and each new one begins with {@code guest-sync-delimited}: until its own random
 * number comes back, all that is heard is of another time and thrown away.
 */
final class AgentLink implements AutoCloseable {
  private static final byte SENTINEL = (byte) 0xFF;

  private final Path socket;
  private final int limit;
  private final SecureRandom random = new SecureRandom();
  private final ReentrantLock turn = new ReentrantLock();
  private volatile @Nullable Session session;
  private volatile boolean closed;

  /**
   * @param limit the longest message that is accepted, in bytes
   */
  AgentLink(Path socket, int limit) {
    this.socket = socket;
    this.limit = limit;
  }

  /** What a caller waits for. */
  private record Expectation(Predicate<JsonNode> matches, CompletableFuture<JsonNode> message) {}

  /** One connection. What nobody waits for is dropped unread: a guest cannot fill our memory. */
  private static final class Session implements Wire.Receiver {
    final Wire wire;
    final AtomicReference<@Nullable Expectation> expected = new AtomicReference<>();
    final CompletableFuture<QmpException> end = new CompletableFuture<>();

    Session(Wire wire) {
      this.wire = wire;
    }

    @Override
    public void line(byte[] line) {
      var expectation = expected.get();
      if (expectation == null) {
        return;
      }
      JsonNode message;
      try {
        message = QmpClient.JSON.readTree(line);
      } catch (JacksonException e) {
        // The end of a message whose beginning an earlier connection took.
        return;
      }
      if (message.isObject() && expectation.matches().test(message)) {
        expected.set(null);
        expectation.message().complete(message);
      }
    }

    @Override
    public void ended(@Nullable QmpException why) {
      end.complete(why == null ? new QmpException.Disconnected("closed here", null) : why);
    }
  }

  /**
   * Runs a command.
   *
   * @param timeout for all of it: waiting for earlier commands, connecting, synchronizing, the
   *     answer
   * @return what the command returns
   */
  JsonNode call(String command, Map<String, ?> arguments, Duration timeout)
      throws QmpException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    if (!turn.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new QmpException.TimedOut(command, timeout, false);
    }
    boolean done = false;
    try {
      Session current = synchronizedSession(command, deadline, timeout);
      byte[] message = encode(command, arguments);
      JsonNode answer =
          exchange(current, command, message, any -> isAnswer(any), deadline, timeout);
      done = true;
      if (answer.has("error")) {
        JsonNode error = answer.path("error");
        throw new QmpException.CommandFailed(
            command,
            error.path("class").asString("GenericError"),
            AgentClient.text(error.path("desc")));
      }
      return answer.path("return");
    } finally {
      if (!done) {
        drop();
      }
      turn.unlock();
    }
  }

  private static boolean isAnswer(JsonNode message) {
    return message.has("return") || message.has("error");
  }

  private Session synchronizedSession(String command, long deadline, Duration timeout)
      throws QmpException, InterruptedException {
    if (closed) {
      throw new QmpException.Disconnected(command + ": the client is closed", null);
    }
    var current = session;
    if (current != null && !current.end.isDone()) {
      return current;
    }
    current = new Session(Wire.open(socket, left(deadline), limit));
    session = current;
    current.wire.start(current);
    if (closed) {
      current.wire.close();
    }
    long id = random.nextLong(1, 1L << 52);
    var bytes = new ByteArrayOutputStream();
    // Ends whatever the agent's parser holds of an earlier, cut message.
    bytes.write(SENTINEL);
    bytes.writeBytes(encode("guest-sync-delimited", Map.of("id", id)));
    exchange(
        current,
        command,
        bytes.toByteArray(),
        message -> message.path("return").asLong(0) == id,
        deadline,
        timeout);
    return current;
  }

  private JsonNode exchange(
      Session current,
      String command,
      byte[] message,
      Predicate<JsonNode> matches,
      long deadline,
      Duration timeout)
      throws QmpException, InterruptedException {
    var answer = new CompletableFuture<JsonNode>();
    current.expected.set(new Expectation(matches, answer));
    current.wire.send(command, message, left(deadline));
    try {
      CompletableFuture.anyOf(answer, current.end)
          .get(left(deadline).toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new QmpException.TimedOut(command, timeout, true);
    } catch (ExecutionException e) {
      throw new IllegalStateException("an answer is never completed exceptionally", e);
    }
    JsonNode value = answer.getNow(null);
    if (value != null) {
      return value;
    }
    QmpException why = current.end.join();
    throw switch (why) {
      case QmpException.ProtocolViolation nonsense -> nonsense;
      case QmpException.CommandFailed _, QmpException.TimedOut _, QmpException.Disconnected _ ->
          new QmpException.Disconnected(command + ": " + why.getMessage(), why);
    };
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
  }

  private static byte[] encode(String command, Map<String, ?> arguments) {
    var message = new LinkedHashMap<String, Object>();
    message.put("execute", command);
    if (!arguments.isEmpty()) {
      message.put("arguments", arguments);
    }
    return (QmpClient.JSON.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private void drop() {
    var current = session;
    session = null;
    if (current != null) {
      current.wire.close();
    }
  }

  /** A command under way gets {@link QmpException.Disconnected}. */
  @Override
  public void close() {
    closed = true;
    var current = session;
    if (current != null) {
      current.wire.close();
    }
  }
}
