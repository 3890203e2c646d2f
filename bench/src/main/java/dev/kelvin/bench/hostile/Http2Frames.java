package dev.kelvin.bench.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Frames of HTTP/2 (RFC 9113) as they come to bytes, with heads that need no table (RFC 7541). */
final class Http2Frames {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int END_OF_STREAM_AND_HEAD = 0x5;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int CANCEL = 8;

  /** Of the static table: GET, and the names of scheme https, path and authority. */
  private static final int METHOD_GET = 0x80 | 2;

  private static final int SCHEME_HTTPS = 0x80 | 7;
  private static final int PATH = 4;
  private static final int AUTHORITY = 1;

  private Http2Frames() {}

  /** How a client begins, with a window for each stream's answer. */
  static byte[] preface(int window) {
    var setting = ByteBuffer.allocate(6).putShort((short) INITIAL_WINDOW_SIZE).putInt(window);
    byte[] settings = frame(SETTINGS, 0, 0, setting.array());
    return ByteBuffer.allocate(PREFACE.length + settings.length).put(PREFACE).put(settings).array();
  }

  static byte[] get(String path, int stream) {
    var head = new ByteArrayOutputStream();
    head.write(METHOD_GET);
    head.write(SCHEME_HTTPS);
    literal(head, PATH, path);
    literal(head, AUTHORITY, "localhost");
    return frame(HEADERS, END_OF_STREAM_AND_HEAD, stream, head.toByteArray());
  }

  static byte[] reset(int stream) {
    return frame(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(CANCEL).array());
  }

  private static void literal(ByteArrayOutputStream head, int name, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
    head.write(name);
    head.write(bytes.length);
    head.writeBytes(bytes);
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }
}
