package dev.kelvin.machine.store;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Power;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Result;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import dev.kelvin.state.store.Versioned;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * VMs in the store. A name, a MAC address, a user id and a volume belong to one VM at most: each
 * has a key of its own that is put in the transaction that changes the VM.
 */
public final class VmRepository {
  /** Where watchers find what is wanted of VMs. */
  public static final String VMS = "/vms/";

  /** Where watchers find what was observed of VMs. */
  public static final String STATUSES = "/vm-status/";

  public static final String RUNS = "/vm-runs/";
  static final String NAMES = "/vm-names/";
  public static final String MACS = "/vm-macs/";
  static final String UIDS = "/vm-uids/";

  private final Store store;
  private final VmUsers users;
  private final Collection<VmRecord> vms;
  private final Collection<VmStatus> statuses;
  private final Collection<RunRecord> runs;
  private final VolumeClaims claims;
  private final OwnKeys own;
  private final Map<String, VmStatus> lastSaved = new ConcurrentHashMap<>();

  private final Map<String, Problem> damaged = new ConcurrentHashMap<>();

  public VmRepository(Store store, VmUsers users) {
    this.store = store;
    this.users = users;
    this.vms = new Collection<>(store, vmForm());
    this.statuses = new Collection<>(store, statusForm());
    this.runs = new Collection<>(store, runForm());
    this.claims = new VolumeClaims(store);
    this.own = new OwnKeys(store, vms::key);
  }

  public VolumeClaims claims() {
    return claims;
  }

  public OwnKeys ownKeys() {
    return own;
  }

  public static Collection.Form<VmRecord> vmForm() {
    return Collection.Form.first(VMS, VmRecord.class);
  }

  /** What tasks are to make of VMs, by the ids of the tasks. */
  public static Collection.Form<VmChange> changeForm() {
    return Collection.Form.first("/vm-changes/", VmChange.class);
  }

  public static Collection.Form<VmStatus> statusForm() {
    return Collection.Form.first(STATUSES, VmStatus.class);
  }

  public static Collection.Form<RunRecord> runForm() {
    return Collection.Form.first(RUNS, RunRecord.class);
  }

  /** All that can be read. */
  public List<VmRecord> all() {
    Collection.Page<VmRecord> page = vms.listing();
    damaged.putAll(page.damaged());
    return page.items().stream()
        .map(item -> withRevision(new Versioned<>(item.value(), item.revision())))
        .toList();
  }

  /**
   * The VMs of which something cannot be read that one must know to look after them: what is wanted
   * of them, or which process they have. Known once both have been read.
   */
  public Map<String, Problem> damaged() {
    return Map.copyOf(damaged);
  }

  /** The name that is kept for a VM; its id when there is none. */
  public String keptName(String id) {
    return own.naming(NAMES, id).stream()
        .findFirst()
        .map(key -> key.substring(NAMES.length()))
        .orElse(id);
  }

  public Optional<VmRecord> find(String id) {
    return vms.get(id).map(VmRepository::withRevision);
  }

  /** All statuses, by the ids of their VMs; called once, before any is saved. */
  public Map<String, VmStatus> statuses() {
    Map<String, VmStatus> all = byId(statuses.listing());
    lastSaved.putAll(all);
    return all;
  }

  /** The processes that are known, by the ids of their VMs. */
  public Map<String, RunRecord> runs() {
    Collection.Page<RunRecord> page = runs.listing();
    damaged.putAll(page.damaged());
    return byId(page);
  }

  private static <T> Map<String, T> byId(Collection.Page<T> page) {
    return page.items().stream()
        .collect(Collectors.toMap(Collection.Item::id, Collection.Item::value));
  }

  public Optional<RunRecord> run(String id) {
    return runs.get(id).map(Versioned::value);
  }

  /** As {@link #run}; also empty when the record is damaged. */
  public Optional<RunRecord> readableRun(String id) {
    return readable(() -> run(id));
  }

  /** As {@link #find}; also empty when what is stored is damaged. */
  public Optional<VmRecord> readable(String id) {
    return readable(() -> find(id));
  }

  private static <T> Optional<T> readable(Supplier<Optional<T>> reader) {
    try {
      return reader.get();
    } catch (ProblemException e) {
      if (e.problem().code() != Code.HOST_FAILURE) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /** The disks that a VM shall have, and those that its process has. */
  public List<Disk> disks(String id) {
    var disks = new ArrayList<Disk>();
    find(id).ifPresent(vm -> disks.addAll(vm.spec().disks()));
    run(id).ifPresent(run -> disks.addAll(run.spec().disks()));
    return disks;
  }

  /** How a VM uses a volume that it has. */
  public Volume.Use use(String id, String volume) {
    if (damaged.containsKey(id)) {
      return new Volume.Use(keptName(id), null);
    }
    String name = find(id).map(vm -> vm.metadata().name()).orElse(id);
    return disks(id).stream()
        .filter(disk -> VolumeClaims.volumeId(id, disk).equals(volume))
        .findFirst()
        .map(disk -> new Volume.Use(name, disk.name()))
        .orElseGet(() -> new Volume.Use(name, null));
  }

  /** A VM as a change of it in the store has it. */
  public VmRecord read(Entry entry) {
    return withRevision(vms.read(entry));
  }

  private static VmRecord withRevision(Versioned<VmRecord> stored) {
    VmRecord vm = stored.value();
    return vm.withMetadata(vm.metadata().withRevision(stored.revision()));
  }

  /**
   * Stores a new VM with its name, addresses and user id; one that is there already is returned.
   *
   * @param unchanged more that must hold, such as that its images are still there
   * @throws dev.kelvin.model.ProblemException already-exists or conflict
   */
  public VmRecord create(VmRecord wanted, List<Compare> unchanged) {
    String id = wanted.metadata().id();
    while (true) {
      Optional<VmRecord> there = find(id);
      if (there.isPresent()) {
        return there.get();
      }
      int uid = wanted.uid() < 0 ? users.free(store) : wanted.uid();
      VmRecord vm = new VmRecord(wanted.metadata(), wanted.spec(), uid);
      var compares = new ArrayList<Compare>(unchanged);
      var ops = new ArrayList<Op>();
      compares.add(Compare.absent(vms.key(id)));
      ops.add(vms.put(id, vm));
      ops.add(statuses.put(id, VmStatus.initial()));
      OwnKeys.take(OwnKeys.of(vm), vm, compares, ops);
      claims.require(vm, List.of(), compares, ops);
      Result result = store.commit(new Txn(compares, ops, List.of()));
      if (result.succeeded()) {
        return vm.withMetadata(vm.metadata().withRevision(result.revision()));
      }
      if (wanted.uid() < 0) {
        users.release(vm.uid());
      }
      explainConflict(vm);
      if (!stillHold(unchanged)) {
        throw Problem.of(Code.CONFLICT, "An image that the VM uses has changed meanwhile")
            .on(vm.ref())
            .because("it was deleted or replaced while the VM was being created")
            .remedy("create the VM again")
            .asException();
      }
    }
  }

  private boolean stillHold(List<Compare> compares) {
    return compares.isEmpty() || store.commit(new Txn(compares, List.of(), List.of())).succeeded();
  }

  /**
   * Gives a VM that has no process another user when its own is also a user of another daemon's VMs
   * on this host.
   */
  public VmRecord ensureUser(VmRecord vm) {
    if (users.holds(vm.uid())) {
      return vm;
    }
    String id = vm.metadata().id();
    int uid = users.free(store);
    while (true) {
      VmRecord before = require(id);
      VmRecord after = new VmRecord(before.metadata(), before.spec(), uid);
      Result result =
          store.commit(
              new Txn(
                  List.of(
                      Compare.modRevision(vms.key(id), before.metadata().revision()),
                      Compare.absent(UIDS + uid)),
                  List.of(
                      vms.put(id, after),
                      Op.delete(UIDS + before.uid()),
                      Op.put(UIDS + uid, id.getBytes(StandardCharsets.UTF_8))),
                  List.of()));
      if (result.succeeded()) {
        return after.withMetadata(after.metadata().withRevision(result.revision()));
      }
    }
  }

  /** Whether the user of a VM is that of no other daemon's VMs on this host. */
  public boolean hasOwnUser(VmRecord vm) {
    return users.holds(vm.uid());
  }

  /** Throws when a name, an address or a volume belongs to another VM. */
  public void explainConflict(VmRecord vm) {
    String id = vm.metadata().id();
    claims.explainConflict(vm, this::use);
    for (String key : OwnKeys.of(vm)) {
      Optional<String> owner = store.get(key).map(VmRepository::text);
      if (owner.isEmpty() || owner.get().equals(id) || key.startsWith(UIDS)) {
        continue;
      }
      String other = find(owner.get()).map(VmRecord::ref).orElse("another VM");
      if (key.startsWith(NAMES)) {
        throw nameTaken(vm.metadata().name());
      }
      throw Problem.of(Code.CONFLICT, "MAC address " + key.substring(MACS.length()) + " is taken")
          .on(vm.ref())
          .at("spec.nics")
          .because(other + " has it")
          .remedy("choose another address, or leave it out to get a free one")
          .asException();
    }
  }

  private static String text(Entry entry) {
    return new String(entry.value(), StandardCharsets.UTF_8);
  }

  /**
   * Replaces what is wanted of a VM. Its name and its addresses of before are free then.
   *
   * @param expectedRevision of the VM that the change is based on
   * @throws dev.kelvin.model.ProblemException revision-mismatch when it has changed since,
   *     not-found, already-exists, conflict
   */
  public VmRecord replace(VmRecord changed, long expectedRevision) {
    return replace(changed, expectedRevision, false);
  }

  /**
   * As {@link #replace(VmRecord, long)}, of an update that may be undone: nobody else gets what the
   * VM had before, until {@link #giveBack}.
   */
  public VmRecord replaceForNow(VmRecord changed, long expectedRevision) {
    return replace(changed, expectedRevision, true);
  }

  private VmRecord replace(VmRecord changed, long expectedRevision, boolean keep) {
    String id = changed.metadata().id();
    VmRecord before = require(id);
    if (before.metadata().revision() != expectedRevision) {
      throw changedMeanwhile(before);
    }
    var compares = new ArrayList<Compare>();
    var ops = new ArrayList<Op>();
    compares.add(Compare.modRevision(vms.key(id), expectedRevision));
    ops.add(vms.put(id, changed));
    own.require(before, changed, keep, compares, ops);
    // Claims on volumes that it has no more end when its process has let go of them.
    claims.require(changed, before.spec().disks(), compares, ops);
    Result result = store.commit(new Txn(compares, ops, List.of()));
    if (!result.succeeded()) {
      explainConflict(changed);
      throw changedMeanwhile(before);
    }
    return changed.withMetadata(changed.metadata().withRevision(result.revision()));
  }

  /** Gives back the addresses of a record of a VM that it does not have now. May be repeated. */
  public void giveBack(VmRecord had) {
    String id = had.metadata().id();
    boolean done = false;
    while (!done) {
      Optional<VmRecord> now = find(id);
      var compares = new ArrayList<Compare>();
      var ops = new ArrayList<Op>();
      now.ifPresent(vm -> {
        compares.add(Compare.modRevision(vms.key(id), vm.metadata().revision()));
        own.giveBack(had, vm, compares, ops);
      });
      done = ops.isEmpty() || store.commit(new Txn(compares, ops, List.of())).succeeded();
    }
  }

  /** Changes a VM on top of whatever others change meanwhile. */
  private VmRecord change(String id, UnaryOperator<VmRecord> change) {
    while (true) {
      VmRecord before = require(id);
      VmRecord after = change.apply(before);
      if (after.equals(before)) {
        return before;
      }
      Result result =
          store.commit(
              Txn.when(Compare.modRevision(vms.key(id), before.metadata().revision()))
                  .andThen(vms.put(id, after)));
      if (result.succeeded()) {
        return after.withMetadata(after.metadata().withRevision(result.revision()));
      }
    }
  }

  public VmRecord savePower(VmRecord vm, Power power) {
    return change(vm.metadata().id(), stored -> stored.withSpec(stored.spec().withPower(power)));
  }

  private VmRecord require(String id) {
    return find(id).orElseThrow(() -> deletedMeanwhile(id).asException());
  }

  public static Problem deletedMeanwhile(String id) {
    return Problem.of(Code.NOT_FOUND, "The VM has been deleted")
        .on(Vm.ref(id))
        .because("somebody deleted it meanwhile")
        .remedy("see \"kelvin ls\" for the VMs there are");
  }

  private static RuntimeException changedMeanwhile(VmRecord vm) {
    return Problem.of(Code.REVISION_MISMATCH, "The VM has changed meanwhile")
        .on(vm.ref())
        .because("its revision is " + vm.metadata().revision() + " now")
        .remedy(
            "make your change on what it is now: kelvin get vm "
                + vm.metadata().name()
                + " -o yaml")
        .asException();
  }

  /** Stores a status; one that is the same as the last is not written again. */
  public void saveStatus(String id, VmStatus status) {
    if (status.equals(lastSaved.get(id))) {
      return;
    }
    Result result =
        store.commit(Txn.when(Compare.exists(vms.key(id))).andThen(statuses.put(id, status)));
    if (result.succeeded()) {
      lastSaved.put(id, status);
    }
  }

  public void saveRun(String id, RunRecord run) {
    store.commit(Txn.of(runs.put(id, run)));
  }

  public RunChanges runChanges() {
    return new RunChanges(store, vms, statuses, runs, lastSaved);
  }

  /** Removes everything that is stored of a VM; nothing when it is gone already. */
  public void delete(String id) {
    forget(id).ifPresent(vm -> users.release(vm.uid()));
  }

  /** As {@link #delete}, for a VM whose process runs on: nobody else gets its user. */
  public Optional<VmRecord> forget(String id) {
    if (!damaged.containsKey(id) && store.get(vms.key(id)).isEmpty()) {
      return Optional.empty();
    }
    List<Op> ops = claims.releaseAll(id);
    ops.add(Op.delete(vms.key(id)));
    ops.add(Op.delete(statuses.key(id)));
    ops.add(Op.delete(runs.key(id)));
    Optional<VmRecord> last = readable(id);
    last.map(OwnKeys::of).orElseGet(() -> own.naming(id)).forEach(key -> ops.add(Op.delete(key)));
    store.commit(Txn.of(ops));
    lastSaved.remove(id);
    claims.forget(id);
    damaged.remove(id);
    return last;
  }

  /** Throws already-exists when another VM has the name. */
  public void requireNameFree(String name, String id) {
    Optional<String> owner = idOf(name);
    if (owner.isPresent() && !owner.get().equals(id)) {
      throw nameTaken(name);
    }
  }

  private static RuntimeException nameTaken(String name) {
    return Problem.of(Code.ALREADY_EXISTS, "There is a VM named " + name)
        .on(Vm.ref(name))
        .at("metadata.name")
        .because("names of VMs are unique")
        .remedy("choose another name, or delete that VM first: kelvin rm " + name)
        .asException();
  }

  /** Whether a VM has this address. */
  public boolean hasMac(String mac) {
    return store.get(MACS + mac.toLowerCase(Locale.ROOT)).isPresent();
  }

  /** The id of the VM that has this name. */
  Optional<String> idOf(String name) {
    return store.get(NAMES + name).map(VmRepository::text);
  }
}
