package dev.kelvin.host.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class PortHolderTest {
  @Test
  void whoListensIsNamed() throws Exception {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
      assertThat(PortHolder.of(port)).isEqualTo("java (pid " + ProcessHandle.current().pid() + ")");
    }
    assertThat(PortHolder.of(port)).isEmpty();
  }
}
