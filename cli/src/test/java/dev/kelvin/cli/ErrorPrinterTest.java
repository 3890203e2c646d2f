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

  /** A guest chooses names of files, and words of its programs. */
  @Test
  void nothingThatATerminalWouldActOnIsPrinted() {
    String nasty = "a\u001b]52;c;eA==\u0007b\u009b31mc\u202ed\ne";
    Problem problem =
        Problem.of(Code.GUEST_AGENT, nasty).on(nasty).at(nasty).because(nasty).remedy(nasty);
    String printed = ErrorPrinter.render(problem, Style.plain());
    assertThat(printed).doesNotContain("\u001b", "\u0007", "\u009b", "\u202e").contains("a?]52");
    assertThat(printed.lines().count()).isGreaterThan(4);
  }
}
