package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Cdrom;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the CD drive that a user means. */
final class Drives {
  private Drives() {}

  /** The drive that is named, or the only one that the VM has. */
  static String choose(Session session, String vm, @Nullable String named) {
    if (named != null) {
      return named;
    }
    List<String> drives =
        session.client().vm(vm).spec().cdroms().stream().map(Cdrom::name).toList();
    if (drives.size() == 1) {
      return drives.getFirst();
    }
    throw Problem.of(Code.INVALID_ARGUMENT, "Which CD drive is meant")
        .on(Vm.ref(vm))
        .because(drives.isEmpty() ? "the VM has none" : "it has " + String.join(", ", drives))
        .remedy(drives.isEmpty() ? "add one: kelvin edit " + vm : "name it with --drive")
        .asException();
  }
}
