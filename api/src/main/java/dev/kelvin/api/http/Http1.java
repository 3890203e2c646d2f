package dev.kelvin.api.http;

import dev.kelvin.model.ExactInput;
import dev.kelvin.model.PieceInput;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Reads answers of HTTP/1.1 (RFC 9112). */
final class Http1 {
  /** The longest head of an answer, in bytes. */
  static final int MAX_HEAD = 64 << 10;

  private final InputStream in;
  private int headBytes;

  /**
   * @param in need not be buffered; {@link Buffer} does it
   */
  Http1(Buffer in) {
    this.in = in;
  }

  /** A head: what is left on the stream is the body. */
  record Head(int status, Map<String, String> headers) {}

  /** The head of the final answer; interim answers (1xx) except 101 are passed over. */
  Head head() throws IOException {
    while (true) {
      headBytes = 0;
      int status = status(line());
      var headers = new LinkedHashMap<String, String>();
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        if (colon <= 0) {
          throw new ProtocolException("a header has no name");
        }
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      if (status >= 200 || status == 101) {
        return new Head(status, headers);
      }
    }
  }

  private static int status(String line) throws IOException {
    boolean form =
        line.length() >= 12
            && line.startsWith("HTTP/1.")
            && line.charAt(8) == ' '
            && (line.length() == 12 || line.charAt(12) == ' ');
    if (form) {
      int code = 0;
      for (int i = 9; i < 12; i++) {
        int digit = line.charAt(i) - '0';
        form &= digit >= 0 && digit <= 9;
        code = code * 10 + digit;
      }
      if (form && code >= 100) {
        return code;
      }
    }
    throw new ProtocolException(
        "it begins with \"" + abbreviate(line) + "\", which is not HTTP/1.1");
  }

  private static String abbreviate(String line) {
    String plain = line.length() <= 40 ? line : line.substring(0, 40) + "...";
    var clean = new StringBuilder();
    plain.chars().forEach(c -> clean.append(c < ' ' || c > '~' ? '?' : (char) c));
    return clean.toString();
  }

  /** A line without its end; text is ISO 8859-1, as RFC 9110 has it. */
  private String line() throws IOException {
    var line = new StringBuilder();
    while (true) {
      int c = in.read();
      if (c < 0) {
        throw new EOFException("the connection ended in the middle of the answer's head");
      }
      if (++headBytes > MAX_HEAD) {
        throw new ProtocolException("the answer's head has more than " + MAX_HEAD + " bytes");
      }
      if (c == '\n') {
        int end = line.length();
        if (end > 0 && line.charAt(end - 1) == '\r') {
          line.setLength(end - 1);
        }
        return line.toString();
      }
      line.append((char) c);
    }
  }

  /** The body that belongs to {@code head}. */
  InputStream body(Head head) throws IOException {
    if (head.status() == 204 || head.status() == 304) {
      return InputStream.nullInputStream();
    }
    String coding = head.headers().getOrDefault("transfer-encoding", "");
    if (coding.equalsIgnoreCase("chunked")) {
      return new Chunked(in);
    } else if (!coding.isEmpty()) {
      throw new ProtocolException("the answer's transfer coding is " + abbreviate(coding));
    }
    String length = head.headers().get("content-length");
    if (length == null) {
      return in;
    }
    try {
      long bytes = Long.parseLong(length);
      if (bytes >= 0) {
        return fixed(in, bytes);
      }
    } catch (NumberFormatException e) {
      throw new ProtocolException("the answer's length is " + abbreviate(length));
    }
    throw new ProtocolException("the answer's length is negative");
  }

  /** A buffer of which nothing is lost when the reading of the head ends. */
  static final class Buffer extends InputStream {
    private final InputStream in;
    private final byte[] bytes = new byte[1 << 13];
    private int next;
    private int end;

    Buffer(InputStream in) {
      this.in = in;
    }

    private boolean fill() throws IOException {
      if (next == end) {
        next = 0;
        end = Math.max(0, in.read(bytes, 0, bytes.length));
      }
      return next < end;
    }

    @Override
    public int read() throws IOException {
      return fill() ? bytes[next++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (next == end && length >= bytes.length) {
        return in.read(target, offset, length);
      }
      if (!fill()) {
        return -1;
      }
      int n = Math.min(length, end - next);
      System.arraycopy(bytes, next, target, offset, n);
      next += n;
      return n;
    }
  }

  /** A body of a known length. */
  private static InputStream fixed(InputStream in, long length) {
    return new ExactInput(
        in,
        length,
        missing ->
            new EOFException("the connection ended " + missing + " bytes before the answer's end"));
  }

  /** A body in chunks (RFC 9112, section 7.1). Trailers are passed over. */
  private static final class Chunked extends PieceInput {
    private static final int MAX_LINE = 4096;
    private final InputStream in;
    private long left;
    private boolean first = true;
    private boolean ended;

    Chunked(InputStream in) {
      this.in = in;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left == 0 && !ended) {
        nextChunk();
      }
      if (ended) {
        return -1;
      }
      int n = in.read(target, offset, (int) Math.min(length, left));
      if (n < 0) {
        throw truncated();
      }
      left -= n;
      return n;
    }

    private void nextChunk() throws IOException {
      if (!first && !line().isEmpty()) {
        throw new ProtocolException("a chunk of the answer is longer than announced");
      }
      first = false;
      String size = line();
      int extension = size.indexOf(';');
      String digits = (extension < 0 ? size : size.substring(0, extension)).strip();
      try {
        left = Long.parseLong(digits, 16);
      } catch (NumberFormatException e) {
        throw new ProtocolException("a chunk's length is " + abbreviate(digits));
      }
      if (left < 0) {
        throw new ProtocolException("a chunk's length is negative");
      }
      if (left == 0) {
        ended = true;
        int trailers = 0;
        while (!line().isEmpty()) {
          if (++trailers > 100) {
            throw new ProtocolException("the answer has too many trailers");
          }
        }
      }
    }

    private String line() throws IOException {
      var line = new StringBuilder();
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < 0) {
          throw truncated();
        }
        if (line.length() >= MAX_LINE) {
          throw new ProtocolException("a line between chunks has more than " + MAX_LINE + " bytes");
        }
        line.append((char) c);
      }
      int end = line.length();
      return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
    }

    private static EOFException truncated() {
      return new EOFException("the connection ended in the middle of a chunk of the answer");
    }
  }
}
