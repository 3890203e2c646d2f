package dev.kelvin.model;

import java.io.IOException;
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

  private OwnerOnly() {}

  /** Makes a new file so. */
  public static FileAttribute<Set<PosixFilePermission>> attribute() {
    return PosixFilePermissions.asFileAttribute(MODE);
  }

  /**
   * Makes a directory that only its owner enters, unless it is there; its parents are usual ones.
   */
  public static void makeDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      setMode(directory, "rwx------");
    }
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
