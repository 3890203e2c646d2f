package dev.kelvin.host.process;

import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Which daemon of this host has which user ids for its VMs. Each daemon has a store of its own, and
 * none of them can see that another gave an id away: two VMs of one id could read each other's
 * disks and memory.
 *
 * <p>A claim is a symbolic link, named by the id, that leads to the state directory of the daemon.
 * It is made in one step, exists once, and outlives the daemon and the host's restart, as the files
 * of the VM do. Safe for use by many threads and processes.
 */
public final class UserIdClaims {
  private static final System.Logger LOG = System.getLogger(UserIdClaims.class.getName());

  /** One for all daemons of the host, whatever their homes. */
  public static final Path HOST = Path.of("/var/lib/kelvin-uids");

  private static final String TAKEN_AWAY = ".gone-";

  private final Path directory;
  private final Path state;

  /**
   * Makes the directory if need be, and removes the claims of daemons whose state is gone.
   *
   * @param directory of all claims of the host
   * @param state the state directory of the daemon that claims
   * @throws dev.kelvin.model.ProblemException host-failure
   */
  public UserIdClaims(Path directory, Path state) {
    this.directory = directory;
    this.state = state.toAbsolutePath().normalize();
    try {
      Files.createDirectories(directory);
      OwnerOnly.setMode(directory, "rwx------");
      prune();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Takes an id; one that is the daemon's already stays so.
   *
   * @return false when another daemon has it
   */
  public boolean claim(int uid) {
    Path link = directory.resolve(Integer.toString(uid));
    try {
      while (true) {
        try {
          Files.createSymbolicLink(link, state);
          return true;
        } catch (FileAlreadyExistsException e) {
          // Usually it is ours.
        }
        try {
          return Files.readSymbolicLink(link).equals(state);
        } catch (NoSuchFileException e) {
          // Its owner has just let go of it.
        }
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Gives an id back whose VM has no files any more; nothing when it is another daemon's. */
  public void release(int uid) {
    Path link = directory.resolve(Integer.toString(uid));
    try {
      if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(state)) {
        Files.deleteIfExists(link);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** All claims, the daemon's own and those of others. */
  public Set<Integer> all() {
    var all = new HashSet<Integer>();
    try (var links = Files.newDirectoryStream(directory, "[0-9]*")) {
      links.forEach(link -> all.add(Integer.parseInt(link.getFileName().toString())));
    } catch (IOException e) {
      throw failed(e);
    }
    return all;
  }

  /** The user ids of all processes that there are, real and effective ones. */
  public static Set<Integer> ofProcesses() {
    var all = new HashSet<Integer>();
    try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path entry : entries) {
        try {
          Users.Ids ids = Users.ids(Long.parseLong(entry.getFileName().toString()));
          all.addAll(List.of(ids.real(), ids.effective(), ids.saved(), ids.fileSystem()));
        } catch (IOException e) {
          // It ended while it was looked at.
          LOG.log(System.Logger.Level.TRACE, () -> entry + " is gone: " + e);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("listing /proc", e);
    }
    return all;
  }

  /** The owners of what is in a directory. */
  public static Set<Integer> ofFiles(Path parent) {
    var all = new HashSet<Integer>();
    if (!Files.isDirectory(parent)) {
      return all;
    }
    try (var entries = Files.newDirectoryStream(parent)) {
      for (Path entry : entries) {
        try {
          all.add((Integer) Files.getAttribute(entry, "unix:uid", LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
          LOG.log(System.Logger.Level.TRACE, () -> entry + " is gone: " + e);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("listing " + parent, e);
    }
    return all;
  }

  /** Claims of daemons whose state directory is no more, nor a process with the id. */
  private void prune() throws IOException {
    var stale = new HashSet<Path>();
    try (var links = Files.newDirectoryStream(directory, "[0-9]*")) {
      for (Path link : links) {
        if (isGone(link)) {
          stale.add(link);
        }
      }
    }
    if (stale.isEmpty()) {
      return;
    }
    Set<Integer> living = ofProcesses();
    for (Path link : stale) {
      int uid = Integer.parseInt(link.getFileName().toString());
      if (!living.contains(uid)) {
        remove(link);
      }
    }
  }

  private static boolean isGone(Path link) {
    try {
      return Files.notExists(Files.readSymbolicLink(link), LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      // What cannot be read is somebody's.
      LOG.log(System.Logger.Level.DEBUG, () -> "the claim " + link + " stays: " + e);
      return false;
    }
  }

  /** By way of another name: somebody may have removed it before, and a third have claimed it. */
  private void remove(Path link) throws IOException {
    Path aside = directory.resolve(TAKEN_AWAY + UUID.randomUUID());
    try {
      Files.move(link, aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return;
    }
    if (isGone(aside)) {
      LOG.log(
          System.Logger.Level.INFO,
          "User id {0} is free: {1} is gone",
          link.getFileName(),
          Files.readSymbolicLink(aside));
    } else {
      Files.createSymbolicLink(link, Files.readSymbolicLink(aside));
    }
    Files.deleteIfExists(aside);
  }

  private RuntimeException failed(IOException why) {
    return Problem.of(Code.HOST_FAILURE, "User ids for VMs cannot be claimed")
        .on(directory.toString())
        .because(why.toString())
        .remedy("check the room and the permissions there; it is root's alone")
        .asException(why);
  }
}
