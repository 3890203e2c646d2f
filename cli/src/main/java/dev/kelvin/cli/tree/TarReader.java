package dev.kelvin.cli.tree;

import dev.kelvin.model.ExactInput;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads an archive as GNU tar, busybox and bsdtar write it: ustar, with GNU's long names or pax's
 * records (pax(1), tar(5)). Whoever has made it is not trusted: each header is bounded, and nothing
 * is believed but where the next one begins.
 */
final class TarReader {
  private static final int BLOCK = 512;

  /** The longest name, which is longer than Linux takes, and the longest set of records. */
  private static final int MAX_EXTENSION = 64 << 10;

  /** Of names and records before one entry. */
  private static final int MAX_EXTENSIONS = 16;

  /** What comes is no archive, or not all of one. */
  static final class Broken extends IOException {
    Broken(String message) {
      super(message);
    }

    Broken(String message, Throwable reason) {
      super(message, reason);
    }
  }

  private final InputStream in;

  /** What of the present entry has not been read, and the bytes of the padding behind it. */
  private ExactInput content;

  private long padding;

  TarReader(InputStream in) {
    this.in = in;
    this.content = new ExactInput(in, 0, _ -> cutOff());
  }

  /**
   * The next entry; what is left of the one before is passed over.
   *
   * @return null at the end
   * @throws IOException when it is no archive, or one that is cut off
   */
  @Nullable TarEntry next() throws IOException {
    Map<String, String> said = new HashMap<>();
    for (int i = 0; i <= MAX_EXTENSIONS; i++) {
      passOver();
      byte[] header = block();
      if (isEmpty(header)) {
        return null;
      }
      check(header);
      long size = number(header, 124, 12);
      switch (header[156]) {
        case 'L' -> said.put("path", text(extension(size)));
        case 'K' -> said.put("linkpath", text(extension(size)));
        case 'x' -> said.putAll(records(extension(size)));
        case 'g' -> {
          byte[] _ = extension(size); // of the whole archive: comments, as git writes them
        }
        default -> {
          return entry(header, size, said);
        }
      }
    }
    throw new Broken("the archive has too many headers for one entry");
  }

  private TarEntry entry(byte[] header, long size, Map<String, String> said) throws IOException {
    // Of a file with holes the content is a map of them and the rest, whatever its type says.
    boolean sparse = said.keySet().stream().anyMatch(key -> key.startsWith("GNU.sparse."));
    TarEntry.Kind kind = sparse ? TarEntry.Kind.UNKNOWN : TarEntry.Kind.of(header[156]);
    boolean ustar = new String(header, 257, 6, StandardCharsets.US_ASCII).equals("ustar\0");
    String prefix = ustar ? text(header, 345, 155) : "";
    String name = text(header, 0, 100);
    long length = size;
    if (said.containsKey("size")) {
      try {
        length = Long.parseLong(String.valueOf(said.get("size")));
      } catch (NumberFormatException e) {
        throw new Broken("the archive has a size that is no number", e);
      }
    }
    boolean hasContent = kind == TarEntry.Kind.FILE || kind == TarEntry.Kind.UNKNOWN;
    begin(hasContent ? length : 0);
    return new TarEntry(
        said.getOrDefault("path", prefix.isEmpty() ? name : prefix + "/" + name),
        kind,
        (int) number(header, 100, 8) & 07777,
        content.left(),
        said.getOrDefault("linkpath", text(header, 157, 100)));
  }

  /** The content of the present entry, to its end. */
  InputStream content() {
    return content;
  }

  private void begin(long size) throws IOException {
    if (size < 0) {
      throw new Broken("the archive has an entry of a negative size");
    }
    content = new ExactInput(in, size, _ -> cutOff());
    padding = (BLOCK - size % BLOCK) % BLOCK;
  }

  private void passOver() throws IOException {
    try {
      in.skipNBytes(content.left());
      in.skipNBytes(padding);
    } catch (EOFException e) {
      throw new Broken("the archive ends in the middle", e);
    }
    begin(0);
  }

  private byte[] block() throws IOException {
    byte[] block = in.readNBytes(BLOCK);
    if (block.length < BLOCK) {
      throw cutOff();
    }
    return block;
  }

  private static Broken cutOff() {
    return new Broken("the archive ends in the middle");
  }

  private byte[] extension(long size) throws IOException {
    if (size < 0 || size > MAX_EXTENSION) {
      throw new Broken("the archive has a header of " + size + " bytes");
    }
    begin(size);
    byte[] content = content().readAllBytes();
    passOver();
    return content;
  }

  private static boolean isEmpty(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** The sum of all bytes, with spaces for the sum itself. */
  private static void check(byte[] header) throws IOException {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
    }
    if (sum != number(header, 148, 8)) {
      throw new Broken("what comes is no archive of tar");
    }
  }

  /** In octal; or, what is larger, in binary behind a mark (GNU's base-256). */
  private static long number(byte[] header, int offset, int length) throws IOException {
    if ((header[offset] & 0x80) != 0) {
      long value = header[offset] & 0x3f;
      for (int i = 1; i < length; i++) {
        if (value >> 54 != 0) {
          throw new Broken("the archive has a number that is too large");
        }
        value = (value << 8) | (header[offset + i] & 0xff);
      }
      return value;
    }
    long value = 0;
    for (int i = offset; i < offset + length; i++) {
      if (header[i] >= '0' && header[i] <= '7') {
        value = (value << 3) | (header[i] - '0');
      } else if (header[i] != ' ' && header[i] != 0) {
        throw new Broken("what comes is no archive of tar");
      }
    }
    return value;
  }

  private static String text(byte[] header, int offset, int length) throws IOException {
    return text(Arrays.copyOfRange(header, offset, offset + length));
  }

  /** Up to its first NUL. */
  private static String text(byte[] bytes) throws IOException {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, end)).toString();
    } catch (CharacterCodingException e) {
      throw new Broken("a name in the archive is not UTF-8", e);
    }
  }

  /** Lines of "LENGTH KEY=VALUE", where the length is that of the line. */
  private static Map<String, String> records(byte[] bytes) throws IOException {
    Map<String, String> records = new HashMap<>();
    int at = 0;
    while (at < bytes.length) {
      int space = at;
      while (space < bytes.length && bytes[space] != ' ') {
        space++;
      }
      int length;
      try {
        length = Integer.parseInt(new String(bytes, at, space - at, StandardCharsets.US_ASCII), 10);
      } catch (NumberFormatException e) {
        throw new Broken("the archive has a record without a length", e);
      }
      if (length <= space - at + 1 || length > bytes.length - at) {
        throw new Broken("the archive has a record of a wrong length");
      }
      String line = text(Arrays.copyOfRange(bytes, space + 1, at + length - 1));
      int equals = line.indexOf('=');
      if (equals > 0) {
        records.put(line.substring(0, equals), line.substring(equals + 1));
      }
      at += length;
    }
    return records;
  }
}
