package dev.kelvin.image.web;

import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request for a file, or for the rest of one.
 *
 * @param offset in bytes, from which on it is wanted; 0 for the whole file
 * @param validator by which the server knows that the file is the one whose beginning is here
 *     already (RFC 9110, 13.1.5); null for the whole file
 */
public record FileRequest(URI uri, long offset, @Nullable String validator, WebLimits limits) {
  /** For the whole file. */
  public static FileRequest whole(URI uri, WebLimits limits) {
    return new FileRequest(uri, 0, null, limits);
  }

  Map<String, String> headers() {
    return offset == 0 || validator == null
        ? Map.of()
        : Map.of("Range", "bytes=" + offset + "-", "If-Range", validator);
  }
}
