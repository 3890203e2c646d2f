package dev.kelvin.machine;

import dev.kelvin.machine.engine.Engine;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.launch.Meanwhile;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmNames;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.supervise.AllVms;
import dev.kelvin.machine.supervise.EventSink;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.Supervisors;
import dev.kelvin.machine.supervise.VmState;
import dev.kelvin.machine.task.UnknownTasks;
import dev.kelvin.machine.task.VmTasks;
import dev.kelvin.machine.task.VolumeTasks;
import dev.kelvin.machine.unknown.DamagedVms;
import dev.kelvin.machine.unknown.UnknownGuests;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.SteadyTime;
import dev.kelvin.model.UnknownGuest;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.task.TaskType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** All VMs of this node, each with its supervisor. */
public final class Machines implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMillis(300);

  /** How long supervisors are waited for at the end. */
  private static final Duration LAST_PATIENCE = Duration.ofSeconds(20);

  private final VmRepository repository;
  private final Volumes volumes;
  private final VmHome home;
  private final Function<String, Compare> imageUnchanged;
  private final VmNames names = new VmNames();
  private final AllVms allVms = new AllVms();
  private final DamagedVms damaged;
  private final UnknownGuests unknown;
  private final EventSink events;
  private final Supervisors vms;
  private final Waves waves;
  private final LogKeeper logs;

  /**
   * @param unknown finds what runs and is not in the store
   * @param imageUnchanged the condition under which an image is still as it is now
   */
  Machines(
      VmRepository repository,
      Engine engine,
      Volumes volumes,
      VmHome home,
      UnknownGuests unknown,
      EventSink events,
      Function<String, Compare> imageUnchanged) {
    this.repository = repository;
    this.volumes = volumes;
    this.home = home;
    this.imageUnchanged = imageUnchanged;
    this.damaged = new DamagedVms(repository, home);
    this.unknown = unknown;
    this.events = events;
    this.vms =
        new Supervisors(
            new VmState.Context(
                repository, engine, volumes, home, events, names, unknown.kept(), unknown, allVms),
            damaged);
    this.waves = new Waves(vms, allVms);
    this.logs = new LogKeeper(vms, home);
  }

  public List<TaskType<?>> taskTypes() {
    var types = new ArrayList<TaskType<?>>();
    types.addAll(new VmTasks(vms, repository, volumes, damaged, imageUnchanged).types());
    types.addAll(new VolumeTasks(volumes).types());
    types.addAll(new UnknownTasks(vms, unknown).types());
    return types;
  }

  Supervisors vms() {
    return vms;
  }

  Volumes volumes() {
    return volumes;
  }

  // ---- the daemon's start and end

  /**
   * Takes over every VM there is: those whose processes run go on as they are. Returns when each
   * has been looked at, or after {@link #PATIENCE}: one that hangs is looked at further meanwhile.
   */
  public void open() throws InterruptedException {
    logs.start();
    // Beside each other: with thousands of VMs this is most of the daemon's start.
    var reading = Meanwhile.start("statuses", repository::statuses);
    List<VmRecord> stored = repository.all();
    var runs = new HashMap<>(repository.runs());
    damaged.find();
    List<VmRecord> all =
        stored.stream().filter(vm -> !damaged.contains(vm.metadata().id())).toList();
    findUnknown(all, runs);
    volumes.reconcile(all);
    // Those of VMs that are off, too: another daemon of this host must not give them away.
    Thread.ofVirtual().name("claim-users").start(() -> all.forEach(repository::hasOwnUser));
    Thread.ofVirtual().name("own-keys").start(() -> repository.ownKeys().reconcile(all));
    Map<String, VmStatus> statuses = reading.result();
    var looking = new ArrayList<Thread>();
    for (VmRecord vm : all) {
      String id = vm.metadata().id();
      VmStatus status = statuses.getOrDefault(id, VmStatus.initial());
      Supervisor supervisor = vms.add(vm, status);
      RunRecord earlier = runs.get(id);
      if (earlier == null) {
        supervisor.begin(null);
        continue;
      }
      looking.add(
          Thread.ofVirtual()
              .name("adopt-" + vm.metadata().name())
              .start(() -> supervisor.begin(earlier)));
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    for (Thread one : looking) {
      if (!one.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())))) {
        break;
      }
    }
    clearRuntime();
  }

  /** Finds what runs and is not in the store; what is certainly a stored VM's is stored again. */
  private void findUnknown(List<VmRecord> stored, Map<String, RunRecord> runs)
      throws InterruptedException {
    var byId = new HashMap<String, VmRecord>();
    stored.forEach(vm -> byId.put(vm.metadata().id(), vm));
    unknown
        .find(byId, runs, damaged::contains)
        .forEach((id, run) -> {
          repository.saveRun(id, run);
          runs.put(id, run);
          events.publish(
              "vm.found",
              Objects.requireNonNull(byId.get(id)).ref(),
              "runs, which the store did not know; it is taken over",
              Map.of());
        });
    for (UnknownGuests.Guest guest : unknown.list()) {
      events.publish("vm.unknown", Vm.ref(guest.name()), guest.problem().oneLine(), Map.of());
    }
  }

  /** Removes what VMs that are off have left that they need only while they run. */
  private void clearRuntime() {
    for (String id : home.idsWithRuntime()) {
      Supervisor supervisor = vms.find(id).orElse(null);
      if (supervisor == null || damaged.contains(id) || unknown.contains(id)) {
        continue; // a guest's, or nobody's that is known
      }
      if (!supervisor.snapshot().status().phase().hasProcess()) {
        home.removeRuntime(id);
        unknown.kept().delete(id);
      }
    }
  }

  /** As {@link Waves#autostart}. */
  public boolean autostart(Predicate<Vm> withHost, Consumer<String> done)
      throws InterruptedException {
    return waves.autostart(withHost, done);
  }

  /** As {@link Waves#shutDownAll}. */
  public List<Problem> shutDownAll() throws InterruptedException {
    return waves.shutDownAll();
  }

  /** Lets go of all VMs; their processes go on. */
  @Override
  public void close() {
    logs.close();
    allVms.letGo();
    vms.all().forEach(Supervisor::interrupt);
    Instant end = SteadyTime.now().plus(LAST_PATIENCE);
    for (Supervisor supervisor : vms.all()) {
      supervisor.release(Waves.atLeastNothing(Duration.between(SteadyTime.now(), end)));
    }
  }

  // ---- reading

  /** All VMs as last observed, by name. */
  public List<Vm> list() {
    return vms.list();
  }

  /**
   * The VMs whose names follow a name, each as last observed when it is reached; nothing is done
   * for those that are not.
   *
   * @param name null for all VMs
   */
  public Iterable<Vm> after(@Nullable String name) {
    return vms.after(name);
  }

  /** How many VMs there are. */
  public int count() {
    return vms.all().size();
  }

  /** How many VMs have a process. */
  public int running() {
    return (int)
        vms.all().stream()
            .filter(supervisor -> supervisor.snapshot().status().phase().hasProcess())
            .count();
  }

  /**
   * The VM of a name.
   *
   * @throws ProblemException not-found
   */
  public Vm get(String name) {
    return byName(name).snapshot();
  }

  Supervisor byName(String name) {
    return vms.named(name).orElseThrow(() -> notThere(name).asException());
  }

  /**
   * The machine of a VM as it runs, also of one that does not answer or is not taken over yet;
   * empty when none is on record.
   */
  Optional<RunRecord> run(Supervisor vm) {
    Instance running = vm.running();
    return running != null
        ? Optional.of(running.run())
        : repository.run(vm.record().metadata().id());
  }

  /** Why there is no VM of a name to do anything with. */
  private Problem notThere(String name) {
    return damaged
        .id(name)
        .map(damaged::problem)
        .or(() -> unknown.find(name).map(UnknownGuests.Guest::problem))
        .orElseGet(() -> notFound(name));
  }

  /** With the nearest name that is there. */
  private Problem notFound(String name) {
    String remedy =
        Names.nearest(name, List.copyOf(names.names()))
            .map(near -> "did you mean \"" + near + "\"?")
            .orElse("see \"kelvin ls\" for the VMs there are");
    return Problem.of(Code.NOT_FOUND, "There is no VM named " + name)
        .on(Vm.ref(name))
        .remedy(remedy);
  }

  /** What is wrong with each VM of which what is stored cannot be read. */
  public List<Problem> damaged() {
    return damaged.problems();
  }

  /** The id of the VM of this name if what is stored of it cannot be read. */
  public Optional<String> damagedId(String name) {
    return damaged.id(name);
  }

  /** What a VM is called, or was when it was deleted not long ago. */
  public Optional<String> lastName(String id) {
    return byId(id)
        .map(vm -> vm.metadata().name())
        .or(() -> Optional.ofNullable(names.departed(id)));
  }

  /** The VM of an id, as last observed; empty when it is gone. */
  public Optional<Vm> byId(String id) {
    return vms.find(id).map(Supervisor::snapshot);
  }

  /** The names of the images that VMs have disks or media from, and of those VMs. */
  public Map<String, List<String>> imageUsers() {
    return users(vms.all().stream().map(Supervisor::record).toList());
  }

  /**
   * As {@link #imageUsers()}, of what is stored at this moment: also of changes that have not taken
   * effect yet. Reads all VMs from the store.
   */
  public Map<String, List<String>> storedImageUsers() {
    return users(repository.all());
  }

  private static Map<String, List<String>> users(List<VmRecord> vms) {
    var users = new TreeMap<String, List<String>>();
    for (VmRecord vm : vms) {
      for (String image : vm.images()) {
        users.computeIfAbsent(image, name -> new ArrayList<>()).add(vm.metadata().name());
      }
    }
    users.values().forEach(Collections::sort);
    return users;
  }

  // ---- what the store does not know

  /** What is known of each guest that the store does not know. */
  public List<UnknownGuest> unknown() {
    return unknown.list().stream().map(UnknownGuests.Guest::shown).toList();
  }

  /** Why each of them is left alone, and what to do. */
  public List<Problem> unknownProblems() {
    return unknown.problems();
  }

  /** Throws wrong-state when too little is known of such a guest to take it over. */
  public void requireAdoptable(String id) {
    unknown.find(id).ifPresent(UnknownGuests.Guest::requireAdoptable);
  }
}
