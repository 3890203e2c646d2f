package dev.kelvin.image;

import dev.kelvin.host.file.Durable;
import dev.kelvin.host.program.Commands;
import dev.kelvin.image.bulk.BulkWork;
import dev.kelvin.image.bulk.Sha;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.storage.Qcow2Header;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/**
 * The files of images, named by their content: the same content is kept once, and a file never
 * changes once it is here. Beside them is a directory of work for each task that makes one, on the
 * same file system, so that a finished file moves over at once.
 *
 * <p>Every method throws {@link dev.kelvin.model.ProblemException} host-failure when the medium
 * fails. One process at a time may use a directory.
 */
public final class ImageStore {
  private static final System.Logger LOG = System.getLogger(ImageStore.class.getName());
  private static final Pattern TASK = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,79}");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern BLOB = Pattern.compile("([0-9a-f]{64})\\.(qcow2|iso)");

  /** What the name of a file that is about to be deleted ends with. */
  private static final String ASIDE = ".deleting";

  private final Path blobs;
  private final Path work;
  private final BulkWork bulk;
  private final ReentrantLock lock = new ReentrantLock();

  /** As {@link #ImageStore(Path, BulkWork)}, for who takes no large files in. */
  public ImageStore(Path root) {
    this(root, BulkWork.here());
  }

  /**
   * Opens the directory, and makes it when there is none.
   *
   * @param bulk makes the checksums
   */
  public ImageStore(Path root, BulkWork bulk) {
    this.bulk = bulk;
    this.blobs = root.toAbsolutePath().normalize().resolve("blobs");
    this.work = root.toAbsolutePath().normalize().resolve("work");
    guarded(
        root,
        () -> {
          // The users of VMs read their images, whose names they are told; they list nothing.
          for (Path directory : Set.of(root, blobs)) {
            Files.createDirectories(directory);
            OwnerOnly.setMode(directory, "rwx--x--x");
          }
          Files.createDirectories(work);
          OwnerOnly.setMode(work, "rwx------");
          return true;
        });
  }

  /** Where the files of images are, of which volumes are made. */
  public Path blobs() {
    return blobs;
  }

  /** The directory in which a task makes its file; made when there is none. */
  public Path workDir(String taskId) {
    if (!TASK.matcher(taskId).matches()) {
      throw new IllegalArgumentException("no id of a task: " + taskId);
    }
    Path directory = work.resolve(taskId);
    return guarded(directory, () -> Files.createDirectories(directory));
  }

  /**
   * Finds out the digest of a finished file. It is on the medium when this returns: both takes its
   * time, and goes on at once.
   */
  public String seal(Path file, ProgressSink progress) throws InterruptedException {
    var flushed =
        new FutureTask<>(() -> {
          Durable.flushWithName(file);
          return true;
        });
    Thread.ofVirtual().name("flush").start(flushed);
    String digest = bulk.digest(file, Sha.SHA256, progress);
    try {
      flushed.get();
      return digest;
    } catch (ExecutionException e) {
      throw failure(file, e);
    }
  }

  /**
   * Takes a file that was {@link #seal sealed}, which is moved: it is on the medium under its
   * digest when this returns. One with the same content that is here already stays.
   *
   * @param format qcow2 or iso
   */
  public Stored adopt(Path file, Format format, String digest) {
    return guarded(
        file,
        () -> {
          ByteSize virtualSize = virtualSize(file, format);
          ByteSize fileSize = new ByteSize(Files.size(file));
          Path target = path(digest, format);
          if (Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
            Files.setAttribute(file, "unix:uid", 0);
            Files.setAttribute(file, "unix:gid", 0);
          }
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
          // It may take long, and nobody shall wait for it.
          Durable.flush(file);
          lock.lock();
          try {
            if (!Files.isRegularFile(target)) {
              link(file, target);
              Durable.flush(blobs);
            }
          } finally {
            lock.unlock();
          }
          return new Stored(digest, format, virtualSize, fileSize);
        });
  }

  /** A second name: until the image is ready, a daemon that dies leaves the first to the next. */
  private static void link(Path file, Path target) throws IOException {
    try {
      Files.createLink(target, file);
    } catch (UnsupportedOperationException | FileSystemException e) {
      LOG.log(System.Logger.Level.DEBUG, "there are no hard links here", e);
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Where a file is, or would be. */
  public Path path(String digest, Format format) {
    if (!DIGEST.matcher(digest).matches()) {
      throw new IllegalArgumentException("no digest: " + digest);
    }
    return blobs.resolve(digest + "." + checkFormat(format).wire());
  }

  /** Deletes a file; when there is none, that is what was wanted. */
  public void delete(String digest, Format format) {
    Path file = path(digest, format);
    guarded(
        file,
        () -> {
          if (Files.deleteIfExists(file)) {
            Durable.flush(blobs);
          }
          return true;
        });
  }

  /**
   * Says of a file that it is about to be deleted, before the store forgets it: one that nobody
   * knows and that is not marked so may be an image of a store that was lost, and stays.
   */
  public void setAside(String digest, Format format) {
    Path file = path(digest, format);
    guarded(
        file,
        () -> {
          if (Files.exists(file)) {
            Files.move(file, aside(file), StandardCopyOption.ATOMIC_MOVE);
            Durable.flush(blobs);
          }
          return true;
        });
  }

  /** Deletes a file that was set aside. */
  public void deleteAside(String digest, Format format) {
    Path file = aside(path(digest, format));
    guarded(file, () -> Files.deleteIfExists(file));
  }

  /** Takes {@link #setAside} back. */
  public void restore(String digest, Format format) {
    Path file = path(digest, format);
    guarded(
        file,
        () -> {
          if (Files.exists(aside(file))) {
            Files.move(aside(file), file, StandardCopyOption.ATOMIC_MOVE);
            Durable.flush(blobs);
          }
          return true;
        });
  }

  private static Path aside(Path file) {
    return file.resolveSibling(file.getFileName() + ASIDE);
  }

  /** The digests of the files that were set aside. */
  public Set<String> aside() {
    return digests(ASIDE);
  }

  /**
   * Whether a file still has its other name in the work of a task: it was taken in and no image had
   * it yet, so that nothing is lost with this name.
   */
  public boolean isUnfinished(String digest, Format format) {
    Path file = path(digest, format);
    return guarded(
        file,
        () ->
            Files.isRegularFile(file)
                && Files.getAttribute(file, "unix:nlink") instanceof Integer names
                && names > 1
                && workHas(Files.getAttribute(file, "unix:ino")));
  }

  /** Whether a file of this number is in the work of a task; a copy of all may have links, too. */
  private boolean workHas(Object inode) throws IOException {
    try (var files = Files.walk(work, 2)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
            && Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS).equals(inode)) {
          return true;
        }
      }
      return false;
    }
  }

  /** The digests of all files here. */
  public Set<String> digests() {
    return digests("");
  }

  private Set<String> digests(String ending) {
    return guarded(
        blobs,
        () -> {
          Set<String> digests = new TreeSet<>();
          try (var files = Files.newDirectoryStream(blobs, "*" + ending)) {
            for (Path file : files) {
              String whole = file.getFileName().toString();
              var name = BLOB.matcher(whole.substring(0, whole.length() - ending.length()));
              if (name.matches()) {
                digests.add(name.group(1));
              }
            }
          }
          return digests;
        });
  }

  /** Removes the work of tasks that are no more; for the start, and for a task's own end. */
  public void cleanWork(Set<String> liveTaskIds) {
    guarded(
        work,
        () -> {
          try (var directories = Files.newDirectoryStream(work)) {
            for (Path directory : directories) {
              if (!liveTaskIds.contains(directory.getFileName().toString())) {
                LOG.log(System.Logger.Level.INFO, "Removing {0}, which no task needs", directory);
                Namespace.current(new Commands()).removeTree(directory);
                Trees.delete(directory);
              }
            }
          }
          return true;
        });
  }

  private static Format checkFormat(Format format) {
    return switch (format) {
      case QCOW2, ISO -> format;
      case RAW, VMDK, VHD, VHDX, VDI ->
          throw new IllegalArgumentException("files of format " + format.wire() + " are not kept");
    };
  }

  private static ByteSize virtualSize(Path file, Format format) throws IOException {
    if (checkFormat(format) == Format.ISO) {
      return new ByteSize(Files.size(file));
    }
    return Qcow2Header.read(file)
        .filter(header -> header.backing() == null && !header.externalData())
        .map(Qcow2Header::size)
        .orElseThrow(() -> new IOException(file + " is no qcow2 file that stands alone"));
  }

  private interface Work<T> {
    T run() throws IOException, InterruptedException;
  }

  private static <T> T guarded(Path object, Work<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw failure(object, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Problem.of(Code.CANCELLED, "The work on images was cancelled")
          .on(object.toString())
          .because("whoever waited for it gave up")
          .remedy("try again")
          .asException(e);
    }
  }

  private static ProblemException failure(Path object, Exception e) {
    return Problem.of(Code.HOST_FAILURE, "The store of images fails")
        .on(object.toString())
        .because(String.valueOf(e instanceof ExecutionException ? e.getCause() : e))
        .remedy("check the room, the permissions and the health of the file system")
        .asException(e);
  }
}
