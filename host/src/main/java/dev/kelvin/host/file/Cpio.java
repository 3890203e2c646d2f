package dev.kelvin.host.file;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Writes an archive that Linux unpacks as its first root: the "newc" format of cpio(5), in memory.
 */
public final class Cpio {
  private static final int DIRECTORY = 0040755;
  private static final int PROGRAM = 0100755;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int inode = 1;

  /** Adds a directory, which must come before what is in it. */
  public void directory(String path) {
    entry(path, DIRECTORY, new byte[0]);
  }

  /** Adds a file that can be run. */
  public void program(String path, byte[] content) {
    entry(path, PROGRAM, content);
  }

  /** The whole archive; nothing can be added to it any more. */
  public byte[] finish() {
    entry("TRAILER!!!", 0, new byte[0]);
    return out.toByteArray();
  }

  private void entry(String path, int mode, byte[] content) {
    byte[] name = (path + "\0").getBytes(StandardCharsets.UTF_8);
    // Inode, mode, user, group, links, time, size, two numbers each of the file system's device and
    // of the device that it stands for, length of the name, and a sum that this format has not.
    int[] fields = {inode++, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0};
    var head = new StringBuilder("070701");
    for (int field : fields) {
      head.append(String.format(Locale.ROOT, "%08X", field));
    }
    out.writeBytes(head.toString().getBytes(StandardCharsets.US_ASCII));
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
}
