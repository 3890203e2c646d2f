package dev.kelvin.machine.task;

import dev.kelvin.machine.supervise.Supervisors;
import dev.kelvin.machine.unknown.UnknownGuests;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import dev.kelvin.state.task.TaskType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The durable tasks that settle what becomes of a guest that the store does not know. */
public final class UnknownTasks {
  public static final String ADOPT = "vm.adopt";
  public static final String END = "vm.end";

  /**
   * Takes a guest over.
   *
   * @param name to take it over under; null for the one that it has
   */
  public record Adopt(String vmId, @Nullable String name) {}

  public record End(String vmId) {}

  private final Supervisors vms;
  private final UnknownGuests unknown;

  public UnknownTasks(Supervisors vms, UnknownGuests unknown) {
    this.vms = vms;
    this.unknown = unknown;
  }

  public List<TaskType<?>> types() {
    return List.of(
        new TaskType<>(ADOPT, Adopt.class, List.of(new TakeOver()), false),
        new TaskType<>(END, End.class, List.of(new EndIt()), false));
  }

  private final class TakeOver implements Step<Adopt> {
    @Override
    public String name() {
      return "adopt";
    }

    @Override
    public void run(Adopt task, StepContext context) {
      vms.adopt(task.vmId(), task.name());
    }

    @Override
    public void undo(Adopt task, StepContext context) {
      vms.leaveUnknown(task.vmId());
    }
  }

  private final class EndIt implements Step<End> {
    @Override
    public String name() {
      return "end";
    }

    @Override
    public void run(End task, StepContext context) {
      unknown
          .find(task.vmId())
          .ifPresent(guest -> {
            unknown.end(guest);
            context.result(
                "it is ended; its volumes stay, and its firmware's variables and TPM if it has any");
          });
    }
  }
}
