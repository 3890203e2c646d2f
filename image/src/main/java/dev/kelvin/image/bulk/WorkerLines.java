package dev.kelvin.image.bulk;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Jobs and reports as JSON, one a line. Of those which the daemon reads nothing is believed: the
 * worker that has written them may work for somebody else by now.
 */
final class WorkerLines {
  /**
   * What a worker may say of its files, of servers and of its host; every other code would be a
   * lie.
   */
  private static final Set<Code> CODES =
      Set.of(Code.MALFORMED, Code.TOO_LARGE, Code.UNAVAILABLE, Code.HOST_FAILURE);

  /** Of each text of a problem. */
  private static final int LONGEST = 500;

  private WorkerLines() {}

  /** Exactly one is not null. */
  private record JobLine(
      BulkJob.@Nullable Digest digest,
      BulkJob.@Nullable Unpack unpack,
      BulkJob.@Nullable Fetch fetch) {}

  /** Exactly one is not null. */
  private record ReportLine(
      WorkerReport.@Nullable Progress progress,
      WorkerReport.@Nullable Head head,
      WorkerReport.@Nullable Broken broken,
      WorkerReport.@Nullable Done done,
      WorkerReport.@Nullable Failed failed) {}

  static String text(BulkJob job) {
    return string(
        switch (job) {
          case BulkJob.Digest digest -> new JobLine(digest, null, null);
          case BulkJob.Unpack unpack -> new JobLine(null, unpack, null);
          case BulkJob.Fetch fetch -> new JobLine(null, null, fetch);
        });
  }

  static BulkJob job(String text) {
    JobLine line = Documents.readTrusted(utf8(text), JobLine.class);
    return Stream.of(line.digest(), line.unpack(), line.fetch())
        .filter(Objects::nonNull)
        .map(BulkJob.class::cast)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no job: " + text));
  }

  static String text(WorkerReport report) {
    return string(
        switch (report) {
          case WorkerReport.Progress progress -> new ReportLine(progress, null, null, null, null);
          case WorkerReport.Head head -> new ReportLine(null, head, null, null, null);
          case WorkerReport.Broken broken -> new ReportLine(null, null, broken, null, null);
          case WorkerReport.Done done -> new ReportLine(null, null, null, done, null);
          case WorkerReport.Failed failed -> new ReportLine(null, null, null, null, failed);
        });
  }

  /**
   * Reads a report.
   *
   * @throws ProblemException when it is none
   */
  static WorkerReport report(String text) {
    ReportLine line = Documents.read(utf8(text), Syntax.JSON, ReportLine.class);
    var all =
        Stream.<@Nullable WorkerReport>of(
            line.progress(), line.head(), line.broken(), line.done(), line.failed());
    var said = all.filter(Objects::nonNull).toList();
    boolean whole =
        said.size() == 1
            && switch (said.getFirst()) {
              case WorkerReport.Progress progress -> progress.read() >= 0;
              case WorkerReport.Head head -> head.answer() != null;
              case WorkerReport.Broken broken -> broken.why() != null;
              case WorkerReport.Done done -> done.result() != null;
              case WorkerReport.Failed failed -> failed.problem() != null;
            };
    if (!whole) {
      throw Problem.of(Code.MALFORMED, "A worker says what makes no sense")
          .because("a report has one of: progress, head, broken, done, failed")
          .remedy("the file may be damaged or hostile; look at where it comes from")
          .asException();
    }
    return said.getFirst();
  }

  /**
   * A worker's problem as it can be shown.
   *
   * @param object what it worked on
   */
  static Problem shown(Problem said, String object) {
    Code code = said.code();
    return Problem.of(
            code != null && CODES.contains(code) ? code : Code.HOST_FAILURE,
            shown(said.detail(), "The file cannot be worked on"))
        .on(object)
        .because(shown(said.cause(), "the worker does not say why"))
        .remedy(shown(said.remedy(), "look at the file, then try again"));
  }

  /** A text in one line and of a bounded length. */
  static String shown(@Nullable String text, String otherwise) {
    String clean = text == null ? "" : text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+", " ");
    return clean.isBlank()
        ? otherwise
        : clean.length() > LONGEST ? clean.substring(0, LONGEST) + "…" : clean.strip();
  }

  private static String string(Object line) {
    return new String(Documents.json(line), StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
