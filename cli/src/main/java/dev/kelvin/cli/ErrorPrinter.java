package dev.kelvin.cli;

import dev.kelvin.cli.text.Inert;
import dev.kelvin.cli.text.Style;
import dev.kelvin.model.Problem;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says what went wrong, on which object, why, and what to do. */
public final class ErrorPrinter {
  private final PrintStream err;
  private final Style style;

  public ErrorPrinter(Session session) {
    this(session.err(), Style.of(session.terminal().hasErrors(), session.environment()));
  }

  ErrorPrinter(PrintStream err, Style style) {
    this.err = err;
    this.style = style;
  }

  public void print(Problem problem) {
    err.print(render(problem, style));
  }

  public static String render(Problem problem, Style style) {
    var text =
        new StringBuilder(style.red("Error:"))
            .append(' ')
            .append(Inert.text(stop(problem.detail())));
    if (problem.object() != null) {
      text.append(" (").append(Inert.text(problem.object())).append(')');
    }
    text.append('\n');
    line(text, "at", problem.field());
    line(text, "why", problem.cause());
    // A single fault is told by the problem itself.
    boolean several = problem.violations().size() > 1 || problem.field() == null;
    for (Problem.Violation violation :
        several ? problem.violations() : List.<Problem.Violation>of()) {
      text.append("  - ").append(style.bold(Inert.text(violation.field()))).append(": ");
      text.append(Inert.text(violation.cause())).append('\n');
      if (!violation.remedy().isEmpty()) {
        text.append("    do: ").append(Inert.text(violation.remedy())).append('\n');
      }
    }
    line(text, "do", problem.remedy());
    return text.toString();
  }

  private static void line(StringBuilder text, String word, @Nullable String words) {
    if (words != null && !words.isBlank()) {
      text.append("  ").append(word).append(": ");
      text.append(Inert.text(words.strip()).replace("\n", "\n       ")).append('\n');
    }
  }

  /** Without a full stop: an object in brackets follows. */
  private static String stop(String sentence) {
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }
}
