package dev.kelvin.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lets the measuring process, with all in its session, go ahead of guests that compute, as a client
 * on another host does: on a host whose CPUs are all taken by what it has started, it would
 * otherwise measure how long it waits itself. The kernel divides the CPUs among sessions (sched(7),
 * "The autogroup feature"); a larger share than the usual one takes root.
 */
public final class Ahead implements AutoCloseable {
  private static final Path GROUP = Path.of("/proc/self/autogroup");
  private static final String LARGEST = "-20";

  private final String before;

  private Ahead(String before) {
    this.before = before;
  }

  /** Whether this host allows it. */
  public static boolean possible() {
    try (var _ = begin()) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Begins it.
   *
   * @throws IOException where the kernel makes no such groups, or does not allow it
   */
  public static Ahead begin() throws IOException {
    // Such as "/autogroup-42 nice 0".
    String shown = Files.readString(GROUP).strip();
    Files.writeString(GROUP, LARGEST);
    return new Ahead(shown.substring(shown.lastIndexOf(' ') + 1));
  }

  @Override
  public void close() throws IOException {
    Files.writeString(GROUP, before);
  }
}
