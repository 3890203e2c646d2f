package dev.kelvin.it.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Prints the test classes that took longest in the last run, so that who makes the tests slow sees
 * it. {@code ./dev} runs it by its source, without a class path, from the project's directory.
 */
public final class SlowestClasses {
  private static final int SHOWN = 10;

  /** The first element of a report of surefire has them, in this order. */
  private static final Pattern SUITE =
      Pattern.compile("<testsuite [^>]*?name=\"([^\"]+)\" time=\"([0-9.,]+)\"");

  private SlowestClasses() {}

  record Time(String name, double seconds) {}

  /** The one argument is the time since which reports count: seconds since 1970. */
  public static void main(String[] args) throws IOException {
    long since = Long.parseLong(args[0]);
    List<Time> all = read(Path.of(""), since);
    if (!all.isEmpty()) {
      System.out.print(report(all));
    }
  }

  static List<Time> read(Path project, long since) throws IOException {
    var all = new ArrayList<Time>();
    try (var modules = Files.newDirectoryStream(project)) {
      for (Path module : modules) {
        Path reports = module.resolve("target/surefire-reports");
        if (Files.isDirectory(reports)) {
          readModule(reports, since, all);
        }
      }
    }
    return all;
  }

  private static void readModule(Path reports, long since, List<Time> all) throws IOException {
    try (var files = Files.newDirectoryStream(reports, "TEST-*.xml")) {
      for (Path file : files) {
        Matcher suite = SUITE.matcher(Files.readString(file));
        if (Files.getLastModifiedTime(file).toMillis() / 1000 >= since && suite.find()) {
          all.add(new Time(suite.group(1), Double.parseDouble(suite.group(2).replace(",", ""))));
        }
      }
    }
  }

  static String report(List<Time> all) {
    var text = new StringBuilder("The slowest test classes, in seconds:\n");
    all.stream()
        .sorted(Comparator.comparingDouble(Time::seconds).reversed())
        .limit(SHOWN)
        .forEach(one ->
            text.append(String.format(Locale.ROOT, "%8.1f  %s%n", one.seconds(), one.name())));
    double sum = all.stream().mapToDouble(Time::seconds).sum();
    return text.append(String.format(Locale.ROOT, "%8.1f  all %d%n", sum, all.size())).toString();
  }
}
