package dev.kelvin.codec;

import java.util.regex.Pattern;
import tools.jackson.dataformat.yaml.util.StringQuotingChecker;

/**
 * Which texts are written in quotes: all that some reader of YAML takes for something else. Many
 * read YAML 1.1 still (PyYAML and with it Ansible, Ruby, Go's yaml.v2), to which {@code 12:30:45}
 * is a number, {@code 2026-01-01} a date and {@code on} a boolean.
 *
 * <p>Source: the types of YAML 1.1 (yaml.org/type: bool, float, int, merge, null, timestamp, value)
 * and the core schema of YAML 1.2.2, section 10.3.2.
 */
final class YamlQuoting extends StringQuotingChecker.Default {
  private static final long serialVersionUID = 1L;

  private static final Pattern WORD =
      Pattern.compile("(?i:y|yes|n|no|true|false|on|off|null|[-+]?\\.inf|\\.nan)|~|<<|=");

  /** Wider than the types are, since their readers are, too. */
  private static final Pattern NUMBER =
      Pattern.compile(
          "[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+" // whole, of several bases
              + "|[0-9.][0-9_.]*([eE][-+]?[0-9]+)?" // whole and not
              + "|[0-9][0-9_]*(:[0-9]{1,2})+(\\.[0-9_]*)?)"); // of base 60

  private static final Pattern DATE =
      Pattern.compile("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \\t].*)?", Pattern.DOTALL);

  @Override
  public boolean needToQuoteName(String name) {
    return super.needToQuoteName(name) || isSomethingElse(name) || hasOddCharacters(name);
  }

  @Override
  public boolean needToQuoteValue(String value) {
    return super.needToQuoteValue(value) || isSomethingElse(value) || hasOddCharacters(value);
  }

  private static boolean isSomethingElse(String text) {
    return WORD.matcher(text).matches()
        || NUMBER.matcher(text).matches()
        || DATE.matcher(text).matches();
  }

  /** Those that YAML takes for line ends, or does not take at all. */
  private static boolean hasOddCharacters(String text) {
    return text.chars()
        .anyMatch(c ->
            (Character.isISOControl(c) && c != '\n')
                || c == '\u2028'
                || c == '\u2029'
                || c == '\uFEFF');
  }
}
