package dev.kelvin.storage;

import dev.kelvin.host.Commands;
import dev.kelvin.host.Commands.Command;
import dev.kelvin.host.Durable;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The files of a {@link DirectoryDriver}: their names, and how they appear and vanish. */
final class VolumeFiles {
  private static final System.Logger LOG = System.getLogger(VolumeFiles.class.getName());
  private static final String SUFFIX = ".qcow2";

  /** No volume's name starts with a dot. */
  private static final String TEMPORARY = ".new-";

  /** How many files stat(1) is asked for at once: the kernel and Commands bound both ways. */
  private static final int AT_ONCE = 1000;

  private final Path root;
  private final Commands commands = new Commands();

  VolumeFiles(Path root) {
    this.root = root;
  }

  Path root() {
    return root;
  }

  /** Makes the directory if need be, and removes what a crash left. */
  void open() throws IOException {
    Files.createDirectories(root);
    // Users of single VMs pass through to their own volumes; they cannot list the directory.
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
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

  Optional<Volume> find(String id) throws IOException, InterruptedException {
    Path path = path(id);
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    Optional<Volume> volume = read(path, allocated(List.of(path)));
    // Somebody may have deleted it since it was seen.
    if (volume.isEmpty() && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      throw Problem.of(Code.HOST_FAILURE, "Volume " + id + " is damaged")
          .on("volume/" + id)
          .because(path + " has no header of a qcow2 file")
          .remedy(
              "put a copy of the file there, or delete it with \"kelvin volume rm --force "
                  + id
                  + "\"")
          .asException();
    }
    return volume;
  }

  /** The ids of files that {@link #list} leaves out. */
  List<String> damaged() throws IOException {
    var damaged = new ArrayList<String>();
    for (Path path : paths()) {
      if (read(path, Map.of()).isEmpty() && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
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

  List<Volume> list() throws IOException, InterruptedException {
    List<Path> paths = paths();
    var allocated = allocated(paths);
    List<Volume> volumes = new ArrayList<>();
    for (Path path : paths) {
      Optional<Volume> volume = read(path, allocated);
      volume.ifPresentOrElse(
          volumes::add,
          // One damaged volume must not hide the others.
          () -> LOG.log(System.Logger.Level.WARNING, "{0} has no header of a qcow2 file", path));
    }
    return List.copyOf(volumes);
  }

  private static Optional<Volume> read(Path path, Map<String, ByteSize> allocated)
      throws IOException {
    String id = id(path);
    try {
      return Qcow2Header.read(path)
          .map(header -> {
            String below = header.backing();
            Path backing = below == null ? null : Path.of(below);
            ByteSize taken = allocated.getOrDefault(path.toString(), new ByteSize(0));
            return new Volume(id, header.size(), taken, backing, path, "qcow2");
          });
    } catch (NoSuchFileException e) {
      // It was deleted since its name was read.
      return Optional.empty();
    }
  }

  /**
   * What the files take, which the JDK cannot tell: a file with holes takes less than its length.
   */
  private Map<String, ByteSize> allocated(List<Path> paths) throws InterruptedException {
    Map<String, ByteSize> sizes = new HashMap<>();
    for (int from = 0; from < paths.size(); from += AT_ONCE) {
      List<String> argv = new ArrayList<>(List.of("stat", "--format=%b %B %n"));
      paths
          .subList(from, Math.min(from + AT_ONCE, paths.size()))
          .forEach(path -> argv.add(path.toString()));
      // stat(1) names the files that it cannot find and tells of all others.
      for (String line : commands.run(Command.of(argv)).stdout().lines().toList()) {
        String[] fields = line.split(" ", 3);
        long bytes = Math.multiplyExact(Long.parseLong(fields[0]), Long.parseLong(fields[1]));
        sizes.put(fields[2], new ByteSize(bytes));
      }
    }
    return sizes;
  }

  void grant(Volume volume, @Nullable Integer uid) throws IOException {
    Integer owner = uid == null ? (Integer) Files.getAttribute(root, "unix:uid") : uid;
    Integer group = uid == null ? (Integer) Files.getAttribute(root, "unix:gid") : uid;
    if (!owner.equals(Files.getAttribute(volume.path(), "unix:uid"))) {
      Files.setAttribute(volume.path(), "unix:gid", group);
      Files.setAttribute(volume.path(), "unix:uid", owner);
    }
    Files.setPosixFilePermissions(volume.path(), PosixFilePermissions.fromString("rw-------"));
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
    return root.resolve(id + SUFFIX);
  }
}
