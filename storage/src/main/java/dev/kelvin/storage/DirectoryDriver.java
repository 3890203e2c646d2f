package dev.kelvin.storage;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Volumes as qcow2 files in one directory of any file system.
 *
 * <p>A volume is made under a temporary name, flushed, and renamed, so that a file with a volume's
 * name is always whole. Leftovers of a crash have names that no volume can have; they are removed
 * when the driver is opened. One process at a time may use a directory, which the daemon's lock on
 * its pid file sees to.
 */
public final class DirectoryDriver implements StorageDriver {
  private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,150}");

  /** The place of a volume's id where all are meant. */
  private static final String ALL = "storage";

  /** QEMU's sector. */
  private static final int SECTOR = 512;

  /**
   * Clusters of 128 KiB, of which subclusters of 4 KiB are copied one by one: the first write to a
   * page of a clone copies 4 KiB and not a whole cluster from the image, while the tables stay half
   * as large as with QEMU's default. Lazy reference counts stay off: after a crash they would have
   * to be counted anew before the VM can start, and QEMU's cache already saves most of their
   * writes.
   */
  private static final QemuImg.Target FORM =
      new QemuImg.Target(
          "qcow2", List.of("compat=1.1", "cluster_size=128k", "extended_l2=on"), false);

  /** What the tables of a volume may take more when it grows to {@link Disk#MAX_SIZE}. */
  private static final ByteSize GROWTH = ByteSize.ofGiB(1);

  private final VolumeFiles files;
  private final QemuImg qemuImg;

  /** Of the volumes that somebody works on. */
  private final ConcurrentHashMap<String, Turns> turns = new ConcurrentHashMap<>();

  /** The lock of one volume, for as long as somebody has it or waits for it. */
  private record Turns(ReentrantLock lock, int users) {
    Turns and(int change) {
      return new Turns(lock, users + change);
    }
  }

  /**
   * Opens the directory, makes it when there is none, and removes what a crash left half made.
   *
   * @param images the directory of the files that volumes may be made from: a name of any other
   *     file in a volume is a fault
   * @throws dev.kelvin.model.ProblemException host-failure when it cannot be used
   */
  public DirectoryDriver(Path root, Path images, QemuImg qemuImg) {
    this.files =
        new VolumeFiles(root.toAbsolutePath().normalize(), images.toAbsolutePath().normalize());
    this.qemuImg = qemuImg;
    guarded(
        "open",
        ALL,
        () -> {
          files.open();
          return true;
        });
  }

  @Override
  public String type() {
    return "directory";
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.THIN, Capability.CLONE, Capability.RESIZE_ONLINE);
  }

  @Override
  public void check() {
    guarded(
        "use",
        ALL,
        () -> {
          files.prove();
          return true;
        });
  }

  @Override
  public StoredVolume create(String id, ByteSize size) {
    checkSize(id, size);
    return make(id, size, null);
  }

  @Override
  public StoredVolume cloneImage(String id, Path image, @Nullable ByteSize size) {
    Path base = image.toAbsolutePath().normalize();
    ByteSize least =
        guarded("clone", id, () -> Qcow2Header.read(base))
            .filter(header -> header.backing() == null && !header.externalData())
            .map(Qcow2Header::size)
            .orElseThrow(() ->
                Problem.of(Code.INVALID_ARGUMENT, "The volume cannot be made from this file")
                    .on(object(id))
                    .because(base + " is no qcow2 file that stands alone")
                    .remedy("import the file as an image, then use the image")
                    .asException());
    ByteSize wanted = size == null ? least : size;
    checkSize(id, wanted);
    if (wanted.compareTo(least) < 0) {
      throw tooSmall(id, wanted, "its image has " + least).asException();
    }
    return make(id, wanted, base);
  }

  private StoredVolume make(String id, ByteSize size, @Nullable Path backing) {
    return exclusively(
        "make",
        checkId(id),
        () -> {
          Optional<StoredVolume> existing = files.find(id);
          if (existing.isPresent()) {
            StoredVolume volume = existing.get();
            if (volume.size().equals(size) && Objects.equals(volume.backing(), backing)) {
              return volume;
            }
            throw Problem.of(Code.ALREADY_EXISTS, "There is another volume of this name")
                .on(object(id))
                .because("it has " + volume.size() + " and is made from " + volume.backing())
                .remedy(
                    "choose another name for the disk, or delete that volume: kelvin volume rm "
                        + id)
                .asException();
          }
          Path temporary = files.temporary(id);
          try {
            qemuImg.create(temporary, FORM, size, backing);
            files.publish(temporary, id);
          } finally {
            files.discard(temporary);
          }
          return require(id);
        });
  }

  @Override
  public Optional<StoredVolume> find(String id) {
    return guarded("find", checkId(id), () -> files.find(id));
  }

  /** Where a volume's file is, or would be, in a directory that need not be opened. */
  public static Path file(Path root, String id) {
    return VolumeFiles.file(root, checkId(id));
  }

  @Override
  public Optional<Path> path(String id) {
    return files.place(checkId(id));
  }

  @Override
  public List<StoredVolume> list() {
    return guarded("list", ALL, files::list);
  }

  @Override
  public List<String> damaged() {
    return guarded("list", ALL, files::damaged);
  }

  @Override
  public StoredVolume resize(String id, ByteSize size) {
    checkSize(id, size);
    return exclusively(
        "resize",
        checkId(id),
        () -> {
          StoredVolume volume = require(id);
          if (size.compareTo(volume.size()) < 0) {
            throw tooSmall(id, size, "it has " + volume.size() + " already").asException();
          }
          if (size.compareTo(volume.size()) > 0) {
            ByteSize most = new ByteSize(Files.size(volume.path()) + GROWTH.bytes());
            qemuImg.confined(most).resize(volume, size);
          }
          return require(id);
        });
  }

  @Override
  public void delete(String id) {
    exclusively(
        "delete",
        checkId(id),
        () -> {
          files.delete(id);
          return true;
        });
  }

  @Override
  public void grant(String id, @Nullable Integer uid) {
    exclusively(
        "hand over",
        checkId(id),
        () -> {
          if (!files.grant(id, uid)) {
            throw missing(id).asException();
          }
          return true;
        });
  }

  private StoredVolume require(String id) throws IOException, InterruptedException {
    return files.find(id).orElseThrow(() -> missing(id).asException());
  }

  private Problem missing(String id) {
    return Problem.of(Code.NOT_FOUND, "There is no such volume")
        .on(object(id))
        .because("no file of this name is in " + files.root())
        .remedy("see \"kelvin volume ls\" for the volumes there are");
  }

  private static String checkId(String id) {
    if (!ID.matcher(id).matches()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "This cannot name a volume")
          .on(object(id.length() > 80 ? id.substring(0, 80) + "…" : id))
          .because("a volume's name has up to 151 of the characters a-z, 0-9 and -")
          .remedy("use the VM's id and the disk's name")
          .asException();
    }
    return id;
  }

  private static void checkSize(String id, ByteSize size) {
    String cause = null;
    if (size.bytes() == 0) {
      cause = "a disk cannot be empty";
    } else if (size.bytes() % SECTOR != 0) {
      cause = size + " is no multiple of " + SECTOR + " bytes";
    } else if (size.compareTo(Disk.MAX_SIZE) > 0) {
      cause = size + " is more than a disk can have, " + Disk.MAX_SIZE;
    }
    if (cause != null) {
      throw Problem.of(Code.INVALID_ARGUMENT, "A volume cannot have this size")
          .on(object(id))
          .because(cause)
          .remedy("choose a size such as 10GiB")
          .asException();
    }
  }

  private static Problem tooSmall(String id, ByteSize size, String cause) {
    return Problem.of(Code.INVALID_ARGUMENT, "The volume cannot be as small as " + size)
        .on(object(id))
        .because(cause)
        .remedy("choose at least that size; a disk can grow but not shrink");
  }

  private static String object(String id) {
    return id.equals(ALL) ? id : Volume.ref(id);
  }

  /** Work on one volume that waits for other work on it. */
  private <T> T exclusively(String verb, String id, Work<T> work) {
    ReentrantLock lock =
        turns
            .compute(
                id, (_, known) -> known == null ? new Turns(new ReentrantLock(), 1) : known.and(1))
            .lock();
    lock.lock();
    try {
      return guarded(verb, id, work);
    } finally {
      lock.unlock();
      turns.computeIfPresent(id, (_, known) -> known.users() == 1 ? null : known.and(-1));
    }
  }

  /** How many volumes are worked on. */
  int busy() {
    return turns.size();
  }

  private interface Work<T> {
    T run() throws IOException, InterruptedException;
  }

  private <T> T guarded(String verb, String id, Work<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw Problem.of(
              Code.HOST_FAILURE,
              "The storage cannot " + verb + (id.equals(ALL) ? " its volumes" : " the volume"))
          .on(object(id))
          .because(e.toString())
          .remedy("check the room, the permissions and the health of " + files.root())
          .asException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Problem.of(Code.CANCELLED, "The work on the volume was cancelled")
          .on(object(id))
          .because("whoever waited for it gave up")
          .remedy("try again")
          .asException(e);
    }
  }
}
