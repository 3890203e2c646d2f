package dev.kelvin.host.program;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;

/** Finds other programs the way a shell does. */
public final class Programs {
  /** Where system tools are, which ordinary users often lack in their PATH. */
  private static final String[] SYSTEM = {
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"
  };

  private Programs() {}

  /** The search path: the daemon's own, then the system's directories. */
  public static String path() {
    var directories = new LinkedHashSet<String>();
    String own = System.getenv("PATH");
    if (own != null) {
      Arrays.stream(own.split(File.pathSeparator))
          .filter(d -> d.startsWith("/"))
          .forEach(directories::add);
    }
    directories.addAll(Arrays.asList(SYSTEM));
    return String.join(File.pathSeparator, directories);
  }

  /** The absolute path of a program; empty when there is none of this name. */
  public static Optional<Path> find(String program) {
    if (program.contains("/")) {
      return Optional.of(Path.of(program)).filter(Programs::canRun);
    }
    return Arrays.stream(path().split(File.pathSeparator))
        .map(directory -> Path.of(directory, program))
        .filter(Programs::canRun)
        .findFirst();
  }

  /**
   * The absolute path of a program.
   *
   * @throws dev.kelvin.model.ProblemException capability-missing, with what to install
   */
  public static Path require(String program) {
    return find(program)
        .orElseThrow(() ->
            Problem.of(Code.CAPABILITY_MISSING, "The program " + program + " is not installed")
                .on(program)
                .because("it is in none of " + path())
                .remedy(Requirements.remedyFor(program, Distribution.current()))
                .asException());
  }

  private static boolean canRun(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }
}
