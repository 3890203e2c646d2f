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
    }
    System.exit(code);
  }
}
