package dev.kelvin.image.bulk;

import dev.kelvin.model.ProblemException;
import org.jspecify.annotations.Nullable;

/** Hears what a worker says, line by line, until the report that is its last. */
final class WorkerVoice {
  private final String object;
  private volatile @Nullable WorkerReport last;
  private volatile String otherWords = "";

  /**
   * @param object what the worker works on, for people
   */
  WorkerVoice(String object) {
    this.object = object;
  }

  /**
   * The report in a line; null where the line is not the worker's own, such as the JVM's about what
   * befell it.
   *
   * @throws ProblemException host-failure when it makes no sense
   */
  @Nullable WorkerReport hear(String line) {
    if (last != null) {
      throw nonsense("it goes on after its end");
    }
    if (!line.startsWith("{")) {
      otherWords = WorkerLines.shown(line, otherWords);
      return null;
    }
    WorkerReport report = report(line);
    switch (report) {
      case WorkerReport.Done _, WorkerReport.Failed _, WorkerReport.Broken _ -> last = report;
      case WorkerReport.Progress _, WorkerReport.Head _ -> {}
    }
    return report;
  }

  private WorkerReport report(String line) {
    try {
      return WorkerLines.report(line);
    } catch (ProblemException e) {
      throw WorkerEnds.nonsense(object, e).asException(e);
    }
  }

  /** How the worker says that it has ended; null while it has not. */
  @Nullable WorkerReport last() {
    return last;
  }

  ProblemException nonsense(String cause) {
    return WorkerEnds.nonsense(object, cause).asException();
  }

  /**
   * It has ended without a last report.
   *
   * @param code its exit code
   */
  ProblemException early(int code) {
    return WorkerEnds.early(object, code, otherWords).asException();
  }
}
