package dev.kelvin.host.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceNoticeTest {
  private static final boolean X86 = System.getProperty("os.arch", "").equals("amd64");
  private static final long SOCKET = X86 ? 41 : 198;
  private static final long BIND = X86 ? 49 : 200;
  private static final long RECVFROM = X86 ? 45 : 207;
  private static final long DONT_WAIT = 0x40;

  @TempDir Path directory;

  /** The end of a service manager. */
  private static final class Manager implements AutoCloseable {
    private final Syscalls syscalls = new Syscalls();
    private final long socket = syscalls.call(SOCKET, 1, 2, 0).value();

    Manager(String name) {
      try (Arena arena = Arena.ofConfined()) {
        byte[] path = name.replace('@', '\0').getBytes(StandardCharsets.UTF_8);
        MemorySegment address = arena.allocate(2 + path.length, 2);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
        MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, 2, path.length);
        var bound = syscalls.call(BIND, socket, address.address(), address.byteSize());
        assertThat(bound.ok()).as(bound.error()).isTrue();
      }
    }

    /** The next datagram; empty when there is none. */
    String next() {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment bytes = arena.allocate(4096);
        long length =
            syscalls.call(RECVFROM, socket, bytes.address(), 4096, DONT_WAIT, 0, 0).value();
        byte[] text = bytes.asSlice(0, Math.max(0, length)).toArray(ValueLayout.JAVA_BYTE);
        return new String(text, StandardCharsets.UTF_8);
      }
    }

    @Override
    public void close() {
      syscalls.close(socket);
    }
  }

  private static void tells(String socket) {
    try (var manager = new Manager(socket)) {
      var notice = ServiceNotice.of(Map.of("NOTIFY_SOCKET", socket));
      notice.ready("all is well");
      assertThat(manager.next()).isEqualTo("READY=1\nSTATUS=all is well");
      notice.stopping("bye");
      assertThat(manager.next()).isEqualTo("STOPPING=1\nSTATUS=bye");
      assertThat(manager.next()).isEmpty();
    }
  }

  @Test
  void tellsAtAPath() {
    tells(directory.resolve("notify").toString());
  }

  @Test
  void tellsAtAnAbstractName() {
    tells("@kelvin-test-" + directory.getFileName());
  }

  @Test
  void nobodyListens() throws IOException {
    int before = descriptors();
    ServiceNotice.of(Map.of()).ready("all is well");
    var gone = ServiceNotice.of(Map.of("NOTIFY_SOCKET", directory.resolve("gone").toString()));
    for (int i = 0; i < 50; i++) {
      gone.ready("all is well");
    }
    assertThat(descriptors()).as("sockets that stay open").isLessThan(before + 20);
  }

  private static int descriptors() throws IOException {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return (int) files.count();
    }
  }
}
