package dev.kelvin.machine.store;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Who has which volume. A volume that a disk uses has a key with the VM's id, put in the
 * transaction that gives the VM the disk; it is deleted when no process has the volume open any
 * more. A task that deletes a volume holds the same key, so nobody can use it from then on.
 */
public final class VolumeClaims {
  static final String KEYS = "/vm-volumes/";
  private static final String DELETION = "delete:";

  /** Below the store's limit, with room for what else a transaction does. */
  private static final int RELEASED_AT_ONCE = 100;

  /** Whoever was about to claim a volume has done so by then, or never will. */
  private static final Duration CLAIMED_BY = Duration.ofMinutes(10);

  private final Store store;
  private final LongSupplier nanoTime;

  /**
   * The volumes that VMs may have, and when that was last said: all that they have, and some that
   * they had. So nobody looks through the claims of all for those of one.
   */
  private final Map<String, Map<String, Long>> hints = new ConcurrentHashMap<>();

  private volatile boolean read;

  VolumeClaims(Store store) {
    this(store, System::nanoTime);
  }

  VolumeClaims(Store store, LongSupplier nanoTime) {
    this.store = store;
    this.nanoTime = nanoTime;
  }

  /** The volume of a disk: the one it names, or its own. */
  public static String volumeId(String vmId, Disk disk) {
    return disk.volume() == null ? ownPrefix(vmId) + disk.name() : disk.volume();
  }

  /** What the ids of all volumes begin with that were made for a VM. */
  public static String ownPrefix(String vmId) {
    return vmId + "-";
  }

  /** The holder that a task which deletes a volume is. */
  public static String deletionBy(String taskId) {
    return DELETION + taskId;
  }

  public static boolean isDeletion(String holder) {
    return holder.startsWith(DELETION);
  }

  private static String key(String volume) {
    return KEYS + volume;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(Entry entry) {
    return new String(entry.value(), StandardCharsets.UTF_8);
  }

  /** The id of the VM that has a volume, or the task that deletes it. */
  public Optional<String> holder(String volume) {
    return store.get(key(volume)).map(VolumeClaims::text);
  }

  /** All holders by volume. */
  public Map<String, String> all() {
    var all = new LinkedHashMap<String, String>();
    store.scan(KEYS, entry -> all.put(entry.key().substring(KEYS.length()), text(entry)));
    return all;
  }

  public List<String> heldBy(String holder) {
    return List.copyOf(revisionsHeldBy(holder).keySet());
  }

  /** The volumes that a VM has, each with the revision at which it was last claimed. */
  public Map<String, Long> revisionsHeldBy(String vmId) {
    if (!read) {
      all().forEach((volume, holder) -> hint(holder, volume));
      read = true;
    }
    var held = new TreeMap<String, Long>();
    Map<String, Long> hinted = hints.getOrDefault(vmId, Map.of());
    hinted.forEach((volume, since) -> {
      Optional<Entry> claim = store.get(key(volume)).filter(one -> text(one).equals(vmId));
      if (claim.isPresent()) {
        held.put(volume, claim.get().modRevision());
      } else if (nanoTime.getAsLong() - since > CLAIMED_BY.toNanos()) {
        hinted.remove(volume, since); // unless it is about to be claimed again
      }
    });
    return held;
  }

  /** How many volumes of a VM are looked at. */
  int lookedAt(String vmId) {
    return hints.getOrDefault(vmId, Map.of()).size();
  }

  /** Before a claim is written. */
  private void hint(String holder, String volume) {
    if (!isDeletion(holder)) {
      hints
          .computeIfAbsent(holder, id -> new ConcurrentHashMap<>())
          .put(volume, nanoTime.getAsLong());
    }
  }

  /** Forgets a VM that is gone. */
  void forget(String vmId) {
    hints.remove(vmId);
  }

  /**
   * Adds to a transaction what it takes for a VM to have the volumes of all its disks.
   *
   * @param before the disks that it had up to now
   */
  void require(VmRecord vm, List<Disk> before, List<Compare> compares, List<Op> ops) {
    String id = vm.metadata().id();
    Set<String> had =
        before.stream().map(disk -> volumeId(id, disk)).collect(Collectors.toUnmodifiableSet());
    for (Disk disk : vm.spec().disks()) {
      String volume = volumeId(id, disk);
      String key = key(volume);
      hint(id, volume);
      Optional<Entry> there = store.get(key);
      if (there.isPresent() && text(there.get()).equals(id)) {
        compares.add(Compare.modRevision(key, there.get().modRevision()));
        if (!had.contains(volume)) {
          // Anew: whoever is about to give it back, as no disk had it, must see that one has.
          ops.add(Op.put(key, bytes(id)));
        }
      } else {
        compares.add(Compare.absent(key));
        ops.add(Op.put(key, bytes(id)));
      }
    }
  }

  /**
   * Throws conflict when a disk's volume is another's.
   *
   * @param user how a holder, a VM's id, uses a volume
   */
  void explainConflict(VmRecord vm, BiFunction<String, String, Volume.Use> user) {
    String id = vm.metadata().id();
    var disks = new HashMap<String, Disk>();
    for (int i = 0; i < vm.spec().disks().size(); i++) {
      Disk disk = vm.spec().disks().get(i);
      String volume = volumeId(id, disk);
      Disk same = disks.putIfAbsent(volume, disk);
      if (same != null) {
        throw taken(vm, i, volume, new Volume.Use(vm.metadata().name(), same.name()).toString());
      }
      Optional<String> holder = holder(volume).filter(other -> !other.equals(id));
      if (holder.isPresent()) {
        throw taken(
            vm,
            i,
            volume,
            isDeletion(holder.get())
                ? "it is being deleted"
                : user.apply(holder.get(), volume).toString());
      }
    }
  }

  private static ProblemException taken(VmRecord vm, int index, String volume, String cause) {
    boolean named = vm.spec().disks().get(index).volume() != null;
    return Problem.of(Code.CONFLICT, "Volume " + volume + " is taken")
        .on(vm.ref())
        .at("spec.disks[" + index + "]." + (named ? "volume" : "name"))
        .because(cause)
        .remedy(
            named
                ? "detach it there first (\"kelvin disk detach\"), or use another volume"
                : "give the disk another name, or detach the volume there first")
        .asException();
  }

  /** Takes a volume that nobody has; false when somebody else has it. */
  public boolean claim(String volume, String holder) {
    String key = key(volume);
    hint(holder, volume);
    return store
            .commit(Txn.when(Compare.absent(key)).andThen(Op.put(key, bytes(holder))))
            .succeeded()
        || holder(volume).filter(holder::equals).isPresent();
  }

  /** Gives a volume back; nothing when {@code holder} does not have it. */
  public void release(String volume, String holder) {
    String key = key(volume);
    store.commit(Txn.when(Compare.value(key, bytes(holder))).andThen(Op.delete(key)));
  }

  /**
   * Gives a volume back unless it was claimed anew, or a condition does not hold.
   *
   * @param claimedAt when it was claimed; see {@link #revisionsHeldBy}
   */
  public void release(String volume, long claimedAt, List<Compare> conditions) {
    String key = key(volume);
    var compares = new ArrayList<Compare>(conditions);
    compares.add(Compare.modRevision(key, claimedAt));
    store.commit(new Txn(compares, List.of(Op.delete(key)), List.of()));
  }

  /** Whether conditions hold now. */
  public boolean hold(List<Compare> conditions) {
    return conditions.isEmpty()
        || store.commit(new Txn(conditions, List.of(), List.of())).succeeded();
  }

  /**
   * Gives back all that a holder has, but for the last, at most {@link #RELEASED_AT_ONCE}.
   *
   * @return what gives those back, for the transaction that ends the holder
   */
  List<Op> releaseAll(String holder) {
    var ops = new ArrayList<Op>();
    for (String volume : heldBy(holder)) {
      if (ops.size() == RELEASED_AT_ONCE) {
        store.commit(Txn.of(ops));
        ops.clear();
      }
      ops.add(Op.delete(key(volume)));
    }
    return ops;
  }
}
