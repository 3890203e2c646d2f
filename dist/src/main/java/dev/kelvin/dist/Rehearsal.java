package dev.kelvin.dist;

import dev.kelvin.cli.Kelvin;
import dev.kelvin.cli.Main;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs many commands in one JVM, since one JVM makes one AOT cache. What it leaves out works too,
 * and is loaded from the jars.
 */
public final class Rehearsal {
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("--help"),
          List.of("help", "run"),
          List.of("help", "image", "build"),
          List.of("info"),
          List.of("version"),
          List.of("ls"),
          List.of("ls", "-o", "json"),
          List.of("ls", "-o", "yaml"),
          List.of("__complete", "--line", "kelvin start "),
          List.of("ls", "--nonsense"),
          List.of("lss"),
          List.of("image", "ls"),
          List.of("task", "ls"),
          List.of("show", "training"),
          List.of("show", "stored"),
          List.of("show", "stored", "-o", "json"),
          List.of("show", "none"),
          List.of("get", "vm", "none"),
          List.of("start", "none"),
          List.of("shutdown", "none"),
          List.of("stop", "none"),
          List.of("rm", "none"),
          List.of("logs", "none"),
          List.of("ssh", "none"),
          List.of("exec", "none", "true"));

  private Rehearsal() {}

  /** Ends as the program does, with the exit code of a list of VMs. */
  public static void main(String[] arguments) throws IOException {
    for (List<String> words : COMMANDS) {
      var session =
          new Session(
              System.getenv(),
              Path.of("").toAbsolutePath(),
              System.in,
              System.out,
              System.out.charset(),
              System.err,
              new Terminal(System.getenv()));
      try {
        new Kelvin(session).run(words.toArray(String[]::new));
      } finally {
        session.close();
      }
    }
    Main.main(new String[] {"ls"});
  }
}
