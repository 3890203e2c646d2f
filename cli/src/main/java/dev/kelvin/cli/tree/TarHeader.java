package dev.kelvin.cli.tree;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/** Writes headers of archives in GNU's format, which each tar reads: busybox's, too. */
final class TarHeader {
  static final int BLOCK = 512;
  private static final int NAME = 100;
  private static final String LONG = "././@LongLink";

  private TarHeader() {}

  /** The header of an entry, after those of what is too long for it. */
  static byte[] of(TarEntry entry, Instant changed) {
    var out = new ByteArrayOutputStream();
    byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
    byte[] link = entry.link().getBytes(StandardCharsets.UTF_8);
    tooLong(out, 'K', link);
    tooLong(out, 'L', name);
    out.writeBytes(
        block(
            name,
            link,
            entry.kind().letter(),
            entry.mode(),
            entry.size(),
            Math.max(0, changed.getEpochSecond())));
    return out.toByteArray();
  }

  private static void tooLong(ByteArrayOutputStream out, char kind, byte[] text) {
    if (text.length > NAME) {
      long size = text.length + 1L;
      out.writeBytes(
          block(LONG.getBytes(StandardCharsets.US_ASCII), new byte[0], kind, 0, size, 0));
      out.writeBytes(text);
      out.writeBytes(new byte[1 + padding(size)]);
    }
  }

  /** How many bytes follow after content to the end of its last block. */
  static int padding(long size) {
    return (int) ((BLOCK - size % BLOCK) % BLOCK);
  }

  private static byte[] block(
      byte[] name, byte[] link, char kind, int mode, long size, long changed) {
    byte[] header = new byte[BLOCK];
    System.arraycopy(name, 0, header, 0, Math.min(NAME, name.length));
    octal(header, 100, 8, mode);
    octal(header, 108, 8, 0);
    octal(header, 116, 8, 0);
    number(header, 124, size);
    number(header, 136, changed);
    header[156] = (byte) kind;
    System.arraycopy(link, 0, header, 157, Math.min(NAME, link.length));
    byte[] magic = "ustar  \0".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(magic, 0, header, 257, magic.length);
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    octal(header, 148, 7, sum);
    return header;
  }

  /** Twelve bytes, in binary where octal digits have no room. */
  private static void number(byte[] header, int offset, long value) {
    if (value < 1L << 33) {
      octal(header, offset, 12, value);
      return;
    }
    for (int i = 0; i < 8; i++) {
      header[offset + 11 - i] = (byte) (value >>> (8 * i));
    }
    header[offset] = (byte) 0x80;
  }

  private static void octal(byte[] header, int offset, int length, long value) {
    String digits = Long.toOctalString(value);
    int from = offset + length - 1 - digits.length();
    Arrays.fill(header, offset, from, (byte) '0');
    System.arraycopy(digits.getBytes(StandardCharsets.US_ASCII), 0, header, from, digits.length());
    header[offset + length - 1] = 0;
  }
}
