package dev.kelvin.cli.complete;

import java.util.ArrayList;
import java.util.List;

/** A command line as far as it is typed. */
public final class Line {
  private Line() {}

  /**
   * Its words as a shell would part them, with quotes undone. The last is the one being typed,
   * which is empty after a blank.
   */
  public static List<String> words(String text) {
    var words = new ArrayList<String>();
    var word = new StringBuilder();
    boolean begun = false;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && quote != '\'' && i + 1 < text.length()) {
        i++;
        word.append(text.charAt(i));
        begun = true;
      } else if (quote != 0 && c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
        begun = true;
      } else if (quote == 0 && (c == ' ' || c == '\t')) {
        if (begun) {
          words.add(word.toString());
        }
        word.setLength(0);
        begun = false;
      } else {
        word.append(c);
        begun = true;
      }
    }
    words.add(word.toString());
    return List.copyOf(words);
  }
}
