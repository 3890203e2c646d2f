package dev.kelvin.model;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files and directories that only their owner reads and writes. */
public final class OwnerOnly {
  private static final Set<PosixFilePermission> MODE =
      Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private static final String NEW = "rwx------";
  private static final String PASSABLE = "rwx--x--x";

  private OwnerOnly() {}

  /** Makes a new file so. */
  public static FileAttribute<Set<PosixFilePermission>> attribute() {
    return PosixFilePermissions.asFileAttribute(MODE);
  }

  /** Makes a directory that only its owner enters, unless it is there. */
  public static void makeDirectory(Path directory) throws IOException {
    makeDirectory(directory, "rwx------");
  }

  /**
   * Makes a directory unless it is there, and those that it is in, through which others may pass
   * without listing or changing anything. None of that depends on the umask, and none has another
   * mode for a moment that lets somebody in.
   *
   * @param mode of the last one, such as {@code rwx--x--x}
   */
  public static void makeDirectory(Path directory, String mode) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      makeDirectory(parent, PASSABLE);
    }
    try {
      Files.createDirectory(
          directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(NEW)));
    } catch (FileAlreadyExistsException e) {
      if (Files.isDirectory(directory)) {
        return; // Somebody else, such as a daemon that starts, was faster.
      }
      throw e;
    }
    setMode(directory, mode);
  }

  /**
   * Gives a file or directory this mode, unless it has it: on a full disk even a change that
   * changes nothing may find no room.
   *
   * @param mode such as {@code rwx--x--x}
   */
  public static void setMode(Path path, String mode) throws IOException {
    Set<PosixFilePermission> wanted = PosixFilePermissions.fromString(mode);
    if (!Files.getPosixFilePermissions(path).equals(wanted)) {
      Files.setPosixFilePermissions(path, wanted);
    }
  }

  /** Takes everybody else's access to a file away; true when somebody had some. */
  public static boolean restrict(Path file) throws IOException {
    if (MODE.containsAll(Files.getPosixFilePermissions(file))) {
      return false;
    }
    Files.setPosixFilePermissions(file, MODE);
    return true;
  }
}
