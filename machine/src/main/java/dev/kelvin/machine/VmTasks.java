package dev.kelvin.machine;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VolumeClaims;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Power;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import dev.kelvin.state.task.TaskType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The durable tasks that work on VMs. Every step can be run again after a crash in the middle. */
public final class VmTasks {
  private static final Logger LOG = System.getLogger(VmTasks.class.getName());

  public static final String CREATE = "vm.create";
  public static final String UPDATE = "vm.update";
  public static final String DELETE = "vm.delete";
  public static final String START = "vm.start";
  public static final String STOP = "vm.stop";
  public static final String SHUTDOWN = "vm.shutdown";
  public static final String RESET = "vm.reset";
  public static final String PAUSE = "vm.pause";
  public static final String RESUME = "vm.resume";
  public static final String RENAME = "vm.rename";

  /** Under which an update remembers the volumes that it makes. */
  private static final String MADE = "made";

  /** Under which the deletion of a damaged VM remembers what became of its process. */
  private static final String FOUND = "found";

  /** What most tasks work on. */
  public record Target(String vmId) {}

  /** Creates this VM; its id is given already, so that a repeated step finds what it made. */
  public record Create(VmRecord vm) {}

  /**
   * Makes this of the VM.
   *
   * @param before what undoing goes back to
   */
  public record Update(VmRecord before, VmRecord wanted) {
    /** One that takes out disks, or lets the VM end, is what a full disk needs. */
    private boolean takesSpace() {
      boolean starts =
          wanted.spec().power() == Power.RUNNING && before.spec().power() != Power.RUNNING;
      return starts || !before.spec().disks().containsAll(wanted.spec().disks());
    }
  }

  /**
   * Deletes a VM.
   *
   * @param keepDisks whether its volumes stay
   */
  public record Delete(String vmId, boolean force, boolean keepDisks) {}

  public record ShutDown(String vmId, long timeoutSeconds, boolean force) {}

  public record Rename(String vmId, String newName) {}

  private final Machines machines;

  VmTasks(Machines machines) {
    this.machines = machines;
  }

  List<TaskType<?>> types() {
    return List.of(
        new TaskType<>(
                CREATE,
                Create.class,
                List.of(new Reserve(), new MakeDisks(), new Finish(), new FirstStart()),
                true)
            .takingSpace(),
        new TaskType<>(
                UPDATE,
                Update.class,
                List.of(new Store(), new Converge(), new Follow(), new LetGo()),
                false)
            .takingSpace(Update::takesSpace),
        new TaskType<>(
            DELETE, Delete.class, List.of(new Mark(), new DeleteDisks(), new Remove()), false),
        new TaskType<>(START, Target.class, List.of(new Start()), false).takingSpace(),
        new TaskType<>(STOP, Target.class, List.of(asking("stop", new VmRequest.Stop())), false),
        new TaskType<>(SHUTDOWN, ShutDown.class, List.of(new AskShutdown()), true),
        new TaskType<>(RESET, Target.class, List.of(new ResetOnce()), false),
        new TaskType<>(PAUSE, Target.class, List.of(asking("pause", new VmRequest.Pause())), false),
        new TaskType<>(RESUME, Target.class, List.of(new ResumeStep(machines)), false),
        new TaskType<>(RENAME, Rename.class, List.of(new Renaming()), false));
  }

  /** A step that asks the supervisor for something that may be asked twice. */
  private Step<Target> asking(String name, VmRequest request) {
    return new Step<>() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void run(Target target, StepContext context) throws InterruptedException {
        machines.supervisor(target.vmId()).ask(request);
      }
    };
  }

  private final class Reserve implements Step<Create> {
    @Override
    public String name() {
      return "reserve";
    }

    @Override
    public void run(Create task, StepContext context) {
      machines.admit(task.vm());
      context.result(task.vm().ref());
    }

    @Override
    public void undo(Create task, StepContext context) throws InterruptedException {
      machines.remove(task.vm().metadata().id());
    }
  }

  private final class MakeDisks implements Step<Create> {
    @Override
    public String name() {
      return "disks";
    }

    @Override
    public void run(Create task, StepContext context) {
      VmRecord vm = machines.supervisor(task.vm().metadata().id()).record();
      for (Disk disk : vm.spec().disks()) {
        machines.volumes().provide(vm, disk);
      }
    }

    @Override
    public void undo(Create task, StepContext context) {
      machines.volumes().deleteOwn(task.vm().metadata().id());
    }
  }

  private final class Finish implements Step<Create> {
    @Override
    public String name() {
      return "finish";
    }

    @Override
    public void run(Create task, StepContext context) throws InterruptedException {
      machines.supervisor(task.vm().metadata().id()).ask(new VmRequest.Created());
    }
  }

  private final class FirstStart implements Step<Create> {
    @Override
    public String name() {
      return "start";
    }

    @Override
    public void run(Create task, StepContext context) throws InterruptedException {
      if (task.vm().spec().power() == Power.RUNNING) {
        machines.supervisor(task.vm().metadata().id()).ask(new VmRequest.Start());
      }
    }

    @Override
    public void undo(Create task, StepContext context) throws InterruptedException {
      Optional<Supervisor> started = machines.find(task.vm().metadata().id());
      if (started.isPresent()) {
        started.get().ask(new VmRequest.Stop());
      }
    }
  }

  private final class Store implements Step<Update> {
    @Override
    public String name() {
      return "store";
    }

    @Override
    public void run(Update task, StepContext context) {
      VmRecord now = machines.supervisorRecord(task.wanted().metadata().id());
      if (!isStored(now, task)) {
        machines.repository().replaceForNow(task.wanted(), task.before().metadata().revision());
      }
    }

    @Override
    public void undo(Update task, StepContext context) throws InterruptedException {
      String id = task.wanted().metadata().id();
      if (machines.damagedVms().contains(id)) {
        return; // nothing can be mended; whoever deletes it deletes what was made for it
      }
      VmRecord now = machines.supervisorRecord(id);
      if (sameButPower(now, task.wanted())) {
        // Its process may still have a card with an address of the update.
        machines.repository().replaceForNow(before(task, now), now.metadata().revision());
      }
      machines.supervisor(id).ask(new VmRequest.GoBack(machines.supervisorRecord(id)));
      machines.volumes().deleteMade(id, made(context));
      machines.volumes().release(id);
      machines.repository().giveBack(task.wanted());
    }

    private static boolean isStored(VmRecord now, Update task) {
      boolean changed = now.metadata().revision() != task.before().metadata().revision();
      return sameButPower(now, task.wanted())
          && (changed || now.spec().equals(task.wanted().spec()));
    }

    /** Whether it shall run may be wished anew while an update is under way. */
    private static boolean sameButPower(VmRecord a, VmRecord b) {
      return a.spec().equals(b.spec().toBuilder().power(a.spec().power()).build())
          && a.metadata().labels().equals(b.metadata().labels());
    }

    /** What was before, with what others wished since. */
    private static VmRecord before(Update task, VmRecord now) {
      VmRecord before = task.before();
      return now.spec().power() == task.wanted().spec().power()
          ? before
          : before.withSpec(before.spec().toBuilder().power(now.spec().power()).build());
    }
  }

  /** The volumes that an update has made, and which undoing it deletes. */
  private static List<String> made(StepContext context) {
    return context.recall(MADE).map(ids -> List.of(ids.split(" "))).orElse(List.of());
  }

  private final class Converge implements Step<Update> {
    @Override
    public String name() {
      return "converge";
    }

    @Override
    public void run(Update task, StepContext context) throws InterruptedException {
      String id = task.wanted().metadata().id();
      VmRecord wanted = machines.supervisorRecord(id);
      List<Disk> missing =
          wanted.spec().disks().stream()
              .filter(disk -> !machines.volumes().exists(wanted, disk))
              .toList();
      var made = new LinkedHashSet<>(made(context));
      missing.stream()
          .filter(disk -> disk.volume() == null)
          .forEach(disk -> made.add(VolumeClaims.volumeId(id, disk)));
      if (!made.isEmpty()) {
        context.remember(MADE, String.join(" ", made));
      }
      for (Disk disk : missing) {
        machines.volumes().provide(wanted, disk);
      }
      machines.supervisor(id).ask(new VmRequest.Converge(wanted));
    }
  }

  /** Starts or shuts down as the new spec wants. */
  private final class Follow implements Step<Update> {
    @Override
    public String name() {
      return "power";
    }

    @Override
    public void run(Update task, StepContext context) throws InterruptedException {
      Supervisor supervisor = machines.supervisor(task.wanted().metadata().id());
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
  private final class LetGo implements Step<Update> {
    @Override
    public String name() {
      return "release";
    }

    @Override
    public void run(Update task, StepContext context) {
      String id = task.wanted().metadata().id();
      letGo(id, () -> machines.volumes().release(id));
      letGo(id, () -> machines.repository().giveBack(task.before()));
    }

    private void letGo(String id, Runnable what) {
      try {
        what.run();
      } catch (ProblemException e) {
        LOG.log(Level.WARNING, "what vm/" + id + " had is given back when the daemon starts", e);
      }
    }
  }

  private final class Mark implements Step<Delete> {
    @Override
    public String name() {
      return "mark";
    }

    @Override
    public void run(Delete task, StepContext context) throws InterruptedException {
      if (!machines.damagedVms().contains(task.vmId())) {
        machines.supervisor(task.vmId()).ask(new VmRequest.Delete(task.force()));
      } else if (task.force()) {
        endDamaged(task.vmId(), context);
      } else {
        throw machines.damagedVms().problem(task.vmId()).asException();
      }
    }

    private void endDamaged(String id, StepContext context) {
      Set<ProcessId> processes = machines.damagedVms().processes(id);
      if (context.recall(FOUND).isEmpty()) {
        String pids = processes.stream().map(one -> " " + one.pid()).collect(Collectors.joining());
        context.remember(
            FOUND,
            pids.isEmpty() ? "no process of it was found" : "its processes were ended:" + pids);
      }
      machines.damagedVms().end(id, processes);
    }

    @Override
    public void undo(Delete task, StepContext context) throws InterruptedException {
      // One that is damaged is as it was, but for its process: none can be started without its
      // spec.
      Optional<Supervisor> kept = machines.find(task.vmId());
      if (kept.isPresent()) {
        kept.get().ask(new VmRequest.KeepAfterAll("deleting it failed; delete it again"));
      }
    }
  }

  private final class DeleteDisks implements Step<Delete> {
    @Override
    public String name() {
      return "disks";
    }

    @Override
    public void run(Delete task, StepContext context) {
      if (!task.keepDisks()) {
        machines.volumes().deleteAll(task.vmId());
      }
    }
  }

  private final class Remove implements Step<Delete> {
    @Override
    public String name() {
      return "remove";
    }

    @Override
    public void run(Delete task, StepContext context) throws InterruptedException {
      context
          .recall(FOUND)
          .ifPresent(found -> {
            String disks = task.keepDisks() ? "its volumes are kept" : "its volumes are deleted";
            context.result(
                "the VM was damaged: %s; %s; its files and records are removed"
                    .formatted(found, disks));
          });
      machines.remove(task.vmId());
    }
  }

  private final class Start implements Step<Target> {
    @Override
    public String name() {
      return "start";
    }

    @Override
    public void run(Target target, StepContext context) throws InterruptedException {
      Supervisor supervisor = machines.supervisor(target.vmId());
      supervisor.ask(new VmRequest.Start());
    }
  }

  private final class AskShutdown implements Step<ShutDown> {
    @Override
    public String name() {
      return "shutdown";
    }

    @Override
    public void run(ShutDown task, StepContext context) throws InterruptedException {
      machines
          .supervisor(task.vmId())
          .ask(new VmRequest.Shutdown(Duration.ofSeconds(task.timeoutSeconds()), task.force()));
    }

    @Override
    public void undo(ShutDown task, StepContext context) throws InterruptedException {
      Optional<Supervisor> asked = machines.find(task.vmId());
      if (asked.isPresent()) {
        asked.get().ask(new VmRequest.CancelShutdown());
      }
    }
  }

  /** Resets at most once: a guest that was reset before a crash is not reset again after it. */
  private final class ResetOnce implements Step<Target> {
    @Override
    public String name() {
      return "reset";
    }

    @Override
    public void run(Target target, StepContext context) throws InterruptedException {
      if (context.recall("sent").isEmpty()) {
        context.remember("sent", "yes");
        machines.supervisor(target.vmId()).ask(new VmRequest.Reset());
      }
    }
  }

  private final class Renaming implements Step<Rename> {
    @Override
    public String name() {
      return "rename";
    }

    @Override
    public void run(Rename task, StepContext context) throws InterruptedException {
      VmRecord now = machines.supervisorRecord(task.vmId());
      if (!now.metadata().name().equals(task.newName())) {
        now =
            machines
                .repository()
                .replace(
                    now.withMetadata(now.metadata().withName(task.newName())),
                    now.metadata().revision());
      }
      machines.supervisor(task.vmId()).ask(new VmRequest.Rename(now));
      context.result(Vm.ref(task.newName()));
    }
  }

  /** The problem of a VM that is not there, with the nearest name that is. */
  static Problem notFound(String name, List<String> names) {
    String remedy =
        dev.kelvin.model.Names.nearest(name, names)
            .map(near -> "did you mean \"" + near + "\"?")
            .orElse("see \"kelvin ls\" for the VMs there are");
    return Problem.of(Code.NOT_FOUND, "There is no VM named " + name)
        .on(Vm.ref(name))
        .remedy(remedy);
  }
}
