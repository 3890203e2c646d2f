package dev.kelvin.cli.file;

import dev.kelvin.cli.Interrupts;
import dev.kelvin.model.OwnerOnly;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Files that are written beside their place and renamed when they are whole: what was there stays
 * until then, and nothing is left of one that was broken off, by Ctrl-C or SIGTERM either.
 */
public final class NewFile implements AutoCloseable {
  private final AtomicReference<@Nullable Path> part = new AtomicReference<>();
  private final Interrupts.Work work;

  public NewFile() {
    this.work = Interrupts.during(this::remove);
  }

  /**
   * Writes a file. One that is there keeps its mode, and its owner where this process may give it;
   * what is neither a file nor absent, as a pipe, is written to.
   */
  public void write(Path target, InputStream content) throws IOException {
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      try (var out = Files.newOutputStream(target)) {
        content.transferTo(out);
      }
      return;
    }
    if (!Files.exists(target)) {
      put(target, content, null, false);
      return;
    }
    Path place = target.toRealPath();
    put(place, content, Files.getPosixFilePermissions(place), true);
  }

  /** Writes a file in place of whatever is there, links not followed. */
  public void replace(Path place, InputStream content, Set<PosixFilePermission> permissions)
      throws IOException {
    put(place, content, permissions, false);
  }

  /**
   * Does it.
   *
   * @param permissions null for the usual ones of this process
   * @param sameOwner whether it shall belong to whom the one at its place belongs to
   */
  private void put(
      Path place,
      InputStream content,
      @Nullable Set<PosixFilePermission> permissions,
      boolean sameOwner)
      throws IOException {
    Path aside = aside(place);
    part.set(aside);
    try {
      if (permissions == null) {
        Files.createFile(aside);
      } else {
        Files.createFile(aside, OwnerOnly.attribute());
      }
      try (var out = Files.newOutputStream(aside)) {
        content.transferTo(out);
      }
      if (sameOwner) {
        keepOwner(place, aside);
      }
      if (permissions != null) {
        Files.setPosixFilePermissions(aside, permissions);
      }
      Files.move(aside, place, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      remove();
    }
  }

  /** Makes another name of a file, in place of whatever is there. */
  public void link(Path place, Path existing) throws IOException {
    Path aside = aside(place);
    part.set(aside);
    try {
      Files.createLink(aside, existing);
      Files.move(aside, place, StandardCopyOption.ATOMIC_MOVE);
      // Where both are the same file already, a rename does nothing (rename(2)).
    } finally {
      remove();
    }
  }

  private static Path aside(Path place) {
    String name = String.valueOf(place.getFileName());
    String known = name.length() <= 60 ? name : name.substring(0, 60);
    return place.resolveSibling("." + known + ".kelvin-" + UUID.randomUUID());
  }

  private static void keepOwner(Path place, Path aside) throws IOException {
    Object user = Files.getAttribute(place, "unix:uid");
    Object group = Files.getAttribute(place, "unix:gid");
    boolean root = Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    if (root) { // nobody else may
      Files.setAttribute(aside, "unix:uid", user);
      Files.setAttribute(aside, "unix:gid", group);
    }
  }

  private void remove() {
    Path left = part.getAndSet(null);
    if (left != null) {
      try {
        Files.deleteIfExists(left);
      } catch (IOException e) {
        System.err.println("Note: " + left + " is left over: " + e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    work.close();
  }
}
