package dev.kelvin.host.program;

import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Installs what Kelvin needs from the distribution's own packages. */
public final class Packages {
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  /** Nothing may ask: there is nobody at the daemon's terminal. */
  private static final Map<String, String> QUIET =
      Map.of("DEBIAN_FRONTEND", "noninteractive", "NEEDRESTART_SUSPEND", "1");

  private final Commands commands;
  private final Optional<Distribution> distribution;
  private final boolean root;
  private final UnaryOperator<String> location;

  public Packages(Commands commands) {
    this(commands, Distribution.current(), Users.isRoot(), UnaryOperator.identity());
  }

  /** With another distribution, and programs that {@code location} finds by name. */
  Packages(
      Commands commands,
      Optional<Distribution> distribution,
      boolean root,
      UnaryOperator<String> location) {
    this.commands = commands;
    this.distribution = distribution;
    this.root = root;
    this.location = location;
  }

  /**
   * Installs packages, together with what they depend on. Those that are there already stay as they
   * are.
   *
   * @param packages of those that {@link Requirements} names for this distribution
   * @throws dev.kelvin.model.ProblemException invalid-argument for any other package,
   *     capability-missing on a distribution that Kelvin does not know, forbidden without root's
   *     rights, host-failure when the package manager fails
   */
  public void install(List<String> packages, ProgressSink progress) throws InterruptedException {
    if (packages.isEmpty()) {
      return;
    }
    Distribution family = family(packages);
    List<String> known = Requirements.packages(family, Requirements.all());
    for (String name : packages) {
      if (!known.contains(name)) {
        throw Problem.of(Code.INVALID_ARGUMENT, "Kelvin does not install the package " + name)
            .at("packages")
            .because("it is none of those that Kelvin needs on this distribution")
            .remedy("take those that kelvin doctor names: " + String.join(", ", known))
            .asException();
      }
    }
    if (!root) {
      throw Problem.of(Code.FORBIDDEN, "Only root can install packages")
          .because("the daemon runs as an ordinary user")
          .remedy("run: sudo " + String.join(" ", family.installCommand(packages)))
          .asException();
    }
    switch (family) {
      case DEBIAN -> installOnDebian(packages, progress);
      case FEDORA, SUSE, ARCH -> run(family.installCommand(packages), packages, progress);
    }
  }

  private Distribution family(List<String> packages) {
    return distribution.orElseThrow(() ->
        Problem.of(Code.CAPABILITY_MISSING, "Kelvin does not know this distribution's packages")
            .because("os-release(5) names none of Debian, Fedora, SUSE or Arch Linux")
            .remedy("install by hand what has the programs of " + String.join(", ", packages))
            .asException());
  }

  private void installOnDebian(List<String> packages, ProgressSink progress)
      throws InterruptedException {
    // Mends an installation that was interrupted, without which apt-get refuses all work.
    run(List.of("dpkg", "--configure", "-a"), packages, progress);
    progress.report(new Progress(0, 100, "percent", "reading the package lists"));
    run(List.of("apt-get", "update"), packages, ProgressSink.none());
    List<String> install = new ArrayList<>(Distribution.DEBIAN.installCommand(packages));
    install.addAll(
        1,
        List.of(
            "-o",
            "APT::Status-Fd=1",
            "-o",
            "DPkg::Lock::Timeout=300",
            "-o",
            "Dpkg::Options::=--force-confold"));
    run(install, packages, progress);
  }

  private void run(List<String> argv, List<String> packages, ProgressSink progress)
      throws InterruptedException {
    List<String> located = new ArrayList<>(argv);
    located.set(0, location.apply(argv.getFirst()));
    var command = Command.of(located).timeout(PATIENCE).environment(QUIET);
    var result =
        commands.run(command, line -> AptStatus.progress(line).ifPresent(progress::report));
    if (!result.ok()) {
      throw Problem.of(Code.HOST_FAILURE, "The package manager failed")
          .on(String.join(" ", packages))
          .because(argv.getFirst() + " ended with " + result.exitCode() + ": " + result.lastError())
          .remedy("run it by hand to see more: sudo " + String.join(" ", argv))
          .asException();
    }
  }
}
