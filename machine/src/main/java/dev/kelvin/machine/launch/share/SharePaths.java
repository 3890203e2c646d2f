package dev.kelvin.machine.launch.share;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.file.Pinned;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether the directories that a VM wants of the host are there, and may be shared.
 *
 * @param allowed what documents may name
 */
public record SharePaths(Layout layout, HostPaths allowed) {
  /**
   * Looks at every share and at what cards boot from, with symbolic links followed.
   *
   * @throws ProblemException as {@link #hold}
   */
  public void check(VmSpec spec) {
    for (int i = 0; i < spec.shares().size(); i++) {
      hold(spec.shares().get(i).path(), "spec.shares[" + i + "].path").close();
    }
    for (int i = 0; i < spec.nics().size(); i++) {
      Netboot netboot = spec.nics().get(i).netboot();
      if (netboot != null && netboot.directory() != null) {
        hold(netboot.directory(), netbootField(i)).close();
      }
    }
  }

  static String netbootField(int nic) {
    return "spec.nics[" + nic + "].netboot.directory";
  }

  /**
   * Takes hold of a directory, and looks where that is then, wherever its path has led meanwhile.
   *
   * @throws ProblemException forbidden for one that is not allowed; invalid-argument for one that
   *     is no directory, that is within Kelvin's own directories, or has those in it: a guest could
   *     read the secrets of other VMs there, and write
   */
  public Pinned hold(String path, String field) {
    try {
      Pinned pinned = allowed.hold(path, field);
      try {
        check(pinned, path, field);
        return pinned;
      } catch (IOException | RuntimeException e) {
        pinned.close();
        throw e;
      }
    } catch (IOException e) {
      throw Problem.of(Code.INVALID_ARGUMENT, "There is no directory " + path)
          .at(field)
          .because(e.toString())
          .remedy("make it on the host that runs the VM: mkdir -p " + path)
          .asException(e);
    }
  }

  private void check(Pinned pinned, String path, String field) throws IOException {
    if (pinned.kind() != Pinned.Kind.DIRECTORY) {
      throw Problem.of(Code.INVALID_ARGUMENT, path + " is no directory")
          .at(field)
          .because("a guest is given directories, not files")
          .remedy("write the directory that it is in")
          .asException();
    }
    Path place = pinned.place();
    for (Path own : List.of(layout.config(), layout.state(), layout.runtime())) {
      Path kept = real(own);
      if (place.startsWith(kept) || kept.startsWith(place)) {
        throw Problem.of(Code.INVALID_ARGUMENT, path + " cannot be shown to a guest")
            .at(field)
            .because("Kelvin keeps its own files in " + own)
            .remedy("choose a directory that is neither in it nor above it")
            .asException();
      }
    }
  }

  private static Path real(Path directory) {
    try {
      return directory.toRealPath();
    } catch (IOException e) {
      // It is not there yet, so it is no link to elsewhere either.
      return directory.toAbsolutePath().normalize();
    }
  }
}
