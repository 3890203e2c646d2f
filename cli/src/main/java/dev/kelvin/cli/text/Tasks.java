package dev.kelvin.cli.text;

import dev.kelvin.model.Task;
import dev.kelvin.model.Task.StepState;
import dev.kelvin.model.Task.TaskStep;

/** What tasks are called for people. */
public final class Tasks {
  private Tasks() {}

  /** A task and what it works on: {@code build image debian-12}. */
  public static String title(Task task) {
    int dot = task.type().indexOf('.');
    int slash = task.object().indexOf('/');
    String kind =
        dot < 0 ? task.object().substring(0, Math.max(0, slash)) : task.type().substring(0, dot);
    String verb = dot < 0 ? task.type() : task.type().substring(dot + 1);
    String name = slash < 0 ? task.object() : task.object().substring(slash + 1);
    String noun = kind.equals("vm") ? "" : kind + " ";
    return (verb.replace('-', ' ') + " " + noun + name).strip();
  }

  /** The step under way, and how many there are; empty when there is but one. */
  public static String step(Task task) {
    int number = 0;
    for (TaskStep step : task.steps()) {
      number++;
      if (step.state() == StepState.RUNNING) {
        return task.steps().size() == 1
            ? ""
            : number + "/" + task.steps().size() + " " + step.name();
      }
    }
    return "";
  }
}
