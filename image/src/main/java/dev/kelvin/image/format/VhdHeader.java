package dev.kelvin.image.format;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lets only those VHD files pass that are whole in themselves (Microsoft, Virtual Hard Disk Image
 * Format Specification 1.0): fixed ones, which are a raw disk with a footer, and dynamic ones,
 * which have a copy of it at their start. QEMU calls them vpc.
 */
final class VhdHeader {
  private static final String COOKIE = "conectix";
  private static final int FOOTER = 512;
  private static final int DATA_OFFSET = 16;
  private static final int CURRENT_SIZE = 48;
  private static final int DISK_TYPE = 60;
  private static final int FIXED = 2;
  private static final int DYNAMIC = 3;
  private static final int DIFFERENCING = 4;

  private static final int SPARSE_HEADER = 1024;
  private static final int TABLE_OFFSET = 16;
  private static final int MAX_ENTRIES = 28;
  private static final int BLOCK_SIZE = 32;
  private static final int PARENT_NAME = 64;
  private static final int UNUSED = -1;
  private static final int SECTOR = 512;

  /** As many as 2 TiB, the largest VHD, has in the smallest blocks that are in use. */
  private static final int MOST_ENTRIES = 4 << 20;

  private VhdHeader() {}

  static void check(Path file) throws IOException {
    long length = Files.size(file);
    boolean atEnd = hasCookie(file, length - FOOTER);
    boolean atStart = hasCookie(file, 0);
    ForeignDisk.require(file, Format.VHD, atEnd || atStart);
    ByteBuffer footer = ForeignDisk.read(file, atEnd ? length - FOOTER : 0, FOOTER);
    ForeignDisk.require(file, Format.VHD, footer.limit() == FOOTER);
    long size = footer.getLong(CURRENT_SIZE);
    ForeignDisk.checkSize(file, Format.VHD, new ByteSize(Math.max(size, 0)));
    switch (footer.getInt(DISK_TYPE)) {
      case FIXED -> {
        // The footer is the end of one; one that has it at the start only was cut off.
        ForeignDisk.checkLength(file, size + FOOTER);
        ForeignDisk.require(file, Format.VHD, atEnd);
      }
      case DYNAMIC -> dynamic(file, footer, atEnd);
      case DIFFERENCING ->
          throw ForeignDisk.isCheckpoint(file, parent(file, footer.getLong(DATA_OFFSET)))
              .asException();
      default -> ForeignDisk.require(file, Format.VHD, false);
    }
  }

  private static boolean hasCookie(Path file, long offset) throws IOException {
    return offset >= 0 && ForeignDisk.text(file, offset, COOKIE.length()).equals(COOKIE);
  }

  private static void dynamic(Path file, ByteBuffer footer, boolean atEnd) throws IOException {
    ByteBuffer header = sparse(file, footer.getLong(DATA_OFFSET));
    long table = header.getLong(TABLE_OFFSET);
    long entries = Integer.toUnsignedLong(header.getInt(MAX_ENTRIES));
    long block = Integer.toUnsignedLong(header.getInt(BLOCK_SIZE));
    ForeignDisk.require(file, Format.VHD, table > 0 && entries <= MOST_ENTRIES && block >= SECTOR);
    ForeignDisk.checkLength(file, table + entries * Integer.BYTES);
    long bitmap = (block / SECTOR / Byte.SIZE + SECTOR - 1) / SECTOR * SECTOR;
    ByteBuffer all = ForeignDisk.read(file, table, (int) entries * Integer.BYTES);
    long end = 0;
    while (all.remaining() >= Integer.BYTES) {
      int sector = all.getInt();
      if (sector != UNUSED) {
        end = Math.max(end, Integer.toUnsignedLong(sector) * SECTOR + bitmap + block);
      }
    }
    ForeignDisk.checkLength(file, end);
    if (!atEnd) {
      throw cutOff(file).asException();
    }
  }

  private static ByteBuffer sparse(Path file, long offset) throws IOException {
    boolean there = offset >= 0 && ForeignDisk.text(file, offset, 8).equals("cxsparse");
    ForeignDisk.require(file, Format.VHD, there);
    ByteBuffer header = ForeignDisk.read(file, offset, SPARSE_HEADER);
    ForeignDisk.require(file, Format.VHD, header.limit() == SPARSE_HEADER);
    return header;
  }

  private static String parent(Path file, long offset) throws IOException {
    ByteBuffer name = sparse(file, offset).position(PARENT_NAME).limit(PARENT_NAME + 512);
    String text = StandardCharsets.UTF_16BE.decode(name).toString();
    int end = text.indexOf('\0');
    return ForeignDisk.printable(end < 0 ? text : text.substring(0, end));
  }

  private static Problem cutOff(Path file) {
    return Problem.of(Code.INVALID_ARGUMENT, "The disk is not whole")
        .on(ForeignDisk.name(file))
        .because("a VHD ends in a footer, and this one does not")
        .remedy("copy it again from where it is whole");
  }
}
