package dev.kelvin.it.fault;

import dev.kelvin.host.Commands;
import dev.kelvin.host.Commands.Command;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** File systems that tests may fill, freeze and break. */
final class Disks {
  private Disks() {}

  /** Runs a program of the host, which has to succeed. */
  static String run(String... argv) throws InterruptedException {
    var result = new Commands().run(Command.of(argv));
    if (!result.ok()) {
      throw new AssertionError(String.join(" ", argv) + ": " + result.stderr());
    }
    return result.stdout().strip();
  }

  /** Mounts a file system in memory; closing it unmounts it. */
  static Closeable memory(Path place, String size) throws IOException, InterruptedException {
    requireRoot();
    Files.createDirectories(place);
    run("mount", "-t", "tmpfs", "-o", "size=" + size + ",mode=0711", "tmpfs", place.toString());
    return () -> unmount(place);
  }

  /**
   * Mounts a file system in a file, on a block device of its own; closing it unmounts it and
   * removes both.
   */
  static Closeable block(Path file, Path place) throws IOException, InterruptedException {
    requireRoot();
    Files.createDirectories(place);
    run("truncate", "-s", "64M", file.toString());
    run("mkfs.ext4", "-q", file.toString());
    run("mount", "-o", "loop,errors=remount-ro", file.toString(), place.toString());
    run("chmod", "0711", place.toString());
    return () -> {
      unmount(place);
      Files.deleteIfExists(file);
    };
  }

  private static void unmount(Path place) throws IOException {
    try {
      run("umount", "-l", place.toString());
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Lets every write to the file system wait, as a disk that does not answer. */
  static Closeable freeze(Path place) throws InterruptedException {
    run("fsfreeze", "--freeze", place.toString());
    return () -> {
      try {
        run("fsfreeze", "--unfreeze", place.toString());
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    };
  }

  private static void requireRoot() throws IOException {
    boolean root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    Assumptions.assumeTrue(root, "mounting file systems takes root");
  }
}
