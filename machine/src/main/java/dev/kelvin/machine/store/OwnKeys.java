package dev.kelvin.machine.store;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.task.TaskEngine;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The keys that only one VM may have: of its name, its addresses and its user. */
public final class OwnKeys {
  private static final Logger LOG = System.getLogger(OwnKeys.class.getName());

  private final Store store;
  private final UnaryOperator<String> recordKey;

  /**
   * @param recordKey where the store has the record of the VM with an id
   */
  OwnKeys(Store store, UnaryOperator<String> recordKey) {
    this.store = store;
    this.recordKey = recordKey;
  }

  static Set<String> of(VmRecord vm) {
    var keys = new HashSet<String>();
    for (Nic nic : vm.spec().nics()) {
      if (nic.mac() != null) {
        keys.add(VmRepository.MACS + nic.mac().toLowerCase(Locale.ROOT));
      }
    }
    keys.add(VmRepository.NAMES + vm.metadata().name());
    if (vm.uid() >= 0) {
      keys.add(VmRepository.UIDS + vm.uid());
    }
    return keys;
  }

  /** All keys of a VM, found without reading it. */
  Set<String> naming(String id) {
    var keys = new HashSet<String>();
    Stream.of(VmRepository.NAMES, VmRepository.MACS, VmRepository.UIDS)
        .forEach(prefix -> keys.addAll(naming(prefix, id)));
    return keys;
  }

  /** Those of them that begin with {@code prefix}. */
  List<String> naming(String prefix, String id) {
    var keys = new ArrayList<String>();
    store.scan(
        prefix,
        entry -> {
          if (owner(entry).equals(id)) {
            keys.add(entry.key());
          }
        });
    return keys;
  }

  private static byte[] owner(VmRecord vm) {
    return vm.metadata().id().getBytes(StandardCharsets.UTF_8);
  }

  private static String owner(Entry entry) {
    return new String(entry.value(), StandardCharsets.UTF_8);
  }

  /** What it takes to give keys, which nobody may have, to a VM. */
  static void take(Set<String> keys, VmRecord vm, List<Compare> compares, List<Op> ops) {
    for (String key : keys) {
      compares.add(Compare.absent(key));
      ops.add(Op.put(key, owner(vm)));
    }
  }

  /** The entry of a key, if it is this VM's. */
  private Optional<Entry> held(String key, VmRecord vm) {
    return store.get(key).filter(entry -> Arrays.equals(entry.value(), owner(vm)));
  }

  /**
   * What a change of a VM asks of its keys and does to them.
   *
   * @param keep whether it keeps those that it has no more, until {@link #giveBack}
   */
  void require(
      VmRecord before, VmRecord after, boolean keep, List<Compare> compares, List<Op> ops) {
    Set<String> old = of(before);
    Set<String> wanted = of(after);
    for (String key : wanted) {
      if (!old.contains(key)) {
        Optional<Entry> held = held(key, after);
        if (held.isPresent()) { // kept since an update took it from the VM
          compares.add(Compare.modRevision(key, held.get().modRevision()));
        } else {
          take(Set.of(key), after, compares, ops);
        }
      }
    }
    for (String key : old) {
      if (!keep && !wanted.contains(key)) {
        ops.add(Op.delete(key));
      }
    }
  }

  /** What gives back the keys that a VM had, and neither has now nor has lost already. */
  void giveBack(VmRecord had, VmRecord now, List<Compare> compares, List<Op> ops) {
    Set<String> needed = of(now);
    for (String key : of(had)) {
      Optional<Entry> held = held(key, now);
      if (!needed.contains(key) && held.isPresent()) {
        compares.add(Compare.modRevision(key, held.get().modRevision()));
        ops.add(Op.delete(key));
      }
    }
  }

  /**
   * Gives back what VMs have kept since an update, for which no task needs it any more. What has
   * changed since {@code vms} were read stays as it is.
   */
  public void reconcile(List<VmRecord> vms) {
    var byId = new HashMap<String, VmRecord>();
    vms.forEach(vm -> byId.put(vm.metadata().id(), vm));
    try {
      store.scan(VmRepository.MACS, entry -> giveBackUnneeded(entry, byId));
    } catch (ProblemException e) {
      // They stay until the daemon starts again.
      LOG.log(Level.WARNING, "what VMs have kept is not given back: " + e.problem().oneLine());
    }
  }

  private void giveBackUnneeded(Entry entry, Map<String, VmRecord> byId) {
    VmRecord vm = byId.get(owner(entry));
    if (vm != null && !of(vm).contains(entry.key())) {
      store.commit(
          Txn.when(
                  Compare.modRevision(entry.key(), entry.modRevision()),
                  Compare.modRevision(
                      recordKey.apply(vm.metadata().id()), vm.metadata().revision()),
                  TaskEngine.unlocked(vm.ref()))
              .andThen(Op.delete(entry.key())));
    }
  }
}
