package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One file, directory or socket that somebody who is not trusted may swap for another at any time:
 * held by a descriptor (O_PATH, open(2)), so that what was looked at is what is used. Taking hold
 * of it never waits, and never follows a link.
 */
public final class Pinned implements AutoCloseable {
  private static final int TYPE = 0170000;

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
    Syscalls.Answer answer = Kernel.CALLS.pin(directory, name);
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

  long descriptor() {
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
