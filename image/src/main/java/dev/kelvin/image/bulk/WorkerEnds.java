package dev.kelvin.image.bulk;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;

/** How workers end that should not, in words for people. */
final class WorkerEnds {
  /** 128 and SIGKILL's number, as a shell has it. */
  static final int KILLED = 137;

  private WorkerEnds() {}

  /**
   * One says what it cannot mean.
   *
   * @param object what it works on
   */
  static Problem nonsense(String object, String cause) {
    return Problem.of(Code.HOST_FAILURE, "A worker says what makes no sense")
        .on(object)
        .because(cause)
        .remedy("the file may be damaged or hostile; look at where it comes from");
  }

  /** One says what is no report. */
  static Problem nonsense(String object, ProblemException refused) {
    return nonsense(object, WorkerLines.shown(refused.problem().cause(), "it is no report"));
  }

  /**
   * One ends without a result.
   *
   * @param code 128 + N when signal N ended it
   * @param otherWords that it has said, such as the JVM's; empty for none
   */
  static Problem early(String object, int code, String otherWords) {
    return Problem.of(Code.HOST_FAILURE, "A worker has ended in the middle of its work")
        .on(object)
        .because(
            (code > 128 ? "signal " + (code - 128) : "its exit code is " + code)
                + (otherWords.isEmpty() ? "" : ": " + otherWords))
        .remedy("see whether the host is out of memory (dmesg), then try again");
  }
}
