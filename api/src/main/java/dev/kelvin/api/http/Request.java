package dev.kelvin.api.http;

import java.io.InputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request.
 *
 * @param target path and query, encoded
 * @param quiet how long the daemon may send nothing; zero for ever
 */
public record Request(
    String method,
    String target,
    Map<String, String> headers,
    @Nullable Body body,
    Duration quiet) {

  /** How long an ordinary answer may take. */
  public static final Duration USUAL = Duration.ofSeconds(60);

  /**
   * What is sent along.
   *
   * @param length in bytes; -1 when it is not known beforehand
   */
  public record Body(String contentType, InputStream content, long length) {}

  public Request {
    headers = Map.copyOf(headers);
  }

  public static Request of(String method, String target) {
    return new Request(method, target, Map.of(), null, USUAL);
  }

  public Request body(Body newBody) {
    return new Request(method, target, headers, newBody, quiet);
  }

  public Request quiet(Duration newQuiet) {
    return new Request(method, target, headers, body, newQuiet);
  }

  public Request header(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Request(method, target, more, body, quiet);
  }
}
