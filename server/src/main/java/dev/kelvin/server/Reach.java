package dev.kelvin.server;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import org.jspecify.annotations.Nullable;

/** Whether the users that VMs run as can come to a directory. */
final class Reach {
  private Reach() {}

  /**
   * @throws dev.kelvin.model.ProblemException invalid-argument, naming the directory that is closed
   */
  static void check(Path directory) throws IOException {
    for (@Nullable Path at = directory.toRealPath(); at != null; at = at.getParent()) {
      if (!Files.getPosixFilePermissions(at).contains(PosixFilePermission.OTHERS_EXECUTE)) {
        throw Problem.of(Code.INVALID_ARGUMENT, "VMs could not reach their files")
            .on(directory.toString())
            .because("each VM runs as a user of its own, and " + at + " is closed to others")
            .remedy(
                "set KELVIN_HOME to a directory that others can pass through, such as one below"
                    + " /srv, or run: chmod o+x "
                    + at)
            .asException();
      }
    }
  }
}
