package dev.kelvin.image.pull;

import dev.kelvin.image.web.Answer;
import dev.kelvin.image.web.Web;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** Sums, signatures and keys: small files, which the daemon gets by itself. */
final class SmallFiles implements AutoCloseable {
  private final Web web;
  private final PullLimits limits;

  SmallFiles(PullLimits limits, Optional<SSLContext> tls) {
    this.web = Web.ofDaemon(limits.web(), tls);
    this.limits = limits;
  }

  /**
   * Gets a small file whole.
   *
   * @param what such as "sums"
   * @throws ProblemException not-found, unavailable, too-large
   */
  byte[] get(URI uri, String what) throws InterruptedException {
    ProblemException last = null;
    for (int attempt = 0; attempt < Math.min(3, limits.attempts()); attempt++) {
      Pauses.pause(attempt == 0 ? Duration.ZERO : limits.backoff());
      try (Answer answer = web.get(uri)) {
        int status = answer.head().status();
        if (status == 200) {
          byte[] content = answer.body().readNBytes(PullLimits.SMALL_FILE + 1);
          if (content.length > PullLimits.SMALL_FILE) {
            throw Problem.of(Code.TOO_LARGE, "The publisher's " + what + " are too large")
                .on(uri.toString())
                .because("they have more than " + PullLimits.SMALL_FILE + " bytes")
                .remedy("check the catalogue: this is no file of " + what)
                .asException();
          }
          return content;
        }
        last = Statuses.problem(uri, status, what);
        if (!Statuses.isPassing(status)) {
          throw last;
        }
      } catch (InterruptedIOException e) {
        throw new InterruptedException("while " + what + " were read");
      } catch (IOException e) {
        last = Statuses.unreachable(uri, what, Web.reason(e), e);
      }
    }
    throw last == null ? Statuses.unreachable(uri, what, "it was never asked", null) : last;
  }

  /**
   * Asks for a file, of which nothing is read.
   *
   * @throws IOException when the server cannot be reached
   * @throws ProblemException not-found, unavailable
   */
  void ask(URI uri) throws IOException, InterruptedException {
    try (Answer answer = web.get(uri)) {
      int status = answer.head().status();
      if (status != 200) {
        throw Statuses.problem(uri, status, "image");
      }
    }
  }

  @Override
  public void close() {
    web.close();
  }
}
