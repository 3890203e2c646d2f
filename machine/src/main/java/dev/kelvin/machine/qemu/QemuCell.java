package dev.kelvin.machine.qemu;

import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Confinement.Device;
import dev.kelvin.host.cell.Confinement.Identity;
import dev.kelvin.host.cell.Confinement.Later;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.ReadWrite;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Confinement.Workplace;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.launch.ProgramViews;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.Layout;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.qemu.BlockSource;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.VmFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What a VM's QEMU may reach: its program with what belongs to it, the VM's own disks, images,
 * firmware and sockets, and a handful of devices.
 */
final class QemuCell {
  /**
   * Of each thread that serves disks; QEMU's usual {@code thread-pool-max} (qom.json). QEMU aborts
   * where it gets no thread: so the limit is far above what a VM needs.
   */
  private static final int AIO_WORKERS = 64;

  /** How many threads that serve disks may be plugged in. */
  private static final int PLUGGED_LATER = 8;

  /** For displays, io_uring, and the VM's helpers; a guess that is far too large. */
  private static final int OTHER_THREADS = 512;

  /** Each connection of a guest's user-mode network is one; so is each client of a screen. */
  private static final long OPEN_FILES = 16_384;

  private static final String RESOLVERS = "/etc/resolv.conf";

  /** How names are resolved, for a user-mode network, and what time it is here. */
  private static final List<String> SETTINGS = List.of(RESOLVERS, "/etc/hosts", "/etc/localtime");

  private QemuCell() {}

  /**
   * The cell of a VM.
   *
   * @param uid of the VM's user; negative where the daemon cannot give one
   * @param closure of the QEMU that the plan names
   */
  static Confinement of(LaunchPlan plan, int uid, ProgramClosure closure, Layout layout) {
    List<View> views = ProgramViews.of(closure);
    ProgramViews.there(SETTINGS).map(ReadOnly::new).forEach(views::add);
    if (uid < 0) {
      // There is no root of its own, and what replaces the file shall be read, too.
      ProgramViews.there(List.of(RESOLVERS))
          .flatMap(QemuCell::directory)
          .map(ReadOnly::new)
          .forEach(views::add);
    }
    if (plan.accelerator().equals("kvm")) {
      views.add(new Device(Path.of("/dev/kvm")));
    }
    views.addAll(ofVm(plan));
    views.add(new Later(layout.volumes(), true));
    views.add(new Later(layout.images(), false));
    views.addAll(disks(plan));
    // A user-mode network is QEMU's own: its connections are those of the process. A card can be
    // plugged in at any time.
    return whole(views, plan, uid, true);
  }

  /** With all walls that there are. */
  static Confinement whole(List<View> views, LaunchPlan plan, int uid, boolean network) {
    return new Confinement(
        views,
        uid < 0 ? null : new Identity(uid, List.of()),
        network,
        limits(plan, uid),
        EnumSet.allOf(Layer.class));
  }

  /** Without a user of its own there is no limit of threads: the user's other programs count. */
  private static Limits limits(LaunchPlan plan, int uid) {
    int busy = AIO_WORKERS * (plan.spec().disks().size() + PLUGGED_LATER);
    long tasks = (long) plan.spec().cpu().count() + busy + OTHER_THREADS;
    return new Limits(uid < 0 ? Limits.NONE : tasks, OPEN_FILES, Limits.NONE, Limits.NONE);
  }

  private static Stream<Path> directory(Path file) {
    try {
      return Stream.ofNullable(file.toRealPath().getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(file + " was there", e);
    }
  }

  private static List<View> ofVm(LaunchPlan plan) {
    VmFiles files = plan.files();
    var views = new ArrayList<View>();
    views.add(new Workplace(files.runtime()));
    if (Files.exists(files.nvram())) {
      views.add(new ReadWrite(files.nvram()));
    }
    UefiFirmware firmware = plan.uefi();
    if (firmware != null && plan.spec().firmware().type() == FirmwareType.UEFI) {
      views.add(new ReadOnly(Path.of(firmware.code())));
    }
    if (plan.seed()) {
      views.add(new ReadOnly(files.seed()));
    }
    plan.spec().nics().stream()
        .map(Nic::netboot)
        .filter(Objects::nonNull)
        .map(Netboot::directory)
        .filter(Objects::nonNull)
        .map(Path::of)
        .map(ReadOnly::new)
        .forEach(views::add);
    Boot boot = plan.spec().boot();
    Stream.of(boot.kernel(), boot.initrd())
        .filter(Objects::nonNull)
        .map(Path::of)
        .map(ReadOnly::new)
        .forEach(views::add);
    return views;
  }

  /** Their volumes, the images below them, and what is in the CD drives. */
  private static List<View> disks(LaunchPlan plan) {
    var views = new ArrayList<View>();
    for (BlockSource disk : plan.disks().values()) {
      views.addAll(volume(disk));
    }
    plan.media().values().stream().distinct().map(ReadOnly::new).forEach(views::add);
    return views;
  }

  /** A volume and what is below it. */
  static List<View> volume(BlockSource volume) {
    var views = new ArrayList<View>();
    views.add(new ReadWrite(Path.of(volume.path())));
    if (volume.backing() != null) {
      views.add(new ReadOnly(Path.of(volume.backing())));
    }
    return views;
  }
}
