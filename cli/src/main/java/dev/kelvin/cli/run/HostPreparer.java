package dev.kelvin.cli.run;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.model.Code;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Sees to it that the host has the packages that Kelvin cannot do without. */
public final class HostPreparer {
  private static final Duration LIMIT = Duration.ofHours(1);
  private final Session session;

  public HostPreparer(Session session) {
    this.session = session;
  }

  /**
   * Installs what is missing, after saying so.
   *
   * @param yes whether the user has agreed beforehand
   * @throws ProblemException capability-missing when something is missing and nobody can be asked,
   *     cancelled when the user declines
   */
  public void prepare(boolean yes) {
    try (Progress progress = TaskFollower.progress(session)) {
      progress.step("Examine the host");
      DoctorReport report = session.client().host().doctor();
      progress.done();
      List<String> missing = report.missingPackages();
      if (missing.isEmpty()) {
        return;
      }
      explain(report);
      if (!yes) {
        ask(missing);
      }
      var task = session.client().host().installPackages(missing);
      new TaskFollower(session, progress, LIMIT).follow(task, OnInterrupt.DETACH);
      progress.say("Installed: " + String.join(" ", missing));
    }
  }

  private void explain(DoctorReport report) {
    session.err().println("This host lacks packages that Kelvin needs:");
    session.err().println("  " + String.join(" ", report.missingPackages()));
    for (Check check : report.checks()) {
      if (check.state() == CheckState.REQUIRED) {
        session.err().println("  - " + check.title() + ": " + check.proof().strip());
      }
    }
  }

  private void ask(List<String> missing) {
    if (!session.terminal().hasInput()) {
      throw Problem.of(
              Code.CAPABILITY_MISSING, "The host lacks packages, and there is nobody to ask")
          .because("standard input is not a terminal; missing are " + String.join(" ", missing))
          .remedy("add --yes to have them installed, or install them yourself")
          .asException();
    }
    session.err().print("Install them now from the distribution's own packages? [y/N] ");
    session.err().flush();
    String answer = line().strip().toLowerCase(Locale.ROOT);
    if (!answer.equals("y") && !answer.equals("yes")) {
      throw Problem.of(Code.CANCELLED, "The packages are not installed")
          .because("you did not agree")
          .remedy("install them yourself: " + String.join(" ", missing))
          .asException();
    }
  }

  private String line() {
    var line = new StringBuilder();
    try {
      for (int c = session.in().read(); c >= 0 && c != '\n'; c = session.in().read()) {
        line.append((char) c);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading the answer", e);
    }
    return line.toString();
  }
}
