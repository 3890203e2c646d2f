package dev.kelvin.it.lab;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * A guest of some bytes, for where a Linux would take minutes: a kernel for QEMU's multiboot loader
 * (Multiboot Specification 0.6.96) that writes a word to the first serial port and halts.
 */
final class MarkGuest {
  static final String MARK = "MARK-GUEST-RUNS";

  private static final int LOAD = 0x100000;
  private static final int HEADER = 32;
  private static final int MAGIC = 0x1BADB002;

  /** The header tells the addresses; so the file need not be ELF. */
  private static final int WITH_ADDRESSES = 1 << 16;

  /** {@code mov esi, text}, whose operand follows. */
  private static final byte MOV_ESI = (byte) 0xbe;

  /**
   * For each byte of the text up to a zero, wait until the port takes one (bit 5 of 0x3fd), and
   * write it to 0x3f8; then {@code cli} and {@code hlt} for ever.
   */
  private static final String CODE = "66bafd03eca82074f7ac84c0740766baf803eeebebfaf4ebfd";

  private MarkGuest() {}

  static byte[] image() {
    byte[] code = HexFormat.of().parseHex(CODE);
    byte[] text = (MARK + "\n\0").getBytes(StandardCharsets.US_ASCII);
    int start = LOAD + HEADER;
    int size = HEADER + 1 + Integer.BYTES + code.length + text.length;
    var image = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    image.putInt(MAGIC).putInt(WITH_ADDRESSES).putInt(-(MAGIC + WITH_ADDRESSES));
    // Header, load address, end of what is loaded, end of zeroed memory, entry.
    image.putInt(LOAD).putInt(LOAD).putInt(LOAD + size).putInt(LOAD + size).putInt(start);
    image.put(MOV_ESI).putInt(start + 1 + Integer.BYTES + code.length).put(code).put(text);
    return image.array();
  }
}
