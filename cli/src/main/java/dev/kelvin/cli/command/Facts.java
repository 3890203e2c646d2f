package dev.kelvin.cli.command;

import dev.kelvin.cli.text.Table;
import org.jspecify.annotations.Nullable;

/** Lines of a word and what is to be said to it. */
final class Facts {
  private final Table table = new Table("", "");

  /** Adds a line, unless there is nothing to say. */
  Facts add(String word, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      String[] lines = value.split("\n", -1);
      for (int i = 0; i < lines.length; i++) {
        table.row(i == 0 ? word + ":" : "", lines[i]);
      }
    }
    return this;
  }

  String render() {
    return table.render(false);
  }
}
