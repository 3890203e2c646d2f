package dev.kelvin.machine.task;

import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import dev.kelvin.state.task.TaskType;
import java.util.List;

/** The durable task that deletes a volume. */
public final class VolumeTasks {
  public static final String DELETE = "volume.delete";

  public record Delete(String volume) {}

  private final Volumes volumes;

  public VolumeTasks(Volumes volumes) {
    this.volumes = volumes;
  }

  public List<TaskType<?>> types() {
    return List.of(new TaskType<>(DELETE, Delete.class, List.of(new Mark(), new Remove()), false));
  }

  private final class Mark implements Step<Delete> {
    @Override
    public String name() {
      return "mark";
    }

    @Override
    public void run(Delete task, StepContext context) {
      volumes.markDeleting(task.volume(), context.taskId());
    }

    @Override
    public void undo(Delete task, StepContext context) {
      volumes.unmark(task.volume(), context.taskId());
    }
  }

  private final class Remove implements Step<Delete> {
    @Override
    public String name() {
      return "remove";
    }

    @Override
    public void run(Delete task, StepContext context) {
      volumes.delete(task.volume(), context.taskId());
    }
  }
}
