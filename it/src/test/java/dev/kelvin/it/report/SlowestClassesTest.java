package dev.kelvin.it.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.it.report.SlowestClasses.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlowestClassesTest {
  @TempDir Path project;

  private void suite(String module, String name, String time, long modified) throws IOException {
    Path reports = Files.createDirectories(project.resolve(module + "/target/surefire-reports"));
    Path file =
        Files.writeString(
            reports.resolve("TEST-" + name + ".xml"),
            "<?xml version=\"1.0\"?>\n<testsuite version=\"3.0.2\" name=\"%s\" time=\"%s\" tests=\"1\">"
                .formatted(name, time));
    Files.setLastModifiedTime(file, FileTime.fromMillis(modified * 1000));
  }

  @Test
  void readsTheReportsOfThisRunOfAllModules() throws IOException {
    suite("one", "a.First", "1.5", 100);
    suite("other", "b.Second", "1,002.25", 101);
    suite("other", "b.OfARunBefore", "9", 99);
    assertThat(SlowestClasses.read(project, 100))
        .containsExactlyInAnyOrder(new Time("a.First", 1.5), new Time("b.Second", 1002.25));
  }

  @Test
  void printsTenAndTheSum() {
    List<Time> all = IntStream.rangeClosed(1, 12).mapToObj(n -> new Time("T" + n, n)).toList();
    String report = SlowestClasses.report(all);
    assertThat(report).startsWith("The slowest test classes, in seconds:\n    12.0  T12\n");
    assertThat(report).contains("     3.0  T3\n").doesNotContain("  T2\n");
    assertThat(report).endsWith("    78.0  all 12\n");
  }
}
