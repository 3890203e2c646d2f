package dev.kelvin.cli.man;

import java.util.List;

/** A page in the language of man(7). */
public final class Roff {
  private final StringBuilder text = new StringBuilder();

  /**
   * Begins a page.
   *
   * @param date of the page, {@code YYYY-MM-DD}
   */
  public Roff(String title, String date, String source) {
    text.append(".TH \"%s\" 1 \"%s\" \"%s\" \"Kelvin\"\n".formatted(title, date, source));
    // No hyphenation, ragged right: words are commands.
    text.append(".nh\n.ad l\n");
  }

  /** Begins a section. */
  public Roff section(String name) {
    text.append(".SH ").append(name).append('\n');
    return this;
  }

  /** A paragraph of plain words. */
  public Roff paragraph(String words) {
    text.append(".PP\n").append(escape(words)).append('\n');
    return this;
  }

  /** A line of text in the section's first paragraph. */
  public Roff line(String words) {
    text.append(escape(words)).append('\n');
    return this;
  }

  /** Something in bold with words that tell what it is. */
  public Roff item(String term, String words) {
    text.append(".TP\n\\fB").append(escape(term)).append("\\fR\n");
    text.append(escape(words)).append('\n');
    return this;
  }

  /** Lines as they stand. */
  public Roff literal(List<String> lines) {
    text.append(".PP\n.nf\n.RS 4\n");
    lines.forEach(line -> text.append(escape(line)).append('\n'));
    text.append(".RE\n.fi\n");
    return this;
  }

  /** Plain text that means nothing to roff; a hyphen stays what is typed. */
  static String escape(String words) {
    String plain = words.replace("\\", "\\e").replace("-", "\\-").replace("`", "");
    boolean command = plain.startsWith(".") || plain.startsWith("'");
    return command ? "\\&" + plain : plain;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
