package dev.kelvin.machine.store;

import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Power;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Versioned;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;

/**
 * How the process of a VM begins and ends in the store: what is known of the process, the status
 * and whether the VM shall run change together, so that a daemon which dies in between finds one or
 * the other, and decides the same as the one before it.
 */
public final class RunChanges {
  private final Store store;
  private final Collection<VmRecord> vms;
  private final Collection<VmStatus> statuses;
  private final Collection<RunRecord> runs;
  private final Map<String, VmStatus> lastSaved;

  RunChanges(
      Store store,
      Collection<VmRecord> vms,
      Collection<VmStatus> statuses,
      Collection<RunRecord> runs,
      Map<String, VmStatus> lastSaved) {
    this.store = store;
    this.vms = vms;
    this.statuses = statuses;
    this.runs = runs;
    this.lastSaved = lastSaved;
  }

  /**
   * A process was started for a VM that shall run from now on.
   *
   * @return the VM as it is stored now; as it was when that has not changed
   */
  public VmRecord began(VmRecord vm, RunRecord run, VmStatus status) {
    return change(vm, runs.put(vm.metadata().id(), run), status, Power.RUNNING);
  }

  /** As {@link #began}, for a process that is gone. */
  public VmRecord ended(VmRecord vm, VmStatus status, Power power) {
    return change(vm, runs.remove(vm.metadata().id()), status, power);
  }

  private VmRecord change(VmRecord vm, Op run, VmStatus status, Power power) {
    String id = vm.metadata().id();
    while (true) {
      Optional<Versioned<VmRecord>> before = vms.get(id);
      var ops = new ArrayList<Op>();
      ops.add(run);
      boolean changes = false;
      VmRecord after = vm;
      if (before.isPresent()) {
        VmRecord stored = before.get().value();
        changes = stored.spec().power() != power;
        ops.add(statuses.put(id, status));
        if (changes) {
          after = stored.withSpec(stored.spec().withPower(power));
          ops.add(vms.put(id, after));
        }
      }
      Compare unchanged = vms.isAt(id, before.map(Versioned::revision).orElse(0L));
      Result result = store.commit(Txn.when(unchanged).andThen(ops.toArray(Op[]::new)));
      if (result.succeeded()) {
        lastSaved.put(id, status);
        return changes ? after.withMetadata(after.metadata().withRevision(result.revision())) : vm;
      }
    }
  }
}
