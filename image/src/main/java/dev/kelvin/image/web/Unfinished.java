package dev.kelvin.image.web;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A body of which not all has come; another attempt may bring the rest. */
public final class Unfinished extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param words for people: why
   */
  public Unfinished(String words, @Nullable Throwable cause) {
    super(words, cause);
  }

  /** The server has sent nothing for too long. */
  public static Unfinished stalled(Duration patience) {
    return new Unfinished("the server has sent nothing for " + patience.toSeconds() + " s", null);
  }
}
