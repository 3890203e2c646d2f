package dev.kelvin.it.fault;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Programs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  /** Mounts ext4 on a block device of its own; closing it unmounts and removes it. */
  static Closeable ext4(Path place) throws IOException, InterruptedException {
    return block(place, "64M", "errors=remount-ro", "mkfs.ext4", "-q");
  }

  /** As {@link #ext4}, with a file system that copies on write; skipped where none can be made. */
  static Closeable btrfs(Path place, String... options) throws IOException, InterruptedException {
    Assumptions.assumeTrue(Files.exists(Path.of("/sbin/mkfs.btrfs")), "btrfs-progs are missing");
    if (Programs.find("modprobe").isPresent()) {
      var _ = new Commands().run(Command.of("modprobe", "btrfs")); // fails where it is built in
    }
    boolean known = Files.readString(Path.of("/proc/filesystems")).contains("\tbtrfs");
    Assumptions.assumeTrue(known, "the kernel has no btrfs");
    var make = new ArrayList<>(List.of("mkfs.btrfs", "-q"));
    make.addAll(List.of(options));
    return block(place, "256M", "rw", make.toArray(String[]::new));
  }

  private static Closeable block(Path place, String size, String options, String... make)
      throws IOException, InterruptedException {
    requireRoot();
    Files.createDirectories(place);
    Path file = Files.createTempFile("kelvin-it-", ".disk");
    try {
      run("truncate", "-s", size, file.toString());
      var argv = new ArrayList<>(List.of(make));
      argv.add(file.toString());
      run(argv.toArray(String[]::new));
      run("mount", "-o", "loop," + options, file.toString(), place.toString());
    } catch (AssertionError | InterruptedException e) {
      Files.delete(file);
      throw e;
    }
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

  /** Lets it give back what was deleted, which btrfs else does within half a minute. */
  static void sync(Path place) throws InterruptedException {
    run("sync", "--file-system", place.toString());
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
