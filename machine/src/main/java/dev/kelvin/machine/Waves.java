package dev.kelvin.machine;

import dev.kelvin.machine.supervise.AllVms;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.Supervisors;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.model.Vm;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops all VMs in the order of autostart, those of one place in it beside each other.
 */
final class Waves {
  private static final Logger LOG = System.getLogger(Waves.class.getName());

  /** How long VMs are waited for beyond what they get to shut down. */
  private static final Duration LAST_PATIENCE = Duration.ofSeconds(20);

  /** How often it is looked for VMs that run although all were stopped. */
  private static final int ROUNDS = 3;

  private final Supervisors vms;
  private final AllVms all;

  Waves(Supervisors vms, AllVms all) {
    this.vms = vms;
    this.all = all;
  }

  /**
   * Starts the VMs that want to start with the host, and those that the restart policy was about to
   * start when the daemon before this one ended, in their order.
   *
   * @param withHost whether a VM is one of those that start with the host now
   * @param done is told the id of each VM that has had its turn, whether it started or not
   * @return whether all had it; false when the daemon ends before
   */
  boolean autostart(Predicate<Vm> withHost, Consumer<String> done) throws InterruptedException {
    var waves = new TreeMap<Integer, List<Vm>>();
    for (Vm vm : vms.list()) {
      boolean wanted = vm.spec().autostart().enabled() && withHost.test(vm);
      boolean waits = vms.find(vm.metadata().id()).filter(Supervisor::restartWaits).isPresent();
      if (waits || (wanted && !vm.status().phase().hasProcess())) {
        waves.computeIfAbsent(vm.spec().autostart().order(), order -> new ArrayList<>()).add(vm);
      }
    }
    for (List<Vm> wave : waves.values()) {
      if (all.ending()) {
        return false;
      }
      inParallel(wave, vm -> takeTurn(vm, done), null);
      int delay =
          wave.stream().mapToInt(vm -> vm.spec().autostart().delaySeconds()).max().orElse(0);
      if (all.endsWithin(Duration.ofSeconds(delay))) {
        return false;
      }
    }
    all.restartsWaitNoMore();
    for (Supervisor late : vms.all()) {
      if (late.restartWaits()) {
        takeTurn(late.snapshot(), done);
      }
    }
    return !all.ending();
  }

  private void takeTurn(Vm vm, Consumer<String> done) throws InterruptedException {
    String id = vm.metadata().id();
    try {
      vms.get(id).ask(new VmRequest.Autostart());
    } catch (ProblemException e) {
      if (all.ending()) {
        return; // the next daemon starts it
      }
      LOG.log(Level.ERROR, vm.ref() + ": " + e.problem().oneLine());
    }
    done.accept(id);
  }

  /**
   * Shuts all VMs down, in the order opposite to that of their start; stops those that do not
   * follow. None is started from now on, by nobody.
   *
   * @return of those that could not be stopped, or of which that could not be stored, why
   */
  List<Problem> shutDownAll() throws InterruptedException {
    all.stop();
    var troubles = new ConcurrentHashMap<String, Problem>();
    List<Vm> left = vms.list(); // also those without a process: one may be about to get it
    for (int round = 0; round < ROUNDS && !left.isEmpty(); round++) {
      var waves = new TreeMap<Integer, List<Vm>>(Comparator.reverseOrder());
      for (Vm vm : left) {
        waves.computeIfAbsent(vm.spec().autostart().order(), order -> new ArrayList<>()).add(vm);
      }
      for (List<Vm> wave : waves.values()) {
        int longest =
            wave.stream().mapToInt(vm -> vm.spec().shutdownTimeoutSeconds()).max().orElse(0);
        inParallel(wave, vm -> end(vm, troubles), Duration.ofSeconds(longest).plus(LAST_PATIENCE));
      }
      left = vms.list().stream().filter(vm -> vm.status().phase().hasProcess()).toList();
    }
    List<Problem> problems = left.stream().map(vm -> stillThere(vm, troubles)).toList();
    problems.forEach(problem -> LOG.log(Level.ERROR, problem.oneLine()));
    return problems;
  }

  private void end(Vm vm, Map<String, Problem> troubles) throws InterruptedException {
    try {
      shutDownOrStop(vm);
    } catch (ProblemException e) {
      troubles.put(vm.ref(), e.problem());
      throw e;
    }
  }

  private static Problem stillThere(Vm vm, Map<String, Problem> troubles) {
    Problem why = troubles.get(vm.ref());
    return Problem.of(
            why == null ? Code.TIMEOUT : why.code(), "The VM still runs: it could not be stopped")
        .on(vm.ref())
        .because(why == null ? "it did not end in time" : why.oneLine())
        .remedy(
            why == null || why.remedy() == null
                ? "start the daemon, and stop it again: kelvin stop " + vm.metadata().name()
                : why.remedy());
  }

  private void shutDownOrStop(Vm vm) throws InterruptedException {
    Supervisor supervisor = vms.get(vm.metadata().id());
    boolean canListen =
        vm.status().phase() == Phase.RUNNING || vm.status().phase() == Phase.STOPPING;
    supervisor.ask(
        canListen
            ? new VmRequest.Shutdown(Duration.ofSeconds(vm.spec().shutdownTimeoutSeconds()), true)
            : new VmRequest.Stop());
  }

  private interface Work {
    void on(Vm vm) throws InterruptedException;
  }

  /** Does it for all at once. Those that take longer than {@code patience} are left behind. */
  private static void inParallel(List<Vm> vms, Work work, @Nullable Duration patience)
      throws InterruptedException {
    var threads = new ArrayList<Thread>();
    for (Vm vm : vms) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  work.on(vm);
                } catch (ProblemException e) {
                  LOG.log(Level.ERROR, vm.ref() + ": " + e.problem().oneLine());
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
    }
    Instant end = patience == null ? null : SteadyTime.now().plus(patience);
    for (Thread thread : threads) {
      if (end == null) {
        thread.join();
      } else if (!thread.join(atLeastNothing(Duration.between(SteadyTime.now(), end)))) {
        thread.interrupt();
      }
    }
  }

  static Duration atLeastNothing(Duration left) {
    return left.isNegative() ? Duration.ZERO : left;
  }
}
