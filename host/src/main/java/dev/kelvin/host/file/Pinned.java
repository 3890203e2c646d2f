package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One file, directory or socket that somebody who is not trusted may swap for another at any time:
 * held by a descriptor (O_PATH, open(2)), so that what was looked at is what is used. Taking hold
 * of it never waits, and never follows a link.
 */
public final class Pinned implements AutoCloseable {
  private static final int TYPE = 0170000;
  private static final int ATTEMPTS = 100;

  /** What it is (inode(7)). */
  public enum Kind {
    REGULAR(0100000, "a regular file"),
    DIRECTORY(0040000, "a directory"),
    LINK(0120000, "a symbolic link"),
    SOCKET(0140000, "a socket"),
    PIPE(0010000, "a pipe"),
    DEVICE(0, "a device");

    private final int type;
    private final String words;

    Kind(int type, String words) {
      this.type = type;
      this.words = words;
    }

    private static Kind of(int mode) {
      for (Kind kind : values()) {
        if (kind.type == (mode & TYPE)) {
          return kind;
        }
      }
      return DEVICE;
    }
  }

  /** Made at the first use: calls of the kernel take a while to begin. */
  private static final class Kernel {
    private static final Syscalls CALLS = new Syscalls();

    private Kernel() {}
  }

  private final long descriptor;
  private final String name;
  private final Kind kind;
  private final int owner;
  private final int links;

  private Pinned(long descriptor, String name) throws IOException {
    this.descriptor = descriptor;
    this.name = name;
    Map<String, Object> attributes = Files.readAttributes(path(), "unix:mode,uid,nlink");
    this.kind = Kind.of(number(attributes, "mode"));
    this.owner = number(attributes, "uid");
    this.links = number(attributes, "nlink");
  }

  private static int number(Map<String, Object> attributes, String name) {
    return (Integer) Objects.requireNonNull(attributes.get(name), name);
  }

  /** Takes hold of what has this path, whose directories must be those of who is trusted. */
  public static Pinned open(Path path) throws IOException {
    return pin(null, path.toAbsolutePath().toString());
  }

  /** Takes hold of what has this name here. */
  Pinned child(String child) throws IOException {
    if (child.isEmpty() || child.contains("/") || child.equals(".") || child.equals("..")) {
      throw new IllegalArgumentException("not the name of a file: " + child);
    }
    return pin(descriptor, child);
  }

  private static Pinned pin(@Nullable Long directory, String name) throws IOException {
    return taken(Kernel.CALLS.pin(directory, name), name);
  }

  /**
   * Takes hold of what a path beneath this directory leads to, links that stay there included.
   *
   * @return empty where the kernel has no such call (before Linux 5.6), or a filter forbids it
   * @throws HostileFileException when it leads out
   * @throws NoSuchFileException when there is nothing
   */
  Optional<Pinned> beneath(String path) throws IOException {
    Syscalls.Answer answer = Kernel.CALLS.pinBeneath(descriptor, path);
    // Somebody who moves directories meanwhile has the kernel ask for another attempt.
    for (int i = 0; answer.errno() == Syscalls.EAGAIN && i < ATTEMPTS; i++) {
      answer = Kernel.CALLS.pinBeneath(descriptor, path);
    }
    return switch (answer.errno()) {
      case Syscalls.ENOSYS, Syscalls.EPERM -> Optional.empty();
      case Syscalls.EXDEV, Syscalls.ELOOP -> throw new HostileFileException(path + " leads out");
      default -> Optional.of(taken(answer, path));
    };
  }

  /**
   * The same with each name on the way looked at by itself: no link is followed, wherever to.
   *
   * @param path relative, normalized
   * @throws HostileFileException when a name on the way is a link
   */
  Pinned beneathWithoutLinks(Path path) throws IOException {
    Pinned at = pin(descriptor, ".");
    for (Path one : path) {
      try (Pinned above = at) {
        at = above.child(one.toString());
      }
      if (at.kind == Kind.LINK) {
        at.close();
        throw new HostileFileException(path + " has a link in it, " + one);
      }
    }
    return at;
  }

  private static Pinned taken(Syscalls.Answer answer, String name) throws IOException {
    if (answer.errno() == Syscalls.ENOENT) {
      throw new NoSuchFileException(name);
    }
    if (!answer.ok()) {
      throw new IOException(name + ": " + answer.error());
    }
    try {
      return new Pinned(answer.value(), name);
    } catch (IOException | RuntimeException e) {
      Kernel.CALLS.close(answer.value());
      throw e;
    }
  }

  /** A path that leads to this and nothing else, as long as it is held. */
  Path path() {
    return Path.of("/proc/self/fd", Long.toString(descriptor));
  }

  /** By which it is held; another file's when this is closed. */
  public long descriptor() {
    return descriptor;
  }

  /** Where it is now, as the kernel tells: without a link, whatever name it was found by. */
  public Path place() throws IOException {
    return Files.readSymbolicLink(path());
  }

  /** What tells this file from every other one of the host, as long as it is held. */
  public Object key() throws IOException {
    return key(path());
  }

  /** That of what a path leads to at this moment. */
  public static Object key(Path path) throws IOException {
    var attributes = Files.readAttributes(path, "unix:dev,ino");
    return List.of(
        Objects.requireNonNull(attributes.get("dev")),
        Objects.requireNonNull(attributes.get("ino")));
  }

  public Kind kind() {
    return kind;
  }

  /** Whom it belonged to when it was taken hold of. */
  public int owner() {
    return owner;
  }

  /**
   * Makes sure of what it is.
   *
   * @throws HostileFileException also for a regular file that has other names, of which one may be
   *     where its content is trusted
   */
  Pinned require(Kind wanted) throws HostileFileException {
    if (kind != wanted) {
      throw new HostileFileException(name + " is " + kind.words + " and not " + wanted.words);
    }
    if (kind == Kind.REGULAR && links != 1) {
      throw new HostileFileException(name + " has " + links + " names");
    }
    return this;
  }

  /**
   * Opens a regular file to read it, whatever other names it has.
   *
   * @throws HostileFileException for anything else
   */
  public FileChannel read() throws IOException {
    requireRegular();
    return FileChannel.open(path(), StandardOpenOption.READ);
  }

  /** Copies a regular file, in place of what has that name; see {@link #read}. */
  public void copyTo(Path target) throws IOException {
    requireRegular();
    Files.copy(path(), target, StandardCopyOption.REPLACE_EXISTING);
  }

  private void requireRegular() throws HostileFileException {
    if (kind != Kind.REGULAR) {
      throw new HostileFileException(name + " is " + kind.words + " and not a regular file");
    }
  }

  /** Its size, its times and what tells it from others, as they are now. */
  public BasicFileAttributes attributes() throws IOException {
    return Files.readAttributes(path(), BasicFileAttributes.class);
  }

  /** Whether the daemon's user may read it. */
  public boolean isReadable() {
    return Files.isReadable(path());
  }

  /** Opens a regular file. */
  FileChannel channel(OpenOption... options) throws IOException {
    require(Kind.REGULAR);
    return FileChannel.open(path(), options);
  }

  /** Gives it to a user and group; nothing for a negative one. */
  void give(int uid) throws IOException {
    if (kind == Kind.LINK) {
      throw new HostileFileException(name + " is " + kind.words);
    }
    if (uid >= 0) {
      Files.setAttribute(path(), "unix:uid", uid);
      Files.setAttribute(path(), "unix:gid", uid);
    }
  }

  void permissions(String permissions) throws IOException {
    if (kind == Kind.LINK) {
      throw new HostileFileException(name + " is " + kind.words);
    }
    Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString(permissions));
  }

  @Override
  public void close() {
    Kernel.CALLS.close(descriptor);
  }
}
