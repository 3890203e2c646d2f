package dev.kelvin.qmp;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A connection to one QEMU by the QEMU Machine Protocol (docs/interop/qmp-spec of QEMU).
 *
 * <p>Commands of several threads may be under way at once; each answer is given to its caller by
 * id. An answer that comes after its caller gave up is dropped. Events of one name are heard so
 * often only (see {@link EventRates}) and wait in a bounded queue (see {@link EventQueue} for what
 * is dropped when); answers never do. When the connection ends, every caller that waits gets {@link
 * QmpException.Disconnected}, then the listener hears {@link QmpListener#closed}. A message beyond
 * its {@link Bounds}, or one that is no JSON object, ends the connection.
 */
public final class QmpClient implements AutoCloseable {
  /**
   * The longest message that is accepted, in bytes, and only in answer to a request for the schema,
   * which has 200 KB; others are held to much less (see {@link Bounds}).
   */
  public static final int MAX_MESSAGE = 4 << 20;

  /** What a QEMU may hold for one message without asking the budget: room for most answers. */
  static final int OWN = 128 << 10;

  private static final int MAX_DESCRIPTION = 4096;

  /** How much may be read of what is no message at all. */
  private static final int NOISE = 2 * MAX_MESSAGE;

  /** Answers that nobody waits for and the like: those that come late are few. */
  private static final int UNASKED = 1000;

  private static final int UNASKED_PER_SECOND = 20;

  private static final System.Logger LOG = System.getLogger(QmpClient.class.getName());

  private sealed interface Reply {
    record Answer(JsonNode value, Budget.@Nullable Share share) implements Reply {}

    record Refusal(String errorClass, String description) implements Reply {}

    record NoRoom(QmpException.Busy why) implements Reply {}

    record Gone(@Nullable QmpException why) implements Reply {}
  }

  private final Wire wire;
  private final Budget.Peer peer;
  private final EventQueue events = new EventQueue(QmpClient::heldEvent);
  private final AtomicLong ids = new AtomicLong();
  private final AtomicLong lateReplies = new AtomicLong();
  private final Callers<Reply> callers = new Callers<>();
  private final ReentrantLock enclosing = new ReentrantLock();
  private final CompletableFuture<Reply> greeting = new CompletableFuture<>();
  private final CompletableFuture<Reply.Gone> end = new CompletableFuture<>();
  private volatile String version = "";

  private QmpClient(Wire wire, Budget.Peer peer) {
    this.wire = wire;
    this.peer = peer;
  }

  /**
   * As below, of a QEMU that is trusted: whoever listens at the socket, with a budget of its own.
   */
  public static QmpClient connect(Path socket, Duration timeout, QmpListener listener)
      throws QmpException, InterruptedException {
    return connect(socket, timeout, listener, Dialer.plain(), Budget.forOne());
  }

  /**
   * Connects, waits for the greeting and leaves negotiation mode. The socket must be there.
   *
   * @param timeout for all of it
   * @throws QmpException.Disconnected when nobody listens there or the peer hangs up
   * @throws QmpException.TimedOut also when another client is connected: QEMU serves one at a time
   */
  public static QmpClient connect(
      Path socket, Duration timeout, QmpListener listener, Dialer dialer, Budget budget)
      throws QmpException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    var peer = budget.new Peer();
    var client = new QmpClient(Wire.open(socket, timeout, dialer, peer), peer);
    boolean ready = false;
    try {
      client.wire.start(client.new Incoming());
      client.version = client.await("greeting", client.greeting, timeout, true).asString();
      client.execute("qmp_capabilities", Map.of(), Duration.ofNanos(deadline - System.nanoTime()));
      ready = true;
      Thread.ofVirtual().name("qmp-events").start(() -> client.dispatch(listener));
      return client;
    } finally {
      if (!ready) {
        client.close();
      }
    }
  }

  public JsonNode execute(String command, Cost cost) throws QmpException, InterruptedException {
    return execute(command, Map.of(), cost);
  }

  /**
   * Runs a command and waits for its answer.
   *
   * @param arguments values that Jackson can write: texts, numbers, booleans, lists, maps, trees
   * @return what the command returns; an empty object for most
   */
  public JsonNode execute(String command, Map<String, ?> arguments, Cost cost)
      throws QmpException, InterruptedException {
    return execute(command, arguments, cost.timeout());
  }

  /**
   * As {@link #execute(String, Map, Cost)}, with an open file, which the caller keeps open until
   * this returns. QEMU holds one such file at a time for the commands of a connection: so one waits
   * for the other.
   */
  public JsonNode execute(String command, Map<String, ?> arguments, Enclosure enclosure, Cost cost)
      throws QmpException, InterruptedException {
    return execute(command, arguments, enclosure, cost.timeout());
  }

  JsonNode execute(String command, Map<String, ?> arguments, Enclosure enclosure, Duration timeout)
      throws QmpException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    if (!enclosing.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new QmpException.TimedOut(command, timeout, false);
    }
    try {
      var left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
      return exchange(command, arguments, enclosure, left);
    } finally {
      enclosing.unlock();
    }
  }

  JsonNode execute(String command, Map<String, ?> arguments, Duration timeout)
      throws QmpException, InterruptedException {
    return exchange(command, arguments, null, timeout);
  }

  private JsonNode exchange(
      String command, Map<String, ?> arguments, @Nullable Enclosure enclosure, Duration timeout)
      throws QmpException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    String id = "k" + ids.incrementAndGet();
    var reply = callers.add(id, Bounds.ofQemu(command));
    boolean sent = false;
    try {
      var ended = end.getNow(null);
      if (ended != null) {
        throw disconnected(command, ended.why());
      }
      Enclosure told = enclosure == null ? null : telling(command, enclosure, reply);
      var message = wire.send(command, encode(command, arguments, id), told, timeout);
      sent = true;
      var left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
      try {
        return await(command, reply, left, true);
      } catch (QmpException.TimedOut e) {
        sent = !message.withdraw();
        throw new QmpException.TimedOut(command, timeout, sent);
      } catch (InterruptedException e) {
        sent = !message.withdraw();
        throw e;
      }
    } finally {
      callers.leave(id, sent);
      // Also what comes at the last moment holds its share no longer.
      if (!reply.cancel(false)
          && reply.getNow(null) instanceof Reply.Answer answer
          && answer.share() != null) {
        answer.share().giveBack();
      }
    }
  }

  /** One that tells its caller when it could not be sent. */
  private static Enclosure telling(
      String command, Enclosure enclosure, CompletableFuture<Reply> reply) {
    return (channel, bytes) -> {
      try {
        return enclosure.send(channel, bytes);
      } catch (Enclosure.NotSent e) {
        reply.complete(
            new Reply.NoRoom(
                new QmpException.Busy(command + " could not be sent: " + e.getMessage())));
        throw e;
      }
    };
  }

  private static byte[] encode(String command, Map<String, ?> arguments, String id) {
    var message = new LinkedHashMap<String, Object>();
    message.put("execute", command);
    if (!arguments.isEmpty()) {
      message.put("arguments", arguments);
    }
    message.put("id", id);
    return (Json.MAPPER.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private JsonNode await(
      String what, CompletableFuture<Reply> reply, Duration timeout, boolean sent)
      throws QmpException, InterruptedException {
    try {
      return switch (reply.get(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        case Reply.Answer(JsonNode value, _) -> value;
        case Reply.Refusal(String errorClass, String description) ->
            throw new QmpException.CommandFailed(what, errorClass, description);
        case Reply.NoRoom(QmpException.Busy why) ->
            throw new QmpException.Busy(what + ": " + why.getMessage());
        case Reply.Gone(QmpException why) -> throw disconnected(what, why);
      };
    } catch (TimeoutException e) {
      throw new QmpException.TimedOut(what, timeout, sent);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a reply is never completed exceptionally", e);
    }
  }

  private static QmpException.Disconnected disconnected(String what, @Nullable QmpException why) {
    String reason = why == null ? "the connection was closed" : why.getMessage();
    return new QmpException.Disconnected(what + ": " + reason, why);
  }

  /** The version of QEMU, such as {@code 7.2.22}. */
  public String version() {
    return version;
  }

  public boolean isOpen() {
    return !end.isDone();
  }

  /** How many events were dropped: QEMU sent too many, or the listener was slower than QEMU. */
  public long droppedEvents() {
    return events.dropped();
  }

  /** How many answers came after their callers had given up. */
  public long lateReplies() {
    return lateReplies.get();
  }

  @Override
  public void close() {
    wire.close();
  }

  private void dispatch(QmpListener listener) {
    try {
      for (var event = events.take(); event != null; event = events.take()) {
        tell(event.name(), listener, event);
      }
      Throwable why = end.join().why();
      listener.closed(why);
    } catch (InterruptedException e) {
      // Nobody has this thread's handle; passing the interruption on ends it.
      Thread.currentThread().interrupt();
    }
  }

  private static void tell(String name, QmpListener listener, QmpEvent event) {
    try {
      listener.event(event);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "a listener failed on event " + name, e);
    }
  }

  private static QmpEvent event(JsonNode message) {
    JsonNode stamp = message.path("timestamp");
    JsonNode data = message.path("data");
    return new QmpEvent(
        message.path("event").asString(),
        data.isMissingNode() ? Json.MAPPER.createObjectNode() : data,
        Instant.ofEpochSecond(
            Math.clamp(stamp.path("seconds").asLong(0), 0, 1L << 40),
            Math.clamp(stamp.path("microseconds").asLong(0), 0, 999_999) * 1000L));
  }

  /** An event whose line was held; none when it was none, which is no worse than to lose it. */
  private static Optional<QmpEvent> heldEvent(byte[] line) {
    try {
      JsonNode message = Json.read(line, line.length, Bounds.EVENT).tree();
      return message.path("event").isString() ? Optional.of(event(message)) : Optional.empty();
    } catch (RuntimeException | QmpException.ProtocolViolation e) {
      LOG.log(System.Logger.Level.DEBUG, "an event that cannot be read", e);
      return Optional.empty();
    }
  }

  /** What the reader's thread does. */
  private final class Incoming implements Wire.Receiver {
    private final EventRates rates = new EventRates(System::nanoTime);
    private final TokenBucket unasked =
        new TokenBucket(UNASKED, UNASKED_PER_SECOND, System::nanoTime);
    private int noise;
    private boolean flooded;

    @Override
    public boolean flooded() {
      boolean was = flooded;
      flooded = false;
      return was;
    }

    @Override
    public void heard(int bytes) throws QmpException.ProtocolViolation {
      noise += bytes;
      if (noise > NOISE) {
        throw new QmpException.ProtocolViolation("QEMU sends without end what is no message", null);
      }
    }

    @Override
    public int limit() {
      return bounds().bytes();
    }

    /** Of the largest answer that may come. */
    private Bounds bounds() {
      return callers.largest(Bounds.EVENT);
    }

    /**
     * Which command it answers is not known. All who wait are told, and the connection stays:
     * others have taken the room, and this QEMU is not to be cut off for it.
     */
    @Override
    public void noRoom(QmpException.Busy why) {
      callers.all().forEach(caller -> caller.complete(new Reply.NoRoom(why)));
    }

    @Override
    public void line(byte[] line, int length) throws QmpException.ProtocolViolation {
      noise = 0;
      String tooMany = length > Bounds.EVENT.bytes() ? null : rates.tooMany(line, length);
      if (tooMany != null) {
        flooded = true;
        events.hold(tooMany, Arrays.copyOf(line, length));
        return;
      }
      Bounds bounds = bounds();
      Budget.Share share;
      try {
        share = peer.share(bounds.cost(line, length), OWN);
      } catch (QmpException.Busy e) {
        noRoom(e);
        return;
      }
      boolean handedOver = false;
      try {
        handedOver = dispatch(Json.read(line, length, bounds), line, length, share);
      } catch (JacksonException e) {
        throw new QmpException.ProtocolViolation("QEMU sent something that is not JSON", e);
      } finally {
        if (!handedOver) {
          share.giveBack();
        }
      }
    }

    /** Gives a message to whom it is for; true when it holds its share until it is used. */
    private boolean dispatch(Json.Message read, byte[] line, int length, Budget.Share share)
        throws QmpException.ProtocolViolation {
      JsonNode message = read.tree();
      if (message.path("event").isString()) {
        if (length > Bounds.EVENT.bytes() || read.tokens() > Bounds.EVENT.tokens()) {
          throw new QmpException.ProtocolViolation(
              "QEMU sent an event of " + length + " bytes", null);
        }
        QmpEvent event = event(message);
        if (rates.take(event.name())) {
          events.put(event, length + read.tokens() * Bounds.TOKEN_BYTES);
        } else {
          // In QEMU's own form it would have been known before.
          unasked("too many events, written as QEMU does not write them");
          events.hold(event.name(), Arrays.copyOf(line, length));
        }
        return false;
      }
      if (message.has("QMP")) {
        unasked("greetings without end");
        greeting.complete(new Reply.Answer(versionOf(message.path("QMP")), null));
        return false;
      }
      if (message.has("return")) {
        return answer(message, length, new Reply.Answer(message.path("return"), share));
      }
      if (message.path("error").isObject()) {
        JsonNode error = message.path("error");
        answer(
            message,
            length,
            new Reply.Refusal(
                Texts.shown(error.path("class").asString("GenericError")),
                Texts.shown(error.path("desc").asString(""), MAX_DESCRIPTION)));
        return false;
      }
      throw new QmpException.ProtocolViolation(
          "QEMU sent a message that is neither an answer nor an event", null);
    }

    private void unasked(String what) throws QmpException.ProtocolViolation {
      if (!unasked.take()) {
        throw new QmpException.ProtocolViolation("QEMU sends " + what, null);
      }
    }

    private JsonNode versionOf(JsonNode qmp) {
      JsonNode qemu = qmp.path("version").path("qemu");
      return Json.MAPPER
          .getNodeFactory()
          .stringNode(
              qemu.path("major").asInt(0)
                  + "."
                  + qemu.path("minor").asInt(0)
                  + "."
                  + qemu.path("micro").asInt(0));
    }

    private boolean answer(JsonNode message, int length, Reply reply)
        throws QmpException.ProtocolViolation {
      var expected = callers.take(message.path("id").asString(""));
      if (expected == null && length > Bounds.EVENT.bytes()) {
        throw new QmpException.ProtocolViolation(
            "QEMU sent an answer of " + length + " bytes that nobody has asked for", null);
      }
      if (expected != null && expected.caller() != null && expected.caller().complete(reply)) {
        return true;
      }
      lateReplies.incrementAndGet();
      unasked("answers that nobody has asked for");
      return false;
    }

    @Override
    public void ended(@Nullable QmpException why) {
      var gone = new Reply.Gone(why);
      end.complete(gone);
      greeting.complete(gone);
      callers.all().forEach(caller -> caller.complete(gone));
      events.close();
    }
  }
}
