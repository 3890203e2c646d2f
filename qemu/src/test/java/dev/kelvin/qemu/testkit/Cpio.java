package dev.kelvin.qemu.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes the archive that a Linux kernel unpacks as its first root (cpio, format newc). */
final class Cpio {
  private static final int DIRECTORY = 0040755;
  private static final int EXECUTABLE = 0100755;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int inode = 1;

  void directory(String path) {
    entry(path, DIRECTORY, new byte[0]);
  }

  void file(String path, byte[] content) {
    entry(path, EXECUTABLE, content);
  }

  byte[] finish() {
    entry("TRAILER!!!", 0, new byte[0]);
    return out.toByteArray();
  }

  private void entry(String path, int mode, byte[] content) {
    byte[] name = (path + "\0").getBytes(StandardCharsets.UTF_8);
    String header =
        "070701"
            + hex(inode++)
            + hex(mode)
            + hex(0) // uid
            + hex(0) // gid
            + hex(1) // links
            + hex(0) // mtime
            + hex(content.length)
            + hex(0) // device, major and minor
            + hex(0)
            + hex(0) // device that it stands for
            + hex(0)
            + hex(name.length)
            + hex(0); // checksum, none in this format
    out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(name);
    pad();
    out.writeBytes(content);
    pad();
  }

  private void pad() {
    while (out.size() % 4 != 0) {
      out.write(0);
    }
  }

  private static String hex(int value) {
    return "%08X".formatted(value);
  }
}
