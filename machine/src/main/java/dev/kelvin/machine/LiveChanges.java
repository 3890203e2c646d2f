package dev.kelvin.machine;

import dev.kelvin.machine.SpecDiff.LiveChange;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Makes the changes that a running VM takes, one after the other, and notes each that is made. */
final class LiveChanges {
  /** How long a guest may take to let go of a device. */
  private static final Duration UNPLUG_DEADLINE = Duration.ofSeconds(30);

  private final VmLauncher launcher;
  private final VmRecord wanted;

  LiveChanges(VmLauncher launcher, VmRecord wanted) {
    this.launcher = launcher;
    this.wanted = wanted;
  }

  /**
   * Makes the changes.
   *
   * @param save called after each change with what now runs
   */
  Running apply(Running running, Consumer<Running> save) throws InterruptedException {
    Running now = running;
    for (LiveChange change : SpecDiff.between(running.run().spec(), wanted.spec()).live()) {
      now = apply(now, change);
      save.accept(now);
    }
    return now;
  }

  private Running apply(Running now, LiveChange change) throws InterruptedException {
    var qemu = now.qemu();
    VmSpec spec = now.run().spec();
    RunRecord run = now.run();
    return switch (change) {
      case LiveChange.AddDisk(Disk disk) -> {
        qemu.attachDisk(now.plan(), disk, launcher.disk(wanted, disk));
        yield now.withRun(run.withSpec(spec.withDisks(with(spec.disks(), disk))));
      }
      case LiveChange.RemoveDisk(String name) -> {
        qemu.detachDisk(name, UNPLUG_DEADLINE);
        List<Disk> rest = spec.disks().stream().filter(disk -> !disk.name().equals(name)).toList();
        yield now.withRun(run.withSpec(spec.withDisks(rest)));
      }
      case LiveChange.AddNic(Nic nic) -> {
        List<Forward> forwards = PortPool.resolve(nic);
        qemu.attachNic(now.plan(), nic, forwards);
        List<Forward> all = new ArrayList<>(run.forwards());
        all.addAll(forwards);
        yield now.withRun(run.withSpec(spec.withNics(with(spec.nics(), nic))).withForwards(all));
      }
      case LiveChange.RemoveNic(String name) -> {
        qemu.detachNic(name, UNPLUG_DEADLINE);
        List<Nic> rest = spec.nics().stream().filter(nic -> !nic.name().equals(name)).toList();
        List<Forward> forwards =
            run.forwards().stream().filter(forward -> !forward.nic().equals(name)).toList();
        yield now.withRun(run.withSpec(spec.withNics(rest)).withForwards(forwards));
      }
      case LiveChange.ChangeMedia(String name, String image) -> {
        if (image == null) {
          qemu.ejectMedia(name);
        } else {
          qemu.insertMedia(name, launcher.media(image));
        }
        yield now.withRun(
            run.withSpec(
                spec.withCdroms(
                    spec.cdroms().stream()
                        .map(drive -> drive.name().equals(name) ? drive.withImage(image) : drive)
                        .toList())));
      }
    };
  }

  private static <T> List<T> with(List<T> items, T added) {
    var all = new ArrayList<>(items);
    all.add(added);
    return all;
  }
}
