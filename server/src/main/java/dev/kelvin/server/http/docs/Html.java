package dev.kelvin.server.http.docs;

import java.util.regex.Pattern;

/** Collects a web page. Everything that is not marked up here is escaped. */
final class Html {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern STRONG = Pattern.compile("\\*\\*([^*]+)\\*\\*");
  private static final String BULLET = "- ";

  private final StringBuilder out = new StringBuilder(1 << 16);

  /** Adds markup as it is. */
  Html raw(String markup) {
    out.append(markup);
    return this;
  }

  Html text(String text) {
    out.append(escape(text));
    return this;
  }

  Html element(String name, String text) {
    return raw("<" + name + ">").text(text).raw("</" + name + ">");
  }

  /** A link inside the page. */
  Html link(String target, String text) {
    return raw("<a href=\"#" + escape(target) + "\">").text(text).raw("</a>");
  }

  /** A description in the little Markdown that the document uses: code, bold, lists, paragraphs. */
  Html prose(String markdown) {
    for (String block : markdown.strip().split("\n\\s*\n", -1)) {
      if (block.startsWith(BULLET)) {
        raw("<ul>");
        for (String item : block.substring(BULLET.length()).split("\n" + BULLET, -1)) {
          raw("<li>" + inline(item) + "</li>");
        }
        raw("</ul>");
      } else if (!block.isEmpty()) {
        raw("<p>" + inline(block) + "</p>");
      }
    }
    return this;
  }

  private static String inline(String text) {
    String escaped = escape(text);
    String strong = STRONG.matcher(escaped).replaceAll("<strong>$1</strong>");
    return CODE.matcher(strong).replaceAll("<code>$1</code>");
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
