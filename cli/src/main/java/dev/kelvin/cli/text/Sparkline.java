package dev.kelvin.cli.text;

import java.nio.charset.Charset;
import java.util.List;

/** A row of characters whose heights are values, the latest on the right. */
public final class Sparkline {
  private static final String BLOCKS = " ▁▂▃▄▅▆▇█";

  /** For terminals that cannot show blocks. */
  private static final String PLAIN = " .:-=+*#@";

  private final String levels;

  private Sparkline(String levels) {
    this.levels = levels;
  }

  /** With what this character set has. */
  public static Sparkline in(Charset charset) {
    return new Sparkline(charset.newEncoder().canEncode(BLOCKS) ? BLOCKS : PLAIN);
  }

  /**
   * Draws the last values.
   *
   * @param top the value of the highest character; larger ones are as high, 0 and less are blank
   * @param width in characters; on the left it is blank as long as there are fewer values
   */
  public String draw(List<Double> values, double top, int width) {
    var text = new StringBuilder();
    int missing = Math.max(0, width - values.size());
    text.append(" ".repeat(Math.min(width, missing)));
    int highest = levels.length() - 1;
    for (double value : values.subList(Math.max(0, values.size() - width), values.size())) {
      // What is above nothing is seen.
      double level = value <= 0 ? 0 : Math.max(1, Math.ceil(value / top * highest));
      text.append(levels.charAt((int) Math.min(highest, level)));
    }
    return text.toString();
  }
}
