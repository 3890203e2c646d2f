package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.text.Style;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Problem.Violation;
import java.util.List;
import org.junit.jupiter.api.Test;

class ErrorPrinterTest {
  @Test
  void saysWhatWhyAndWhatToDo() {
    Problem problem =
        Problem.of(Code.INVALID_ARGUMENT, "The VM is not valid.")
            .on("vm/web1")
            .at("spec")
            .because("two\nlines")
            .remedy("mend it")
            .violations(
                List.of(
                    new Violation("spec.cpu", "too many", "use 4"), new Violation("x", "y", "")));
    assertThat(ErrorPrinter.render(problem, Style.plain()))
        .isEqualTo(
            """
            Error: The VM is not valid (vm/web1)
              at: spec
              why: two
                   lines
              - spec.cpu: too many
                do: use 4
              - x: y
              do: mend it
            """);
    Problem single =
        Problem.of(Code.INVALID_ARGUMENT, "No")
            .at("f")
            .because("c")
            .violations(List.of(new Violation("f", "c", "r")));
    assertThat(ErrorPrinter.render(single, Style.plain()))
        .isEqualTo("Error: No\n  at: f\n  why: c\n");
    assertThat(ErrorPrinter.render(Problem.of(Code.INTERNAL, "No"), new Style(true)))
        .isEqualTo("\033[31mError:\033[0m No\n");
  }
}
