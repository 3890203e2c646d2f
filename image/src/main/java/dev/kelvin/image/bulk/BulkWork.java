package dev.kelvin.image.bulk;

import dev.kelvin.image.web.Answer;
import dev.kelvin.image.web.FileRequest;
import dev.kelvin.model.Compression;
import dev.kelvin.model.ProgressSink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;

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

  /**
   * Asks a server for a file, or for the rest of one, and follows redirects.
   *
   * @return what it answers, whatever that is; until it is closed it takes a place
   * @throws IOException when the server cannot be reached, or what asks it is killed; worth another
   *     attempt
   * @throws dev.kelvin.model.ProblemException unavailable, too: when it makes no sense to try again
   */
  Answer fetch(FileRequest request) throws IOException, InterruptedException;

  /** One that works in the calling thread; in a daemon it is slow. */
  static BulkWork here() {
    return here(Optional.empty());
  }

  /**
   * The same.
   *
   * @param tls what servers are trusted by; empty for the certificates that Java trusts
   */
  static BulkWork here(Optional<SSLContext> tls) {
    return new OwnThread(tls);
  }
}
