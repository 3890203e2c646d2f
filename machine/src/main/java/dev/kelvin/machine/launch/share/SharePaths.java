package dev.kelvin.machine.launch.share;

import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether the directories that a VM wants of the host are there, and may be shared. */
public final class SharePaths {
  private SharePaths() {}

  /**
   * Looks at every share and at what cards boot from, with symbolic links followed.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument for one that is no directory, that
   *     is within Kelvin's own directories, or has those in it: a guest could read the secrets of
   *     other VMs there, and write
   */
  public static void check(VmSpec spec, Layout layout) {
    for (int i = 0; i < spec.shares().size(); i++) {
      check(spec.shares().get(i).path(), "spec.shares[" + i + "].path", layout);
    }
    for (int i = 0; i < spec.nics().size(); i++) {
      Netboot netboot = spec.nics().get(i).netboot();
      if (netboot != null && netboot.directory() != null) {
        check(netboot.directory(), "spec.nics[" + i + "].netboot.directory", layout);
      }
    }
  }

  public static void check(String path, String field, Layout layout) {
    Path real;
    try {
      real = Path.of(path).toRealPath();
    } catch (IOException e) {
      throw Problem.of(Code.INVALID_ARGUMENT, "There is no directory " + path)
          .at(field)
          .because(e.toString())
          .remedy("make it on the host that runs the VM: mkdir -p " + path)
          .asException(e);
    }
    if (!Files.isDirectory(real)) {
      throw Problem.of(Code.INVALID_ARGUMENT, path + " is no directory")
          .at(field)
          .because("a guest is given directories, not files")
          .remedy("write the directory that it is in")
          .asException();
    }
    for (Path own : List.of(layout.config(), layout.state(), layout.runtime())) {
      Path kept = real(own);
      if (real.startsWith(kept) || kept.startsWith(real)) {
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
