package dev.kelvin.api.http;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The client's end of a WebSocket's frames (RFC 6455, section 5). */
final class WebSocketFrames implements MessageSocket {
  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  /** The largest message that is taken, in bytes. */
  static final int MAX_MESSAGE = 16 << 20;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final InputStream in;
  private final OutputStream out;
  private final Closeable connection;
  private final ReentrantLock sending = new ReentrantLock();
  private volatile boolean closeSent;
  private volatile String closeReason = "";

  WebSocketFrames(InputStream in, OutputStream out, Closeable connection) {
    this.in = in;
    this.out = out;
    this.connection = connection;
  }

  /** A key for the handshake (section 4.1). */
  static String newKey() {
    byte[] key = new byte[16];
    RANDOM.nextBytes(key);
    return Base64.getEncoder().encodeToString(key);
  }

  /** What the server must answer to {@code key} (section 4.2.2). */
  static String accept(String key) {
    try {
      var sha = MessageDigest.getInstance("SHA-1");
      String text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
      return Base64.getEncoder()
          .encodeToString(sha.digest(text.getBytes(StandardCharsets.ISO_8859_1)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  @Override
  public void send(byte[] message) throws IOException {
    write(BINARY, message);
  }

  private void write(int opcode, byte[] payload) throws IOException {
    byte[] mask = new byte[4];
    RANDOM.nextBytes(mask);
    var frame = ByteBuffer.allocate(14 + payload.length);
    frame.put((byte) (0x80 | opcode));
    if (payload.length < 126) {
      frame.put((byte) (0x80 | payload.length));
    } else if (payload.length < 1 << 16) {
      frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
    } else {
      frame.put((byte) (0x80 | 127)).putLong(payload.length);
    }
    frame.put(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.put((byte) (payload[i] ^ mask[i & 3]));
    }
    sending.lock();
    try {
      if (closeSent) {
        if (opcode == BINARY) {
          throw new IOException("the WebSocket is closed");
        }
        return;
      }
      closeSent = opcode == CLOSE;
      out.write(frame.array(), 0, frame.position());
      out.flush();
    } finally {
      sending.unlock();
    }
  }

  @Override
  public byte @Nullable [] receive() throws IOException {
    var message = new ByteArrayOutputStream();
    boolean started = false;
    while (true) {
      int first = in.read();
      if (first < 0) {
        // Some servers drop the connection without a closing frame when they end.
        closeSent = true;
        return null;
      }
      int opcode = first & 0x0f;
      boolean last = (first & 0x80) != 0;
      if ((first & 0x70) != 0) {
        throw new ProtocolException("a frame uses an extension that was not agreed on");
      }
      byte[] payload = payload(opcode >= CLOSE, MAX_MESSAGE - message.size());
      switch (opcode) {
        case TEXT, BINARY -> require(!started, "a message begins within another");
        case CONTINUATION -> require(started, "a message goes on that has not begun");
        case PING -> write(PONG, payload);
        case PONG -> {}
        case CLOSE -> {
          closed(payload);
          return null;
        }
        default -> throw new ProtocolException("a frame has the opcode " + opcode);
      }
      if (opcode < CLOSE) {
        started = true;
        message.write(payload);
        if (last) {
          return message.toByteArray();
        }
      }
    }
  }

  private void closed(byte[] payload) throws IOException {
    if (payload.length > 2) {
      closeReason = new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
    }
    write(CLOSE, Arrays.copyOf(payload, Math.min(2, payload.length)));
  }

  private static void require(boolean condition, String otherwise) throws ProtocolException {
    if (!condition) {
      throw new ProtocolException(otherwise);
    }
  }

  private byte[] payload(boolean control, int limit) throws IOException {
    int second = octet();
    require((second & 0x80) == 0, "a server's frame is masked");
    long length = second & 0x7f;
    require(!control || length < 126, "a control frame is too long");
    if (length == 126) {
      length = (long) octet() << 8 | octet();
    } else if (length == 127) {
      length = 0;
      for (int i = 0; i < 8; i++) {
        length = length << 8 | octet();
      }
    }
    require(length >= 0 && length <= limit, "a message has more than " + MAX_MESSAGE + " bytes");
    byte[] payload = in.readNBytes((int) length);
    if (payload.length < length) {
      throw new EOFException("the connection ended in the middle of a frame");
    }
    return payload;
  }

  private int octet() throws IOException {
    int octet = in.read();
    if (octet < 0) {
      throw new EOFException("the connection ended in the middle of a frame");
    }
    return octet;
  }

  @Override
  public String closeReason() {
    return closeReason;
  }

  @Override
  public void close() throws IOException {
    try (connection) {
      write(CLOSE, new byte[] {0x03, (byte) 0xe8});
    }
  }
}
