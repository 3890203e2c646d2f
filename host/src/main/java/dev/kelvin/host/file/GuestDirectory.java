package dev.kelvin.host.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * A directory that a VM's user can write to: everything in it is hostile. It is held by a
 * descriptor, and names in it are looked up from there, without following links; what is found is
 * held too before it is used; nothing in it is waited for, and only so much of it is read as was
 * asked for. The directory that has it must be one that only the daemon's user writes to.
 */
public final class GuestDirectory implements AutoCloseable {
  private static final String OWNER_ONLY = "rwx------";

  private final Pinned pinned;

  private GuestDirectory(Pinned pinned) throws HostileFileException {
    this.pinned = pinned.require(Pinned.Kind.DIRECTORY);
  }

  private static GuestDirectory of(Pinned pinned) throws HostileFileException {
    try {
      return new GuestDirectory(pinned);
    } catch (HostileFileException e) {
      pinned.close();
      throw e;
    }
  }

  /**
   * Opens one.
   *
   * @throws NoSuchFileException when it is not there
   */
  public static GuestDirectory open(Path directory) throws IOException {
    return of(Pinned.open(directory));
  }

  /**
   * Makes it if it is not there, for a user alone.
   *
   * @param uid its user; the daemon's own when it is negative
   */
  public static GuestDirectory make(Path directory, int uid) throws IOException {
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    makeIfAbsent(directory);
    return given(open(directory), uid);
  }

  /** The same of a directory in here. */
  public GuestDirectory makeDirectory(String name, int uid) throws IOException {
    makeIfAbsent(pinned.path().resolve(name));
    return given(of(pinned.child(name)), uid);
  }

  private static void makeIfAbsent(Path directory) throws IOException {
    try {
      Files.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      return; // what it is will be seen when it is opened
    }
  }

  private static GuestDirectory given(GuestDirectory directory, int uid) throws IOException {
    try {
      directory.pinned.permissions(OWNER_ONLY);
      directory.pinned.give(uid);
      return directory;
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  /** Whether anything has a name. */
  public boolean has(String name) throws IOException {
    try (Pinned there = pinned.child(name)) {
      return there.descriptor() >= 0;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Opens a regular file to read it; empty when there is none.
   *
   * @throws HostileFileException when there is something else
   */
  public Optional<FileChannel> openFile(String name) throws IOException {
    try (Pinned file = pinned.child(name)) {
      return Optional.of(file.channel(StandardOpenOption.READ));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Opens a regular file to read it and to cut it; empty when there is none.
   *
   * @throws HostileFileException when there is something else, or a file that has another name: it
   *     could be one of somebody who trusts its content
   */
  public Optional<FileChannel> openToCut(String name) throws IOException {
    try (Pinned file = pinned.child(name)) {
      return Optional.of(file.channel(StandardOpenOption.READ, StandardOpenOption.WRITE));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Reads a regular file.
   *
   * @param limit how large it may be
   * @throws NoSuchFileException when there is none
   * @throws HostileFileException when it is larger, or something else
   */
  public byte[] read(String name, int limit) throws IOException {
    try (FileChannel file = openFile(name).orElseThrow(() -> new NoSuchFileException(name))) {
      long size = file.size();
      if (size > limit) {
        throw new HostileFileException(name + " has " + size + " bytes, more than " + limit);
      }
      // It may shrink or grow meanwhile; no more is read than it had.
      var content = ByteBuffer.allocate((int) size);
      while (content.hasRemaining() && file.read(content) >= 0) {
        // until it is full, or the file ends
      }
      return Arrays.copyOf(content.array(), content.position());
    }
  }

  /**
   * Gives a finished file of a directory that only the daemon writes to its place here. What has
   * the name is replaced, whatever it is.
   */
  public void take(Path finished, String name) throws IOException {
    Durable.flush(finished);
    takeForNow(finished, name);
    flush();
  }

  /** As {@link #take}, for what is made anew after the host has lost its power. */
  public void takeForNow(Path finished, String name) throws IOException {
    try (Pinned there = pinned.child(name)) {
      if (there.kind() == Pinned.Kind.DIRECTORY) {
        delete(name);
      }
    } catch (NoSuchFileException e) {
      // the usual case at a VM's first start
    }
    Files.move(
        finished,
        pinned.path().resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Renames; what has the new name is replaced. */
  public void rename(String from, String to) throws IOException {
    Files.move(
        pinned.path().resolve(from),
        pinned.path().resolve(to),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private void flush() throws IOException {
    Durable.flush(pinned.path());
  }

  /** Removes what has a name, whatever it is and has in it; nothing when there is nothing. */
  public void delete(String name) throws IOException {
    try (Pinned there = pinned.child(name)) {
      if (there.kind() == Pinned.Kind.DIRECTORY) {
        HostileTree.delete(pinned.path(), name);
        return;
      }
    } catch (NoSuchFileException e) {
      return;
    }
    Files.deleteIfExists(pinned.path().resolve(name));
  }

  /** Removes a directory with all that is in it; nothing when it is not there. */
  public static void deleteAll(Path directory) throws IOException {
    Path absolute = directory.toAbsolutePath();
    Path above = Objects.requireNonNull(absolute.getParent(), "the root is nobody's directory");
    // Whoever set Kelvin up may have it be a link.
    try (GuestDirectory parent = open(above.toRealPath())) {
      parent.delete(absolute.getFileName().toString());
    } catch (NoSuchFileException e) {
      return; // it is gone with its parent
    } catch (FileSystemException e) {
      // It has names within the directory only.
      Path what = e.getFile() == null ? absolute : absolute.resolve(e.getFile());
      throw new IOException(what + ": " + e.getReason(), e);
    }
  }

  /** Gives a socket in here to a user, once it is one. */
  public void giveSocket(String name, int uid) throws IOException {
    try (Pinned socket = pinned.child(name)) {
      socket.require(Pinned.Kind.SOCKET).give(uid);
    }
  }

  @Override
  public void close() {
    pinned.close();
  }
}
