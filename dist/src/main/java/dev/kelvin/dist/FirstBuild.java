package dev.kelvin.dist;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Shows how far the build is that {@code ./kelvin} makes when there is none. Run from its source,
 * since nothing is compiled at that time.
 */
public final class FirstBuild {
  private static final Pattern MODULE =
      Pattern.compile("Building Kelvin (\\S*).*\\[(\\d+)/(\\d+)]");
  private static final Pattern DOWNLOAD = Pattern.compile("Downloaded from .*/(\\S+) \\(.*");
  private static final int WIDTH = 24;
  private static final int LAST_WORDS = 40;

  private final PrintStream screen;
  private final boolean terminal;
  private final ArrayDeque<String> lastLines = new ArrayDeque<>();
  private String stage = "";
  private int downloads;

  FirstBuild(PrintStream screen, boolean terminal) {
    this.screen = screen;
    this.terminal = terminal;
  }

  /** Arguments: the log to write, whether standard error is a terminal, and the build's command. */
  public static void main(String[] args) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(args).subList(2, args.length));
    command.add("-Dorg.slf4j.simpleLogger.log.org.apache.maven.cli.transfer=info");
    Path log = Path.of(args[0]);
    Files.createDirectories(log.toAbsolutePath().getParent());
    Process build = new ProcessBuilder(command).redirectErrorStream(true).start();
    Runtime.getRuntime().addShutdownHook(new Thread(build::destroy));
    var show = new FirstBuild(System.err, args[1].equals("true"));
    try (Writer out = Files.newBufferedWriter(log);
        var lines =
            new BufferedReader(
                new InputStreamReader(build.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        out.write(line + "\n");
        show.line(line);
      }
    }
    int status = build.waitFor();
    show.end(status, log);
    System.exit(status);
  }

  /** Takes in one line that the build says. */
  void line(String line) {
    if (!line.startsWith("    at ")) {
      lastLines.addLast(line);
      if (lastLines.size() > LAST_WORDS) {
        lastLines.removeFirst();
      }
    }
    Matcher module = MODULE.matcher(line);
    Matcher download = DOWNLOAD.matcher(line);
    if (module.find()) {
      int number = Integer.parseInt(module.group(2));
      int count = Integer.parseInt(module.group(3));
      int filled = WIDTH * (number - 1) / count;
      stage =
          "building  [%s%s] %d/%d %s"
              .formatted(
                  "#".repeat(filled), ".".repeat(WIDTH - filled), number, count, module.group(1));
      show(stage);
    } else if (download.find() && terminal) {
      downloads++;
      show(
          stage + "  (" + downloads + " files from Maven's repository: " + download.group(1) + ")");
    }
  }

  /** Says how it ended. */
  void end(int status, Path log) {
    if (terminal) {
      screen.print("\r\033[K");
    }
    if (status != 0) {
      lastLines.forEach(screen::println);
      screen.println("kelvin: the build failed; all that it said is in " + log);
    }
  }

  private void show(String text) {
    if (terminal) {
      screen.print("\r\033[K" + text.substring(0, Math.min(text.length(), 100)));
      screen.flush();
    } else {
      screen.println(text);
    }
  }
}
