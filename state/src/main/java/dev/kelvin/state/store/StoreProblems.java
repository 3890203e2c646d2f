package dev.kelvin.state.store;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;

/** What every store says in the same words. */
public final class StoreProblems {
  private static final String UNKNOWN_OUTCOME =
      "It is not known whether the store has made a change";

  private StoreProblems() {}

  /**
   * A write was begun, and nobody can say whether it was made, or will be in a moment.
   *
   * @param place of the store
   */
  public static ProblemException unknownOutcome(String place, String cause, Throwable why) {
    return Problem.of(Code.UNAVAILABLE, UNKNOWN_OUTCOME)
        .on(place)
        .because(cause)
        .remedy("look at the object, and repeat your change if it is not there")
        .asException(why);
  }

  /** Whether a problem is {@link #unknownOutcome}; all others mean that nothing was written. */
  public static boolean isUnknownOutcome(Problem problem) {
    return problem.code() == Code.UNAVAILABLE && problem.detail().equals(UNKNOWN_OUTCOME);
  }

  /** The store was closed. */
  public static Problem closed() {
    return Problem.of(Code.UNAVAILABLE, "The store is closed")
        .because("the daemon is ending")
        .remedy("start it again: kelvin up --detach");
  }

  /** A lease has ended or never was. */
  public static ProblemException leaseGone(long id) {
    return Problem.of(Code.NOT_FOUND, "There is no lease " + id)
        .because("it has expired or was revoked")
        .remedy("grant a new one and put its keys again")
        .asException();
  }

  /**
   * A revision can no longer or not yet be read.
   *
   * @param cause which of both, with the numbers that tell
   */
  public static ProblemException unknownRevision(long revision, String cause) {
    return Problem.of(
            Code.REVISION_MISMATCH, "Revision " + revision + " of the store cannot be read")
        .because(cause)
        .remedy("list anew and go on from the revision of that list")
        .asException();
  }

  public static ProblemException unknownRevision(long revision, long now, long compacted) {
    return unknownRevision(
        revision,
        revision > now
            ? "the store is at revision " + now
            : "changes up to revision " + compacted + " are compacted");
  }
}
