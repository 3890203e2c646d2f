package dev.kelvin.dist;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Just enough HTTP/1.1 to put a daemon through its paces over its Unix socket. */
record LocalApi(Path socket) {
  /**
   * What the daemon answered.
   *
   * @param text all of it after the status code, with the head
   */
  record Answer(int status, String text) {}

  /**
   * Sends one request and reads the answer to its end.
   *
   * @param body a JSON document; empty for none
   * @throws IOException when nobody answers
   */
  Answer request(String method, String path, String body) throws IOException {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      String head =
          """
          %s %s HTTP/1.1
          Host: localhost
          Connection: close
          Content-Type: application/json
          Content-Length: %d

          """
              .formatted(method, path, body.getBytes(StandardCharsets.UTF_8).length)
              .replace("\n", "\r\n");
      Channels.newOutputStream(channel).write((head + body).getBytes(StandardCharsets.UTF_8));
      var answer =
          new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
      String[] words = answer.split(" ", 3);
      if (words.length < 3 || !words[0].startsWith("HTTP/")) {
        throw new IOException("no HTTP answer to " + method + " " + path);
      }
      return new Answer(Integer.parseInt(words[1]), words[2]);
    }
  }
}
