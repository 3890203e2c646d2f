package dev.kelvin.image;

import dev.kelvin.image.format.ForeignDisk;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Headers of disks: the first byte names the format, the rest is the file. */
public final class DiskTarget {
  private DiskTarget() {}

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    Format[] formats = Format.values();
    Format named = formats[(input[0] & 0xff) % formats.length];
    Path file = Files.createTempFile("kf", ".disk");
    try {
      Files.write(file, Arrays.copyOfRange(input, 1, input.length));
      ForeignDisk.check(file, named);
    } catch (ProblemException e) {
      if (e.problem().remedy() == null) {
        throw new AssertionError("a refusal that does not teach: " + e.problem(), e);
      }
    } finally {
      Files.delete(file);
    }
  }
}
