package dev.kelvin.storage;

import dev.kelvin.host.file.DiskUse;
import dev.kelvin.host.file.Durable;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Volume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The files of a {@link DirectoryDriver}: their names, and how they appear and vanish. */
final class VolumeFiles {
  private static final System.Logger LOG = System.getLogger(VolumeFiles.class.getName());
  private static final String SUFFIX = ".qcow2";

  /** No volume's name starts with a dot. */
  private static final String TEMPORARY = ".new-";

  /** What names of images' files look like, so that QEMU takes none for anything but a file. */
  private static final Pattern IMAGE = Pattern.compile("/(?:[^/\\p{Cntrl}]+/)+[A-Za-z0-9._-]+");

  private final Path root;
  private final Path images;
  private final DiskUse use = new DiskUse();

  /**
   * @param images where files lie that volumes may be made from
   */
  VolumeFiles(Path root, Path images) {
    this.root = root;
    this.images = images;
  }

  Path root() {
    return root;
  }

  /** Makes the directory if need be, and removes what a crash left. */
  void open() throws IOException {
    Files.createDirectories(root);
    // Users of single VMs pass through to their own volumes; they cannot list the directory.
    OwnerOnly.setMode(root, "rwx--x--x");
    try (var leftovers = Files.newDirectoryStream(root, TEMPORARY + "*")) {
      for (Path leftover : leftovers) {
        LOG.log(System.Logger.Level.INFO, "Removing {0}, which a crash left", leftover);
        Files.deleteIfExists(leftover);
      }
    }
  }

  Path temporary(String id) {
    return root.resolve(TEMPORARY + id + "-" + UUID.randomUUID());
  }

  /** Gives a finished file its volume's name, once its content is on the medium. */
  void publish(Path temporary, String id) throws IOException {
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
    Durable.publish(temporary, path(id));
  }

  void discard(Path temporary) throws IOException {
    Files.deleteIfExists(temporary);
  }

  void delete(String id) throws IOException {
    if (Files.deleteIfExists(path(id))) {
      Durable.flush(root);
    }
  }

  Optional<StoredVolume> find(String id) throws IOException {
    Path path = path(id);
    if (!isThere(path)) {
      return Optional.empty();
    }
    Seen seen = read(path);
    // Somebody may have deleted it since it was seen.
    String fault = seen.fault();
    if (fault != null) {
      throw Problem.of(Code.HOST_FAILURE, "Volume " + id + " is damaged")
          .on(Volume.ref(id))
          .because(path + " " + fault)
          .remedy(
              "put a copy of the file there, or delete it with \"kelvin volume rm --force "
                  + id
                  + "\"")
          .asException();
    }
    return Optional.ofNullable(seen.volume());
  }

  /** Where a volume's file is, if there is one. */
  Optional<Path> place(String id) {
    return Optional.of(path(id)).filter(this::isThere);
  }

  /** Whether there is a file of this name, whatever is in it. */
  boolean isThere(Path path) {
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** The ids of files that {@link #list} leaves out. */
  List<String> damaged() throws IOException {
    var damaged = new ArrayList<String>();
    for (Path path : paths()) {
      if (read(path).fault() != null) {
        damaged.add(id(path));
      }
    }
    return List.copyOf(damaged);
  }

  private List<Path> paths() throws IOException {
    List<Path> paths = new ArrayList<>();
    try (var found = Files.newDirectoryStream(root, "[a-z0-9]*" + SUFFIX)) {
      found.forEach(paths::add);
    }
    paths.sort(Comparator.comparing(Path::getFileName));
    return paths;
  }

  List<StoredVolume> list() throws IOException {
    List<Path> paths = paths();
    List<StoredVolume> volumes = new ArrayList<>();
    for (Path path : paths) {
      Seen seen = read(path);
      if (seen.fault() != null) {
        // One damaged volume must not hide the others.
        LOG.log(System.Logger.Level.WARNING, "{0} {1}", path, seen.fault());
      } else if (seen.volume() != null) {
        volumes.add(seen.volume());
      }
    }
    return List.copyOf(volumes);
  }

  /** What a look at a file has shown; neither when it was deleted meanwhile. */
  private record Seen(@Nullable StoredVolume volume, @Nullable String fault) {}

  /**
   * Looks at a file that the user of a VM may have written. A name in it that Kelvin has not put
   * there would make whoever opens the disk open another file.
   */
  private Seen read(Path path) throws IOException {
    Optional<Qcow2Header> read;
    try {
      read = Qcow2Header.read(path);
    } catch (NoSuchFileException e) {
      return new Seen(null, null);
    }
    if (read.isEmpty()) {
      return new Seen(null, "has no header of a qcow2 file");
    }
    Qcow2Header header = read.get();
    if (header.externalData()) {
      return new Seen(null, "says that its content is in another file");
    }
    String below = header.backing();
    if (below != null && !isImage(below, header.backingFormat())) {
      return new Seen(null, "names a file below it that is no image of Kelvin's");
    }
    ByteSize taken = use.of(path).orElse(new ByteSize(0));
    Path backing = below == null ? null : Path.of(below);
    return new Seen(new StoredVolume(id(path), header.size(), taken, backing, path, "qcow2"), null);
  }

  private boolean isImage(String name, @Nullable String format) throws IOException {
    if (!"qcow2".equals(format) || !IMAGE.matcher(name).matches()) {
      return false;
    }
    // As text: not every name is a path in every locale. Nothing is asked of the file system about
    // it either, since it may lead to what never answers.
    String directory = name.substring(0, name.lastIndexOf('/'));
    return images.toString().equals(directory)
        || (Files.exists(images) && images.toRealPath().toString().equals(directory));
  }

  /** Also of a damaged one, so that a VM can let go of it. False when there is none. */
  boolean grant(String id, @Nullable Integer uid) throws IOException {
    Path path = path(id);
    if (!isThere(path)) {
      return false;
    }
    Integer owner = uid == null ? (Integer) Files.getAttribute(root, "unix:uid") : uid;
    Integer group = uid == null ? (Integer) Files.getAttribute(root, "unix:gid") : uid;
    if (!owner.equals(Files.getAttribute(path, "unix:uid"))) {
      Files.setAttribute(path, "unix:gid", group);
      Files.setAttribute(path, "unix:uid", owner);
    }
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    return true;
  }

  /** A write, a flush, a read and a deletion. */
  void prove() throws IOException {
    Path file = root.resolve(TEMPORARY + "check-" + UUID.randomUUID());
    byte[] written = file.toString().repeat(100).getBytes(StandardCharsets.UTF_8);
    try {
      try (var channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(written));
        channel.force(true);
      }
      if (!Arrays.equals(written, Files.readAllBytes(file))) {
        throw new IOException("what was written to " + file + " is not what can be read there");
      }
    } finally {
      Files.deleteIfExists(file);
    }
    Durable.flush(root);
  }

  private static String id(Path path) {
    String name = path.getFileName().toString();
    return name.substring(0, name.length() - SUFFIX.length());
  }

  private Path path(String id) {
    return file(root, id);
  }

  static Path file(Path root, String id) {
    return root.resolve(id + SUFFIX);
  }
}
