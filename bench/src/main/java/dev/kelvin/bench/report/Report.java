package dev.kelvin.bench.report;

import dev.kelvin.codec.Documents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The result of a run.
 *
 * @param notes what a reader must know to judge the figures
 */
public record Report(
    LocalDate date,
    Map<String, String> machine,
    List<Series> series,
    List<Bar> bars,
    List<String> notes) {

  /** As it is in the JSON file. */
  private record Figure(
      String name,
      String unit,
      double median,
      double p10,
      double p90,
      double max,
      List<Double> samples) {}

  private record Verdict(String name, double value, double limit, String unit, boolean met) {}

  private record Document(
      String date,
      Map<String, String> machine,
      List<Verdict> bars,
      List<Figure> figures,
      List<String> notes) {}

  /** Writes both files; returns the one for people. */
  public Path write(Path directory, String slug) throws IOException {
    Files.createDirectories(directory);
    Path json = directory.resolve(date + "-" + slug + ".json");
    Path markdown = directory.resolve(date + "-" + slug + ".md");
    Files.writeString(json, Documents.prettyJson(document()) + "\n");
    Files.writeString(markdown, markdown(slug));
    return markdown;
  }

  private Document document() {
    List<Figure> figures =
        series.stream()
            .map(s ->
                new Figure(
                    s.name(),
                    s.unit(),
                    round(s.median()),
                    round(s.quantile(0.1)),
                    round(s.quantile(0.9)),
                    round(s.max()),
                    s.samples().stream().map(Report::round).toList()))
            .toList();
    List<Verdict> verdicts =
        bars.stream()
            .map(b -> new Verdict(b.name(), round(b.value()), b.limit(), b.unit(), b.met()))
            .toList();
    return new Document(date.toString(), machine, verdicts, figures, notes);
  }

  public String markdown(String slug) {
    var text = new ArrayList<String>();
    text.add("# Benchmark " + date + ": " + slug);
    text.add("");
    text.add("| bar | measured | at most | |");
    text.add("|---|--:|--:|---|");
    for (Bar bar : bars) {
      text.add(
          "| %s | %s %s | %s %s | %s |"
              .formatted(
                  bar.name(),
                  figure(bar.value()),
                  bar.unit(),
                  figure(bar.limit()),
                  bar.unit(),
                  bar.met() ? "met" : "**missed**"));
    }
    text.add("");
    text.add("| figure | median | 10 % | 90 % | max | unit | samples |");
    text.add("|---|--:|--:|--:|--:|---|--:|");
    for (Series s : series) {
      text.add(
          "| %s | %s | %s | %s | %s | %s | %d |"
              .formatted(
                  s.name(),
                  figure(s.median()),
                  figure(s.quantile(0.1)),
                  figure(s.quantile(0.9)),
                  figure(s.max()),
                  s.unit(),
                  s.samples().size()));
    }
    text.add("");
    text.add("Taken on:");
    text.add("");
    machine.forEach((name, value) -> text.add("- " + name + ": " + value));
    text.add("");
    notes.forEach(note -> text.add("- " + note));
    return String.join("\n", text) + "\n";
  }

  private static double round(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  private static String figure(double value) {
    return String.format(Locale.ROOT, value < 20 ? "%.2f" : "%.1f", value);
  }
}
