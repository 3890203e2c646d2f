package dev.kelvin.machine.task;

import dev.kelvin.machine.store.VmChange;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.store.VolumeClaims;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.Supervisors;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.machine.unknown.DamagedVms;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Power;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;

/** How a VM becomes another: stored first, then brought about, and what it has no more let go. */
final class UpdateSteps {
  private static final Logger LOG = System.getLogger(UpdateSteps.class.getName());

  /** Under which an update remembers the volumes that it makes. */
  private static final String MADE = "made";

  private final Supervisors vms;
  private final VmRepository repository;
  private final Volumes volumes;
  private final DamagedVms damaged;

  UpdateSteps(Supervisors vms, VmRepository repository, Volumes volumes, DamagedVms damaged) {
    this.vms = vms;
    this.repository = repository;
    this.volumes = volumes;
    this.damaged = damaged;
  }

  List<Step<VmChange>> all() {
    return List.of(new Store(), new Converge(), new Follow(), new LetGo());
  }

  private static VmRecord before(VmChange task) {
    return Objects.requireNonNull(task.before(), "an update has what was before");
  }

  /** The volumes that an update has made, and which undoing it deletes. */
  private static List<String> made(StepContext context) {
    return context.recall(MADE).map(ids -> List.of(ids.split(" "))).orElse(List.of());
  }

  private final class Store implements Step<VmChange> {
    @Override
    public String name() {
      return "store";
    }

    @Override
    public void run(VmChange task, StepContext context) {
      VmRecord now = vms.stored(task.id());
      if (!isStored(now, task)) {
        repository.replaceForNow(task.wanted(), before(task).metadata().revision());
      }
    }

    @Override
    public void undo(VmChange task, StepContext context) throws InterruptedException {
      String id = task.id();
      if (damaged.contains(id)) {
        return; // nothing can be mended; whoever deletes it deletes what was made for it
      }
      VmRecord now = vms.stored(id);
      if (sameButPower(now, task.wanted())) {
        // Its process may still have a card with an address of the update.
        repository.replaceForNow(beforeWith(task, now), now.metadata().revision());
      }
      vms.get(id).ask(new VmRequest.GoBack(vms.stored(id)));
      volumes.deleteMade(id, made(context));
      volumes.release(id);
      repository.giveBack(task.wanted());
    }

    private static boolean isStored(VmRecord now, VmChange task) {
      boolean changed = now.metadata().revision() != before(task).metadata().revision();
      return sameButPower(now, task.wanted())
          && (changed || now.spec().equals(task.wanted().spec()));
    }

    /** Whether it shall run may be wished anew while an update is under way. */
    private static boolean sameButPower(VmRecord a, VmRecord b) {
      return a.spec().equals(b.spec().toBuilder().power(a.spec().power()).build())
          && a.metadata().labels().equals(b.metadata().labels());
    }

    /** What was before, with what others wished since. */
    private static VmRecord beforeWith(VmChange task, VmRecord now) {
      VmRecord before = before(task);
      return now.spec().power() == task.wanted().spec().power()
          ? before
          : before.withSpec(before.spec().toBuilder().power(now.spec().power()).build());
    }
  }

  private final class Converge implements Step<VmChange> {
    @Override
    public String name() {
      return "converge";
    }

    @Override
    public void run(VmChange task, StepContext context) throws InterruptedException {
      String id = task.id();
      VmRecord wanted = vms.stored(id);
      List<Disk> missing =
          wanted.spec().disks().stream().filter(disk -> !volumes.exists(wanted, disk)).toList();
      var made = new LinkedHashSet<>(made(context));
      missing.stream()
          .filter(disk -> disk.volume() == null)
          .forEach(disk -> made.add(VolumeClaims.volumeId(id, disk)));
      if (!made.isEmpty()) {
        context.remember(MADE, String.join(" ", made));
      }
      for (Disk disk : missing) {
        volumes.provide(wanted, disk);
      }
      vms.get(id).ask(new VmRequest.Converge(wanted));
    }
  }

  /** Starts or shuts down as the new spec wants. */
  private final class Follow implements Step<VmChange> {
    @Override
    public String name() {
      return "power";
    }

    @Override
    public void run(VmChange task, StepContext context) throws InterruptedException {
      Supervisor supervisor = vms.get(task.id());
      Vm vm = supervisor.snapshot();
      boolean runs = vm.status().phase().hasProcess();
      if (vm.spec().power() == Power.RUNNING && !runs) {
        supervisor.ask(new VmRequest.Start());
      } else if (vm.spec().power() == Power.STOPPED && runs) {
        supervisor.ask(
            new VmRequest.Shutdown(Duration.ofSeconds(vm.spec().shutdownTimeoutSeconds()), true));
      }
    }
  }

  /**
   * Gives back volumes and addresses that were taken out. It never fails: what is given back may be
   * another's at once, so nothing could be undone any more.
   */
  private final class LetGo implements Step<VmChange> {
    @Override
    public String name() {
      return "release";
    }

    @Override
    public void run(VmChange task, StepContext context) {
      String id = task.id();
      letGo(id, () -> volumes.release(id));
      letGo(id, () -> repository.giveBack(before(task)));
    }

    private void letGo(String id, Runnable what) {
      try {
        what.run();
      } catch (ProblemException e) {
        LOG.log(Level.WARNING, "what vm/" + id + " had is given back when the daemon starts", e);
      }
    }
  }
}
