package dev.kelvin.machine.store;

import dev.kelvin.model.spec.Power;
import org.jspecify.annotations.Nullable;

/**
 * What a task is to make of a VM: the draft that tasks which create and change VMs have. Its id is
 * given already, so that a repeated step finds what it made.
 *
 * @param before what undoing goes back to; null for a VM that is created
 */
public record VmChange(@Nullable VmRecord before, VmRecord wanted) {
  public static VmChange creating(VmRecord vm) {
    return new VmChange(null, vm);
  }

  public String id() {
    return wanted.metadata().id();
  }

  /** Whether it takes space on the disk: one that takes out disks is what a full disk needs. */
  public boolean takesSpace() {
    if (before == null) {
      return true;
    }
    boolean starts =
        wanted.spec().power() == Power.RUNNING && before.spec().power() != Power.RUNNING;
    return starts || !before.spec().disks().containsAll(wanted.spec().disks());
  }
}
