package dev.kelvin.model;

import org.jspecify.annotations.Nullable;

/** Carries a {@link Problem} to whoever answers the user. */
public final class ProblemException extends RuntimeException {
  private final transient Problem problem;

  public ProblemException(Problem problem, @Nullable Throwable reason) {
    super(problem.oneLine(), reason);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }

  /** The problem that {@code thrown} carries, or an internal one that names it. */
  public static Problem toProblem(Throwable thrown) {
    if (thrown instanceof ProblemException known) {
      return known.problem();
    }
    String cause = thrown.getMessage();
    return Problem.of(Code.INTERNAL, "Kelvin met a case that it does not handle")
        .because(thrown.getClass().getSimpleName() + (cause == null ? "" : ": " + cause))
        .remedy("report it with the daemon's log of this moment");
  }
}
