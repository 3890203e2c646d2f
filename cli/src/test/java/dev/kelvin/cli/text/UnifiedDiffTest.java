package dev.kelvin.cli.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class UnifiedDiffTest {
  private static String diff(String one, String other) {
    return UnifiedDiff.of("a", one, "b", other, Style.plain());
  }

  @Test
  void isWhatDiffWrites() {
    String before =
        IntStream.rangeClosed(1, 12).mapToObj(i -> i + "\n").collect(Collectors.joining());
    String after = before.replace("6\n", "six\n");
    assertThat(diff(before, after))
        .isEqualTo("--- a\n+++ b\n@@ -3,7 +3,7 @@\n 3\n 4\n 5\n-6\n+six\n 7\n 8\n 9\n");
    assertThat(diff(before, before)).isEmpty();
    assertThat(diff("", "x\n")).isEqualTo("--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
    assertThat(diff("x\n", "")).isEqualTo("--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n");
  }

  @Test
  void changesFarApartAreHunksOfTheirOwn() {
    String before =
        IntStream.rangeClosed(1, 30).mapToObj(i -> i + "\n").collect(Collectors.joining());
    String after = before.replace("\n5\n", "\nfive\n").replace("\n25\n", "\n");
    assertThat(diff(before, after).lines().filter(line -> line.startsWith("@@")))
        .containsExactly("@@ -2,7 +2,7 @@", "@@ -22,7 +22,6 @@");
  }

  /** Whatever the texts are, following the difference makes the second of the first. */
  @RepeatedTest(300)
  void leadsFromOneTextToTheOther(RepetitionInfo repetition) {
    var random = new Random(repetition.getCurrentRepetition());
    List<String> before = lines(random);
    List<String> after = lines(random);
    String diff = diff(String.join("\n", before) + "\n", String.join("\n", after) + "\n");
    assertThat(follow(before, diff)).isEqualTo(diff.isEmpty() ? before : after);
    assertThat(diff.isEmpty()).isEqualTo(before.equals(after));
  }

  private static List<String> lines(Random random) {
    return IntStream.range(0, 1 + random.nextInt(25))
        .mapToObj(i -> "line " + random.nextInt(6))
        .toList();
  }

  private static List<String> follow(List<String> before, String diff) {
    var result = new ArrayList<String>();
    int at = 0;
    for (String line : diff.lines().skip(2).toList()) {
      if (line.startsWith("@@")) {
        String[] range = line.substring(4, line.indexOf(" +")).split(",", -1);
        boolean none = range.length == 2 && range[1].equals("0");
        int start = Integer.parseInt(range[0]) - (none ? 0 : 1);
        while (at < start) {
          result.add(before.get(at++));
        }
      } else if (line.charAt(0) == '+') {
        result.add(line.substring(1));
      } else {
        assertThat(before.get(at)).isEqualTo(line.substring(1));
        if (line.charAt(0) == ' ') {
          result.add(before.get(at));
        }
        at++;
      }
    }
    result.addAll(before.subList(at, before.size()));
    return result;
  }
}
