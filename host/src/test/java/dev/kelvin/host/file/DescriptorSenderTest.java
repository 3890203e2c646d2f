package dev.kelvin.host.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a real QEMU does with a descriptor is in the tests of what it is handed. */
@Timeout(30)
class DescriptorSenderTest {
  @TempDir Path directory;

  /** Both ends of a connection. */
  private record Pair(SocketChannel here, SocketChannel there) implements AutoCloseable {
    static Pair in(Path directory) throws IOException {
      try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        var address = UnixDomainSocketAddress.of(directory.resolve("s"));
        server.bind(address);
        return new Pair(SocketChannel.open(address), server.accept());
      } finally {
        Files.deleteIfExists(directory.resolve("s"));
      }
    }

    @Override
    public void close() throws IOException {
      here.close();
      there.close();
    }
  }

  @Test
  void sendsTheBytesToo() throws Exception {
    try (var pair = Pair.in(directory);
        var file = Descriptor.toRead(directory)) {
      var bytes = ByteBuffer.wrap("hello".getBytes(UTF_8));
      assertThat(send(pair, bytes, file)).isTrue();
      assertThat(bytes.hasRemaining()).isFalse();
      var heard = ByteBuffer.allocate(10);
      assertThat(pair.there().read(heard)).isEqualTo(5);
    }
  }

  @Test
  void doesNotWaitForAPeerThatReadsNothing() throws Exception {
    try (var pair = Pair.in(directory);
        var file = Descriptor.toRead(directory)) {
      pair.here().configureBlocking(false);
      while (pair.here().write(ByteBuffer.allocate(4096)) > 0) {}
      var bytes = ByteBuffer.wrap("hello".getBytes(UTF_8));
      assertThat(send(pair, bytes, file)).isFalse();
      assertThat(bytes.position()).isZero();
    }
  }

  @Test
  void tellsABrokenConnectionAndAClosedFile() throws Exception {
    try (var pair = Pair.in(directory);
        var file = Descriptor.toRead(directory)) {
      var bytes = ByteBuffer.wrap("hello".getBytes(UTF_8));
      var closed = Descriptor.toRead(directory);
      closed.close();
      assertThatThrownBy(() -> send(pair, bytes, closed))
          .isInstanceOf(DescriptorSender.NotSentException.class);
      pair.there().close();
      assertThatThrownBy(() -> send(pair, bytes, file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("EPIPE");
      pair.here().close();
      assertThatThrownBy(() -> send(pair, bytes, file)).isInstanceOf(IOException.class);
    }
  }

  /** A descriptor must never reach the connection that has the number of a closed one. */
  @Test
  void neverSendsToAnotherConnection() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var file = Descriptor.toRead(directory)) {
      for (int i = 0; i < 200; i++) {
        try (var pair = Pair.in(directory)) {
          // They get the numbers that are free from then on.
          var successors =
              threads.submit(() -> {
                pair.here().close();
                return List.of(Pair.in(directory), Pair.in(directory));
              });
          try {
            send(pair, ByteBuffer.wrap(new byte[] {1}), file);
          } catch (IOException e) {
            assertThat(e).as("it was closed before").isNotNull();
          }
          for (Pair successor : successors.get()) {
            for (SocketChannel end : List.of(successor.here(), successor.there())) {
              end.configureBlocking(false);
              assertThat(end.read(ByteBuffer.allocate(1))).as("bytes that came").isZero();
            }
            successor.close();
          }
        }
      }
    }
  }

  private static boolean send(Pair pair, ByteBuffer bytes, Descriptor file) throws IOException {
    try (var sender = new DescriptorSender(file)) {
      return sender.send(pair.here(), bytes);
    }
  }
}
