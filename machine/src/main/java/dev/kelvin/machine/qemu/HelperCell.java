package dev.kelvin.machine.qemu;

import dev.kelvin.host.cell.Capability;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Confinement.Held;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Confinement.Workplace;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.launch.ProgramViews;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.qemu.LaunchPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What the processes may reach that serve a VM's QEMU. */
final class HelperCell {
  /** Each file that the guest knows of is one: what file servers ask for, with no such limit. */
  private static final long SERVED_FILES = 1_000_000;

  /** From which file servers tell how many files they may open; without them they do not start. */
  private static final List<String> SETTINGS =
      List.of("/proc/sys/fs/file-max", "/proc/sys/fs/nr_open");

  /**
   * What acting as each of the guest's users takes, and to give up the last two of these: the
   * server does so itself when it has shut itself into the directory. It can make no device and no
   * program with capabilities, trace nobody and mount nothing.
   */
  private static final Set<Capability> OF_FILE_SERVER = Set.of(Capability.values());

  private HelperCell() {}

  /**
   * The cell of a TPM: its state and its socket.
   *
   * @param closure of the emulator's program
   */
  static Confinement ofTpm(LaunchPlan plan, int uid, ProgramClosure closure) {
    List<View> views = ProgramViews.of(closure);
    views.add(new Workplace(plan.files().runtime()));
    views.add(new Workplace(plan.files().tpmState()));
    return QemuCell.whole(views, plan, uid, false);
  }

  /**
   * The cell of root's file server: its program and the directory. It has not even its socket,
   * which listens already; so it reaches no other one of the VM's.
   *
   * @param closure of the server's program
   * @param directory what it serves
   */
  static Confinement ofFileServer(ProgramClosure closure, Held directory) {
    List<View> views = ProgramViews.of(closure);
    SETTINGS.stream().map(Path::of).filter(Files::exists).map(ReadOnly::new).forEach(views::add);
    views.add(directory);
    return new Confinement(
        views,
        null,
        false,
        new Limits(Limits.NONE, SERVED_FILES, Limits.NONE, Limits.NONE, true),
        EnumSet.allOf(Layer.class),
        OF_FILE_SERVER);
  }

  /**
   * The cell of an ordinary user's file server: it has that user's rights, and needs a namespace of
   * users to shut itself into the directory.
   */
  static Confinement ofUsersFileServer() {
    return new Confinement(
        List.of(),
        null,
        false,
        Limits.none(),
        EnumSet.of(Layer.NO_NEW_PRIVILEGES, Layer.IPC, Layer.UTS, Layer.CGROUP, Layer.NETWORK));
  }
}
