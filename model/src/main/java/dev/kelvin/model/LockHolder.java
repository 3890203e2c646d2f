package dev.kelvin.model;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Finds the process that holds a lock on a file, by the kernel's word (proc_locks(5)).
 *
 * <p>The kernel names the file by device and inode. An inode alone is that of a file on each file
 * system, and the device is not always the one that stat(2) tells: on btrfs each subvolume has one
 * of its own, and inodes of its own. So whoever holds a lock on such an inode must have this very
 * file open.
 *
 * @param proc where the kernel tells about processes
 */
public record LockHolder(Path proc) {
  private static final Logger LOG = System.getLogger(LockHolder.class.getName());

  /** By the kernel of this host. */
  public static LockHolder ofHost() {
    return new LockHolder(Path.of("/proc"));
  }

  /** The pid of the holder; empty when there is none, or it cannot be found out. */
  public OptionalLong of(Path file) {
    try {
      Object key = key(file);
      long device = (long) Files.getAttribute(file, "unix:dev");
      String inode = ":" + Files.getAttribute(file, "unix:ino");
      List<String> locks = Files.readAllLines(proc.resolve("locks"));
      return locks.stream()
          .map(line -> line.trim().split("\\s+"))
          // The fifth word of a line is the pid, the sixth MAJOR:MINOR:INODE. Who waits for a lock
          // has one word more before them.
          .filter(words -> words.length > 5 && words[5].endsWith(inode))
          .filter(words -> hasOpen(words[4], key, words[5].startsWith(device(device) + ":")))
          .mapToLong(words -> Long.parseLong(words[4]))
          .findFirst();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "who holds a lock on " + file, e);
      return OptionalLong.empty();
    }
  }

  /** As the kernel writes a device: in hexadecimal digits, two at least (makedev(3)). */
  private static String device(long device) {
    long major = ((device >>> 8) & 0xfff) | ((device >>> 32) & ~0xfffL);
    long minor = (device & 0xff) | ((device >>> 12) & ~0xffL);
    return "%02x:%02x".formatted(major, minor);
  }

  private static Object key(Path file) throws IOException {
    return Objects.requireNonNull(
        Files.readAttributes(file, BasicFileAttributes.class).fileKey(), "files have inodes");
  }

  /**
   * Whether a process has a file open.
   *
   * @param likely the answer for one whose files only others may see
   */
  private boolean hasOpen(String pid, Object key, boolean likely) {
    if (!pid.matches("[1-9][0-9]*")) {
      return false; // it is in another container, or holds the lock together with others
    }
    try (DirectoryStream<Path> open = Files.newDirectoryStream(proc.resolve(pid).resolve("fd"))) {
      for (Path one : open) {
        if (isFile(one, key)) {
          return true;
        }
      }
      return false;
    } catch (AccessDeniedException e) {
      return likely;
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "which files process " + pid + " has open", e);
      return false;
    }
  }

  private static boolean isFile(Path descriptor, Object key) {
    try {
      return key(descriptor).equals(key);
    } catch (IOException e) {
      LOG.log(Level.TRACE, "a descriptor was closed meanwhile", e);
      return false;
    }
  }
}
