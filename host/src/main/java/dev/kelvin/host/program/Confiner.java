package dev.kelvin.host.program;

import java.io.IOException;

/** Starts programs that are not trusted, with what they are given and as little else as can be. */
@FunctionalInterface
public interface Confiner {
  /**
   * Starts one, in a session of its own. The kernel kills it when the daemon ends. What it writes
   * to its standard error, and to its output if that is a pipe, is read from the process.
   *
   * @throws dev.kelvin.model.ProblemException capability-missing when a program is not installed
   * @throws IOException when it cannot be started, or a file of it not opened
   */
  Process start(Distrusted program) throws IOException, InterruptedException;
}
