package dev.kelvin.host.file;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Removes a tree that somebody who is not trusted has made, and may still change. Each name is
 * looked up in an open directory, so that nothing outside is reached whatever is swapped for a link
 * meanwhile; and directories are first brought to the top, so that no depth exhausts stack or
 * descriptors.
 */
final class HostileTree {
  /** Whoever puts something in again and again gives up, or is given up on. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** How many names are held: a directory may have more than there is memory for. */
  private static final int AT_ONCE = 1000;

  private HostileTree() {}

  /** Removes a directory. */
  static void delete(Path parent, String name) throws IOException {
    try (var above = secure(parent)) {
      Path tree = Path.of(name);
      try (var top = above.newDirectoryStream(tree, LinkOption.NOFOLLOW_LINKS)) {
        empty(top, name);
      }
      above.deleteDirectory(tree);
    }
  }

  /**
   * The directory behind a path that is trusted, such as the one below {@code /proc/self/fd} of one
   * that is held.
   */
  @SuppressWarnings("StreamResourceLeak") // Its caller closes it.
  private static SecureDirectoryStream<Path> secure(Path directory) throws IOException {
    DirectoryStream<Path> stream = Files.newDirectoryStream(directory);
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return secure;
    }
    stream.close();
    throw new IOException("this Java reads no directory by its descriptor");
  }

  private static void empty(SecureDirectoryStream<Path> top, String name) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    var entries = new ArrayDeque<>(names(top));
    while (!entries.isEmpty()) {
      while (!entries.isEmpty()) {
        if (System.nanoTime() > end) {
          throw new IOException(
              name + " has more than can be removed in " + PATIENCE.toSeconds() + " s");
        }
        remove(top, entries.remove());
      }
      entries.addAll(names(top));
    }
  }

  /** Some of the names that are there now; none when it is empty. */
  private static List<Path> names(SecureDirectoryStream<Path> directory) throws IOException {
    // A stream tells the names once; one of the same directory tells them again.
    try (var again = directory.newDirectoryStream(Path.of("."), LinkOption.NOFOLLOW_LINKS)) {
      var names = new ArrayList<Path>();
      for (Path entry : again) {
        names.add(entry.getFileName());
        if (names.size() == AT_ONCE) {
          break;
        }
      }
      return names;
    }
  }

  /** Removes a file, or a directory with its files; the directories in it come to the top. */
  private static void remove(SecureDirectoryStream<Path> top, Path entry) throws IOException {
    try {
      if (!isDirectory(top, entry)) {
        top.deleteFile(entry);
        return;
      }
      try (var inner = top.newDirectoryStream(entry, LinkOption.NOFOLLOW_LINKS)) {
        for (Path below : names(inner)) {
          if (isDirectory(inner, below)) {
            // What is at the top is found there again.
            inner.move(below, top, Path.of("." + UUID.randomUUID()));
          } else {
            inner.deleteFile(below);
          }
        }
        if (!names(inner).isEmpty()) {
          return; // the next round goes on
        }
      }
      top.deleteDirectory(entry);
    } catch (NoSuchFileException e) {
      return; // somebody else has removed it
    }
  }

  private static boolean isDirectory(SecureDirectoryStream<Path> in, Path entry)
      throws IOException {
    return in.getFileAttributeView(entry, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .readAttributes()
        .isDirectory();
  }
}
