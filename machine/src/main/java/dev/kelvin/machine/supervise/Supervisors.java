package dev.kelvin.machine.supervise;

import dev.kelvin.machine.store.KeptRuns;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.unknown.DamagedVms;
import dev.kelvin.machine.unknown.UnknownGuests;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.state.store.Compare;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The supervisors of all VMs of a node, one each: how they are found, and how VMs come and go. */
public final class Supervisors {
  private final VmState.Context shared;
  private final DamagedVms damaged;
  private final Map<String, Supervisor> byId = new ConcurrentHashMap<>();

  /**
   * @param shared what all of them stand on
   * @param damaged VMs that have none, as what is stored of them cannot be read
   */
  public Supervisors(VmState.Context shared, DamagedVms damaged) {
    this.shared = shared;
    this.damaged = damaged;
  }

  // ---- finding them

  public Collection<Supervisor> all() {
    return byId.values();
  }

  /** That of the VM of an id; empty when there is no such VM, or it is damaged. */
  public Optional<Supervisor> find(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  /**
   * As {@link #find}, of a VM that was there a moment ago.
   *
   * @throws ProblemException not-found
   */
  public Supervisor get(String id) {
    return find(id).orElseThrow(() -> VmRepository.deletedMeanwhile(id).asException());
  }

  /** That of the VM of a name; empty when there is none. */
  public Optional<Supervisor> named(String name) {
    return Optional.ofNullable(shared.names().id(name)).flatMap(this::find);
  }

  /** All VMs as last observed, by name. */
  public List<Vm> list() {
    var all = new ArrayList<Vm>();
    after(null).forEach(all::add);
    return all;
  }

  /**
   * The VMs whose names follow a name, each as last observed when it is reached; nothing is done
   * for those that are not.
   *
   * @param name null for all VMs
   */
  public Iterable<Vm> after(@Nullable String name) {
    return () ->
        shared.names().after(name).stream()
            .map(byId::get)
            .filter(Objects::nonNull)
            .map(Supervisor::snapshot)
            .iterator();
  }

  /** What is stored of a VM now, which its supervisor may not have taken over yet. */
  public VmRecord stored(String id) {
    return shared.repository().find(id).orElseGet(() -> get(id).record());
  }

  // ---- how VMs come and go

  /** A supervisor for a VM that is stored, which has not begun. */
  public Supervisor add(VmRecord vm, VmStatus status) {
    var supervisor = new Supervisor(vm, status, shared);
    byId.put(vm.metadata().id(), supervisor);
    shared.names().put(vm.metadata().name(), vm.metadata().id());
    return supervisor;
  }

  /**
   * Stores a new VM and begins to care for it; nothing when that is done already.
   *
   * @param unchanged more that must hold, such as that its images are still there
   * @throws ProblemException already-exists, conflict
   */
  public void admit(VmRecord wanted, List<Compare> unchanged) {
    VmRecord vm = shared.repository().create(wanted, unchanged);
    if (!byId.containsKey(vm.metadata().id())) {
      add(vm, VmStatus.initial()).begin(null);
    }
  }

  /** Stores a guest that was unknown as a VM and begins to care for it; it goes on as it is. */
  public void adopt(String id, @Nullable String name) {
    UnknownGuests unknown = shared.unknown();
    var others = byId.values().stream().map(Supervisor::record).toList();
    Optional<KeptRuns.Kept> known = unknown.toAdopt(id, name, others);
    if (known.isEmpty()) {
      return; // it is done
    }
    VmRecord vm = shared.repository().create(known.get().vm(), List.of());
    shared.repository().saveRun(id, known.get().run());
    unknown.forget(id);
    if (!byId.containsKey(id)) {
      add(vm, VmStatus.initial()).begin(known.get().run());
    }
  }

  /** Takes back what {@link #adopt} has stored when it could not go on. */
  public void leaveUnknown(String id) {
    boolean half = shared.unknown().find(id).filter(guest -> !guest.stored()).isPresent();
    if (half && !byId.containsKey(id)) {
      shared.repository().forget(id);
    }
  }

  /**
   * Gives back what the machine of a damaged VM held, as far as that can be read. Its processes are
   * gone.
   */
  public void releaseDamaged(String id) {
    shared
        .repository()
        .readableRun(id)
        .ifPresent(run -> shared.engine().release(id, run.holds(-1, shared.home().runtime(id))));
  }

  /**
   * Forgets a VM that has no process any more; volumes that it still has stay, nobody's. May be
   * called again when it fails: its supervisor ends last, so that the VM is cared for until then.
   */
  public void remove(String id) throws InterruptedException {
    shared.volumes().takeBackAll(id);
    shared.home().removeAll(id);
    // Before its user is free for another VM, of another daemon perhaps.
    shared.repository().readable(id).ifPresent(shared.engine()::forget);
    shared.kept().delete(id);
    shared.repository().delete(id);
    damaged.forget(id);
    Supervisor supervisor = byId.get(id);
    if (supervisor != null) {
      supervisor.ask(new VmRequest.Forget());
      shared.names().remove(supervisor.record().metadata().name(), id);
      byId.remove(id);
    }
  }
}
