package dev.kelvin.machine.qemu;

import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.cell.LiveCell;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.host.program.Programs;
import dev.kelvin.machine.launch.share.SharedDirectories;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.launch.Companion;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The cells of VMs' processes: what each begins with, and what is changed while it runs. */
final class Cells {
  private static final Logger LOG = System.getLogger(Cells.class.getName());

  private final Closures closures = new Closures();
  private final Layout layout;

  Cells(Layout layout) {
    this.layout = layout;
  }

  /**
   * That of a VM's QEMU.
   *
   * @param uid of the VM's user; negative where the daemon cannot give one
   */
  Confinement of(LaunchPlan plan, int uid) throws InterruptedException {
    Path qemu = Path.of(plan.facts().qemuBinary());
    if (ProgramClosure.isKnown(qemu)) {
      return QemuCell.of(plan, uid, closures.of(qemu, plan.facts().files()), layout);
    }
    // Distributions put scripts before some QEMUs; nobody knows which files such a one needs.
    LOG.log(Level.INFO, "{0} is a script: its VMs have no root of their own", qemu);
    var unknown = new ProgramClosure(qemu, Optional.empty(), List.of());
    return QemuCell.of(plan, uid, unknown, layout).without(Set.of(Layer.ROOT, Layer.LANDLOCK));
  }

  /**
   * That of a helper; see {@link #of(LaunchPlan, int)}.
   *
   * @param shared the directories that are held for file servers
   */
  Confinement of(Companion helper, LaunchPlan plan, int uid, SharedDirectories shared)
      throws InterruptedException {
    return switch (helper.kind()) {
      case TPM -> {
        Path program = Programs.require(helper.argv().getFirst());
        yield HelperCell.ofTpm(plan, uid, closures.of(program));
      }
      case FILE_SERVER -> {
        ProgramClosure closure = closures.of(Programs.require(helper.argv().getFirst()));
        yield HelperCell.ofFileServer(
            closure, shared.forServer(helper.name(), plan.spec().shares(), plan.files()::shared));
      }
      case USERS_FILE_SERVER -> HelperCell.ofUsersFileServer();
    };
  }

  /**
   * Lets a QEMU that runs reach what is about to be plugged into it.
   *
   * @throws dev.kelvin.model.ProblemException host-failure when it is gone, or the kernel refuses
   */
  void show(VmRecord vm, ProcessId process, List<View> views) {
    try {
      new LiveCell(process).show(views);
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "QEMU cannot be given the files of the device")
          .on(vm.ref())
          .because(e.getMessage())
          .remedy("try again; see \"kelvin doctor\" and the daemon's log")
          .asException(e);
    }
  }

  /**
   * Takes the volume of a disk from a QEMU that runs: the disk is out. Another VM may have it next,
   * with another user; that it stays visible is a wall less, and no failure.
   */
  void hide(VmRecord vm, ProcessId process, List<Path> volume) {
    try {
      new LiveCell(process).hide(volume);
    } catch (IOException e) {
      LOG.log(Level.WARNING, volume + " stays visible to " + vm.metadata().name(), e);
    }
  }
}
