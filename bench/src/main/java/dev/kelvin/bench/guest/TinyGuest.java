package dev.kelvin.bench.guest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A guest that costs nothing: a kernel for QEMU's multiboot loader (Multiboot Specification 0.6.96)
 * that writes a marker to the first serial port and halts its CPU for good.
 */
public final class TinyGuest {
  private static final int LOAD = 0x100000;
  private static final int HEADER = 32;
  private static final int MAGIC = 0x1BADB002;

  /** The header tells the addresses; so the file need not be ELF. */
  private static final int WITH_ADDRESSES = 1 << 16;

  /**
   * What follows {@code mov esi, text}: for each byte of the text up to a zero, wait until the port
   * takes one (bit 5 of 0x3fd), and write it to 0x3f8; then {@code cli} and {@code hlt} for ever.
   */
  private static final String CODE =
      "66bafd03"
          + "ec"
          + "a820"
          + "74f7"
          + "ac"
          + "84c0"
          + "7407"
          + "66baf803"
          + "ee"
          + "ebeb"
          + "fa"
          + "f4"
          + "ebfd";

  private TinyGuest() {}

  public static byte[] image() {
    byte[] code = HexFormat.of().parseHex(CODE);
    byte[] text = (Guest.MARKER + "\n\0").getBytes(StandardCharsets.US_ASCII);
    int size = HEADER + 5 + code.length + text.length;
    var image = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    image.putInt(MAGIC).putInt(WITH_ADDRESSES).putInt(-(MAGIC + WITH_ADDRESSES));
    // Header, load address, end of what is loaded, end of zeroed memory, entry.
    image.putInt(LOAD).putInt(LOAD).putInt(LOAD + size).putInt(LOAD + size).putInt(LOAD + HEADER);
    image.put((byte) 0xbe).putInt(LOAD + HEADER + 5 + code.length).put(code).put(text);
    return image.array();
  }

  /** Writes it to a file. */
  public static Path in(Path directory) throws IOException {
    return Files.write(directory.resolve("tiny"), image());
  }
}
