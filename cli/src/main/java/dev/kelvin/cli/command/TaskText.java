package dev.kelvin.cli.command;

import dev.kelvin.cli.ErrorPrinter;
import dev.kelvin.cli.text.Style;
import dev.kelvin.cli.text.Table;
import dev.kelvin.cli.text.Tasks;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.Progress;
import dev.kelvin.model.Task.TaskState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Tasks as people read them. */
final class TaskText {
  private TaskText() {}

  static Table table(List<Task> tasks, Style style) {
    var table = new Table("ID", "TASK", "STATE", "STEP", "AGE", "TOOK");
    Instant now = Instant.now();
    for (Task task : tasks) {
      table.row(
          task.id(),
          Tasks.title(task),
          state(task.state(), style),
          task.state().ended() ? "-" : orDash(Tasks.step(task)),
          Units.age(task.createdAt(), now),
          took(task));
    }
    return table;
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private static String took(Task task) {
    Instant end = task.finishedAt();
    return end == null ? "-" : Units.span(Duration.between(task.createdAt(), end));
  }

  static String state(TaskState state, Style style) {
    return switch (state) {
      case SUCCEEDED -> style.green(state.wire());
      case FAILED -> style.red(state.wire());
      case RUNNING, UNDOING -> style.yellow(state.wire());
      case PENDING, CANCELLED -> state.wire();
    };
  }

  static String details(Task task, Style style) {
    var facts =
        new Facts()
            .add("id", task.id())
            .add("task", Tasks.title(task))
            .add("type", task.type())
            .add("object", task.object())
            .add("state", state(task.state(), style))
            .add("begun", Units.age(task.createdAt(), Instant.now()) + " ago");
    if (task.finishedAt() != null) {
      facts.add("took", took(task));
    }
    task.steps().forEach(step -> facts.add("step", step.name() + ": " + step.state().wire()));
    Progress progress = task.progress();
    if (progress != null) {
      String total = progress.total() > 0 ? " of " + progress.total() : "";
      facts.add(
          "progress", progress.done() + total + " " + progress.unit() + " " + progress.message());
    }
    facts.add("result", task.result());
    String text = facts.render();
    return task.problem() == null ? text : text + ErrorPrinter.render(task.problem(), style);
  }
}
