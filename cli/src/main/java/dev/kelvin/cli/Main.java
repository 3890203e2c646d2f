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
      session.out().flush();
      session.err().flush();
    }
    // Nothing is left to do at the end; System.exit would make a logger to tell of it.
    Runtime.getRuntime().halt(code);
  }
}
