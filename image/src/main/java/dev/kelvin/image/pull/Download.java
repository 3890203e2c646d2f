package dev.kelvin.image.pull;

import dev.kelvin.image.bulk.BulkWork;
import dev.kelvin.image.web.Answer;
import dev.kelvin.image.web.AnswerHead;
import dev.kelvin.image.web.FileRequest;
import dev.kelvin.image.web.Unfinished;
import dev.kelvin.image.web.Web;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import dev.kelvin.model.Waits;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Gets one large file into a directory. When the server or the network breaks off, or the daemon
 * dies, it goes on where it was, provided that the server says that the file is still the same (RFC
 * 9110, 13.1.5); otherwise it begins again.
 */
final class Download {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");
  private static final int BUFFER = 256 << 10;
  private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(1);

  private final BulkWork bulk;
  private final PullLimits limits;
  private final Room room;

  Download(BulkWork bulk, PullLimits limits, Room room) {
    this.bulk = bulk;
    this.limits = limits;
    this.room = room;
  }

  /** A failure that another attempt may mend. */
  private static final class Passing extends Exception {
    private static final long serialVersionUID = 1L;
    private final @Nullable Duration wait;

    Passing(String message, @Nullable Throwable cause, @Nullable Duration wait) {
      super(message, cause);
      this.wait = wait;
    }
  }

  /**
   * Gets the file.
   *
   * @param part where its bytes are collected; goes on with what is there
   * @throws ProblemException not-found, unavailable, too-large, host-failure
   */
  void get(URI uri, PartialFile part, ProgressSink progress) throws InterruptedException {
    long best = 0;
    int idle = 0;
    Duration backoff = limits.backoff();
    while (true) {
      Passing failure;
      try {
        attempt(uri, part, progress);
        return;
      } catch (Passing e) {
        failure = e;
      } catch (InterruptedIOException | ClosedByInterruptException e) {
        throw new InterruptedException("while a file was downloaded");
      } catch (IOException e) {
        throw part.failed(e);
      }
      long length = part.length();
      if (length > best) {
        best = length;
        idle = 0;
        backoff = limits.backoff();
      }
      idle++;
      // A server that never said anything is not there; one that breaks off may come back.
      if (idle >= (best == 0 ? Math.min(3, limits.attempts()) : limits.attempts())) {
        throw gaveUp(uri, failure, length);
      }
      Duration wait = failure.wait == null ? backoff : failure.wait;
      progress.report(new Progress(length, 0, "bytes", failure.getMessage() + "; trying again"));
      Pauses.pause(wait);
      backoff = Waits.twice(backoff, LONGEST_BACKOFF);
    }
  }

  private static ProblemException gaveUp(URI uri, Passing failure, long length) {
    String had = length == 0 ? "" : "; " + new ByteSize(length).human() + " had come";
    return Statuses.unreachable(uri, "image", failure.getMessage() + had, failure);
  }

  private void attempt(URI uri, PartialFile part, ProgressSink progress)
      throws Passing, IOException, InterruptedException {
    Optional<String> validator = part.validator(uri);
    long offset = validator.isEmpty() ? 0 : part.length();
    if (offset > 0 && offset == part.total()) {
      return; // the daemon died between the last byte and what comes after
    }
    var request =
        new FileRequest(uri, offset, offset == 0 ? null : validator.orElseThrow(), limits.web());
    try (Answer answer = ask(request)) {
      switch (answer.head().status()) {
        case 200 -> begin(uri, answer, part, progress);
        case 206 -> goOn(answer, part, offset, progress);
        case 416 -> {
          part.discard();
          throw new Passing("the server does not have the rest of the file", null, null);
        }
        default -> throw refused(uri, answer.head());
      }
    }
  }

  private Answer ask(FileRequest request)
      throws Passing, InterruptedException, InterruptedIOException {
    try {
      return bulk.fetch(request);
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      throw new Passing(Web.reason(e), e, null);
    }
  }

  private Passing refused(URI uri, AnswerHead answer) {
    if (!Statuses.isPassing(answer.status())) {
      throw Statuses.problem(uri, answer.status(), "image");
    }
    Optional<Duration> wait = Statuses.retryAfter(answer.header("Retry-After"), Instant.now());
    if (wait.isPresent() && wait.get().compareTo(limits.longestRetryAfter()) > 0) {
      throw Statuses.unreachable(
          uri,
          "image",
          "the server answers " + answer.status() + " and asks to come back after " + wait.get(),
          null);
    }
    return new Passing("the server answers " + answer.status(), null, wait.orElse(null));
  }

  private void begin(URI uri, Answer answer, PartialFile part, ProgressSink progress)
      throws Passing, IOException, InterruptedException {
    AnswerHead head = answer.head();
    String type = head.header("Content-Type").orElse("");
    if (type.startsWith("text/html") || type.startsWith("application/xhtml")) {
      throw Problem.of(Code.MALFORMED, "The server sends a page instead of an image")
          .on(head.uri().toString())
          .because("its type is " + type.replaceAll("\\p{Cntrl}", "?"))
          .remedy("check the address; a login page of the network may be in the way")
          .asException();
    }
    long total = length(head);
    checkSize(uri, total);
    room.require(Math.max(total, 0));
    part.begin(uri, head.header("ETag"), head.header("Last-Modified"), total);
    copy(answer, part, 0, total, progress);
  }

  private void goOn(Answer answer, PartialFile part, long offset, ProgressSink progress)
      throws Passing, IOException, InterruptedException {
    AnswerHead head = answer.head();
    Matcher range = CONTENT_RANGE.matcher(head.header("Content-Range").orElse(""));
    boolean fits =
        range.matches()
            && offset > 0
            && number(range.group(1)) == offset
            && number(range.group(2)) == number(range.group(3)) - 1
            && (part.total() < 0 || number(range.group(3)) == part.total());
    if (!fits) {
      part.discard();
      throw new Passing("the server sends another part of the file than was asked for", null, null);
    }
    long total = number(range.group(3));
    checkSize(head.uri(), total);
    room.require(total - offset);
    copy(answer, part, offset, total, progress);
  }

  private static long length(AnswerHead answer) {
    return answer
        .header("Content-Length")
        .filter(text -> text.matches("[0-9]+"))
        .map(Download::number)
        .orElse(-1L);
  }

  /** A number that a server has sent; the largest there is for those that are larger. */
  private static long number(String digits) {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private void checkSize(URI uri, long size) {
    if (size > limits.most().bytes()) {
      throw Problem.of(Code.TOO_LARGE, "The file is too large for an image")
          .on(uri.toString())
          .because("it has more than " + limits.most().human())
          .remedy("check the address; import a disk of this size as a file")
          .asException();
    }
  }

  /**
   * Appends the body to the file.
   *
   * @param total length of the whole file; negative when the server does not tell
   */
  private void copy(Answer answer, PartialFile part, long offset, long total, ProgressSink progress)
      throws Passing, IOException, InterruptedException {
    URI source = answer.head().uri();
    long at = offset;
    byte[] buffer = new byte[BUFFER];
    try (var out = FileChannel.open(part.path(), StandardOpenOption.WRITE)) {
      while (total < 0 || at < total) {
        int count = read(answer, buffer, total < 0 ? BUFFER : Math.min(BUFFER, total - at));
        if (count < 0) {
          break;
        }
        writeAll(out, ByteBuffer.wrap(buffer, 0, count), at);
        at += count;
        part.written(out, at);
        checkSize(source, at);
        progress.report(new Progress(at, Math.max(total, 0), "bytes", source.getHost()));
        if (Thread.interrupted()) {
          throw new InterruptedException("while a file was downloaded");
        }
      }
      out.force(true);
    }
    if (at < total) {
      throw new Passing("the server broke off", null, null);
    }
  }

  private static int read(Answer answer, byte[] buffer, long wanted) throws Passing, IOException {
    try {
      return answer.body().read(buffer, 0, (int) wanted);
    } catch (Unfinished e) {
      throw new Passing(String.valueOf(e.getMessage()), e, null);
    }
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += out.write(bytes, at);
    }
  }

  /** Where the room for a file is looked at. */
  record Room(Path directory, ByteSize reserve, long times) {
    /**
     * Refuses a file for which there is no room, with what is made of it.
     *
     * @throws ProblemException host-failure
     */
    void require(long length) throws IOException {
      long usable = java.nio.file.Files.getFileStore(directory).getUsableSpace() - reserve.bytes();
      long needed = length > Long.MAX_VALUE / times ? Long.MAX_VALUE : length * times;
      if (usable < Math.max(needed, 1)) {
        throw Problem.of(Code.HOST_FAILURE, "There is no room for the image")
            .on(directory.toString())
            .because(
                new ByteSize(needed).human()
                    + " are needed for the file and what is made of it, and "
                    + new ByteSize(Math.max(usable, 0)).human()
                    + " can be used")
            .remedy("free room on the file system of Kelvin's state, then pull again")
            .asException();
      }
    }
  }
}
