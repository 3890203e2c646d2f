package dev.kelvin.image.bulk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** Makes checksums of files. */
final class Digests {
  /** Fits in the caches of a core, beside what the digest needs. */
  private static final int BUFFER = 256 << 10;

  private Digests() {}

  /**
   * The checksum of all that follows in a file.
   *
   * @param read is told after each piece how many bytes were read
   */
  static String of(FileChannel file, Sha kind, LongConsumer read)
      throws IOException, InterruptedException {
    MessageDigest digest = kind.begin();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    long at = 0;
    for (int count = file.read(buffer); count >= 0; count = file.read(buffer)) {
      digest.update(buffer.flip());
      buffer.clear();
      at += count;
      read.accept(at);
      if (Thread.interrupted()) {
        throw new InterruptedException("while a checksum was made");
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
