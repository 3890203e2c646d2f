package dev.kelvin.model;

import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Which cipher suites of TLS go first. These programs have only the first of the JVM's compilers,
 * which knows no instructions of the CPU for AES-GCM: ChaCha20-Poly1305, as strong, is four times
 * as fast there. A peer with such instructions loses little by it.
 */
public final class CipherOrder {
  /** Of two suites, by their standard names, that which is faster here; else both are equal. */
  public static final Comparator<String> FASTEST_FIRST =
      Comparator.comparing((String suite) -> !suite.contains("_CHACHA20_POLY1305"));

  private CipherOrder() {}

  /** The suites in the order in which to offer them; those of one speed stay as they were. */
  public static String[] of(String[] suites) {
    return Stream.of(suites).sorted(FASTEST_FIRST).toArray(String[]::new);
  }
}
