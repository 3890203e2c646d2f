package dev.kelvin.it.fault;

import dev.kelvin.api.Client;
import dev.kelvin.it.fault.KillSwitch.Side;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.model.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * A task that a daemon is killed in.
 *
 * @param name told in reports
 * @param needs programs without which it cannot be
 * @param type of the task; every type that the daemon knows has a scenario
 * @param sides of each write on which the daemon is killed
 * @param writes how many of them; {@link #ALL} unless those after them take minutes
 * @param prepare makes what the task works on
 * @param act begins it
 * @param settled whether what the task brings about by itself has happened; asked when it has ended
 * @param done whether the node is as the task wants it
 * @param undone whether the node is as before the task
 * @param afterwards what a user does after the restart, such as cancelling what would take minutes
 */
record Scenario(
    String name,
    Set<Path> needs,
    String type,
    Set<Side> sides,
    int writes,
    Work prepare,
    Act act,
    Settled settled,
    Check done,
    Check undone,
    Afterwards afterwards) {
  /** Every write that there is. */
  static final int ALL = Integer.MAX_VALUE;

  /** The same, of use only where these programs are. */
  Scenario needing(Path... programs) {
    return new Scenario(
        name,
        Set.of(programs),
        type,
        sides,
        writes,
        prepare,
        act,
        settled,
        done,
        undone,
        afterwards);
  }

  /** The same, which goes on after its task, until this is so. */
  Scenario until(Settled then) {
    return new Scenario(
        name, needs, type, sides, writes, prepare, act, then, done, undone, afterwards);
  }

  /** Something that is done to a node. */
  @FunctionalInterface
  interface Work {
    void on(TestDaemon daemon) throws IOException, InterruptedException;
  }

  /** Something that begins a task. */
  @FunctionalInterface
  interface Act {
    Task on(Client client) throws IOException, InterruptedException;
  }

  /** Tells whether the writes that count are made. */
  @FunctionalInterface
  interface Settled {
    boolean on(TestDaemon daemon);
  }

  /** Says what is not as it shall be; nothing when all is. */
  @FunctionalInterface
  interface Check {
    Set<String> faults(TestDaemon daemon) throws IOException;
  }

  /** Something that is done to a task that a restarted daemon goes on with. */
  @FunctionalInterface
  interface Afterwards {
    void on(Client client, Task task) throws IOException;
  }

  @Override
  public String toString() {
    return name;
  }
}
