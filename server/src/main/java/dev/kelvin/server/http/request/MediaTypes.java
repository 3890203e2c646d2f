package dev.kelvin.server.http.request;

import dev.kelvin.codec.Documents.Syntax;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** The media types of requests and answers. */
public final class MediaTypes {
  public static final String JSON = "application/json";
  public static final String YAML = "application/yaml";
  public static final String PROBLEM = "application/problem+json";
  public static final String BYTES = "application/octet-stream";
  public static final String EVENTS = "text/event-stream";

  /** RFC 9512 registers the first; the others are what older tools send. */
  private static final Set<String> YAML_NAMES =
      Set.of(YAML, "application/x-yaml", "text/yaml", "text/x-yaml");

  private MediaTypes() {}

  /** The type in a Content-Type, in lower case and without its parameters; null without one. */
  public static @Nullable String essence(@Nullable String contentType) {
    if (contentType == null) {
      return null;
    }
    int semicolon = contentType.indexOf(';');
    return (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
        .strip()
        .toLowerCase(Locale.ROOT);
  }

  /** Whether a Content-Type names a character set other than UTF-8. */
  public static boolean otherCharset(@Nullable String contentType) {
    String lower = contentType == null ? "" : contentType.toLowerCase(Locale.ROOT);
    int at = lower.indexOf("charset=");
    if (at < 0) {
      return false;
    }
    String charset = lower.substring(at + "charset=".length()).replace("\"", "").strip();
    return !(charset.startsWith("utf-8") || charset.startsWith("utf8"));
  }

  /** How a document of this type is written; null when it is neither JSON nor YAML. */
  public static @Nullable Syntax syntax(String essence) {
    if (essence.equals(JSON)) {
      return Syntax.JSON;
    }
    return YAML_NAMES.contains(essence) ? Syntax.YAML : null;
  }

  /**
   * What the client likes best of JSON and YAML. A client that accepts neither gets JSON: it can
   * make more of that than of a refusal (RFC 9110, section 12.5.1, allows both).
   */
  public static Syntax preferred(HttpFields headers) {
    List<String> accepted = headers.getQualityCSV(HttpHeader.ACCEPT);
    for (String type : accepted) {
      String essence = essence(type);
      if (essence == null || essence.equals("*/*") || essence.equals("application/*")) {
        return Syntax.JSON;
      }
      Syntax syntax = syntax(essence);
      if (syntax != null) {
        return syntax;
      }
    }
    return Syntax.JSON;
  }
}
