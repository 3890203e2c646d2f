package dev.kelvin.cli.text;

import java.util.ArrayList;
import java.util.List;

/** The difference of two texts, as diff(1) writes it with -u. */
public final class UnifiedDiff {
  private static final int CONTEXT = 3;

  /** A line and what becomes of it: {@code ' '}, {@code '-'} or {@code '+'}. */
  private record Line(char mark, String text) {}

  private UnifiedDiff() {}

  /** Empty when the texts are equal. */
  public static String of(
      String oldName, String oldText, String newName, String newText, Style style) {
    List<Line> lines = compare(oldText.lines().toList(), newText.lines().toList());
    if (lines.stream().allMatch(line -> line.mark == ' ')) {
      return "";
    }
    var text = new StringBuilder();
    text.append(style.bold("--- " + oldName)).append('\n');
    text.append(style.bold("+++ " + newName)).append('\n');
    int at = 0;
    while (at < lines.size()) {
      int first = nextChange(lines, at);
      if (first == lines.size()) {
        break;
      }
      int start = Math.max(at, first - CONTEXT);
      int end = hunkEnd(lines, first);
      hunk(text, lines, start, end, style);
      at = end;
    }
    return text.toString();
  }

  private static int nextChange(List<Line> lines, int from) {
    int at = from;
    while (at < lines.size() && lines.get(at).mark == ' ') {
      at++;
    }
    return at;
  }

  /** Changes with fewer than twice the context between them belong together. */
  private static int hunkEnd(List<Line> lines, int change) {
    int end = change;
    while (true) {
      while (end < lines.size() && lines.get(end).mark != ' ') {
        end++;
      }
      int next = nextChange(lines, end);
      if (next == lines.size() || next - end > 2 * CONTEXT) {
        return Math.min(lines.size(), end + CONTEXT);
      }
      end = next;
    }
  }

  private static void hunk(StringBuilder text, List<Line> lines, int start, int end, Style style) {
    String before = range(lines, start, end, '+');
    String after = range(lines, start, end, '-');
    text.append(style.cyan("@@ -" + before + " +" + after + " @@")).append('\n');
    for (Line line : lines.subList(start, end)) {
      String whole = line.mark + line.text;
      text.append(
              switch (line.mark) {
                case '-' -> style.red(whole);
                case '+' -> style.green(whole);
                default -> whole;
              })
          .append('\n');
    }
  }

  /** Where the lines without {@code other} are in their text, and how many they are. */
  private static String range(List<Line> lines, int start, int end, char other) {
    long before = lines.subList(0, start).stream().filter(line -> line.mark != other).count();
    long count = lines.subList(start, end).stream().filter(line -> line.mark != other).count();
    return (count == 0 ? before : before + 1) + (count == 1 ? "" : "," + count);
  }

  /** By the longest common subsequence; documents have a few hundred lines. */
  private static List<Line> compare(List<String> old, List<String> fresh) {
    int[][] common = new int[old.size() + 1][fresh.size() + 1];
    for (int i = old.size() - 1; i >= 0; i--) {
      for (int j = fresh.size() - 1; j >= 0; j--) {
        common[i][j] =
            old.get(i).equals(fresh.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    var lines = new ArrayList<Line>();
    int i = 0;
    int j = 0;
    while (i < old.size() || j < fresh.size()) {
      if (i < old.size() && j < fresh.size() && old.get(i).equals(fresh.get(j))) {
        lines.add(new Line(' ', old.get(i)));
        i++;
        j++;
      } else if (j == fresh.size() || (i < old.size() && common[i + 1][j] >= common[i][j + 1])) {
        lines.add(new Line('-', old.get(i++)));
      } else {
        lines.add(new Line('+', fresh.get(j++)));
      }
    }
    return lines;
  }
}
