package dev.kelvin.machine.volume;

import dev.kelvin.machine.launch.home.ImageSource;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.store.VolumeClaims;
import dev.kelvin.machine.unknown.UnknownGuests;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.task.TaskEngine;
import dev.kelvin.storage.StorageDriver;
import dev.kelvin.storage.StoredVolume;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The volumes of this node: what there is, who has it, and how they come and go. */
public final class Volumes {
  private static final Logger LOG = System.getLogger(Volumes.class.getName());

  private final VmRepository repository;
  private final VolumeClaims claims;
  private final StorageDriver storage;
  private final ImageSource images;
  private final Supplier<List<Image>> catalogue;
  private final UnknownGuests unknown;

  public Volumes(
      VmRepository repository,
      StorageDriver storage,
      ImageSource images,
      Supplier<List<Image>> catalogue,
      UnknownGuests unknown) {
    this.repository = repository;
    this.claims = repository.claims();
    this.storage = storage;
    this.images = images;
    this.catalogue = catalogue;
    this.unknown = unknown;
  }

  // ---- reading

  /** All volumes, by id. */
  public List<Volume> list() {
    Map<String, String> holders = claims.all();
    Map<String, String> names = imageNames();
    return storage.list().stream()
        .map(volume -> describe(volume, holders.get(volume.id()), names))
        .toList();
  }

  public Optional<Volume> find(String id) {
    return stored(id).map(volume -> describe(volume, claims.holder(id).orElse(null), imageNames()));
  }

  /** What is wrong with each volume that cannot be read; none of them is in {@link #list}. */
  public List<Problem> damaged() {
    return storage.damaged().stream().flatMap(id -> fault(id).stream()).toList();
  }

  /** What is wrong with a volume if it cannot be read. */
  public Optional<Problem> fault(String id) {
    try {
      Optional<StoredVolume> _ = stored(id);
      return Optional.empty();
    } catch (ProblemException e) {
      return Optional.of(e.problem());
    }
  }

  private Optional<StoredVolume> stored(String id) {
    return Volume.ID.matcher(id).matches() ? storage.find(id) : Optional.empty();
  }

  /**
   * The volume of an id.
   *
   * @param field of the document that names it; null when none does
   * @throws ProblemException not-found
   */
  public Volume get(String id, @Nullable String field) {
    return find(id)
        .orElseThrow(() -> {
          List<String> ids = storage.list().stream().map(StoredVolume::id).toList();
          Problem problem =
              Problem.of(Code.NOT_FOUND, "There is no volume " + id)
                  .on(Volume.ref(id))
                  .remedy(
                      Names.nearest(id, ids)
                          .map(near -> "did you mean \"" + near + "\"?")
                          .orElse("see \"kelvin volume ls\" for the volumes there are"));
          return (field == null ? problem : problem.at(field)).asException();
        });
  }

  private Volume describe(
      StoredVolume volume, @Nullable String holder, Map<String, String> imageNames) {
    Path backing = volume.backing();
    String file = backing == null ? null : digest(backing);
    return new Volume(
        Volume.KIND,
        volume.id(),
        volume.size(),
        volume.allocated(),
        volume.format(),
        file == null ? null : imageNames.getOrDefault(file, file),
        holder == null || VolumeClaims.isDeletion(holder)
            ? null
            : repository.use(holder, volume.id()));
  }

  /** Files of images have their digest as name. */
  private static String digest(Path imageFile) {
    String name = String.valueOf(imageFile.getFileName());
    int dot = name.indexOf('.');
    return dot < 0 ? name : name.substring(0, dot);
  }

  /** The names of images by the digest of their files. */
  private Map<String, String> imageNames() {
    var names = new HashMap<String, String>();
    for (Image image : catalogue.get()) {
      String digest = image.status().digest();
      if (digest != null) {
        names.putIfAbsent(digest, image.metadata().name());
      }
    }
    return names;
  }

  /** Throws conflict when somebody has the volume. */
  public void requireUnused(String id) {
    claims
        .holder(id)
        .ifPresent(holder -> {
          throw inUse(id, holder);
        });
  }

  private ProblemException inUse(String id, String holder) {
    if (VolumeClaims.isDeletion(holder)) {
      return inUse(
          id, "it is being deleted", "wait for the task that does so; \"kelvin task ls\" shows it");
    }
    Volume.Use use = repository.use(holder, id);
    String disk = use.disk();
    return inUse(
        id,
        use.toString(),
        disk == null
            ? "stop that VM, or delete it: kelvin rm --force " + use.vm()
            : "detach it first (\"kelvin disk detach %s %s\"), or delete that VM"
                .formatted(use.vm(), disk));
  }

  private static ProblemException inUse(String id, String cause, String remedy) {
    return Problem.of(Code.CONFLICT, "Volume " + id + " is in use")
        .on(Volume.ref(id))
        .because(cause)
        .remedy(remedy)
        .asException();
  }

  // ---- what tasks do with the disks of a VM

  /**
   * Makes claims agree with VMs: those stored by a Kelvin that knew of no claims get theirs, and
   * what nobody let go of in time is given back.
   */
  public void reconcile(List<VmRecord> vms) {
    Map<String, String> held = claims.all();
    for (VmRecord vm : vms) {
      String id = vm.metadata().id();
      var wanted = new HashSet<String>();
      for (Disk disk : vm.spec().disks()) {
        String volume = VolumeClaims.volumeId(id, disk);
        wanted.add(volume);
        if (!held.containsKey(volume)) {
          claims.claim(volume, id);
        }
      }
      if (held.entrySet().stream()
          .anyMatch(one -> one.getValue().equals(id) && !wanted.contains(one.getKey()))) {
        releaseUnneeded(id);
      }
    }
  }

  /**
   * As {@link #release}, for those whose own work must not fail with it: what is not given back now
   * is when the VM is changed or the daemon starts. While a task changes the VM it keeps all that
   * it may need to undo what it did; it gives back the rest at its end.
   */
  public void releaseUnneeded(String vmId) {
    try {
      List<Compare> noTask =
          repository
              .readable(vmId)
              .map(vm -> List.of(TaskEngine.unlocked(vm.ref())))
              .orElse(List.of());
      if (claims.hold(noTask)) {
        release(vmId, noTask);
      }
    } catch (ProblemException e) {
      LOG.log(Level.WARNING, "giving back volumes of vm/" + vmId, e);
    }
  }

  /** Whether there is the volume of a disk. */
  public boolean exists(VmRecord vm, Disk disk) {
    return storage.find(VolumeClaims.volumeId(vm.metadata().id(), disk)).isPresent();
  }

  /** What a process opens of a disk; empty when the VM has no such disk or there is no volume. */
  public Optional<Path> file(VmRecord vm, String disk) {
    return vm.spec().disks().stream()
        .filter(one -> one.name().equals(disk))
        .findFirst()
        .flatMap(one -> storage.path(VolumeClaims.volumeId(vm.metadata().id(), one)));
  }

  /**
   * Makes the volume of a disk unless it is there.
   *
   * @throws ProblemException not-found when it is a volume that there is no more
   */
  public void provide(VmRecord vm, Disk disk) {
    String id = VolumeClaims.volumeId(vm.metadata().id(), disk);
    if (storage.find(id).isPresent()) {
      return;
    }
    ByteSize size = disk.size();
    if (disk.volume() != null) {
      get(id, "spec.disks." + disk.name() + ".volume");
    } else if (disk.image() != null) {
      storage.cloneImage(id, images.file(disk.image(), Format.QCOW2), size);
    } else if (size != null) {
      storage.create(id, size);
    } else {
      throw Problem.of(Code.INVALID_ARGUMENT, "Disk " + disk.name() + " has neither image nor size")
          .at("spec.disks." + disk.name() + ".size")
          .remedy("give it a size such as 10GiB, or an image")
          .asException();
    }
  }

  /**
   * Deletes volumes that a VM has, and which an update that failed has made; not those that its
   * process may still have open.
   */
  public void deleteMade(String vmId, List<String> volumes) {
    Set<String> open = needed(vmId);
    for (String volume : volumes) {
      if (!open.contains(volume) && claims.claim(volume, vmId)) {
        storage.delete(volume);
      }
    }
  }

  /** Deletes what was made for a VM and nobody else has: its disks' volumes and earlier ones. */
  public void deleteOwn(String vmId) {
    for (StoredVolume volume : storage.list()) {
      if (volume.id().startsWith(VolumeClaims.ownPrefix(vmId)) && claims.claim(volume.id(), vmId)) {
        storage.delete(volume.id());
      }
    }
  }

  /** Deletes the volumes of all disks of a VM, and those made for it that nobody else has. */
  public void deleteAll(String vmId) {
    deleteOwn(vmId);
    claims.heldBy(vmId).forEach(storage::delete);
  }

  /** Gives back the volumes of disks that a VM has no more, neither wanted nor in its process. */
  public void release(String vmId) {
    release(vmId, List.of());
  }

  private void release(String vmId, List<Compare> conditions) {
    // In this order: a claim is as old as the disk it is for, so what is held is in the spec; and
    // a disk that gets the volume meanwhile claims it anew.
    Map<String, Long> held = claims.revisionsHeldBy(vmId);
    Set<String> needed = needed(vmId);
    held.forEach((volume, claimedAt) -> {
      if (!needed.contains(volume)) {
        takeBack(volume);
        claims.release(volume, claimedAt, conditions);
      }
    });
  }

  /** What a VM's spec or process has. */
  private Set<String> needed(String vmId) {
    var needed = new HashSet<String>();
    repository.disks(vmId).forEach(disk -> needed.add(VolumeClaims.volumeId(vmId, disk)));
    return needed;
  }

  /** Takes all its volumes from the user of a VM that ends; the claims end with the VM. */
  public void takeBackAll(String vmId) {
    claims.heldBy(vmId).forEach(this::takeBack);
  }

  private void takeBack(String volume) {
    try {
      storage.grant(volume, null);
    } catch (ProblemException e) {
      if (e.problem().code() != Code.NOT_FOUND) {
        throw e;
      }
    }
  }

  // ---- what the task that deletes a volume does

  /** Throws conflict when a guest that the store does not know has a volume open. */
  private void requireNotOpen(String id) {
    storage
        .path(id)
        .flatMap(unknown::opens)
        .ifPresent(guest -> {
          throw inUse(
              id,
              Vm.ref(guest.name()) + ", which the store does not know, has it open",
              "see \"kelvin doctor\" for what to do with that guest");
        });
  }

  /** Forbids uses; throws conflict when somebody has it. */
  public void markDeleting(String id, String taskId) {
    requireNotOpen(id);
    while (!claims.claim(id, VolumeClaims.deletionBy(taskId))) {
      requireUnused(id);
    }
  }

  public void unmark(String id, String taskId) {
    claims.release(id, VolumeClaims.deletionBy(taskId));
  }

  public void delete(String id, String taskId) {
    // Without the claim it is done, and a new volume of this id may be somebody's.
    if (claims.holder(id).filter(VolumeClaims.deletionBy(taskId)::equals).isPresent()) {
      storage.delete(id);
      unmark(id, taskId);
    }
  }
}
