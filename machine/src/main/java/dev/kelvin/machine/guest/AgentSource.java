package dev.kelvin.machine.guest;

import dev.kelvin.qmp.AgentClient;

/** Where the agent of a guest is had from, each time anew: a connection may be replaced. */
@FunctionalInterface
public interface AgentSource {
  /**
   * The agent that answers now.
   *
   * @throws dev.kelvin.model.ProblemException guest-agent when none does; wrong-state when the VM
   *     does not run
   */
  AgentClient agent() throws InterruptedException;
}
