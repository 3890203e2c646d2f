package dev.kelvin.image.bulk;

import dev.kelvin.model.Compression;
import dev.kelvin.model.ProgressSink;
import java.nio.file.Path;

/**
 * Work that takes as long as its files are large. It is cancelled by interrupting its thread, and
 * can be done again from the start whatever became of it before. What throws in {@code progress}
 * ends it, too.
 *
 * <p>Every method throws {@link dev.kelvin.model.ProblemException}: host-failure when the medium or
 * the worker fails, timeout when it hangs, and what it says itself.
 */
public interface BulkWork {
  /** The checksum of a file's content, in hexadecimal digits of lower case. */
  String digest(Path file, Sha kind, ProgressSink progress) throws InterruptedException;

  /**
   * Unpacks a file. Zeros become holes. Also throws malformed when it is damaged or of another
   * kind, too-large for bombs.
   *
   * @param target a file that is replaced; it need not be on the medium yet when this returns
   */
  void unpack(
      Path packed, Compression kind, Path target, UnpackLimits bounds, ProgressSink progress)
      throws InterruptedException;

  /** One that works in the calling thread; in a daemon it is slow. */
  static BulkWork here() {
    return new OwnThread();
  }
}
