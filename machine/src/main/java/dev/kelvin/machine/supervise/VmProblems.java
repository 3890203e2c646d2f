package dev.kelvin.machine.supervise;

import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;

/** Refusals of more than one place. */
public final class VmProblems {
  private VmProblems() {}

  /** Why a VM that has a process is not deleted, unless by force. */
  public static Problem notOff(String name, Phase phase) {
    return Problem.of(Code.WRONG_STATE, "The VM is " + phase.wire())
        .on(Vm.ref(name))
        .because("only a VM without a process can be deleted")
        .remedy(
            "stop it first (\"kelvin stop %1$s\"), or delete it at once (\"kelvin rm --force %1$s\")"
                .formatted(name));
  }
}
