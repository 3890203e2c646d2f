package dev.kelvin.cli;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.Closeable;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is known of the terminal. It is asked through /proc and stty(1), which cost nothing when
 * they are not needed; foreign calls would cost every command 50 ms.
 */
public class Terminal {
  private static final int USUAL_WIDTH = 80;
  private static final int USUAL_HEIGHT = 24;
  private final Map<String, String> environment;
  private int width;

  public Terminal(Map<String, String> environment) {
    this.environment = environment;
  }

  public boolean hasInput() {
    return isTerminal(0);
  }

  public boolean hasOutput() {
    return isTerminal(1);
  }

  public boolean hasErrors() {
    return isTerminal(2);
  }

  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.startsWith("/dev/hvc")
          || target.equals("/dev/console");
    } catch (IOException closed) {
      // A descriptor that is closed has no link.
      return false;
    }
  }

  /** How many characters a line has. */
  public int width() {
    if (width == 0) {
      width = measure();
    }
    return width;
  }

  /** How many lines there are, as they are now. */
  public int height() {
    try {
      String lines = environment.getOrDefault("LINES", "");
      if (lines.isEmpty()) {
        String size = stty("size").strip();
        lines = size.substring(0, Math.max(0, size.indexOf(' ')));
      }
      int number = Integer.parseInt(lines);
      return number > 0 ? number : USUAL_HEIGHT;
    } catch (IOException | NumberFormatException unknown) {
      return USUAL_HEIGHT;
    }
  }

  private int measure() {
    try {
      String columns = environment.getOrDefault("COLUMNS", "");
      if (columns.isEmpty()) {
        String size = stty("size").strip();
        columns = size.substring(size.indexOf(' ') + 1);
      }
      int number = Integer.parseInt(columns);
      return number > 0 ? number : USUAL_WIDTH;
    } catch (IOException | NumberFormatException unknown) {
      return USUAL_WIDTH;
    }
  }

  /**
   * Passes every key of the terminal on standard input through as it is typed, until it is closed.
   *
   * @throws dev.kelvin.model.ProblemException capability-missing when it cannot be set so
   */
  public Closeable raw() throws IOException {
    String before;
    try {
      before = stty("-g").strip();
    } catch (IOException e) {
      throw Problem.of(Code.CAPABILITY_MISSING, "The terminal cannot be set up")
          .because("stty does not do it: " + e.getMessage())
          .remedy("install coreutils; see whether \"stty -a\" works on this terminal")
          .asException(e);
    }
    var restore = new Thread(() -> restore(before), "restore-terminal");
    Runtime.getRuntime().addShutdownHook(restore);
    stty("raw", "-echo");
    return () -> {
      stty(before);
      Interrupts.forget(restore);
    };
  }

  private static void restore(String settings) {
    try {
      stty(settings);
    } catch (IOException e) {
      System.err.println("The terminal is still raw; type: stty sane");
    }
  }

  /**
   * What stty is to ask: the terminal that this process has open, which need not be the one that
   * controls it.
   */
  private static Redirect theTerminal() {
    if (isTerminal(0)) {
      return Redirect.INHERIT;
    }
    for (int descriptor : List.of(1, 2)) {
      if (isTerminal(descriptor)) {
        return Redirect.from(Path.of("/proc/self/fd/" + descriptor).toFile());
      }
    }
    return Redirect.from(Path.of("/dev/tty").toFile());
  }

  private static String stty(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("stty"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectInput(theTerminal())
            .redirectError(Redirect.DISCARD)
            .start();
    try (var out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), StandardCharsets.US_ASCII);
      if (process.waitFor() != 0) {
        throw new IOException("stty fails");
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
