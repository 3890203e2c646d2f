package dev.kelvin.machine.qemu;

import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.machine.engine.Engine.Saver;
import dev.kelvin.machine.engine.SpecDiff;
import dev.kelvin.machine.engine.SpecDiff.LiveChange;
import dev.kelvin.machine.launch.port.PortPool;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.BlockSource;
import dev.kelvin.qemu.DeviceIds;
import dev.kelvin.qemu.DevicePlace;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the changes that a running VM takes, one after the other. A device is on record before it
 * is plugged in and until it is out: so whatever the guest may have is known, and its volume kept,
 * also when the daemon dies in the middle or QEMU plugs it in after the time for its answer.
 */
final class LiveChanges {
  private static final Logger LOG = System.getLogger(LiveChanges.class.getName());

  /** How long a guest may take to let go of a device. */
  private static final Duration UNPLUG_DEADLINE = Duration.ofSeconds(30);

  private final VmLauncher launcher;
  private final VmRecord wanted;
  private final boolean back;

  /**
   * @param back whether this undoes an update: what others have taken since is left out, and the
   *     difference is on record
   */
  LiveChanges(VmLauncher launcher, VmRecord wanted, boolean back) {
    this.launcher = launcher;
    this.wanted = wanted;
    this.back = back;
  }

  /**
   * Makes the changes.
   *
   * @param save called with what now runs, after each change or before it
   */
  void apply(QemuInstance running, Saver save) throws InterruptedException {
    QemuInstance now = settle(running);
    if (!now.run().equals(running.run())) {
      save.accept(now);
    }
    for (LiveChange change : SpecDiff.between(now.run().spec(), wanted.spec()).live()) {
      now = apply(now, change, save);
    }
  }

  /** Brings the record and what is plugged in together, after a change that was cut off. */
  private QemuInstance settle(QemuInstance now) throws InterruptedException {
    RunRecord run = now.run();
    VmSpec spec = run.spec();
    Set<String> plugged = now.qemu().devices();
    Set<String> recorded = run.devices().stream().map(DevicePlace::id).collect(Collectors.toSet());
    Set<String> ofSpec =
        Stream.concat(
                spec.disks().stream().map(disk -> DeviceIds.DISK + disk.name()),
                spec.nics().stream().map(nic -> DeviceIds.NIC + nic.name()))
            .collect(Collectors.toSet());
    // Nobody knows which volume or network is behind one of these.
    Set<String> strange =
        plugged.stream()
            .filter(id -> id.startsWith(DeviceIds.DISK) || id.startsWith(DeviceIds.NIC))
            .filter(id -> !ofSpec.contains(id) || !recorded.contains(id))
            .collect(Collectors.toSet());
    pullOut(now, names(strange, DeviceIds.DISK), names(strange, DeviceIds.NIC));
    // An earlier daemon had them in the spec only.
    Set<String> wanted =
        Stream.concat(recorded.stream(), ofSpec.stream()).collect(Collectors.toSet());
    Set<String> missing = difference(wanted, difference(plugged, strange));
    if (missing.isEmpty()) {
      return now;
    }
    Set<String> disks = names(missing, DeviceIds.DISK);
    Set<String> nics = names(missing, DeviceIds.NIC);
    // These were not plugged in any more; what was to be behind them may be there.
    pullOut(now, disks, nics);
    spec.disks().stream()
        .filter(disk -> disks.contains(disk.name()))
        .forEach(disk -> launcher.hide(this.wanted, now.process(), disk));
    return now.withRun(
        run.withSpec(
                spec.withDisks(without(spec.disks(), Disk::name, disks))
                    .withNics(without(spec.nics(), Nic::name, nics)))
            .withForwards(without(run.forwards(), Forward::nic, nics))
            .without(missing));
  }

  private static Set<String> difference(Set<String> all, Set<String> but) {
    return all.stream().filter(id -> !but.contains(id)).collect(Collectors.toSet());
  }

  /** The names of the devices of a kind. */
  private static Set<String> names(Set<String> devices, String prefix) {
    return devices.stream()
        .filter(device -> device.startsWith(prefix))
        .map(device -> device.substring(prefix.length()))
        .collect(Collectors.toSet());
  }

  private static void pullOut(QemuInstance from, Set<String> disks, Set<String> nics)
      throws InterruptedException {
    for (String disk : disks) {
      from.qemu().detachDisk(disk, UNPLUG_DEADLINE);
    }
    for (String nic : nics) {
      from.qemu().detachNic(nic, UNPLUG_DEADLINE);
    }
  }

  private QemuInstance apply(QemuInstance now, LiveChange change, Saver save)
      throws InterruptedException {
    var qemu = now.qemu();
    VmSpec spec = now.run().spec();
    RunRecord run = now.run();
    String name = wanted.metadata().name();
    return switch (change) {
      case LiveChange.AddDisk(Disk disk) -> {
        List<DevicePlace> places = run.machine(name).placeDisk(disk);
        BlockSource volume = launcher.disk(wanted, disk);
        RunRecord more = run.withSpec(spec.withDisks(with(spec.disks(), disk))).withMore(places);
        QemuInstance planned = saved(now.withRun(more), save);
        launcher.show(wanted, now.process(), QemuCell.volume(volume));
        qemu.attachDisk(more.machine(name), disk, volume);
        yield planned;
      }
      case LiveChange.RemoveDisk(String disk) -> {
        qemu.detachDisk(disk, UNPLUG_DEADLINE);
        spec.disks().stream()
            .filter(one -> one.name().equals(disk))
            .forEach(out -> launcher.hide(wanted, now.process(), out));
        List<Disk> rest = without(spec.disks(), Disk::name, Set.of(disk));
        RunRecord less = run.withSpec(spec.withDisks(rest)).without(Set.of(DeviceIds.DISK + disk));
        yield saved(now.withRun(less), save);
      }
      case LiveChange.AddNic(Nic asked) -> {
        Nic nic = back ? PortPool.withFreePorts(asked) : asked;
        List<Forward> forwards = launcher.ports(wanted, nic);
        List<Forward> all = new ArrayList<>(run.forwards());
        all.addAll(forwards);
        VmSpec bigger = spec.withNics(with(spec.nics(), nic));
        DevicePlace place = run.machine(name).placeNic(nic);
        RunRecord more =
            exposed(run.withSpec(bigger).withForwards(all).withMore(List.of(place)), bigger);
        QemuInstance planned = saved(now.withRun(more), save);
        launcher.expose(run.userOr(wanted.uid()), bigger);
        qemu.attachNic(more.machine(name), nic, forwards);
        yield planned;
      }
      case LiveChange.RemoveNic(String nic) -> {
        qemu.detachNic(nic, UNPLUG_DEADLINE);
        VmSpec smaller = spec.withNics(without(spec.nics(), Nic::name, Set.of(nic)));
        launcher.expose(run.userOr(wanted.uid()), smaller);
        List<Forward> forwards = without(run.forwards(), Forward::nic, Set.of(nic));
        RunRecord less =
            exposed(run.withSpec(smaller), smaller)
                .withForwards(forwards)
                .without(Set.of(DeviceIds.NIC + nic));
        yield saved(now.withRun(less), save);
      }
      case LiveChange.ChangeMedia(String cd, String asked) -> {
        String image = changeMedia(now, cd, asked);
        List<Cdrom> drives =
            spec.cdroms().stream()
                .map(drive -> drive.name().equals(cd) ? drive.withImage(image) : drive)
                .toList();
        yield saved(now.withRun(run.withSpec(spec.withCdroms(drives))), save);
      }
    };
  }

  /** A record that says whether the guest may reach the host as a spec has it. */
  private RunRecord exposed(RunRecord run, VmSpec spec) {
    int user = run.userOr(wanted.uid());
    return run.withExposure(new HeldResource.Exposure(user), user >= 0 && spec.reachesHost());
  }

  /** What is in the drive then: nothing, where an image is gone that an update goes back to. */
  private @Nullable String changeMedia(QemuInstance now, String drive, @Nullable String image)
      throws InterruptedException {
    Path media = image == null ? null : media(drive, image);
    if (media == null) {
      now.qemu().ejectMedia(drive);
      return null;
    }
    launcher.show(wanted, now.process(), List.of(new ReadOnly(media)));
    now.qemu().insertMedia(drive, media);
    return image;
  }

  private @Nullable Path media(String drive, String image) {
    try {
      return launcher.media(image);
    } catch (ProblemException e) {
      // Its name may also be another image's by now, or of one that is just made.
      if (!back) {
        throw e;
      }
      LOG.log(Level.WARNING, "CD drive {0} stays empty: {1}", drive, e.problem().oneLine());
      return null;
    }
  }

  private static QemuInstance saved(QemuInstance changed, Saver save) throws InterruptedException {
    save.accept(changed);
    return changed;
  }

  private static <T> List<T> without(List<T> items, Function<T, String> name, Set<String> taken) {
    return items.stream().filter(item -> !taken.contains(name.apply(item))).toList();
  }

  private static <T> List<T> with(List<T> items, T added) {
    var all = new ArrayList<>(items);
    all.add(added);
    return all;
  }
}
