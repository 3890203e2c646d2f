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
import java.util.Set;

/** Sees to it that the host has the packages that Kelvin cannot do without. */
public final class HostPreparer {
  private static final Duration LIMIT = Duration.ofHours(1);
  private final Session session;

  public HostPreparer(Session session) {
    this.session = session;
  }

  /** What a wish needs of the host; each is a check of the daemon's examination. */
  public enum Need {
    /** To run any VM. */
    RUN,
    /** To set guests up, and to log in to them. */
    GUESTS,
    /** To build an image from packages. */
    BUILD;

    private Set<String> checks() {
      return switch (this) {
        case RUN -> Set.of("tools-run", "tools-shield");
        case GUESTS -> Set.of("tools-images", "tools-reach");
        case BUILD -> Set.of("tools-build", "tools-user-build");
      };
    }
  }

  /**
   * Installs what is missing, after saying so.
   *
   * @param needs for what; nothing else is asked for
   * @param yes whether the user has agreed beforehand
   * @throws ProblemException capability-missing when something is missing and nobody can be asked,
   *     cancelled when the user declines
   */
  public void prepare(Set<Need> needs, boolean yes) {
    try (Progress progress = TaskFollower.progress(session)) {
      progress.step("Examine the host");
      DoctorReport report = session.client().host().doctor();
      progress.done();
      List<String> missing = missing(report, needs);
      if (missing.isEmpty()) {
        return;
      }
      explain(report, needs, missing);
      if (!yes) {
        ask(missing);
      }
      var task = session.client().host().installPackages(missing);
      new TaskFollower(session, progress, LIMIT).follow(task, OnInterrupt.DETACH);
      progress.say("Installed: " + String.join(" ", missing));
    }
  }

  /**
   * Whether images can be built here, if need be after packages were installed for that. Where
   * nobody can be asked, they are not.
   */
  public boolean prepareBuilds(boolean yes) {
    Set<Need> needs = Set.of(Need.BUILD);
    DoctorReport report = session.client().host().doctor();
    boolean able =
        report.checks().stream()
            .noneMatch(one -> isNeeded(one, needs) && one.state() != CheckState.OK);
    if (able) {
      return true;
    } else if (missing(report, needs).isEmpty() || (!yes && !session.terminal().hasInput())) {
      return false;
    }
    prepare(needs, yes);
    return true;
  }

  private static boolean isNeeded(Check check, Set<Need> needs) {
    return needs.stream().anyMatch(need -> need.checks().contains(check.id()));
  }

  /** An older daemon tells packages for everything at once only. */
  private static List<String> missing(DoctorReport report, Set<Need> needs) {
    if (report.checks().stream().allMatch(check -> check.packages().isEmpty())) {
      return report.missingPackages();
    }
    return report.checks().stream()
        .filter(check -> isNeeded(check, needs))
        .flatMap(check -> check.packages().stream())
        .distinct()
        .toList();
  }

  private void explain(DoctorReport report, Set<Need> needs, List<String> missing) {
    session.err().println("This host lacks packages that Kelvin needs:");
    session.err().println("  " + String.join(" ", missing));
    boolean all = report.checks().stream().allMatch(check -> check.packages().isEmpty());
    for (Check check : report.checks()) {
      if (check.state() == CheckState.REQUIRED && (all || isNeeded(check, needs))) {
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
