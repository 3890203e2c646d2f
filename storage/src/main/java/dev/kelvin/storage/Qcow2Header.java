package dev.kelvin.storage;

import dev.kelvin.model.ByteSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The header of a qcow2 file, read without QEMU (QEMU's {@code docs/interop/qcow2.txt}). To let
 * qemu-img look at a file already opens the other files it names; and it refuses a disk that a
 * running VM has open. This does neither.
 *
 * @param version 2 or 3
 * @param size what a guest sees
 * @param backing the name of the file below it
 * @param backingFormat which driver of QEMU's shall read that file; null when QEMU has to guess
 * @param encrypted whether its content is
 * @param externalData whether its content is in another file
 * @param dirty whether it was not closed: what is in use has to be counted anew
 * @param corrupt whether QEMU has marked it as damaged
 * @param snapshots how many internal ones it has
 */
public record Qcow2Header(
    int version,
    ByteSize size,
    @Nullable String backing,
    @Nullable String backingFormat,
    boolean encrypted,
    boolean externalData,
    boolean dirty,
    boolean corrupt,
    int snapshots) {
  private static final int MAGIC = 0x514649fb;
  private static final int V2_LENGTH = 72;
  private static final int V3_LENGTH = 104;
  private static final int MAX_NAME = 1023;
  private static final int BIT_DIRTY = 1;
  private static final int BIT_CORRUPT = 1 << 1;
  private static final int BIT_EXTERNAL_DATA = 1 << 2;

  private static final int EXTENSION_BACKING_FORMAT = 0xE2792ACA;

  /** More than QEMU knows; a header with more is no header. */
  private static final int MAX_EXTENSIONS = 64;

  /**
   * Reads the header.
   *
   * @return empty when the file is no qcow2 file of a version that QEMU knows, or its header
   *     contradicts itself
   */
  public static Optional<Qcow2Header> read(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer header = read(channel, 0, V3_LENGTH);
      if (header.limit() < V2_LENGTH || header.getInt(0) != MAGIC) {
        return Optional.empty();
      }
      int version = header.getInt(4);
      long size = header.getLong(24);
      boolean v3 = version == 3 && header.limit() == V3_LENGTH;
      if ((version != 2 && !v3) || size < 0) {
        return Optional.empty();
      }
      long features = v3 ? header.getLong(72) : 0;
      return Optional.of(
          new Qcow2Header(
              version,
              new ByteSize(size),
              backing(channel, header),
              backingFormat(channel, v3 ? Integer.toUnsignedLong(header.getInt(100)) : V2_LENGTH),
              header.getInt(32) != 0,
              (features & BIT_EXTERNAL_DATA) != 0,
              (features & BIT_DIRTY) != 0,
              (features & BIT_CORRUPT) != 0,
              header.getInt(60)));
    }
  }

  private static @Nullable String backing(FileChannel channel, ByteBuffer header)
      throws IOException {
    long offset = header.getLong(8);
    if (offset == 0) {
      return null;
    }
    int length = Math.clamp(Integer.toUnsignedLong(header.getInt(16)), 0, MAX_NAME);
    // A name that lies outside of the file is a name all the same: whoever asks refuses it.
    ByteBuffer name = offset < 0 ? ByteBuffer.allocate(0) : read(channel, offset, length);
    return StandardCharsets.UTF_8.decode(name).toString();
  }

  /** One of the extensions that follow the header, each a type, a length and padded content. */
  private static @Nullable String backingFormat(FileChannel channel, long firstExtension)
      throws IOException {
    long offset = firstExtension;
    for (int i = 0; i < MAX_EXTENSIONS; i++) {
      ByteBuffer start = read(channel, offset, 8);
      if (start.limit() < 8 || start.getInt(0) == 0) {
        return null;
      }
      long length = Integer.toUnsignedLong(start.getInt(4));
      if (start.getInt(0) == EXTENSION_BACKING_FORMAT) {
        ByteBuffer name = read(channel, offset + 8, Math.clamp(length, 0, MAX_NAME));
        return StandardCharsets.UTF_8.decode(name).toString();
      }
      offset += 8 + ((length + 7) & ~7L);
    }
    return null;
  }

  private static ByteBuffer read(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
      // Until it is full or the file ends.
    }
    return buffer.flip();
  }
}
