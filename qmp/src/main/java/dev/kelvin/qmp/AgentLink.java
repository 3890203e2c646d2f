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
import java.util.concurrent.atomic.AtomicLong;
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

  /** What an agent may send beyond the answer that is waited for. */
  private static final int UNASKED = 64 << 10;

  /** What may be left in the channel of an earlier answer. */
  private static final long LEFT_OVER = Bounds.OUTPUT.sent();

  /** What an agent may hold for one message without asking the budget: room for most answers. */
  static final int OWN = 128 << 10;

  private final Path socket;
  private final Dialer dialer;
  private final Budget.Peer peer;
  private final SecureRandom random = new SecureRandom();
  private final ReentrantLock turn = new ReentrantLock();
  private volatile @Nullable Session session;
  private volatile boolean closed;

  /**
   * @param budget what all agents together may make this process hold
   */
  AgentLink(Path socket, Dialer dialer, Budget budget) {
    this.socket = socket;
    this.dialer = dialer;
    this.peer = budget.new Peer();
  }

  /** What came, and what of the budget it holds until it has been used. */
  private record Message(JsonNode tree, Budget.Share share) {}

  /** What a caller waits for. */
  private record Expectation(
      Predicate<JsonNode> matches, Bounds bounds, CompletableFuture<Message> message) {}

  /**
   * One connection. What nobody waits for is dropped unread: a guest cannot fill our memory; nor
   * can it keep us reading, since an agent that says much unasked is hung up on.
   */
  private static final class Session implements Wire.Receiver {
    final Wire wire;
    final Budget.Peer peer;
    final AtomicReference<@Nullable Expectation> expected = new AtomicReference<>();
    final AtomicLong unasked = new AtomicLong();
    final CompletableFuture<QmpException> end = new CompletableFuture<>();

    Session(Wire wire, Budget.Peer peer) {
      this.wire = wire;
      this.peer = peer;
    }

    void expect(Expectation expectation) {
      unasked.set(0);
      expected.set(expectation);
    }

    private static boolean synchronizes(@Nullable Expectation expectation) {
      return expectation != null && expectation.bounds().equals(Bounds.SYNC);
    }

    @Override
    public void heard(int bytes) throws QmpException.ProtocolViolation {
      var expectation = expected.get();
      long most =
          synchronizes(expectation)
              ? LEFT_OVER
              : UNASKED + (expectation == null ? 0L : expectation.bounds().sent());
      if (unasked.addAndGet(bytes) > most) {
        throw new QmpException.ProtocolViolation(
            "the agent sends more than it was asked for", null);
      }
    }

    @Override
    public int limit() {
      var expectation = expected.get();
      return (expectation == null ? Bounds.SYNC : expectation.bounds()).bytes();
    }

    @Override
    public int longestText() {
      var expectation = expected.get();
      return (expectation == null ? Bounds.SYNC : expectation.bounds()).text();
    }

    @Override
    public void tooLong(int limit) throws QmpException.ProtocolViolation {
      var expectation = expected.get();
      if (expectation != null && !synchronizes(expectation)) {
        throw new QmpException.ProtocolViolation(
            "an answer of the agent exceeds the limit of " + limit + " bytes", null);
      }
    }

    @Override
    public void line(byte[] line, int length)
        throws QmpException.ProtocolViolation, QmpException.Busy {
      var expectation = expected.get();
      if (expectation == null) {
        return;
      }
      var share = peer.share(expectation.bounds().cost(line, length), OWN);
      boolean handedOver = false;
      try {
        JsonNode tree = Json.read(line, length, expectation.bounds()).tree();
        if (tree.isObject() && expectation.matches().test(tree)) {
          expected.compareAndSet(expectation, null);
          handedOver = expectation.message().complete(new Message(tree, share));
        }
      } catch (JacksonException e) {
        // The end of a message whose beginning an earlier connection took.
        return;
      } catch (QmpException.ProtocolViolation e) {
        if (!synchronizes(expectation)) {
          throw e;
        }
      } finally {
        if (!handedOver) {
          share.giveBack();
        }
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
   * @throws QmpException.Busy also when the agent has not ended an earlier command until then
   */
  JsonNode call(String command, Map<String, ?> arguments, Duration timeout)
      throws QmpException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    if (!turn.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new QmpException.Busy(command + ": the agent still works on another command");
    }
    boolean done = false;
    try {
      Session current = synchronizedSession(command, deadline, timeout);
      byte[] message = encode(command, arguments);
      var answer =
          exchange(
              current,
              command,
              message,
              new Expectation(
                  AgentLink::isAnswer, Bounds.ofAgent(command), new CompletableFuture<>()),
              deadline,
              timeout);
      done = true;
      if (answer.has("error")) {
        JsonNode error = answer.path("error");
        throw new QmpException.CommandFailed(
            command,
            Texts.shown(error.path("class").asString("GenericError")),
            Texts.shown(error.path("desc").asString("")));
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
    if (current != null) {
      if (!current.end.isDone()) {
        return current;
      }
      session = null;
      if (current.end.join() instanceof QmpException.ProtocolViolation meanwhile) {
        throw meanwhile;
      }
    }
    current = new Session(Wire.open(socket, left(deadline), dialer, peer), peer);
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
        new Expectation(
            message -> message.path("return").asLong(0) == id,
            Bounds.SYNC,
            new CompletableFuture<>()),
        deadline,
        timeout);
    return current;
  }

  private JsonNode exchange(
      Session current,
      String command,
      byte[] message,
      Expectation expectation,
      long deadline,
      Duration timeout)
      throws QmpException, InterruptedException {
    var answer = expectation.message();
    current.expect(expectation);
    try {
      current.wire.send(command, message, null, left(deadline));
      CompletableFuture.anyOf(answer, current.end)
          .get(left(deadline).toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      if (answer.cancel(false)) {
        throw new QmpException.TimedOut(command, timeout, true);
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("an answer is never completed exceptionally", e);
    } finally {
      // Also what comes at the last moment holds its share no longer.
      if (!answer.cancel(false)) {
        answer.join().share().giveBack();
      }
    }
    if (!answer.isCancelled()) {
      return answer.join().tree();
    }
    QmpException why = current.end.join();
    throw switch (why) {
      case QmpException.ProtocolViolation nonsense -> nonsense;
      case QmpException.Busy busy -> busy;
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
    return (Json.MAPPER.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
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
