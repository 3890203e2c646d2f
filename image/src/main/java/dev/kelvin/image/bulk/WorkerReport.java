package dev.kelvin.image.bulk;

import dev.kelvin.model.Problem;

/** What a worker says, one a line. After one that is not {@link Progress} nothing follows. */
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

  /** It cannot be done. */
  record Failed(Problem problem) implements WorkerReport {}
}
