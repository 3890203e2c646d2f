package dev.kelvin.server.local.node;

import dev.kelvin.host.check.Doctor;
import dev.kelvin.host.program.Packages;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import dev.kelvin.state.task.TaskType;
import java.util.List;

/** The durable tasks that work on the host itself. */
public final class NodeTasks {
  static final String DOCTOR = "node.doctor";
  static final String PACKAGES = "node.packages";

  record Examine() {}

  record Install(List<String> packages) {}

  private final Doctor doctor;
  private final Packages packages;

  public NodeTasks(Doctor doctor, Packages packages) {
    this.doctor = doctor;
    this.packages = packages;
  }

  public List<TaskType<?>> types() {
    return List.of(
        new TaskType<>(DOCTOR, Examine.class, List.of(new ExamineHost<Examine>()), true),
        new TaskType<>(
                PACKAGES, Install.class, List.of(new InstallPackages(), new ExamineHost<>()), false)
            .takingSpace());
  }

  private final class ExamineHost<I> implements Step<I> {
    @Override
    public String name() {
      return "examine";
    }

    @Override
    public void run(I task, StepContext context) throws InterruptedException {
      doctor.examine(context);
    }
  }

  private final class InstallPackages implements Step<Install> {
    @Override
    public String name() {
      return "install";
    }

    @Override
    public void run(Install task, StepContext context) throws InterruptedException {
      packages.install(task.packages(), context);
    }
  }
}
