package dev.kelvin.host.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.host.process.ProcessId;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class PeerSocketTest {
  @TempDir Path directory;

  private final PeerSocket sockets = new PeerSocket();
  private final ProcessId own = ProcessId.of(ProcessHandle.current().pid()).orElseThrow();

  private ServerSocketChannel listen(String name) throws Exception {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(directory.resolve(name)), 200);
    return server;
  }

  @Test
  void connectsToTheRightProcess() throws Exception {
    try (var server = listen("a");
        var channel = sockets.connect(directory.resolve("a"), -1, own);
        var accepted = server.accept()) {
      channel.write(ByteBuffer.wrap(new byte[] {7}));
      var read = ByteBuffer.allocate(8);
      assertThat(accepted.read(read)).isEqualTo(1);
    }
  }

  @Test
  void manyAtOnceAreEachToldFromTheOthers() throws Exception {
    try (var server = listen("a");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var channels = new ArrayList<Future<SocketChannel>>();
      Callable<SocketChannel> connect = () -> sockets.connect(directory.resolve("a"), -1, own);
      for (int i = 0; i < 100; i++) {
        channels.add(threads.submit(connect));
      }
      for (var channel : channels) {
        channel.get().close();
      }
      assertThat(server.isOpen()).isTrue();
    }
  }

  @Test
  void refusesALinkToAnothersSocket() throws Exception {
    try (var server = listen("b")) {
      Files.createSymbolicLink(directory.resolve("a"), directory.resolve("b"));
      assertThatThrownBy(() -> sockets.connect(directory.resolve("a"), -1, own))
          .isInstanceOf(PeerSocket.WrongPeer.class)
          .hasMessageContaining("is not a socket");
      assertThat(server.isOpen()).isTrue();
    }
  }

  @Test
  void refusesASocketOfAnotherUser() throws Exception {
    try (var server = listen("a")) {
      assertThatThrownBy(() -> sockets.connect(directory.resolve("a"), 987_654, own))
          .isInstanceOf(PeerSocket.WrongPeer.class)
          .hasMessageContaining("belongs to user");
      assertThat(server.isOpen()).isTrue();
    }
  }

  @Test
  void refusesASocketOfAnotherProcessAsWhenTwoWereSwapped() throws Exception {
    Process other = new ProcessBuilder("sleep", "60").start();
    try (var server = listen("b")) {
      ProcessId expected = ProcessId.of(other.pid()).orElseThrow();
      Files.move(directory.resolve("b"), directory.resolve("a"));
      assertThatThrownBy(() -> sockets.connect(directory.resolve("a"), -1, expected))
          .isInstanceOf(PeerSocket.WrongPeer.class)
          .hasMessageContaining("process " + own.pid() + " is behind");
      assertThat(server.isOpen()).isTrue();
    } finally {
      other.destroyForcibly();
    }
  }
}
