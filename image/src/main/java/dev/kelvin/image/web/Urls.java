package dev.kelvin.image.web;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Addresses of files on the web. */
public final class Urls {
  private static final int MOST = 2000;

  private Urls() {}

  public static boolean isUrl(String text) {
    return text.contains("://");
  }

  /**
   * A URL of HTTP or HTTPS, without the name and password of an account.
   *
   * @param field that the problem names
   * @throws dev.kelvin.model.ProblemException invalid-argument
   */
  public static URI check(String text, String field) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw refused(text, field, "it is no URL: " + e.getReason());
    }
    if (!isWeb(uri)) {
      throw refused(text, field, "only https and http are spoken");
    }
    if (uri.getHost() == null || uri.getHost().isEmpty()) {
      throw refused(text, field, "it names no host");
    }
    if (uri.getRawUserInfo() != null) {
      throw refused(text, field, "it has the name of an account in it, which would be stored");
    }
    if (text.length() > MOST) {
      throw refused(text.substring(0, 80) + "…", field, "it is longer than " + MOST);
    }
    return uri;
  }

  private static RuntimeException refused(String text, String field, String cause) {
    return Problem.of(Code.INVALID_ARGUMENT, "This address cannot be pulled from")
        .on(text.replaceAll("\\p{Cntrl}", "?"))
        .at(field)
        .because(cause)
        .remedy("write such as https://example.org/images/disk.qcow2.xz")
        .asException();
  }

  /** Whether its scheme is one that is spoken. */
  static boolean isWeb(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    return scheme.equals("https") || scheme.equals("http");
  }

  public static boolean isSecure(URI uri) {
    return "https".equalsIgnoreCase(uri.getScheme());
  }

  /** The last part of the path, decoded; empty when there is none. */
  public static String fileName(String url) {
    String path = URI.create(url).getRawPath();
    String last = path == null ? "" : path.substring(path.lastIndexOf('/') + 1);
    return URLDecoder.decode(last.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
