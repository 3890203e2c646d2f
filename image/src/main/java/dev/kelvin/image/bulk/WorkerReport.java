package dev.kelvin.image.bulk;

import dev.kelvin.image.web.AnswerHead;
import dev.kelvin.model.Problem;

/**
 * What a worker says, one a line. After one that is neither {@link Progress} nor {@link Head}
 * nothing follows.
 */
sealed interface WorkerReport {
  /**
   * How far it is.
   *
   * @param read bytes of what it was given
   */
  record Progress(long read) implements WorkerReport {}

  /**
   * It is done.
   *
   * @param result the checksum; empty for work that has none
   */
  record Done(String result) implements WorkerReport {}

  /** The server has answered; what it sends follows on the worker's standard output. */
  record Head(AnswerHead answer) implements WorkerReport {}

  /**
   * The server cannot be reached, or not all has come; another attempt may mend it.
   *
   * @param why for people
   */
  record Broken(String why) implements WorkerReport {}

  /** It cannot be done. */
  record Failed(Problem problem) implements WorkerReport {}
}
