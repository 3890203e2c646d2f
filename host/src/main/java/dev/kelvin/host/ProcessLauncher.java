package dev.kelvin.host;

/** Starts processes that outlive the daemon. */
public interface ProcessLauncher {
  /**
   * Starts a process and does not wait for it. One that ends at once is no failure of the launch:
   * {@link ProcessId#alive} then tells, and its output says why.
   *
   * @throws dev.kelvin.model.ProblemException capability-missing when a program is not installed,
   *     host-failure when the process cannot be started
   */
  ProcessId launch(Launch launch);
}
