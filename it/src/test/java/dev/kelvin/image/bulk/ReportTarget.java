package dev.kelvin.image.bulk;

import dev.kelvin.image.web.AnswerHead;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** What a worker says, which may have gone over to those whose file it works on. */
public final class ReportTarget {
  /** Each text of a problem as it is shown has less. */
  private static final int LONGEST = 600;

  private static final URI ASKED = URI.create("https://publisher.example/disk.qcow2");

  private ReportTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    try {
      switch (WorkerLines.report(text)) {
        case WorkerReport.Progress progress when progress.read() < 0 ->
            throw new AssertionError("less than nothing was read: " + progress);
        case WorkerReport.Progress _, WorkerReport.Done _ -> {
          // The number is bounded, and the result looked at, where they are used.
        }
        case WorkerReport.Head(AnswerHead head) -> check(head);
        case WorkerReport.Broken(String why) -> check(WorkerLines.shown(why, "it says nothing"));
        case WorkerReport.Failed failed -> check(WorkerLines.shown(failed.problem(), "disk"));
      }
    } catch (ProblemException e) {
      // Every refusal is one of the worker's, whatever was wrong with its line.
    }
  }

  private static void check(AnswerHead head) {
    if (head.answers(ASKED)) {
      check(head.uri().getScheme() + "://" + head.uri().getHost());
      head.headers().values().forEach(ReportTarget::check);
      if (!"https".equalsIgnoreCase(head.uri().getScheme())) {
        throw new AssertionError("from https to something else: " + head);
      }
    }
  }

  private static void check(String text) {
    if (text.length() > LONGEST || text.chars().anyMatch(Character::isISOControl)) {
      throw new AssertionError("this is shown to people: " + text);
    }
  }

  private static void check(Problem problem) {
    boolean bounded =
        String.valueOf(problem.detail()).length() < LONGEST
            && String.valueOf(problem.cause()).length() < LONGEST
            && String.valueOf(problem.remedy()).length() < LONGEST;
    if (!bounded || problem.toString().chars().anyMatch(Character::isISOControl)) {
      throw new AssertionError("this is shown to people: " + problem);
    }
  }
}
