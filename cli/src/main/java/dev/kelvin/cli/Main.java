package dev.kelvin.cli;

import java.io.IOException;

/** The process that a user starts by typing {@code kelvin}. */
public final class Main {
  private Main() {}

  /** Exits with the codes that docs/cli.md lists. */
  public static void main(String[] arguments) throws IOException {
    int code;
    try (Session session = Session.ofProcess()) {
      code = new Kelvin(session).run(arguments);
      session.err().flush();
    }
    end(code);
  }

  /**
   * Ends at once: nothing is left to do, and System.exit would make a logger to tell of it. What a
   * signal has begun to do is waited for.
   */
  private static void end(int code) {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread());
    } catch (IllegalStateException e) { // a signal ends the program already
      System.exit(code);
    }
    Runtime.getRuntime().halt(code);
  }
}
