package dev.kelvin.machine.task;

import dev.kelvin.machine.store.VmChange;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.Supervisors;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.machine.unknown.DamagedVms;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.Vm;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import dev.kelvin.state.task.TaskType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The durable tasks that work on VMs. Every step can be run again after a crash in the middle. */
public final class VmTasks {
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

  /** What most tasks work on. */
  public record Target(String vmId) {}

  /** What a task of the first version that creates a VM was given. */
  record Create(VmRecord vm) {
    private VmChange change() {
      return VmChange.creating(vm);
    }
  }

  /** What a task of the first version that changes a VM was given. */
  record Update(VmRecord before, VmRecord wanted) {
    private VmChange change() {
      return new VmChange(before, wanted);
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

  private final Supervisors vms;
  private final VmRepository repository;
  private final Volumes volumes;
  private final DamagedVms damaged;
  private final Function<String, Compare> imageUnchanged;

  /**
   * @param imageUnchanged the condition under which an image is still as it is now
   */
  public VmTasks(
      Supervisors vms,
      VmRepository repository,
      Volumes volumes,
      DamagedVms damaged,
      Function<String, Compare> imageUnchanged) {
    this.vms = vms;
    this.repository = repository;
    this.volumes = volumes;
    this.damaged = damaged;
    this.imageUnchanged = imageUnchanged;
  }

  public List<TaskType<?>> types() {
    return List.of(
        ofDrafts(
            CREATE,
            new CreateSteps(vms, volumes, imageUnchanged).all(),
            true,
            Create.class,
            Create::change),
        ofDrafts(
            UPDATE,
            new UpdateSteps(vms, repository, volumes, damaged).all(),
            false,
            Update.class,
            Update::change),
        new TaskType<>(DELETE, Delete.class, new DeleteSteps(vms, volumes, damaged).all(), false),
        new TaskType<>(START, Target.class, List.of(new Start()), false).takingSpace(),
        new TaskType<>(STOP, Target.class, List.of(asking("stop", new VmRequest.Stop())), false),
        new TaskType<>(SHUTDOWN, ShutDown.class, List.of(new AskShutdown()), true),
        new TaskType<>(RESET, Target.class, List.of(new ResetOnce()), false),
        new TaskType<>(PAUSE, Target.class, List.of(asking("pause", new VmRequest.Pause())), false),
        new TaskType<>(RESUME, Target.class, List.of(new ResumeStep(vms)), false),
        new TaskType<>(RENAME, Rename.class, List.of(new Renaming()), false));
  }

  /**
   * Tasks that are given a draft. Those of the first version have all of it in their inputs, and go
   * on in the same steps.
   *
   * @param meaning what such an input is as a draft
   */
  private static <I> TaskType<VmChange> ofDrafts(
      String name,
      List<Step<VmChange>> steps,
      boolean cancellable,
      Class<I> first,
      Function<I, VmChange> meaning) {
    List<Step<I>> same = steps.stream().map(step -> step.given(meaning)).toList();
    return new TaskType<>(name, VmChange.class, steps, cancellable)
        .takingSpace(VmChange::takesSpace)
        .drafted(VmRepository.changeForm())
        .after(
            new TaskType<>(name, first, same, cancellable)
                .takingSpace(input -> meaning.apply(input).takesSpace()));
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
        vms.get(target.vmId()).ask(request);
      }
    };
  }

  private final class Start implements Step<Target> {
    @Override
    public String name() {
      return "start";
    }

    @Override
    public void run(Target target, StepContext context) throws InterruptedException {
      Supervisor supervisor = vms.get(target.vmId());
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
      vms.get(task.vmId())
          .ask(new VmRequest.Shutdown(Duration.ofSeconds(task.timeoutSeconds()), task.force()));
    }

    @Override
    public void undo(ShutDown task, StepContext context) throws InterruptedException {
      Optional<Supervisor> asked = vms.find(task.vmId());
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
        vms.get(target.vmId()).ask(new VmRequest.Reset());
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
      VmRecord now = vms.stored(task.vmId());
      if (!now.metadata().name().equals(task.newName())) {
        now =
            repository.replace(
                now.withMetadata(now.metadata().withName(task.newName())),
                now.metadata().revision());
      }
      vms.get(task.vmId()).ask(new VmRequest.Rename(now));
      context.result(Vm.ref(task.newName()));
    }
  }
}
