package dev.kelvin.image.format;

import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a VHDX file (Microsoft, MS-VHDX) says of itself that QEMU does not take, or tells in words
 * that help nobody: a parent, a journal that was not replayed, sectors of 4096 bytes.
 */
public final class VhdxHeader {
  private static final UUID METADATA = UUID.fromString("8b7ca206-4790-4b9a-b8fe-575f050f886e");
  private static final UUID PARAMETERS = UUID.fromString("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
  private static final UUID SECTOR_SIZE = UUID.fromString("8141bf1d-a96f-4709-ba47-f233a8faab5f");
  private static final UUID PARENT = UUID.fromString("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");
  private static final UUID NONE = new UUID(0, 0);

  private static final long[] HEADERS = {64 << 10, 128 << 10};
  private static final int HEADER_LENGTH = 4096;
  private static final int CHECKSUM = 4;
  private static final int SEQUENCE = 8;
  private static final int LOG = 48;
  private static final long REGIONS = 192 << 10;
  private static final int TABLE_LENGTH = 64 << 10;
  private static final int ENTRY = 32;
  private static final int HAS_PARENT = 2;

  /** In the order in which they help people. */
  private static final List<String> NAMES =
      List.of("relative_path", "absolute_win32_path", "volume_path");

  private final Path file;

  private VhdxHeader(Path file) {
    this.file = file;
  }

  /** Refuses what depends on another file, and what no guest could use. */
  public static void check(Path file) throws IOException {
    ForeignDisk.require(file, Format.VHDX, ForeignDisk.text(file, 0, 8).equals("vhdxfile"));
    new VhdxHeader(file).checkMetadata();
  }

  /** Whether its journal has changes that are not in their places yet. */
  public static boolean isDirty(Path file) throws IOException {
    long newest = -1;
    boolean dirty = false;
    for (long place : HEADERS) {
      ByteBuffer header = little(ForeignDisk.read(file, place, HEADER_LENGTH));
      if (isValid(header) && header.getLong(SEQUENCE) > newest) {
        newest = header.getLong(SEQUENCE);
        dirty = !guid(header, LOG).equals(NONE);
      }
    }
    return dirty;
  }

  private static boolean isValid(ByteBuffer header) {
    if (header.limit() < HEADER_LENGTH || header.getInt(0) != 0x64616568) {
      return false;
    }
    byte[] bytes = new byte[HEADER_LENGTH];
    header.get(0, bytes);
    bytes[CHECKSUM] = bytes[CHECKSUM + 1] = bytes[CHECKSUM + 2] = bytes[CHECKSUM + 3] = 0;
    var sum = new CRC32C();
    sum.update(bytes);
    return (int) sum.getValue() == header.getInt(CHECKSUM);
  }

  private void checkMetadata() throws IOException {
    ByteBuffer regions = little(ForeignDisk.read(file, REGIONS, TABLE_LENGTH));
    long metadata = find(regions, 16, regions.limit() < 16 ? 0 : regions.getInt(8), METADATA);
    if (metadata < 0) {
      return; // QEMU will not take it either
    }
    ByteBuffer table = little(ForeignDisk.read(file, metadata, TABLE_LENGTH));
    int count = table.limit() < ENTRY ? 0 : Short.toUnsignedInt(table.getShort(10));
    long parameters = find(table, ENTRY, count, PARAMETERS);
    ByteBuffer flags = item(metadata, parameters, 8);
    if (flags.limit() == 8 && (flags.getInt(4) & HAS_PARENT) != 0) {
      String name = parentName(metadata, find(table, ENTRY, count, PARENT));
      throw ForeignDisk.isCheckpoint(file, name == null ? "" : ForeignDisk.printable(name))
          .asException();
    }
    ByteBuffer sector = item(metadata, find(table, ENTRY, count, SECTOR_SIZE), 4);
    if (sector.limit() == 4 && sector.getInt(0) != 512) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The disk has sectors of another size")
          .on(ForeignDisk.name(file))
          .because(
              "its sectors have "
                  + Integer.toUnsignedLong(sector.getInt(0))
                  + " bytes; disks of VMs here have 512")
          .remedy(
              "copy its content, where it is used, to a new disk with sectors of 512 bytes, then"
                  + " import that: in another size a guest does not find its partitions")
          .asException();
    }
  }

  /** The offset that a table has for an entry, each of 32 bytes; -1 when it has none. */
  private static long find(ByteBuffer table, int first, int count, UUID wanted) {
    for (int i = 0, at = first; i < count && at + ENTRY <= table.limit(); i++, at += ENTRY) {
      if (guid(table, at).equals(wanted)) {
        // 64 bits in the table of regions, 32 in that of metadata, which a length follows.
        return wanted.equals(METADATA)
            ? table.getLong(at + 16)
            : Integer.toUnsignedLong(table.getInt(at + 16));
      }
    }
    return -1;
  }

  private ByteBuffer item(long metadata, long offset, int length) throws IOException {
    return offset < 0
        ? ByteBuffer.allocate(0)
        : little(ForeignDisk.read(file, metadata + offset, length));
  }

  /** The parent's name as the locator has it, whose texts lie behind its table. */
  private @Nullable String parentName(long metadata, long offset) throws IOException {
    ByteBuffer locator = item(metadata, offset, TABLE_LENGTH);
    int count = locator.limit() < 20 ? 0 : Short.toUnsignedInt(locator.getShort(18));
    Map<String, String> found = new HashMap<>();
    for (int i = 0, at = 20; i < count && at + 12 <= locator.limit(); i++, at += 12) {
      found.put(
          text(locator, locator.getInt(at), locator.getShort(at + 8)),
          text(locator, locator.getInt(at + 4), locator.getShort(at + 10)));
    }
    return NAMES.stream().map(found::get).filter(Objects::nonNull).findFirst().orElse(null);
  }

  private static String text(ByteBuffer locator, int offset, short length) {
    long end = Integer.toUnsignedLong(offset) + Short.toUnsignedInt(length);
    if (end > locator.limit()) {
      return "";
    }
    byte[] bytes = new byte[Short.toUnsignedInt(length)];
    locator.get(offset, bytes);
    return new String(bytes, StandardCharsets.UTF_16LE);
  }

  /** The first three parts of a GUID are little-endian numbers, the rest is bytes. */
  private static UUID guid(ByteBuffer bytes, int at) {
    long high =
        Integer.toUnsignedLong(bytes.getInt(at)) << 32
            | Short.toUnsignedLong(bytes.getShort(at + 4)) << 16
            | Short.toUnsignedLong(bytes.getShort(at + 6));
    return new UUID(high, Long.reverseBytes(bytes.getLong(at + 8)));
  }

  private static ByteBuffer little(ByteBuffer bytes) {
    return bytes.order(ByteOrder.LITTLE_ENDIAN);
  }
}
