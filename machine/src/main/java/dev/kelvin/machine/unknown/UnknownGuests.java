package dev.kelvin.machine.unknown;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.launch.Processes;
import dev.kelvin.machine.launch.Processes.Found;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.KeptRuns;
import dev.kelvin.machine.store.KeptRuns.Kept;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VolumeClaims;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.UnknownGuest;
import dev.kelvin.model.Vm;
import dev.kelvin.qemu.control.RunState;
import dev.kelvin.qemu.control.RunningVm;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Guests of this home that run, or ran, and that no record in the store explains: the store was
 * lost, is older than they are, or is another one. Nothing of theirs is touched until somebody says
 * what shall become of them. Ended is only what QEMU itself says was never let go, and what served
 * it.
 */
public final class UnknownGuests {
  private static final Logger LOG = System.getLogger(UnknownGuests.class.getName());

  /** How long a QEMU that was just launched may take to answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final long LOOK_NANOS = 20_000_000;

  private final VmHome home;
  private final KeptRuns kept;
  private final Map<String, Guest> all = new ConcurrentHashMap<>();

  /**
   * One of them.
   *
   * @param name what it is called as far as known, else its id
   * @param kept what is kept of the process beside the store; null for nothing
   * @param stored whether the store has the VM, though not this process
   */
  public record Guest(
      String id, String name, List<Found> processes, @Nullable Kept kept, boolean stored) {

    /** The pids of what is left of it. */
    List<Long> pids() {
      return processes.stream()
          .map(Found::process)
          .filter(process -> !process.gone())
          .map(ProcessId::pid)
          .toList();
    }

    boolean adoptable() {
      return kept != null && !stored;
    }

    private String volumes() {
      if (kept == null || kept.run().spec().disks().isEmpty()) {
        return "";
      }
      return kept.run().spec().disks().stream()
          .map(disk -> VolumeClaims.volumeId(id, disk))
          .collect(Collectors.joining(", ", "; its volumes are ", ""));
    }

    public UnknownGuest shown() {
      return new UnknownGuest(id, name, pids(), adoptable());
    }

    /**
     * What it takes to adopt it.
     *
     * @throws ProblemException wrong-state
     */
    public Kept requireAdoptable() {
      if (kept == null || stored) {
        throw Problem.of(Code.WRONG_STATE, "The guest cannot be taken over")
            .on(Vm.ref(name))
            .because(
                stored
                    ? "the store has its VM, with another process"
                    : "nothing is kept of what it was launched as")
            .remedy("restore a backup that knows it, or end it: kelvin state end " + name)
            .asException();
      }
      return kept;
    }

    public Problem problem() {
      List<Long> pids = pids();
      String what =
          pids.isEmpty()
              ? "it ran when the store that knew it was in use"
              : pids.size() == 1
                  ? "process " + pids.getFirst() + " is its"
                  : "its processes are "
                      + pids.stream().map(String::valueOf).collect(Collectors.joining(", "));
      String adopt =
          adoptable()
              ? "take it over as it is: kelvin state adopt " + name + "; or "
              : stored ? "shut it down from within; or " : "";
      return Problem.of(
              Code.CONFLICT,
              stored
                  ? "A process of the VM runs that the store does not know"
                  : "The store does not know this VM")
          .on(Vm.ref(name))
          .because(what + volumes())
          .remedy(
              adopt
                  + "restore a backup that knows it (\"kelvin state restore\"); or end it: kelvin"
                  + " state end "
                  + name);
    }
  }

  public UnknownGuests(VmHome home, KeptRuns kept) {
    this.home = home;
    this.kept = kept;
  }

  /**
   * Looks what runs, and takes note of what the store does not explain.
   *
   * @param stored the VMs in the store, by id
   * @param runs the processes in the store, by the ids of their VMs
   * @param left VMs that are not looked at
   * @return processes of stored VMs that the store does not have, and which go on being theirs
   */
  public Map<String, RunRecord> find(
      Map<String, VmRecord> stored, Map<String, RunRecord> runs, Predicate<String> left)
      throws InterruptedException {
    Map<String, List<Found>> found = Processes.ofGuests(home.layout().runtime().resolve("vms"));
    var ids = new TreeSet<String>(found.keySet());
    ids.addAll(kept.ids());
    var theirs = new ConcurrentHashMap<String, RunRecord>();
    var looking = new ArrayList<Thread>();
    for (String id : ids) {
      if (left.test(id)) {
        continue;
      }
      List<Found> rest = unexplained(found.getOrDefault(id, List.of()), runs.get(id));
      Optional<Kept> known = kept.read(id);
      VmRecord vm = stored.get(id);
      if (rest.isEmpty() && (vm != null || known.isEmpty())) {
        continue;
      }
      // Beside each other: one that hangs is waited for.
      looking.add(
          Thread.ofVirtual()
              .name("look-at-" + id)
              .start(() ->
                  look(id, rest, vm, runs.get(id), known.orElse(null))
                      .ifPresent(run -> theirs.put(id, run))));
    }
    for (Thread one : looking) {
      one.join();
    }
    return Map.copyOf(theirs);
  }

  /** Those that the record of a run does not explain; helpers have helpers of their own. */
  private static List<Found> unexplained(List<Found> found, @Nullable RunRecord run) {
    if (run == null) {
      return found;
    }
    boolean runs = !ProcessId.decode(run.process()).gone();
    return found.stream()
        .filter(one -> one.qemu() || !runs)
        .filter(one -> !one.process().encode().equals(run.process()))
        .toList();
  }

  private Optional<RunRecord> look(
      String id,
      List<Found> rest,
      @Nullable VmRecord vm,
      @Nullable RunRecord run,
      @Nullable Kept known) {
    Kept right = known;
    if (right != null && !rest.isEmpty()) {
      String process = right.run().process();
      right = rest.stream().anyMatch(one -> one.process().encode().equals(process)) ? right : null;
    }
    boolean guest = rest.stream().anyMatch(Found::qemu);
    if (vm != null && !guest && run != null) {
      return Optional.empty(); // what served a process that has ended, which is looked after
    }
    boolean ended = run == null || ProcessId.decode(run.process()).gone();
    if (vm != null && right != null && ended) {
      LOG.log(
          Level.WARNING,
          "vm/{0} has process {1}, which the store does not know: it is taken over",
          vm.metadata().name(),
          right.run().process());
      return Optional.of(right.run());
    }
    // What is kept is kept before QEMU is told to go on, and a guest that is reset while it is
    // paused looks as if it never had been.
    if (!rest.isEmpty() && right == null && wasNeverLetGo(id, rest, vm != null && run == null)) {
      try {
        end(id, rest);
        return Optional.empty();
      } catch (ProblemException e) {
        LOG.log(Level.ERROR, Vm.ref(id) + ": " + e.problem().oneLine());
      }
    }
    String name =
        vm != null ? vm.metadata().name() : right == null ? id : right.vm().metadata().name();
    var unknown = new Guest(id, name, rest, right, vm != null);
    all.put(id, unknown);
    LOG.log(Level.WARNING, "it is left alone: " + unknown.problem().oneLine());
    return Optional.empty();
  }

  /**
   * Whether these are what a start that was not finished has left: its QEMU has yet to be told to
   * go on, or there is none and its VM is known to be off.
   */
  private boolean wasNeverLetGo(String id, List<Found> rest, boolean off) {
    if (!rest.stream().allMatch(Found::marked)) {
      return false;
    }
    List<ProcessId> qemus = rest.stream().filter(Found::qemu).map(Found::process).toList();
    if (qemus.isEmpty()) {
      return off;
    }
    return qemus.size() == 1 && isBeforeItsLaunch(id, qemus.getFirst());
  }

  private boolean isBeforeItsLaunch(String id, ProcessId qemu) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end && qemu.alive()) {
      try (var asked = RunningVm.connect(home.files(id), PATIENCE, signal -> {})) {
        return asked.state() == RunState.PRELAUNCH;
      } catch (ProblemException e) {
        // It may not listen yet. What does not answer is not ended.
        LOG.log(Level.DEBUG, () -> Vm.ref(id) + ": " + e.problem().oneLine());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return false;
  }

  /** Returns whether nothing of it is left; another process of the VM may go on. */
  private boolean end(String id, List<Found> processes) {
    // QEMU first: what serves it ends by itself then.
    processes.stream()
        .sorted(Comparator.comparing(one -> !one.qemu()))
        .forEach(one -> {
          LOG.log(Level.WARNING, "ending process {0} of vm/{1}", one.process().encode(), id);
          Processes.kill(one.process());
        });
    // Another process of the VM, which the store knows, needs what is there.
    if (!Processes.naming(home.files(id).runtime()).isEmpty()) {
      return false;
    }
    DamagedVms.removeLocks(home.files(id));
    home.removeRuntime(id);
    kept.delete(id);
    return true;
  }

  public KeptRuns kept() {
    return kept;
  }

  public boolean contains(String id) {
    return all.containsKey(id);
  }

  /** All, by name. */
  public List<Guest> list() {
    return all.values().stream().sorted(Comparator.comparing(Guest::name)).toList();
  }

  public List<Problem> problems() {
    return list().stream().map(Guest::problem).toList();
  }

  /** The one of an id or a name. */
  public Optional<Guest> find(String word) {
    Guest guest = all.get(word);
    return guest != null
        ? Optional.of(guest)
        : all.values().stream().filter(one -> one.name().equals(word)).findFirst();
  }

  /**
   * Throws while a process of a VM is not explained.
   *
   * @throws ProblemException conflict
   */
  public void require(String id) {
    Guest guest = all.get(id);
    if (guest != null) {
      if (guest.stored() && guest.pids().isEmpty()) {
        forget(id); // it has ended by itself
        return;
      }
      throw guest.problem().asException();
    }
  }

  /** Whether one of them has a file open. */
  public Optional<Guest> opens(Path file) {
    return all.values().stream()
        .filter(guest ->
            guest.processes().stream().anyMatch(one -> Processes.opens(one.process(), file)))
        .findFirst();
  }

  /**
   * What it takes to make a VM of one; empty when that is done.
   *
   * @param name that it gets; null for its own
   * @param others all VMs that there are
   * @throws ProblemException wrong-state when too little is known, conflict when its user is taken
   */
  public Optional<Kept> toAdopt(String id, @Nullable String name, List<VmRecord> others) {
    Guest guest = all.get(id);
    if (guest == null) {
      return Optional.empty();
    }
    Kept known = guest.requireAdoptable();
    VmRecord vm = known.vm();
    for (VmRecord other : others) {
      if (vm.uid() >= 0 && vm.uid() == other.uid()) {
        throw Problem.of(Code.CONFLICT, "User id " + vm.uid() + " is taken")
            .on(Vm.ref(guest.name()))
            .because(other.ref() + " has it")
            .remedy("delete one of the two")
            .asException();
      }
    }
    VmRecord wanted = name == null ? vm : vm.withMetadata(vm.metadata().withName(name));
    return Optional.of(new Kept(known.version(), wanted, known.run()));
  }

  /** Ends one by force, and removes what it had only while it ran. */
  public void end(Guest guest) {
    boolean left = !end(guest.id(), guest.processes());
    if (!left && !guest.stored()) {
      home.removeUnlessUsed(guest.id());
    }
    forget(guest.id());
  }

  public void forget(String id) {
    all.remove(id);
  }
}
