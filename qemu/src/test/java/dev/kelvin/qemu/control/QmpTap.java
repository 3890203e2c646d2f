package dev.kelvin.qemu.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Sits between Kelvin and QEMU and notes every command that passes. */
final class QmpTap implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ServerSocketChannel server;
  private final Path qemu;
  private final List<JsonNode> commands = new CopyOnWriteArrayList<>();
  private final List<SocketChannel> open = new CopyOnWriteArrayList<>();

  private QmpTap(ServerSocketChannel server, Path qemu) {
    this.server = server;
    this.qemu = qemu;
  }

  /** Listens on {@code front} and passes on to {@code qemu}. */
  static QmpTap start(Path front, Path qemu) throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(front));
    var tap = new QmpTap(server, qemu);
    Thread.ofVirtual().start(tap::serve);
    return tap;
  }

  private void serve() {
    try {
      while (true) {
        var client = server.accept();
        var behind = connect();
        open.addAll(List.of(client, behind));
        Thread.ofVirtual().start(() -> pass(client, behind, new Notes()));
        Thread.ofVirtual().start(() -> pass(behind, client, null));
      }
    } catch (IOException e) {
      // close() ends accept() like this.
      return;
    }
  }

  /** QEMU's socket is there a moment before QEMU listens on it. */
  private SocketChannel connect() throws IOException {
    for (int attempt = 0; ; attempt++) {
      var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(qemu));
        return channel;
      } catch (IOException e) {
        channel.close();
        if (attempt == 1000) {
          throw e;
        }
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  private void pass(SocketChannel from, SocketChannel to, @Nullable Notes notes) {
    var buffer = ByteBuffer.allocate(65_536);
    try (from;
        to) {
      while (from.read(buffer.clear()) >= 0) {
        buffer.flip();
        if (notes != null) {
          notes.take(buffer.duplicate());
        }
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
      }
    } catch (IOException e) {
      // One side has hung up; closing both passes it on.
      return;
    }
  }

  /** What the client said. */
  private final class Notes {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    void take(ByteBuffer bytes) {
      while (bytes.hasRemaining()) {
        byte next = bytes.get();
        if (next == '\n') {
          commands.add(JSON.readTree(line.toByteArray()));
          line.reset();
        } else {
          line.write(next);
        }
      }
    }
  }

  List<JsonNode> commands() {
    return new ArrayList<>(commands);
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (var channel : open) {
      channel.close();
    }
  }
}
