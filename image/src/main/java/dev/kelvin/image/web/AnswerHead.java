package dev.kelvin.image.web;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The head of an answer: what of it decides about a download.
 *
 * @param uri that answered in the end
 * @param status of HTTP
 * @param headers by names in lower case, of those in {@link #NAMES}
 */
public record AnswerHead(URI uri, int status, Map<String, String> headers) {
  /** The headers that are looked at. */
  private static final List<String> NAMES =
      List.of(
          "content-type",
          "content-length",
          "content-range",
          "etag",
          "last-modified",
          "retry-after");

  /** Characters of a value; a longer one is none that a server means well with. */
  private static final int LONGEST_VALUE = 500;

  private static final int LONGEST_URI = 4000;

  /** What neither belongs into a header nor onto a terminal. */
  private static final Pattern UNSEEN = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

  public AnswerHead {
    headers = headers == null ? Map.of() : Map.copyOf(headers);
  }

  /** What is kept of the headers that a server has sent. */
  static AnswerHead of(URI uri, int status, HttpHeaders sent) {
    var kept = new HashMap<String, String>();
    for (String name : NAMES) {
      sent.firstValue(name)
          .map(value -> UNSEEN.matcher(value).replaceAll(" "))
          .filter(value -> value.length() <= LONGEST_VALUE)
          .ifPresent(value -> kept.put(name, value));
    }
    return new AnswerHead(uri, status, kept);
  }

  /** A header; its name may be in any case. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
  }

  /**
   * Whether it could be an answer to a request for this address. For who is told one by somebody
   * who may lie: all in it is bounded and can be shown.
   */
  @SuppressWarnings("ConstantValue") // a reader leaves null in what was left out
  public boolean answers(URI asked) {
    return uri != null
        && uri.toString().length() <= LONGEST_URI
        && seen(uri.toString())
        && Urls.isWeb(uri)
        && uri.getHost() != null
        && (Urls.isSecure(uri) || !Urls.isSecure(asked))
        && status >= 100
        && status <= 999
        && headers.entrySet().stream()
            .allMatch(one ->
                NAMES.contains(one.getKey())
                    && one.getValue().length() <= LONGEST_VALUE
                    && seen(one.getValue()));
  }

  private static boolean seen(String text) {
    return !UNSEEN.matcher(text).find();
  }
}
