package dev.kelvin.state.store;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Problems that are expected. */
public final class Refusals {
  private Refusals() {}

  /** The problem that {@code call} ends in, which must have this code, a cause and a remedy. */
  public static Problem refused(Code code, ThrowingCallable call) {
    ProblemException thrown = catchThrowableOfType(ProblemException.class, call);
    Assertions.assertThat(thrown).as("refusal with " + code).isNotNull();
    Problem problem = thrown.problem();
    Assertions.assertThat(problem.code()).as(problem.oneLine()).isEqualTo(code);
    Assertions.assertThat(problem.remedy()).as(problem.oneLine()).isNotBlank();
    return problem;
  }
}
