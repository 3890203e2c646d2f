package dev.kelvin.qemu;

import dev.kelvin.model.ProblemException;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.Enclosure;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * An open file that a running QEMU has been given (QAPI's {@code add-fd}), which need not be able
 * to open it by any path.
 */
final class GivenFile implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(GivenFile.class.getName());

  private final Calls calls;
  private final long set;

  private GivenFile(Calls calls, long set) {
    this.calls = calls;
    this.set = set;
  }

  /**
   * Gives it.
   *
   * @param file open for what QEMU shall do with it, and for nothing else: QEMU compares that
   */
  static GivenFile give(Calls calls, Enclosure file) throws InterruptedException {
    JsonNode given = calls.run("add-fd", Map.of(), file, Cost.NORMAL);
    return new GivenFile(calls, given.path("fdset-id").asLong(0));
  }

  /** By which QEMU's commands name it. */
  String path() {
    return "/dev/fdset/" + set;
  }

  /** QEMU closes it, at the latest when nobody is connected to it any more. */
  @Override
  public void close() {
    try {
      calls.run("remove-fd", Map.of("fdset-id", set), Cost.QUICK);
    } catch (ProblemException e) {
      LOG.log(System.Logger.Level.DEBUG, "QEMU keeps a file for a while", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
