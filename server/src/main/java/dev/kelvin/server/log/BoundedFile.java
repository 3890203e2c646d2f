package dev.kelvin.server.log;

import dev.kelvin.model.OwnerOnly;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A file to which this process and those before it append. When it is long, what it has is put into
 * one beside it, in place of what was there, and it begins anew. It is never moved itself: whoever
 * started this process has it open, and the JVM writes to it, too.
 */
final class BoundedFile {
  private final Path file;
  private final long most;

  BoundedFile(Path file, long most) {
    this.file = file;
    this.most = most;
  }

  /** Whether the standard error of this process goes there. */
  boolean isStandardError() {
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          && Files.isSameFile(Path.of("/proc/self/fd/2"), file);
    } catch (IOException e) {
      return false;
    }
  }

  /** Keeps it from everybody else: it names VMs, users and addresses. */
  void restrict() throws IOException {
    var _ = OwnerOnly.restrict(file);
  }

  /**
   * Begins anew if it is long; returns how long it is. What cannot be put beside it, as on a full
   * disk, is lost: a log must not take what the store needs there.
   */
  long bound() throws IOException {
    long size = Files.size(file);
    if (size < most) {
      return size;
    }
    try (var from = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      try {
        keep(from, size);
      } finally {
        from.truncate(0);
      }
    }
    return 0;
  }

  private void keep(FileChannel from, long size) throws IOException {
    Path last = file.resolveSibling(file.getFileName() + ".1");
    Files.deleteIfExists(last);
    try (var to =
        FileChannel.open(
            last,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            OwnerOnly.attribute())) {
      // The end of it, should something have written without end.
      long at = Math.max(0, size - 2 * most);
      while (at < size) {
        long moved = from.transferTo(at, size - at, to);
        if (moved <= 0) {
          break;
        }
        at += moved;
      }
    }
  }
}
