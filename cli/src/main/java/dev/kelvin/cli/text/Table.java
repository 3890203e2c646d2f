package dev.kelvin.cli.text;

import java.util.ArrayList;
import java.util.List;

/** Lines of cells, padded so that columns line up. */
public final class Table {
  private static final String GAP = "  ";
  private final List<List<String>> rows = new ArrayList<>();
  private final List<String> titles;

  public Table(String... titles) {
    this.titles = List.of(titles);
  }

  public Table row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  public String render(boolean headers) {
    var all = new ArrayList<List<String>>();
    if (headers) {
      all.add(titles);
    }
    all.addAll(rows);
    int[] widths = new int[titles.size()];
    for (List<String> row : all) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], visible(row.get(i)));
      }
    }
    var text = new StringBuilder();
    for (List<String> row : all) {
      var line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(row.get(i));
        line.append(" ".repeat(widths[i] - visible(row.get(i)))).append(GAP);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  /** How many places a text takes: colours take none. */
  static int visible(String text) {
    int count = 0;
    boolean escape = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\033') {
        escape = true;
      } else if (!escape && !Character.isLowSurrogate(c)) {
        count++;
      } else if (escape && c == 'm') {
        escape = false;
      }
    }
    return count;
  }
}
