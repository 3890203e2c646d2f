package dev.kelvin.machine;

import dev.kelvin.codec.Documents;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A control socket that answers as QEMU does, for a process that need not be QEMU. */
public final class FakeQemu implements AutoCloseable {
  /** Of which the UUID of the VM is made. */
  private static final byte[] NAME =
      ("kelvin/vm/" + SupervisedVm.ID).getBytes(StandardCharsets.UTF_8);

  /** The ports that a machine without disks and NICs has. */
  static final List<String> PORTS =
      List.of(
          "port-nic-0", "port-nic-1", "port-disk-0", "port-disk-1", "port-disk-2", "port-disk-3");

  private final ServerSocketChannel server;
  private final Runnable quit;
  private final List<String> commands = new CopyOnWriteArrayList<>();
  private final Set<String> devices = new ConcurrentSkipListSet<>();

  /** What each was plugged in with, by id. */
  private final Map<String, JsonNode> plugged = new ConcurrentHashMap<>();

  private final AtomicInteger connections = new AtomicInteger();
  private volatile @Nullable SocketChannel line;
  private volatile String status = "running";
  private volatile String blocks = "[]";
  private volatile boolean silent;
  private volatile boolean keeps;
  private volatile String last = "";
  private volatile UUID uuid = UUID.nameUUIDFromBytes(NAME);

  /**
   * @param quit what ends the process
   */
  public FakeQemu(Path socket, Runnable quit) throws IOException {
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    this.quit = quit;
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().start(this::serve);
  }

  /** What it was told so far, over all connections. */
  public List<String> commands() {
    return commands;
  }

  public long count(String command) {
    return commands.stream().filter(command::equals).count();
  }

  /** The ids of the devices that are plugged in, but for ports. */
  public Set<String> devices() {
    return devices;
  }

  int connections() {
    return connections.get();
  }

  public void status(String newStatus) {
    status = newStatus;
  }

  /** What it says of its block devices from now on, as QAPI's BlockInfo. */
  public void blocks(String json) {
    blocks = json;
  }

  /** From now on it says that it is this machine; tells which it has been. */
  UUID uuid(UUID newUuid) {
    UUID before = uuid;
    uuid = newUuid;
    return before;
  }

  /** From now on its guest does not give devices up. */
  public void keepsDevices() {
    keeps = true;
  }

  /** From now on it accepts connections and says nothing, or speaks again. */
  public void silent(boolean newSilent) {
    silent = newSilent;
  }

  /** Carries this command out, hangs up, and says nothing until it speaks again. */
  public void silentAfter(String command) {
    last = command;
  }

  public void hangUp() throws IOException {
    SocketChannel now = line;
    if (now != null) {
      now.close();
    }
  }

  public void event(String name, String data) throws IOException {
    SocketChannel now = line;
    if (now != null) {
      say(
          now,
          "{\"timestamp\":{\"seconds\":1,\"microseconds\":0},\"event\":\"%s\",\"data\":%s}"
              .formatted(name, data));
    }
  }

  private void serve() {
    try {
      while (true) {
        SocketChannel accepted = server.accept();
        line = accepted;
        connections.incrementAndGet();
        talk(accepted);
      }
    } catch (IOException e) {
      return; // closed with the test
    }
  }

  private void talk(SocketChannel accepted) throws IOException {
    try (accepted;
        var in =
            new BufferedReader(
                Channels.newReader(accepted, StandardCharsets.UTF_8.newDecoder(), -1))) {
      if (!silent) {
        say(
            accepted,
            "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":0,\"minor\":2,\"major\":7},"
                + "\"package\":\"\"},\"capabilities\":[]}}");
      }
      for (String text = in.readLine(); text != null; text = in.readLine()) {
        JsonNode command = Documents.tree(text.getBytes(StandardCharsets.UTF_8));
        String name = command.path("execute").asString("");
        commands.add(name);
        if (name.equals(last)) {
          last = "";
          silent = true;
          carryOut(name, command.path("arguments"));
          return;
        } else if (!silent) {
          carryOut(name, command.path("arguments"));
          say(
              accepted,
              "{\"return\":%s,\"id\":%s}"
                  .formatted(answer(name, command.path("arguments")), command.path("id")));
        }
      }
    } catch (IOException e) {
      if (!server.isOpen()) {
        throw e;
      }
    }
  }

  private String answer(String command, JsonNode arguments) {
    return switch (command) {
      case "query-status" -> "{\"status\":\"" + status + "\"}";
      case "query-uuid" -> "{\"UUID\":\"" + uuid + "\"}";
      case "query-named-block-nodes" -> "[]";
      case "query-block" -> blocks;
      case "qom-list" -> list(arguments.path("path").asString(""));
      case "qom-get" ->
          property(arguments.path("path").asString(""), arguments.path("property").asString(""));
      default -> "{}";
    };
  }

  private String list(String path) {
    if (path.equals("/machine/peripheral")) {
      return Stream.concat(PORTS.stream(), devices.stream())
          .map(id -> "{\"name\":\"%s\",\"type\":\"child<%s>\"}".formatted(id, said(id, "driver")))
          .collect(Collectors.joining(",", "[", "]"));
    }
    return "[]";
  }

  private String property(String path, String name) {
    String id = path.substring(path.lastIndexOf('/') + 1);
    return name.equals("parent_bus") ? "\"/machine/" + said(id, "bus") + "\"" : "{}";
  }

  private String said(String id, String property) {
    if (PORTS.contains(id)) {
      return property.equals("bus") ? "pcie.0" : "pcie-root-port";
    }
    JsonNode with = plugged.get(id);
    return with == null ? "unknown" : with.path(property).asString("unknown");
  }

  private void carryOut(String command, JsonNode arguments) throws IOException {
    switch (command) {
      case "device_add" -> {
        plugged.put(arguments.path("id").asString(""), arguments);
        devices.add(arguments.path("id").asString(""));
      }
      case "device_del" -> {
        if (keeps) {
          return;
        }
        String id = arguments.path("id").asString("");
        devices.remove(id);
        event("DEVICE_DELETED", "{\"device\":\"" + id + "\"}");
      }
      case "quit" -> quit.run();
      default -> {}
    }
  }

  private static void say(SocketChannel to, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((text + "\r\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      to.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    hangUp();
  }
}
