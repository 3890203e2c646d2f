package dev.kelvin.machine.engine;

import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import java.util.List;
import java.util.function.Consumer;

/**
 * What VMs are run by. A supervisor asks it for one thing at a time, of its VM; of different VMs
 * many ask at once. What fails is a {@link dev.kelvin.model.ProblemException}.
 *
 * <p>Signals come on threads of the engine, those of one instance one after another, and may come
 * before the call has returned that the instance comes from. {@link Signal.HelperLost} may also
 * come on the thread that makes that call.
 */
public interface Engine {
  /** Stores a run before anything else can go wrong. */
  @FunctionalInterface
  interface RunSaver {
    void save(RunRecord run);
  }

  /** Stores what now runs. */
  @FunctionalInterface
  interface Saver {
    void accept(Instance changed) throws InterruptedException;
  }

  /**
   * Starts a VM; its guest runs when this returns. A start that fails leaves nothing behind.
   *
   * @param signals told what the instance tells unasked
   * @param saver called with what a restarted daemon needs, as soon as the process exists
   */
  Instance start(VmRecord vm, Consumer<Signal> signals, RunSaver saver) throws InterruptedException;

  /**
   * Takes over a process that an earlier daemon started, or to which the connection was lost. It is
   * left as it is found: paused, not let go yet, or running. What the record of an earlier daemon
   * does not have is in that of the instance.
   *
   * @throws dev.kelvin.model.ProblemException unavailable when it does not answer; it goes on
   */
  Instance adopt(VmRecord vm, RunRecord run, Consumer<Signal> signals) throws InterruptedException;

  /** Whether a process was started since the host was: otherwise it is gone. */
  boolean sameBoot(RunRecord run);

  /** Makes clients for the agent of an instance's guest, for as long as the instance is open. */
  GuestWatch.Connector agent(Instance held);

  /**
   * Makes the changes that the guest takes while it runs ({@link SpecDiff#live}), one after the
   * other. It may last as long as the guest likes, and may be interrupted: those that were made are
   * on record then.
   *
   * @param wanted what it shall be
   * @param back whether this undoes an update: what others have taken since is left out, and the
   *     difference is on record
   * @param saver called with what now runs, after each change or before it; what it throws ends the
   *     changes
   */
  void change(Instance held, VmRecord wanted, boolean back, Saver saver)
      throws InterruptedException;

  /**
   * Kills the process that a record names, when there is no instance to be asked to end, and waits
   * until it is gone.
   *
   * @throws dev.kelvin.model.ProblemException conflict when it is of another home, host-failure
   *     when the kernel does not end it
   */
  void kill(VmRecord vm, RunRecord run);

  /**
   * Gives back what a process that is gone held of the host, and nothing else. May be repeated.
   *
   * @param id of its VM
   * @param held of its record ({@link RunRecord#holds}), all or some of it
   * @throws dev.kelvin.model.ProblemException host-failure
   */
  void release(String id, List<HeldResource> held);

  /** Forgets what the host has allowed the guest of a VM that is no more. May be repeated. */
  void forget(VmRecord vm);
}
