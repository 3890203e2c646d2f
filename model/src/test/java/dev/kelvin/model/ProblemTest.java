package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemTest {
  @Test
  void tellsAllInOneLine() {
    var problem =
        Problem.of(Code.QEMU_REFUSED, "QEMU refuses cont")
            .on("vm/web1")
            .at("spec.machine")
            .because("it says no")
            .remedy("change it")
            .violations(List.of(new Problem.Violation("a", "b", "c")));
    assertThat(problem.oneLine())
        .isEqualTo("qemu-refused: QEMU refuses cont [vm/web1] (it says no)");
    assertThat(problem.asException().problem()).isEqualTo(problem);
    assertThat(ProblemException.toProblem(problem.asException())).isEqualTo(problem);
  }

  @Test
  void whatNobodyHandlesIsAnInternalProblem() {
    var problem = ProblemException.toProblem(new IllegalStateException("odd"));
    assertThat(problem.code()).isEqualTo(Code.INTERNAL);
    assertThat(problem.cause()).isEqualTo("IllegalStateException: odd");
    assertThat(problem.remedy()).isNotBlank();
    assertThat(ProblemException.toProblem(new IllegalStateException()).cause())
        .isEqualTo("IllegalStateException");
  }

  @ParameterizedTest
  @EnumSource(Code.class)
  void codesHaveNamesAndStatusesAndExitCodes(Code code) {
    assertThat(code.wire()).matches("[a-z]+(-[a-z]+)*");
    assertThat(code.httpStatus()).isBetween(400, 599);
    assertThat(code.exitCode()).isBetween(1, 125);
    assertThat(WireName.find(Code.class, code.wire())).contains(code);
  }

  @Test
  void codesHaveDifferentNames() {
    var names = new HashSet<String>();
    for (var code : Code.values()) {
      assertThat(names.add(code.wire())).isTrue();
    }
  }
}
