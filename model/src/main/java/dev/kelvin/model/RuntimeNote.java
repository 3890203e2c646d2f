package dev.kelvin.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where a user's daemon has its sockets, noted in its state directory. One session of a user has
 * {@code XDG_RUNTIME_DIR} and another ({@code su}, cron) has not: both mean the same daemon and the
 * same VMs, whose sockets stay where they are. So the directory that is noted is used as long as
 * something is in it.
 *
 * <p>Whoever could change the note, or the directory, could stand in for the daemon: both have to
 * be this user's, with nobody else able to write there.
 */
public final class RuntimeNote {
  private static final Logger LOG = System.getLogger(RuntimeNote.class.getName());
  private static final String NAME = "runtime";

  /** More is no path that sockets could be below. */
  private static final int LONGEST = Layout.MAX_RUNTIME_LENGTH;

  private RuntimeNote() {}

  /** The run-time directory that is in use with this state directory; empty when none is. */
  static Optional<Path> read(Path state) {
    Path note = state.resolve(NAME);
    try {
      if (!isOwn(state) || !isOwn(note) || !Files.isRegularFile(note, LinkOption.NOFOLLOW_LINKS)) {
        return Optional.empty();
      }
      if (Files.size(note) > LONGEST) {
        return Optional.empty();
      }
      String text = Files.readString(note, StandardCharsets.UTF_8);
      Path directory = Path.of(text);
      return text.startsWith("/") && isOwn(directory) && isUsed(directory)
          ? Optional.of(directory)
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      // What cannot be understood leads nowhere; the next daemon writes it anew.
      LOG.log(Level.DEBUG, "where the sockets of " + state + " are", e);
      return Optional.empty();
    }
  }

  /** Notes where the sockets of a layout are; its daemon does, before it makes them. */
  public static void write(Layout layout) throws IOException {
    Path note = layout.state().resolve(NAME);
    byte[] text = layout.runtime().toString().getBytes(StandardCharsets.UTF_8);
    if (Files.isRegularFile(note, LinkOption.NOFOLLOW_LINKS)
        && Files.size(note) == text.length
        && Files.readString(note).equals(layout.runtime().toString())) {
      return;
    }
    Path fresh = note.resolveSibling(NAME + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(fresh, OwnerOnly.attribute());
    Files.write(fresh, text);
    Files.move(fresh, note, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** A daemon's socket, or what a VM has while it runs. */
  private static boolean isUsed(Path directory) throws IOException {
    if (Files.exists(directory.resolve("api.sock"), LinkOption.NOFOLLOW_LINKS)) {
      return true;
    }
    try (Stream<Path> vms = Files.list(directory.resolve("vms"))) {
      return vms.findAny().isPresent();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Whether a file or directory is this process's user's, and nobody else may write to it. */
  static boolean isOwn(Path path) {
    try {
      var attributes =
          Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      Set<PosixFilePermission> mode = attributes.permissions();
      return Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(uid())
          && !mode.contains(PosixFilePermission.GROUP_WRITE)
          && !mode.contains(PosixFilePermission.OTHERS_WRITE);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "whose " + path + " is", e);
      return false;
    }
  }

  private static Object uid() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new UncheckedIOException("who runs this", e);
    }
  }
}
