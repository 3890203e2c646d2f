package dev.kelvin.qmp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Talks to QEMU's guest agent (docs/interop/qemu-ga, qga/qapi-schema.json of QEMU). The guest is
 * not trusted: what it says is cut to size and cleaned of control characters, a message beyond its
 * {@link Bounds} ends the connection, and every call has a time-out. Safe for several threads,
 * which take turns. After any fault the next call connects and synchronizes anew.
 */
public final class AgentClient implements AutoCloseable {
  /** What is kept of each stream of a program's output, in bytes. */
  public static final int MAX_OUTPUT = 1 << 20;

  /**
   * The longest message that is kept, in bytes, and only in answer to a request for the output of a
   * program; others are held to much less (see {@link Bounds}).
   */
  public static final int MAX_MESSAGE = 3 << 20;

  private static final int CHUNK = 128 << 10;
  private static final int MAX_INTERFACES = 64;
  private static final int MAX_COMMANDS = 256;
  private static final int MAX_ADDRESSES = 32;

  /** Of all interfaces together: what is kept of a guest, and told to whoever watches, is small. */
  private static final int ALL_ADDRESSES = 256;

  private static final int MAX_NAME = 64;
  private static final Duration FIRST_POLL = Duration.ofMillis(20);
  private static final Duration LONGEST_POLL = Duration.ofSeconds(1);

  /** The most output there is takes an agent that is emulated some seconds to tell. */
  private static final Duration OUTPUT_LIMIT = Duration.ofSeconds(30);

  /** The agent waits for hwclock(8), which waits for the next full second of its clock. */
  private static final Duration SET_TIME_LIMIT = Duration.ofSeconds(15);

  private static final Duration SHUTDOWN_REFUSAL = Duration.ofSeconds(2);

  /** Whoever shuts a guest down has other means, and does not wait long for its agent. */
  private static final Duration SHUTDOWN_PING = Duration.ofSeconds(5);

  private final AgentLink link;
  private final Duration limit;

  private AgentClient(AgentLink link, Duration limit) {
    this.link = link;
    this.limit = limit;
  }

  /**
   * A client for the agent behind a socket. It connects when the first command is given; whether an
   * agent answers is seen by {@link #ping}.
   *
   * @param limit how long a command may take that is given no limit of its own
   */
  public static AgentClient connect(Path socket, Duration limit) {
    return connect(socket, limit, Dialer.plain(), Budget.forOne());
  }

  /**
   * As above, for a guest that is not trusted.
   *
   * @param budget what all agents together may make this process hold
   */
  public static AgentClient connect(Path socket, Duration limit, Dialer dialer, Budget budget) {
    return new AgentClient(new AgentLink(socket, dialer, budget), limit);
  }

  /** The agent itself. */
  public record AgentInfo(String version, Set<String> commands) {}

  /** The guest's operating system, as in its os-release and uname. */
  public record OsInfo(
      @Nullable String id,
      @Nullable String prettyName,
      @Nullable String versionId,
      @Nullable String kernelRelease,
      @Nullable String machine) {}

  /**
   * A network interface inside the guest. Addresses have their prefix length; the counters are
   * bytes since the guest started, 0 where its agent does not tell them.
   */
  public record GuestInterface(
      String name, @Nullable String mac, List<String> addresses, long rxBytes, long txBytes) {}

  /**
   * How a command ended in the guest.
   *
   * @param exitCode -1 when a signal ended it
   * @param signal that killed it, on Windows the exception; null when it ended by itself
   * @param out the first {@link #MAX_OUTPUT} bytes
   * @param err likewise
   * @param truncated whether there was more output
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed on once, never compared.
  public record ExecResult(
      int exitCode, @Nullable Integer signal, byte[] out, byte[] err, boolean truncated) {}

  /** Runs any command of the agent. */
  public JsonNode execute(String command, Map<String, ?> arguments, Duration timeout)
      throws QmpException, InterruptedException {
    return link.call(command, arguments, timeout);
  }

  private JsonNode call(String command, Map<String, ?> arguments)
      throws QmpException, InterruptedException {
    return link.call(command, arguments, limit);
  }

  /** Returns when the agent answers. */
  public void ping(Duration timeout) throws QmpException, InterruptedException {
    link.call("guest-ping", Map.of(), timeout);
  }

  public AgentInfo info() throws QmpException, InterruptedException {
    JsonNode info = call("guest-info", Map.of());
    var commands = new TreeSet<String>();
    for (JsonNode command : info.path("supported_commands")) {
      if (commands.size() < MAX_COMMANDS && command.path("enabled").asBoolean(false)) {
        commands.add(text(command.path("name")));
      }
    }
    return new AgentInfo(text(info.path("version")), commands);
  }

  public OsInfo osInfo() throws QmpException, InterruptedException {
    JsonNode info = call("guest-get-osinfo", Map.of());
    return new OsInfo(
        textOrNull(info.path("id")),
        textOrNull(info.path("pretty-name")),
        textOrNull(info.path("version-id")),
        textOrNull(info.path("kernel-release")),
        textOrNull(info.path("machine")));
  }

  public String hostName() throws QmpException, InterruptedException {
    return text(call("guest-get-host-name", Map.of()).path("host-name"));
  }

  /** The guest's network interfaces, loopback included. */
  public List<GuestInterface> networkInterfaces() throws QmpException, InterruptedException {
    var interfaces = new ArrayList<GuestInterface>();
    int left = ALL_ADDRESSES;
    for (JsonNode one : call("guest-network-get-interfaces", Map.of())) {
      if (interfaces.size() == MAX_INTERFACES) {
        break;
      }
      var addresses = new ArrayList<String>();
      for (JsonNode address : one.path("ip-addresses")) {
        String told = GuestAddress.withPrefix(address);
        if (told != null && addresses.size() < Math.min(MAX_ADDRESSES, left)) {
          addresses.add(told);
        }
      }
      left -= addresses.size();
      interfaces.add(
          new GuestInterface(
              Texts.shown(one.path("name").asString(""), MAX_NAME),
              GuestAddress.mac(one.path("hardware-address")),
              List.copyOf(addresses),
              Math.max(0, one.path("statistics").path("rx-bytes").asLong(0)),
              Math.max(0, one.path("statistics").path("tx-bytes").asLong(0))));
    }
    return interfaces;
  }

  /**
   * Starts a program in the guest, whose output the agent collects.
   *
   * @param argv the first is the program, looked for in the agent's PATH when it is no path
   * @param environment {@code NAME=value}, all that it gets; empty for the agent's own
   * @param input its standard input
   * @return its process id in the guest
   * @throws QmpException.CommandFailed also when there is no such program
   */
  public long start(List<String> argv, List<String> environment, byte[] input)
      throws QmpException, InterruptedException {
    if (argv.isEmpty()) {
      throw new IllegalArgumentException("there is no program to run");
    }
    var arguments = new LinkedHashMap<String, Object>();
    arguments.put("path", argv.getFirst());
    arguments.put("arg", argv.subList(1, argv.size()));
    if (!environment.isEmpty()) {
      arguments.put("env", environment);
    }
    if (input.length > 0) {
      arguments.put("input-data", Base64.getEncoder().encodeToString(input));
    }
    arguments.put("capture-output", true);
    long pid = call("guest-exec", arguments).path("pid").asLong(-1);
    if (pid <= 0) { // those stand for many processes (kill(2))
      throw new QmpException.ProtocolViolation("guest-exec names no process", null);
    }
    return pid;
  }

  /** How a program that was started ended, which the agent tells once; null while it runs. */
  public @Nullable ExecResult ended(long pid) throws QmpException, InterruptedException {
    JsonNode status = link.call("guest-exec-status", Map.of("pid", pid), OUTPUT_LIMIT);
    return status.path("exited").asBoolean(false) ? result(status) : null;
  }

  /**
   * Runs a small program in the guest and waits for its end.
   *
   * @param argv as for {@link #start}
   * @param timeout how long it may run. After that it runs on
   * @throws QmpException.TimedOut when it still runs
   */
  public ExecResult exec(List<String> argv, Duration timeout)
      throws QmpException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    long pid = start(argv, List.of(), new byte[0]);
    Duration pause = FIRST_POLL;
    while (true) {
      ExecResult result = ended(pid);
      if (result != null) {
        return result;
      }
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new QmpException.TimedOut(
            "process " + pid + " of the guest (" + argv.getFirst() + ")", timeout, true);
      }
      pause(Math.min(left, pause.toNanos()));
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_POLL) < 0 ? pause.multipliedBy(2) : LONGEST_POLL;
    }
  }

  private static ExecResult result(JsonNode status) {
    byte[] out = decode(status.path("out-data"));
    byte[] err = decode(status.path("err-data"));
    boolean cut = out.length > MAX_OUTPUT || err.length > MAX_OUTPUT;
    // Windows has exit codes and exceptions of 32 bits, which the agent tells without a sign.
    return new ExecResult(
        (int) status.path("exitcode").asLong(-1),
        status.has("signal") ? (Integer) (int) status.path("signal").asLong(0) : null,
        out.length > MAX_OUTPUT ? Arrays.copyOf(out, MAX_OUTPUT) : out,
        err.length > MAX_OUTPUT ? Arrays.copyOf(err, MAX_OUTPUT) : err,
        cut
            || status.path("out-truncated").asBoolean(false)
            || status.path("err-truncated").asBoolean(false));
  }

  /**
   * Reads a file of the guest.
   *
   * @param maxBytes how large it may be
   * @throws QmpException.CommandFailed also when it is larger
   */
  public byte[] readFile(String path, int maxBytes) throws QmpException, InterruptedException {
    var content = new ByteArrayOutputStream();
    try {
      copyFile(path, maxBytes, content);
    } catch (IOException e) {
      throw new UncheckedIOException("memory takes all bytes", e);
    }
    return content.toByteArray();
  }

  /**
   * Reads a file of the guest, of any size, piece by piece. Nothing is written when it cannot be
   * opened or its first piece cannot be read.
   *
   * @throws IOException when {@code out} takes no more
   */
  public void copyFile(String path, OutputStream out)
      throws QmpException, InterruptedException, IOException {
    copyFile(path, Long.MAX_VALUE, out);
  }

  private void copyFile(String path, long maxBytes, OutputStream out)
      throws QmpException, InterruptedException, IOException {
    long handle = open(path, "r");
    try {
      long copied = 0;
      boolean more = true;
      while (more) {
        JsonNode read = call("guest-file-read", Map.of("handle", handle, "count", CHUNK));
        byte[] bytes = decode(read.path("buf-b64"));
        copied += bytes.length;
        if (copied > maxBytes) {
          throw new QmpException.CommandFailed(
              "guest-file-read", "TooLarge", path + " has more than " + maxBytes + " bytes");
        }
        out.write(bytes);
        more = bytes.length > 0 && !read.path("eof").asBoolean(false);
      }
    } finally {
      closeFile(handle);
    }
  }

  /**
   * Writes a file of the guest. What was written until a fault stays.
   *
   * @param mode {@code w} cuts a file that is there and makes one that is not, for everybody to
   *     write to; {@code r+} only writes to one that is there, from its beginning
   * @return how many bytes were written
   * @throws IOException when {@code content} cannot be read
   */
  public long writeFile(String path, String mode, InputStream content)
      throws QmpException, InterruptedException, IOException {
    long handle = open(path, mode);
    boolean whole = false;
    try {
      long total = 0;
      while (true) {
        byte[] bytes = content.readNBytes(CHUNK);
        if (bytes.length == 0) {
          call("guest-file-flush", Map.of("handle", handle));
          whole = true;
          return total;
        }
        write(handle, bytes);
        total += bytes.length;
      }
    } finally {
      if (whole) {
        // Some file systems say only here that they have no room.
        call("guest-file-close", Map.of("handle", handle));
      } else {
        closeFile(handle);
      }
    }
  }

  private void write(long handle, byte[] bytes) throws QmpException, InterruptedException {
    int at = 0;
    while (at < bytes.length) {
      byte[] rest = Arrays.copyOfRange(bytes, at, bytes.length);
      int count =
          call(
                  "guest-file-write",
                  Map.of("handle", handle, "buf-b64", Base64.getEncoder().encodeToString(rest)))
              .path("count")
              .asInt(0);
      if (count <= 0 || count > rest.length) {
        throw new QmpException.ProtocolViolation("the agent wrote " + count + " bytes", null);
      }
      at += count;
    }
  }

  private long open(String path, String mode) throws QmpException, InterruptedException {
    return call("guest-file-open", Map.of("path", path, "mode", mode)).asLong(-1);
  }

  private void closeFile(long handle) throws InterruptedException {
    try {
      call("guest-file-close", Map.of("handle", handle));
    } catch (QmpException e) {
      System.getLogger(AgentClient.class.getName())
          .log(System.Logger.Level.DEBUG, "a file of the guest stays open in its agent", e);
    }
  }

  /** What the guest's clock shows. */
  public Instant time() throws QmpException, InterruptedException {
    long nanos = call("guest-get-time", Map.of()).asLong(0);
    return Instant.EPOCH.plusNanos(nanos);
  }

  /** Sets the guest's clock, and its hardware clock where it has a program for that. */
  public void setTime(Instant time) throws QmpException, InterruptedException {
    long nanos =
        Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
    link.call("guest-set-time", Map.of("time", nanos), SET_TIME_LIMIT);
  }

  /**
   * Has the guest power itself off. Returns when the agent did not refuse; an agent that obeys does
   * not answer.
   */
  public void shutdown() throws QmpException, InterruptedException {
    ping(limit.compareTo(SHUTDOWN_PING) < 0 ? limit : SHUTDOWN_PING);
    try {
      link.call("guest-shutdown", Map.of("mode", "powerdown"), SHUTDOWN_REFUSAL);
    } catch (QmpException.TimedOut | QmpException.Disconnected e) {
      // Silence is consent; and a guest that is off already has cut the line.
    }
  }

  /** What {@link Json} has decoded; nothing where the agent sent none. */
  private static byte[] decode(JsonNode data) {
    return data.isBinary() ? data.binaryValue() : new byte[0];
  }

  /** A text of the guest, fit to be shown. */
  private static String text(JsonNode value) {
    return Texts.shown(value.asString(""));
  }

  private static @Nullable String textOrNull(JsonNode value) {
    String text = text(value);
    return text.isEmpty() ? null : text;
  }

  private static void pause(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos);
  }

  @Override
  public void close() {
    link.close();
  }
}
