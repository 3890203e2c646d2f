package dev.kelvin.host.net;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Finds out which process listens at a TCP port of this host. */
public final class PortHolder {
  private static final Logger LOG = System.getLogger(PortHolder.class.getName());
  private static final Path PROC = Path.of("/proc");

  /** In the kernel's tables: the address, the state, the user and the inode of a socket. */
  private static final int LOCAL = 1;

  private static final int STATE = 3;
  private static final int UID = 7;
  private static final int INODE = 9;
  private static final String LISTENS = "0A";

  private PortHolder() {}

  private record Listeners(Set<String> sockets, Set<String> users) {}

  /** Such as {@code python3 (pid 4711)} or {@code user 1000}; empty when nobody is found. */
  public static String of(int port) {
    var found = new Listeners(new HashSet<>(), new HashSet<>());
    for (String table : new String[] {"net/tcp", "net/tcp6"}) {
      try {
        for (String line : Files.readAllLines(PROC.resolve(table))) {
          note(line.strip().split("\\s+"), port, found);
        }
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "reading " + table, e);
      }
    }
    return process(found.sockets())
        .orElseGet(
            () -> found.users().stream().sorted().findFirst().map(u -> "user " + u).orElse(""));
  }

  private static void note(String[] fields, int port, Listeners found) {
    if (fields.length > INODE
        && fields[STATE].equals(LISTENS)
        && fields[LOCAL].endsWith(":%04X".formatted(port))) {
      found.sockets().add("socket:[" + fields[INODE] + "]");
      found.users().add(fields[UID]);
    }
  }

  private static Optional<String> process(Set<String> sockets) {
    if (sockets.isEmpty()) {
      return Optional.empty();
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(PROC, "[1-9]*")) {
      for (Path process : all) {
        if (has(process, sockets)) {
          return Optional.of(name(process) + " (pid " + process.getFileName() + ")");
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      LOG.log(Level.DEBUG, "looking at processes", e);
    }
    return Optional.empty();
  }

  private static boolean has(Path process, Set<String> sockets) {
    try (DirectoryStream<Path> open = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : open) {
        if (sockets.contains(Files.readSymbolicLink(descriptor).toString())) {
          return true;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // Another user's, or just gone.
      LOG.log(Level.TRACE, () -> "not looked at: " + process);
    }
    return false;
  }

  private static String name(Path process) {
    try {
      // Whoever made the process chose its name.
      return Files.readString(process.resolve("comm")).strip().replaceAll("[^ -~]", "?");
    } catch (IOException e) {
      return "a process";
    }
  }
}
