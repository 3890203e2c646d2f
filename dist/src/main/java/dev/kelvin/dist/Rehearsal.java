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
 * and is loaded from the jars. All classes of a cache are loaded whenever its program starts; so
 * what scripts call in loops has a cache with nothing else in it.
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

  /** The argument for the commands that scripts call in loops; the launchers know them, too. */
  static final String QUICK = "quick";

  private static final List<List<String>> QUICK_COMMANDS =
      List.of(
          List.of("ls"),
          List.of("ls", "-l", "of=training"),
          List.of("ls", "--no-headers"),
          List.of("show", "training"),
          List.of("show", "stored"),
          List.of("show", "none"),
          List.of("version"));

  private Rehearsal() {}

  /** Ends as the program does, with the exit code of a list of VMs. */
  public static void main(String[] arguments) throws IOException {
    boolean quick = arguments.length == 1 && arguments[0].equals(QUICK);
    for (List<String> words : quick ? QUICK_COMMANDS : COMMANDS) {
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
