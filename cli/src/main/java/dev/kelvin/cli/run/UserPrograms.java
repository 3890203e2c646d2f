package dev.kelvin.cli.run;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.util.List;

/** Other programs that the command line uses. */
public final class UserPrograms {
  private UserPrograms() {}

  /**
   * Runs a program on this terminal, in the place of this one.
   *
   * @param parcel the distribution's package that has it
   * @return its exit code
   */
  public static int become(Session session, List<String> command, String parcel)
      throws InterruptedException {
    try {
      return prepare(session, command).inheritIO().start().waitFor();
    } catch (IOException e) {
      throw Problem.of(Code.CAPABILITY_MISSING, command.getFirst() + " cannot be started")
          .because(String.valueOf(e.getMessage()))
          .remedy("install the package " + parcel)
          .asException(e);
    }
  }

  /** A program with the environment of the session. */
  static ProcessBuilder prepare(Session session, List<String> command) {
    var builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(session.environment());
    return builder;
  }
}
