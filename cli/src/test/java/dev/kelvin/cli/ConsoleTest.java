package dev.kelvin.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code kelvin console}, whose input is no terminal here. */
@Timeout(60)
class ConsoleTest extends OnFakeDaemon {

  @BeforeEach
  void start() throws IOException {
    daemon.on(
        "POST /v1/vms/web1/consoles",
        Reply.json(201, Map.of("ticket", "t1", "path", "/v1/consoles/t1", "validSeconds", 30)));
  }

  private static void handshake(String head, OutputStream out) throws Exception {
    int start = head.indexOf("Sec-WebSocket-Key: ") + 19;
    String key = head.substring(start, head.indexOf("\r\n", start));
    byte[] hash =
        MessageDigest.getInstance("SHA-1")
            .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(UTF_8));
    String accept = Base64.getEncoder().encodeToString(hash);
    out.write(
        ("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n")
            .getBytes(UTF_8));
  }

  private static String frame(InputStream in) throws IOException {
    in.read();
    int length = in.read() & 0x7f;
    byte[] mask = in.readNBytes(4);
    byte[] payload = in.readNBytes(length);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return new String(payload, UTF_8);
  }

  @Test
  void carriesBytesBothWaysUntilTheVmEnds() throws IOException {
    daemon.takeOver(
        "GET /v1/consoles/t1",
        (call, in, out) -> {
          handshake(call.head(), out);
          assertThat(frame(in)).isEqualTo("root\n");
          byte[] text = "login: root".getBytes(UTF_8);
          out.write(new byte[] {(byte) 0x82, (byte) text.length});
          out.write(text);
          out.write(new byte[] {(byte) 0x88, 2, 3, (byte) 0xe8});
          in.readAllBytes();
        });
    Result result = cli.piped("root\n").run("console", "web1");
    assertThat(result).isEqualTo(new Result(0, "login: root", ""));
  }

  @Test
  void isLeftWithItsEscape() throws IOException {
    daemon.takeOver(
        "GET /v1/consoles/t1",
        (call, in, out) -> {
          handshake(call.head(), out);
          assertThat(frame(in)).isEqualTo("\u0003ls");
          in.readAllBytes();
        });
    Result result = cli.typed("\u0003ls\u001drest").run("console", "web1");
    assertThat(result.code()).isZero();
    assertThat(result.err()).isEqualTo("The serial console of web1; Ctrl-] leaves it.\n\nLeft.\n");
  }
}
